"""The learned network after synthesis: what it does to samples, when it is used, and files that want it."""

import numpy as np
import pytest
from compression_cases import phantom
from damaged_files import with_coding

from INRCore.compression import CompressionSettings, compress
from INRCore.compression.files import inr_from_bytes
from INRCore.compression.parts import Parts, pack_parts
from INRCore.compression.pyramid.restoration import HIDDEN_CLIP, INPUT_CLIP, is_worth_it, load_restoration
from INRCore.compression.pyramid_head import head_numbers
from INRCore.errors import InputError
from INRCore.geometry import Grid

WHOLE = [(slice(None), slice(None), slice(None))]
RESTORED = 32


def some_samples(shape, seed=1, step=64):
    """Smooth here, rough there."""
    samples = np.random.default_rng(seed).normal(0, step, shape).cumsum(-1)
    samples[..., : shape[-1] // 2] = 5
    return np.rint(samples).astype(np.int64)


@pytest.mark.parametrize("shape", [(5, 7, 6), (1, 9, 8), (1, 1, 9), (2, 3, 1)])
def test_it_does_what_the_format_says(shape):
    """A second, plain implementation of Resources/Formats/INR.md, cell by cell, in Python's own numbers."""
    network, samples = load_restoration(), some_samples(shape)
    layers = [getattr(network, name).astype(int).tolist() for name in ("first", "second", "third")]
    biases = [getattr(network, f"{name}_bias").astype(int).tolist() for name in ("first", "second", "third")]

    def at(place):
        return int(samples[tuple(np.clip(place, 0, np.array(shape) - 1))])

    def layer(number, values):
        return [
            bias + sum(value * row[out] for value, row in zip(values, layers[number], strict=True))
            for out, bias in enumerate(biases[number])
        ]

    expected = samples.copy()
    for cell in np.ndindex(*[-(-n // 2) for n in shape]):
        own = [np.add(np.multiply(cell, 2), (k, j, i)) for k in (0, 1) for j in (0, 1) for i in (0, 1)]
        around = [np.add(own[0], offset) - 2 for offset in np.ndindex(6, 6, 6)]
        values = [at(place) for place in around]
        if max(values) - min(values) < 16:
            continue
        mean = (sum(map(at, own)) + 4) // 8
        values = [min(max((value - mean + 2) // 4, -127), 127) for value in values]
        values = [min(max(total // 64, 0), 1023) for total in layer(0, values)]
        values = [min(max(total // 256, 0), 1023) for total in layer(1, values)]
        for place, total in zip(own, layer(2, values), strict=True):
            if (place < np.array(shape)).all():
                expected[tuple(place)] += total // 512
    assert (expected != samples).any() or min(shape) == 1
    assert np.array_equal(network.applied(samples, WHOLE), expected)


def test_no_sum_leaves_what_float32_holds_exactly():
    network = load_restoration()
    for name, largest in (("first", INPUT_CLIP), ("second", HIDDEN_CLIP), ("third", HIDDEN_CLIP)):
        weights, bias = getattr(network, name), getattr(network, f"{name}_bias")
        assert np.array_equal(weights, np.rint(weights)) and np.array_equal(bias, np.rint(bias))
        assert (np.abs(weights).sum(0) * largest + np.abs(bias)).max() < 1 << 24


def test_types_and_boxes_give_what_the_whole_gives():
    samples = some_samples((37, 40, 35))
    network = load_restoration()
    whole = network.applied(samples, WHOLE)
    assert np.array_equal(network.applied(samples.astype(np.int32), WHOLE), whole)
    box = (slice(3, 30), slice(10, 40), slice(1, 33))
    part = network.applied(samples, [box])
    assert np.array_equal(part[box], whole[box])
    part[box] = samples[box]
    assert np.array_equal(part, samples)


def test_smooth_surroundings_and_what_lies_far_away_change_nothing():
    network, smooth = load_restoration(), np.full((8, 8, 8), -777)
    smooth[4:] += 15
    assert np.array_equal(network.applied(smooth, WHOLE), smooth)
    samples, moved = some_samples((12, 12, 12)), some_samples((12, 12, 12))
    moved[0] += 400
    before, after = network.applied(samples, WHOLE), network.applied(moved, WHOLE)
    assert np.array_equal(before[4:], after[4:]) and not np.array_equal(before[1:4], after[1:4])
    assert np.array_equal(network.applied(samples + 10**6, WHOLE), before + 10**6)


def test_it_is_used_where_it_helps():
    samples = some_samples((24, 20, 22))
    better = load_restoration().applied(samples, WHOLE)
    assert is_worth_it(samples, lambda box: better[box].astype(float))
    assert not is_worth_it(samples, lambda box: samples[box].astype(float))


# -- files -----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def volume():
    return phantom(Grid.from_parts((16, 40, 36), (1.1, 1.2, 1)))


@pytest.fixture(scope="module")
def result(volume):
    return compress(volume, CompressionSettings(target_ratio=40))


def coding_of(data):
    return head_numbers(Parts.of_bytes(data, "'f'"), "'f'")[23]


def with_other_coding(data, change):
    return pack_parts(with_coding(dict(Parts.of_bytes(data, "'f'")), change))


def error_of(data, volume):
    shown = inr_from_bytes(data, "'f'").decompress(device="cpu").array
    return float(np.square(shown.astype(float) - volume.array).mean())


def test_a_restored_file_says_so_and_is_nearer_than_without(volume, result):
    assert coding_of(result.data) & RESTORED
    without = with_other_coding(result.data, lambda coding: coding & ~RESTORED)
    assert error_of(result.data, volume) < 0.97 * error_of(without, volume)
    shown = inr_from_bytes(result.data, "'f'").decompress(device="cpu")
    assert np.array_equal(shown.array, result.volume.array)


def test_coding_that_is_not_known_is_refused(result):
    with pytest.raises(InputError, match="update it"):
        inr_from_bytes(with_other_coding(result.data, lambda coding: coding + 64), "'f'")


def test_the_bound_holds_behind_it(volume):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("INRCore.compression.pyramid_encoder.is_worth_it", lambda *_: True)
        result = compress(volume, CompressionSettings(target_max_error=6))
    assert coding_of(result.data) & RESTORED
    assert np.abs(result.volume.array.astype(int) - volume.array).max() <= 6
