"""The filters after synthesis: what they do to samples, when they are worth their bytes, and files that have them."""

import numpy as np
import pytest
from compression_cases import phantom
from damaged_files import with_coding

from INRCore.compression import CompressionSettings, compress
from INRCore.compression.files import inr_from_bytes
from INRCore.compression.filter_fitting import fit_filters
from INRCore.compression.parts import Parts, pack_parts
from INRCore.compression.pyramid.codec import PRICE, quantise
from INRCore.compression.pyramid.damage import StreamError
from INRCore.compression.pyramid.filters import Filters, activity_limit, number_type, pairs_of
from INRCore.compression.pyramid.layout import plan_levels
from INRCore.compression.pyramid_head import head_numbers
from INRCore.compression.stored_pyramid import FILTERS_KEY
from INRCore.errors import InputError
from INRCore.geometry import Grid

WHOLE = [(slice(None), slice(None), slice(None))]
LARGEST = 20_000.0
RESTORED = 32


def some_filters(shape, directions=3, wide=True, seed=0):
    rng = np.random.default_rng(seed)
    taps = rng.integers(-20, 21, (3 * directions, len(pairs_of(shape, wide)))).astype(np.int8)
    return Filters((40, 60), directions, wide, 8, taps)


def some_samples(shape, seed=1):
    return np.random.default_rng(seed).integers(-5000, 5000, shape)


@pytest.mark.parametrize("shape", [(5, 7, 6), (1, 9, 8), (1, 1, 9), (2, 3, 1)])
@pytest.mark.parametrize(("directions", "wide"), [(1, False), (3, True)])
def test_filters_do_what_the_format_says(shape, directions, wide):
    """A second, plain implementation of Resources/Formats/INR.md, voxel by voxel."""
    filters, samples = some_filters(shape, directions, wide), some_samples(shape)
    limits = [(8 + code % 8) * 2 ** (code // 8) for code in filters.limits]

    def at(place):
        return int(samples[tuple(np.clip(place, 0, np.array(shape) - 1))])

    def around(x):
        """The 27 places, their middles moved beyond the end as samples are."""
        return [np.add(x, (k, j, i)) for k in (-1, 0, 1) for j in (-1, 0, 1) for i in (-1, 0, 1)]

    axes, expected = np.eye(3, dtype=int), np.empty_like(samples)
    for x in np.ndindex(*shape):
        activity = sum(abs(at(y + e) + at(y - e) - 2 * at(y)) for y in around(x) for e in axes)
        changes = [sum(abs(at(y + e) - at(y - e)) for y in around(x)) for e in axes]
        number = sum(activity >= limit for limit in limits)
        weights = filters.taps[number * directions + (int(np.argmax(changes)) if directions == 3 else 0)]
        pairs = pairs_of(shape, wide)
        total = sum(
            int(w) * (at(np.add(x, o)) + at(np.subtract(x, o)) - 2 * at(x)) for w, o in zip(weights, pairs, strict=True)
        )
        expected[x] = at(x) + (total + 128) // 256
    assert np.array_equal(filters.applied(samples, WHOLE, LARGEST), expected)


def test_32_bits_give_what_64_give_and_boxes_what_the_whole_gives():
    shape = (70, 80, 75)
    filters, samples = some_filters(shape), some_samples(shape)
    assert number_type(LARGEST) is np.int32 and number_type(1e6) is np.int64
    whole = filters.applied(samples, WHOLE, 1e6)
    assert np.array_equal(filters.applied(samples, WHOLE, LARGEST), whole)
    box = (slice(3, 40), slice(10, 80), slice(0, 33))
    part = filters.applied(samples, [box], LARGEST)
    assert np.array_equal(part[box], whole[box])
    part[box] = samples[box]
    assert np.array_equal(part, samples)


def test_constants_stay_and_bytes_come_back():
    shape = (6, 7, 8)
    filters = some_filters(shape)
    found = Filters.from_bytes(filters.to_bytes(), shape)
    assert found.limits == filters.limits and np.array_equal(found.taps, filters.taps)
    constant = np.full(shape, -777)
    assert np.array_equal(found.applied(constant, WHOLE, 1000), constant)


def test_filters_that_make_no_sense_are_refused():
    shape, data = (6, 7, 8), some_filters((6, 7, 8)).to_bytes()
    for changed in (
        b"",
        data[:3],
        data[:-1],
        data + b"\0",
        b"\x10" + data[1:],
        data[:1] + b"\2" + data[2:],
        b"\0\1\0\x10",
    ):
        with pytest.raises(StreamError):
            Filters.from_bytes(changed, shape)


def test_limits_rise():
    limits = [activity_limit(code) for code in range(256)]
    assert limits[:3] == [8, 9, 10] and (np.diff(limits) > 0).all()


def a_quantised_phantom(step=60.0):
    volume = phantom(Grid.from_parts((24, 48, 48), (1, 1, 1)))
    unit = step / 64
    wanted = volume.array / unit
    levels = plan_levels(wanted.shape, (1, 1, 1))
    return wanted, quantise(np.rint(wanted).astype(np.int64), levels).samples(1e5)


def test_fitted_filters_bring_samples_nearer_by_more_than_their_price():
    wanted, samples = a_quantised_phantom()
    filters = fit_filters(samples, lambda box: wanted[box], 1e5)
    better = filters.applied(samples, WHOLE, 1e5)
    before, after = (float(np.square((found - wanted) / 64).sum()) for found in (samples, better))
    assert after < 0.9 * before
    assert before - after > PRICE * 8 * len(filters.to_bytes())


def test_voxels_that_do_not_matter_do_not_count():
    wanted, samples = a_quantised_phantom()
    spoiled = wanted.copy()
    spoiled[:, :20] = np.random.default_rng(0).normal(0, 1e4, spoiled[:, :20].shape)
    blind = np.where(np.arange(48)[:, None] < 20, np.nan, spoiled)
    filters = fit_filters(samples, lambda box: blind[box], 1e5)
    part = np.s_[:, 20:]
    found = filters.applied(samples, WHOLE, 1e5)
    assert np.square(found - wanted)[part].sum() < 0.93 * np.square(samples - wanted)[part].sum()


def test_there_are_no_filters_where_they_do_not_pay():
    noise = np.random.default_rng(0).normal(0, 64, (12, 13, 14))
    assert fit_filters(np.rint(noise).astype(np.int64), lambda box: noise[box], 1000) is None


# -- files -----------------------------------------------------------------------------------------------------------
def test_a_file_with_filters_is_better_at_the_same_size_and_says_that_it_needs_them():
    volume = phantom(Grid.from_parts((24, 48, 48), (1.1, 1.2, 1)))
    result = compress(volume, CompressionSettings(target_ratio=30))
    parts = Parts.of_bytes(result.data, "'f'")
    assert FILTERS_KEY in parts and head_numbers(parts, "'f'")[23] & ~RESTORED == 20
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("INRCore.compression.pyramid_encoder.fit_filters", lambda *_: None)
        plain = compress(volume, CompressionSettings(target_ratio=30))
    assert head_numbers(Parts.of_bytes(plain.data, "'f'"), "'f'")[23] & ~RESTORED == 4
    assert max(len(result.data), len(plain.data)) <= volume.nbytes / 30
    assert result.metrics["psnr_db"] > plain.metrics["psnr_db"] + 0.3


def test_filters_and_the_heads_word_of_them_belong_together():
    volume = phantom(Grid.from_parts((24, 48, 48), (1.1, 1.2, 1)))
    parts = dict(Parts.of_bytes(compress(volume, CompressionSettings(target_ratio=30)).data, "'f'"))
    without = {key: content for key, content in parts.items() if key != FILTERS_KEY}
    for spoiled in (without, with_coding(parts, lambda coding: coding - 16)):
        with pytest.raises(InputError, match="filters"):
            inr_from_bytes(pack_parts(spoiled), "'f'")


@pytest.mark.parametrize("background", [False, True])
def test_the_bound_holds_behind_filters(background):
    volume = phantom(Grid.from_parts((24, 48, 48), (1.1, 1.2, 1)))
    texture = np.rint(20 * np.sin(np.arange(48) / 2)).astype(np.int16)
    inside = (volume.array > 100) | (not background)
    volume = volume.with_array(np.where(inside, volume.array + 300 + texture, 0).astype(np.int16))
    result = compress(volume, CompressionSettings(target_max_error=6))
    assert FILTERS_KEY in Parts.of_bytes(result.data, "'f'")
    assert (result.file.background is not None) == background
    assert np.abs(result.volume.array.astype(int) - volume.array).max() <= 6
