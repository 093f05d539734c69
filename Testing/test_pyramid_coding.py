"""The entropy coder, the integer wavelet, the entropy model and the walk they share."""

import json
import zlib

import numpy as np
import pytest

from INRCore.compression.pyramid import rans
from INRCore.compression.pyramid.bounded import code_corrections, encode_corrections
from INRCore.compression.pyramid.codec import decode, encode, quantise
from INRCore.compression.pyramid.contexts import LOG_TABLE
from INRCore.compression.pyramid.damage import StreamError
from INRCore.compression.pyramid.decisions import code_magnitudes, code_whole_numbers
from INRCore.compression.pyramid.entropy_model import LOGITS, load_networks
from INRCore.compression.pyramid.layout import plan_levels
from INRCore.compression.pyramid.lifting import analyse, band_gains, integer_type, synthesise
from INRCore.compression.pyramid.masks import decode_mask, encode_mask
from INRCore.compression.pyramid.rate_distortion import bits_of
from INRCore.compression.pyramid.sources import FixedSource
from INRCore.compression.pyramid.walk import code_level

SHAPES = [(1, 1, 1), (1, 1, 9), (1, 33, 20), (7, 6, 5), (37, 20, 33), (40, 41, 43)]


def a_smooth_lattice(shape, peak=4000):
    axes = np.meshgrid(*(np.linspace(0, 3, n) for n in shape), indexing="ij")
    rng = np.random.default_rng(1)
    return np.rint(peak * np.sin(axes[0] + 2 * axes[1] * axes[2]) + rng.normal(0, 40, shape)).astype(np.int64)


# -- rANS ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lanes", [1, 2, 7, 64, 1000])
def test_decisions_come_back_from_any_number_of_lanes_and_cost_what_theory_says(lanes):
    rng = np.random.default_rng(lanes)
    coder, calls = rans.Encoder(), []
    for count in (0, 1, 5, 1000, 20_001, 3):
        probabilities = rng.integers(1, 65536, count).astype(np.uint32)
        bits = rng.random(count) * 65536 < probabilities
        calls.append((probabilities, coder.code(probabilities, bits)))
    data = coder.to_bytes(lanes)
    decoder = rans.Decoder(data)
    for probabilities, bits in calls:
        assert np.array_equal(decoder.code(probabilities), bits)
    decoder.finish()
    assert len(data) <= coder.cost_bits / 8 * 1.001 + 4 * lanes + 4


def test_the_coder_is_as_good_as_a_kept_librarys():
    constriction = pytest.importorskip(
        "constriction", reason="constriction is not installed (pip install constriction)"
    )
    rng = np.random.default_rng(3)
    probabilities = np.exp(rng.uniform(np.log(0.01), np.log(0.99), 30_000))
    bits = rng.random(probabilities.size) < probabilities
    whole = np.clip(np.rint(probabilities * 65536), 1, 65535).astype(np.uint32)
    ours = rans.Encoder()
    ours.code(whole, bits)
    theirs = constriction.stream.stack.AnsCoder()
    model = constriction.stream.model.Bernoulli(perfect=False)
    theirs.encode_reverse(bits.astype(np.int32), model, probabilities)
    assert len(ours.to_bytes(8)) < 4 * len(theirs.get_compressed()) * 1.001 + 40


def test_a_stream_that_is_cut_or_changed_is_noticed():
    rng = np.random.default_rng(5)
    probabilities = rng.integers(1, 65536, 4000).astype(np.uint32)
    coder = rans.Encoder()
    coder.code(probabilities, rng.random(4000) * 65536 < probabilities)
    data = coder.to_bytes(4)

    def read(content):
        decoder = rans.Decoder(content)
        decoder.code(probabilities)
        decoder.finish()

    read(data)
    changed = bytearray(data)
    changed[40] ^= 4
    for content in (data[:-2], data[:-1], data + b"\0\0", bytes(changed), b"", b"\0\0", b"\xff\xff" + data[2:]):
        with pytest.raises(StreamError):
            read(content)


def test_whole_numbers_and_magnitudes_of_every_size_come_back():
    numbers = np.array([0, 1, 2, 3, 14, 15, 16, 1000, 2**29 - 2, 0])
    coder = rans.Encoder()
    code_whole_numbers(coder, numbers.size, numbers)
    assert np.array_equal(code_whole_numbers(rans.Decoder(coder.to_bytes()), numbers.size), numbers)
    magnitudes = np.array([0, 1, 2, 3, 4, 13, 14, 15, 100, 12345])
    logits = np.random.default_rng(0).integers(0, 1409, (magnitudes.size, 4))
    coder = rans.Encoder()
    code_magnitudes(coder, logits, magnitudes)
    assert np.array_equal(code_magnitudes(rans.Decoder(coder.to_bytes()), logits, None), magnitudes)


def test_what_a_choice_is_said_to_cost_is_what_its_coding_costs():
    logits = np.random.default_rng(0).integers(300, 1100, (13, 4))
    magnitudes = np.arange(1, 14)
    expected = bits_of(magnitudes, logits)
    for number in range(13):
        coder = rans.Encoder()
        code_magnitudes(coder, logits[number : number + 1], magnitudes[number : number + 1])
        assert coder.cost_bits + 1 == pytest.approx(float(expected[number]), abs=1e-3)


# -- wavelet ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", SHAPES)
def test_the_wavelet_undoes_itself_and_32_bits_give_what_64_give(shape):
    samples = a_smooth_lattice(shape)
    levels = plan_levels(shape, (1, 1, 1))
    wide = analyse(samples.copy(), levels)
    assert integer_type(5000, len(levels)) is np.int32
    assert np.array_equal(analyse(samples.astype(np.int32), levels), wide)
    assert np.array_equal(synthesise(wide.copy(), levels), samples)
    narrow = synthesise(wide.astype(np.int32), levels)
    assert narrow.dtype == np.int32 and np.array_equal(narrow, samples)


def test_integers_that_could_overflow_are_widened():
    assert integer_type(2.0**28, 1) is np.int64


def test_gains_are_the_norms_of_what_a_coefficient_adds():
    levels = plan_levels((96, 96, 96), (1, 1, 1))
    gains = band_gains(levels)
    for number, level in enumerate(levels[:3]):
        for band in level.bands:
            lattice = np.zeros((96, 96, 96), np.int64)
            place = tuple(
                (s.start or 0) + n // 2 for s, n in zip(level.band_slices(band), level.band_shape(band), strict=True)
            )
            lattice[place] = 1 << 20
            norm = np.linalg.norm(synthesise(lattice, levels).astype(float)) / (1 << 20)
            assert norm == pytest.approx(gains[number][band], rel=0.02)


def test_thick_slices_are_halved_across_only_when_the_slices_are_as_coarse():
    levels = plan_levels((24, 384, 384), (4.2, 0.44, 0.44))
    assert [level.axes for level in levels[:4]] == [(1, 2), (1, 2), (1, 2), (0, 1, 2)]
    assert plan_levels((3, 3, 3), (1, 1, 1)) == ()


# -- entropy model ---------------------------------------------------------------------------------------------------
def test_probabilities_and_inputs_lie_far_from_where_rounding_would_differ():
    """Another machine's exp or log2 may differ in its last bit; that must never change a whole number."""
    exact = 65536 / (1 + np.exp(-LOGITS))
    assert np.abs(exact - np.floor(exact) - 0.5).min() > 1e-6
    logs = 20 * np.log2(1.0 + np.arange(len(LOG_TABLE)))
    assert np.abs(logs - np.floor(logs) - 0.5).min() > 1e-6


def test_sums_of_the_networks_stay_where_float32_is_exact():
    for network in load_networks():
        bias = np.abs(network.by_place).max(0) * 3
        assert (255 * np.abs(network.first).sum(0) + bias).max() < 1 << 24
        assert (255 * np.abs(network.second).sum(0) + np.abs(network.second_bias)).max() < 1 << 24
        assert (255 * np.abs(network.third).sum(0) + np.abs(network.third_bias)).max() < 1 << 24


def test_the_model_expects_more_where_neighbours_are_larger():
    _, network = load_networks()
    features = np.zeros((2, 12), np.float32)
    features[1] = 60
    quiet, busy = network.logits(features, network.weights(1, 3), network.bias(3, 8 + 1, 16))[:, 0]
    assert busy > quiet + 64


# -- walk ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", SHAPES)
def test_coefficients_come_back_and_streams_cost_what_was_foretold(shape):
    samples = a_smooth_lattice(shape)
    levels = plan_levels(shape, (1, 1, 1))
    pyramid = quantise(samples.copy(), levels)
    streams = encode(pyramid)
    found = decode(shape, levels, 0, streams.get)
    assert np.array_equal(found.low, pyramid.low)
    for mine, theirs in zip(found.coefficients, pyramid.coefficients, strict=True):
        assert all(np.array_equal(mine[band], theirs[band]) for band in theirs)
    size = sum(map(len, streams.values()))
    assert size <= pyramid.bits / 8 * 1.02 + 20 * len(streams)
    error = found.samples(5000) - samples
    assert np.sqrt((error**2.0).mean()) < 64 * 0.6


def test_large_coefficients_cost_little_more_than_their_noise():
    """At a step far below the noise a coefficient costs log2(noise / step) + log2(sqrt(2 pi e)) bits."""
    noise, shape = 64 * 300, (40, 41, 43)
    samples = np.rint(np.random.default_rng(0).normal(0, noise, shape)).astype(np.int64)
    levels = plan_levels(shape, (1, 1, 1))
    pyramid = quantise(samples.copy(), levels)
    streams = encode(pyramid)
    found = decode(shape, levels, 0, streams.get)
    assert np.array_equal(found.samples(1e6), pyramid.samples(1e6))
    least = np.log2(300) + np.log2(np.sqrt(2 * np.pi * np.e))
    assert sum(map(len, streams.values())) * 8 / samples.size < least + 0.5


def test_slices_cost_little_more_than_their_noise_as_well():
    noise, shape = 64 * 6, (1, 140, 141)
    samples = np.rint(np.random.default_rng(0).normal(0, noise, shape)).astype(np.int64)
    levels = plan_levels(shape, (1, 1, 1))
    pyramid = quantise(samples.copy(), levels)
    least = np.log2(6) + np.log2(np.sqrt(2 * np.pi * np.e))
    assert sum(map(len, encode(pyramid).values())) * 8 / samples.size < least + 0.4


def test_streams_of_the_first_model_are_still_read():
    samples = a_smooth_lattice((20, 21, 22))
    levels = plan_levels(samples.shape, (1, 1, 1))
    pyramid = quantise(samples.copy(), levels)
    coder, coarser = rans.Encoder(), {}
    for number in reversed(range(len(levels))):
        own = pyramid.coefficients[number]
        code_level(coder, levels, number, coarser, FixedSource(own), model=1)
        coarser = own
    decoder, coarser = rans.Decoder(coder.to_bytes()), {}
    for number in reversed(range(len(levels))):
        coarser = code_level(decoder, levels, number, coarser, model=1)
        assert all(np.array_equal(coarser[band], pyramid.coefficients[number][band]) for band in coarser)
    decoder.finish()


def test_tiles_change_nothing_but_a_few_bytes():
    samples = a_smooth_lattice((20, 36, 22))
    levels = plan_levels(samples.shape, (1, 1, 1))
    whole, tiled = (quantise(samples.copy(), levels, edge) for edge in (0, 16))
    streams = encode(tiled)
    assert {number for level, number in streams if level == 0} == set(range(12))
    found = decode(samples.shape, levels, 16, streams.get)
    assert np.array_equal(found.samples(5000), tiled.samples(5000))
    assert np.abs(found.samples(5000) - whole.samples(5000)).mean() < 64 * 0.2

    assert tiled.bits < 1.15 * whole.bits


@pytest.mark.parametrize("low_bits", [0, 1, 5])
def test_corrections_come_back(low_bits):
    rng = np.random.default_rng(low_bits)
    corrections = np.rint(rng.laplace(0, 3 * 2**low_bits, (9, 10, 11))).astype(np.int64)
    corrections[0, 0, 0] = 10_000_000
    data = encode_corrections(corrections, low_bits)
    decoder = rans.Decoder(data)
    assert np.array_equal(code_corrections(decoder, corrections.shape, low_bits), corrections)
    decoder.finish()


def test_the_shipped_model_is_plain_data():
    from importlib import resources

    text = resources.files("INRCore.compression.pyramid").joinpath("entropy_model.json").read_text(encoding="utf-8")
    assert set(json.loads(text)) == {"blocks", "coefficients"}


# -- masks -----------------------------------------------------------------------------------------------------------
def a_ball(shape, radius):
    places = np.moveaxis(np.indices(shape), 0, -1) - (np.array(shape) - 1) / 2
    return np.linalg.norm(places, axis=-1) < radius


MASKS = {
    "one voxel": np.ones((1, 1, 1), bool),
    "empty": np.zeros((3, 70, 41), bool),
    "full": np.ones((33, 34, 35), bool),
    "random": np.random.default_rng(0).random((5, 40, 41)) < 0.3,
    "a line": np.arange(77).reshape(1, 1, 77) % 5 == 0,
    "ball": a_ball((50, 61, 70), 23),
}


@pytest.mark.parametrize("name", MASKS)
def test_masks_come_back(name):
    mask = MASKS[name]
    assert np.array_equal(decode_mask(mask.shape, encode_mask(mask)), mask)


def test_a_mask_costs_about_its_surface_and_no_more_than_its_voxels():
    ball = MASKS["ball"]
    assert len(encode_mask(ball)) < 0.8 * len(zlib.compress(np.packbits(ball).tobytes(), 9))
    assert len(encode_mask(ball)) * 8 < 1.2 * 4 * np.pi * 23**2
    assert len(encode_mask(MASKS["random"])) * 8 < 1.2 * MASKS["random"].size


def test_a_mask_that_is_cut_is_noticed():
    data = encode_mask(MASKS["ball"])
    with pytest.raises(StreamError):
        decode_mask(MASKS["ball"].shape, data[:-4])
