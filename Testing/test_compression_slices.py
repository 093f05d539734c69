"""Slices predicted from slices: blocks to streams and back, files, parts of them, damage."""

import base64
import hashlib
import warnings

import numpy as np
import pytest
from compression_cases import moving_shapes, noise
from damaged_files import survivors_of

from INRCore.compression import CompressionSettings, compress, inr_from_bytes
from INRCore.compression.pyramid.damage import StreamError
from INRCore.compression.pyramid.rans import Decoder, Encoder
from INRCore.compression.slices import encoder as slice_encoder
from INRCore.compression.slices.directions import (
    DIRECTIONS,
    MEAN,
    PLANE,
    borders,
    predict,
    predict_refined,
    waves,
)
from INRCore.compression.slices.layout_coding import StackCoding
from INRCore.compression.slices.leaves import AFTER, BEFORE, BOTH, INSIDE, Leaves, Stack, joined, places_of, singles
from INRCore.compression.slices.motion import padded, taken
from INRCore.compression.slices.motion_coding import NOTHING, MotionCoding, guessed, packed, unpacked
from INRCore.compression.slices.sequence import Sequence, decode_slices
from INRCore.compression.slices.stack_coding import MergingCoding
from INRCore.compression.slices.transform import SIZES, cosines, forward, inverse, sines
from INRCore.compression.stored_pyramid import LOW_KEY
from INRCore.compression.stored_slices import StoredSlices
from INRCore.metrics.image import max_abs_error, psnr_db


@pytest.fixture(scope="module")
def shapes():
    return moving_shapes((11, 64, 64))


@pytest.fixture(scope="module")
def compressed(shapes):
    return compress(shapes, CompressionSettings(target_ratio=60))


# -- parts of the coding -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("refined", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_the_transform_undoes_itself_and_is_exact_in_any_order_of_addition(size, refined):
    generator = np.random.default_rng(size)
    blocks = generator.integers(-(2**15), 2**15, (3, size, size))
    levels = np.rint(forward(blocks, refined)).astype(np.int64)
    assert np.abs(inverse(levels, refined) - blocks).max() <= 16
    matrix = (sines if refined and size == 4 else cosines)(size).astype(np.int64).astype(object)
    columns = np.vectorize(lambda n: (int(n) + 8192) >> 14, otypes=[object])(matrix.T @ levels[0].astype(object))
    exact = np.vectorize(lambda n: (int(n) + 8192) >> 14, otypes=[object])(columns @ matrix)
    assert (inverse(levels, refined)[0] == exact).all()
    largest = np.full((1, size, size), 1 << 30)
    columns = np.abs(matrix.T) @ largest[0].astype(object)
    assert max(columns.reshape(-1)) < 2**53


def test_cosines_lie_far_from_where_rounding_would_differ():
    for size in SIZES:
        place = np.arange(size)
        exact = np.cos(np.pi * (2 * place + 1) * place[:, None] / (2 * size)) * np.sqrt(2 / size) * 16384
        assert np.abs(np.abs(exact - np.floor(exact)) - 0.5)[1:].min() > 1e-6
    exact = np.sin(np.pi * np.arange(1, 9) / 9) * 2 / 3 * 16384
    assert np.abs(np.abs(exact - np.floor(exact)) - 0.5).min() > 1e-3


@pytest.mark.parametrize("size", SIZES)
def test_directions_go_on_with_what_lies_along_them(size):
    border = np.full((1, 4 * size + 1), 7)
    for mode in range(DIRECTIONS):
        assert (predict(border, np.array([mode]), size) == 7).all()
        assert (predict_refined(border, np.array([mode]), size) == 7).all()
    ramp = np.arange(4 * size + 1)[None] * 32
    downwards, rightwards = predict(ramp, np.array([26]), size)[0], predict(ramp, np.array([10]), size)[0]
    assert (downwards == ramp[0, 2 * size + 1 : 3 * size + 1]).all()
    assert (rightwards == ramp[0, size : 2 * size][::-1, None]).all()
    diagonal = predict(ramp, np.array([18]), size)[0]
    assert diagonal[0, 0] == ramp[0, 2 * size] and diagonal[-1, 0] == ramp[0, size + 1]
    j, i = np.mgrid[:64, :64]
    plane = (3 * j + 5 * i)[None] * 8
    one = np.array([0]), np.array([32]), np.array([32 - size % 32])
    border = borders(plane, *one, size)
    found = predict(border, np.array([PLANE]), size)[0]
    true = plane[0, 32 : 32 + size, one[2][0] : one[2][0] + size]
    assert np.abs(found - true).max() < np.abs(predict(border, np.array([MEAN]), size)[0] - true).max()


def test_refined_prediction_smooths_slanted_borders_and_draws_the_first_row_and_column_to_them():
    border = np.random.default_rng(1).integers(0, 1000, (1, 33))
    smooth = border.copy()
    smooth[:, 1:-1] = (border[:, :-2] + 2 * border[:, 1:-1] + border[:, 2:] + 2) >> 2
    kept = border.copy()
    for mode in (0, 2, 18, 34):
        found = predict_refined(border, np.array([mode]), 8)
        assert np.array_equal(found, predict(smooth, np.array([mode]), 8)) and np.array_equal(border, kept)
    left, corner, above = border[0, 15:7:-1], border[0, 16], border[0, 17:25]
    down, plain = predict_refined(border, np.array([26]), 8)[0], predict(border, np.array([26]), 8)[0]
    assert np.array_equal(down[:, 1:], plain[:, 1:]) and np.array_equal(down[:, 0], above[0] + ((left - corner) >> 1))
    across, plain = predict_refined(border, np.array([10]), 8)[0], predict(border, np.array([10]), 8)[0]
    assert np.array_equal(across[1:], plain[1:]) and np.array_equal(across[0], left[0] + ((above - corner) >> 1))
    mean = predict(border, np.array([MEAN]), 8)[0, 0, 0]
    found = predict_refined(border, np.array([MEAN]), 8)[0]
    assert (found[1:, 1:] == mean).all() and np.array_equal(found[1:, 0], ((left + 3 * mean + 2) >> 2)[1:])
    assert found[0, 0] == (left[0] + above[0] + 2 * mean + 2) >> 2 and found[0, 5] == (above[5] + 3 * mean + 2) >> 2


def test_blocks_need_only_what_comes_before_them():
    """What lies later in the order is spoiled, and no border changes."""
    order = np.zeros((64, 96), int)
    for size in SIZES:
        k, y, x = places_of(np.ones((1, 64 // size, 96 // size), bool), size)
        if size == SIZES[-1]:
            order[...] = waves(y, x).reshape(16, 24).repeat(4, 0).repeat(4, 1)
    for size in SIZES:
        k, y, x = places_of(np.ones((1, 64 // size, 96 // size), bool), size)
        for n in range(len(k)):
            plane = np.where(order < waves(y[n : n + 1], x[n : n + 1]), 5, -1)[None]
            border = borders(plane, k[n : n + 1], y[n : n + 1], x[n : n + 1], size)
            assert (border == (5 if y[n] or x[n] else 0)).all(), (size, y[n], x[n])


def test_motion_takes_what_lies_there_and_between():
    j, i = np.mgrid[:64, :64].astype(float)
    smooth = np.rint(1000 * np.sin(j / 9) * np.cos(i / 7)).astype(np.int64)
    at = np.array([16]), np.array([24])
    whole = taken(padded(smooth), *at, np.array([[-8, 12]]), 8)[0]
    assert np.array_equal(whole, smooth[14:22, 27:35])
    for down in range(4):
        for across in range(4):
            found = taken(padded(smooth), *at, np.array([[down, across]]), 8)[0]
            true = 1000 * np.sin((j + down / 4) / 9) * np.cos((i + across / 4) / 7)
            assert np.abs(found - true[16:24, 24:32]).max() < 4
    outside = taken(padded(smooth), *at, np.array([[-256, -256]]), 8)
    assert (outside == smooth[0, 0]).all()


def random_stack(generator, alone):
    shape, leaves, open_blocks = (2, 64, 96), [], np.ones((2, 2, 3), bool)
    for number, size in enumerate(SIZES):
        mask = open_blocks & (generator.random(open_blocks.shape) < (0.4 if number < 3 else 2))
        open_blocks = (open_blocks & ~mask).repeat(2, 1).repeat(2, 2)
        count = int(mask.sum())
        kinds = np.zeros(count, int) if alone else generator.integers(0, 4, count)
        moves = generator.choice([-256, -3, 0, 0, 5, 256], (count, 2, 2))
        moves[(kinds == INSIDE) | (kinds == AFTER), 0] = 0
        moves[(kinds == INSIDE) | (kinds == BEFORE), 1] = 0
        levels = generator.integers(-3, 4, (count, size, size)) * (generator.random((count, size, size)) < 0.1)
        levels[: count // 2] = 0
        if count:
            levels[-1, -1, -1] = -100_000
        directions = np.where(kinds == INSIDE, generator.integers(0, DIRECTIONS, count), 0)
        leaves.append(Leaves(size, *places_of(mask, size), kinds, directions, moves, levels.astype(np.int32)))
    roots = np.zeros((2, 2, 3, 2, 2), int) if alone else generator.integers(-128, 129, (2, 2, 3, 2, 2))
    return Stack(shape, tuple(leaves), roots)


@pytest.mark.parametrize("alone", [True, False])
def test_blocks_come_back_from_their_streams(alone):
    stack, encoder = random_stack(np.random.default_rng(3), alone), Encoder()
    StackCoding().code(encoder, stack.shape, alone, stack)
    data = encoder.to_bytes()
    decoder = Decoder(data)
    found = StackCoding().code(decoder, stack.shape, alone)
    decoder.finish()
    assert encoder.cost_bits / 8 < len(data) < 1.02 * encoder.cost_bits / 8 + 60
    assert np.array_equal(found.roots, stack.roots)
    for one, other in zip(stack.leaves, found.leaves, strict=True):
        for name in ("slices", "rows", "columns", "kinds", "directions", "moves", "levels"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), (one.size, name)


def test_blocks_come_back_from_streams_that_take_motion_over():
    generator = np.random.default_rng(4)
    stack, encoder, alone = random_stack(generator, False), Encoder(), np.array([True, False])
    for leaves in stack.leaves:
        leaves.kinds[leaves.slices == 0], leaves.moves[leaves.slices == 0] = INSIDE, 0
    base = generator.choice([-256, 0, 7], (2, 16, 24, 2, 2))
    _, motion = MergingCoding().code_stack(encoder, stack.shape, alone, base, stack)
    decoder = Decoder(encoder.to_bytes())
    found, known = MergingCoding().code_stack(decoder, stack.shape, alone, base)
    decoder.finish()
    assert np.array_equal(motion, known) and (motion[0] == NOTHING).all()
    for one, other in zip(stack.leaves, found.leaves, strict=True):
        for name in ("slices", "rows", "columns", "kinds", "directions", "moves", "levels"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), (one.size, name)
        moving = one.kinds != INSIDE
        four = motion[one.slices, one.rows // 4, one.columns // 4]
        assert np.array_equal(four[moving], packed(one.kinds, one.moves)[moving]) and (four[~moving] == NOTHING).all()
    again = joined(list(singles(stack)))
    for one, other in zip(stack.leaves, again.leaves, strict=True):
        assert len(one.kinds) == len(other.kinds) and np.array_equal(one.levels, other.levels)


def test_every_context_begins_with_what_was_learned():
    plain, learned = MergingCoding(expected=False).contexts(), MergingCoding().contexts()
    for name, contexts in learned.items():
        assert contexts.halves.shape == plain[name].halves.shape and contexts.halves.min() == 1, name
    assert (learned["nonzero"].halves != 1).mean() > 0.5
    stack, base = random_stack(np.random.default_rng(3), True), np.zeros((2, 16, 24, 2, 2), int)
    first, again = MergingCoding(), MergingCoding()
    first.code_stack(Encoder(), stack.shape, np.ones(2, bool), base, stack)
    assert np.array_equal(again.contexts()["any"].halves, learned["any"].halves)


def test_guesses_are_neighbours_first_and_differ():
    base = np.array([[[1, 2], [3, 4]]])
    a, b = (packed(np.array([BOTH]), np.array([[[n, 0], [0, 5]]])) for n in (8, 9))
    nothing = np.array([NOTHING])
    (first, second, third), known = guessed([nothing, b, a, b], base)
    assert first == b and second == a and third == packed(np.array([BOTH]), base) and known == 2
    (first, second, third), known = guessed([nothing] * 4, 0 * base)
    assert (
        known == 0
        and len({int(first[0]), int(second[0]), int(third[0])}) == 3
        and first == packed(np.array([BOTH]), 0 * base)
    )
    kinds, moves = unpacked(packed(np.array([BEFORE]), np.array([[[-256, 256], [7, 7]]])))
    assert kinds == BEFORE and np.array_equal(moves, [[[-256, 256], [0, 0]]])


def test_moves_beyond_reach_are_refused():
    """An encoder that lies about its moves makes a stream that no decoder takes."""
    for farthest, fine in ((256, True), (257, False)):
        encoder, places = Encoder(), (np.zeros(1, int),) * 3
        base, known = np.zeros((1, 8, 8, 2, 2), int), np.full((1, 8, 8), NOTHING)
        wanted = np.array([BEFORE]), np.array([[[0, -farthest], [0, 0]]])

        def coded(coder, want, places=places, base=base, known=known):
            return MotionCoding().code(coder, 0, places, base, known.copy(), want)

        if fine:
            coded(encoder, wanted)
            assert np.array_equal(coded(Decoder(encoder.to_bytes()), None)[1], wanted[1])
            continue
        with pytest.raises(StreamError, match="moves too far"):
            coded(encoder, wanted)
        with pytest.raises(StreamError, match="moves too far"):
            coded(Decoder(encoder.to_bytes()), None)
    stack, encoder = random_stack(np.random.default_rng(3), False), Encoder()
    stack.leaves[1].moves[stack.leaves[1].kinds == BEFORE, 0] = 300
    with pytest.raises(StreamError, match="moves too far"):
        StackCoding().code(encoder, stack.shape, False, stack)
    with pytest.raises(StreamError, match="moves too far"):
        StackCoding().code(Decoder(encoder.to_bytes()), stack.shape, False)


def test_orders_that_make_no_sense_are_refused():
    good = Sequence((19, 70, 84), 0, 8, 16, (64, 80, 96, 112))
    assert Sequence.from_bytes(good.to_bytes(), (19, 70, 84)) == good
    for ways in ((False, False), (True, True)):
        other = Sequence((19, 70, 84), 2, 8, 16, (64, 80, 96, 112), *ways)
        volume = (70, 84, 19)
        assert Sequence.from_bytes(other.to_bytes(), volume) == other
    coded = [item.slice for place in good.places for item in good.items(place)]
    assert sorted(coded) == list(range(19))
    for spoiled in (
        b"",
        b"\0\3",
        b"\3" + good.to_bytes()[1:],
        b"\x14" + good.to_bytes()[1:],
        good.to_bytes()[:-2],
        good.to_bytes()[:-2] + b"\0\0",
    ):
        with pytest.raises(StreamError):
            Sequence.from_bytes(spoiled, (19, 70, 84))
    for shape in ((19, 70, 31), (1 << 24, 32, 32)):
        with pytest.raises(StreamError, match="too small or too many"):
            Sequence.from_bytes(good.to_bytes(), shape)


@pytest.mark.parametrize("axis", [0, 2])
def test_a_decoder_finds_what_the_encoder_found_along_any_axis(axis):
    values = np.moveaxis(moving_shapes((10, 66, 70)).array, 0, axis)
    coded = slice_encoder.SliceEncoder(values, 900.0, axis).sliced(0.5, 400.0, (-900, 1200), 64)
    found = decode_slices(coded.sequence, coded.streams().get, (-900, 1200))
    assert np.array_equal(found, coded.samples(0)) and found.shape == values.shape
    assert np.abs(found * 0.5 + 400 - values).mean() < 8


# -- files -------------------------------------------------------------------------------------------------------------
def test_moving_shapes_are_predicted_and_gain_much(shapes, compressed, monkeypatch):
    assert compressed.file.describe()["field"] == "slices predicted from each other"
    assert 60 <= compressed.metrics["compression_ratio"] < 63
    assert np.array_equal(inr_from_bytes(compressed.data).decompress().array, compressed.volume.array)
    monkeypatch.setattr("INRCore.compression.pyramid_encoder.SMALLEST", 1 << 30)
    plain = compress(shapes, CompressionSettings(target_ratio=60))
    assert plain.file.describe()["field"].startswith("pyramid")
    assert compressed.metrics["psnr_db"] > plain.metrics["psnr_db"] + 2


def test_single_slices_are_predicted_from_themselves_where_that_gains(monkeypatch):
    one = moving_shapes((1, 128, 128))
    result = compress(one, CompressionSettings(target_ratio=20))
    assert result.file.describe()["field"] == "slices predicted from each other"
    assert np.array_equal(inr_from_bytes(result.data).decompress().array, result.volume.array)
    monkeypatch.setattr("INRCore.compression.pyramid_encoder.SMALLEST", 1 << 30)
    plain = compress(one, CompressionSettings(target_ratio=20))
    assert result.metrics["psnr_db"] > plain.metrics["psnr_db"] + 1


def test_noise_and_holes_are_left_to_the_pyramid(shapes):
    result = compress(shapes.with_array(noise("int16", shapes.array.shape)), CompressionSettings(target_ratio=8))
    assert result.file.describe()["field"].startswith("pyramid")
    holed = shapes.array.astype(np.float32)
    holed[3, 5:9, 5:9] = np.nan
    result = compress(shapes.with_array(holed), CompressionSettings(target_ratio=30))
    assert result.file.describe()["field"].startswith("pyramid")


@pytest.mark.parametrize("bound", [0, pytest.param(7, marks=pytest.mark.slow)])
def test_error_bounds_hold(shapes, bound):
    result = compress(shapes, CompressionSettings(target_max_error=bound))
    assert isinstance(result.file.pyramid, StoredSlices)
    assert max_abs_error(shapes.array, result.volume.array) <= bound


@pytest.mark.slow
def test_a_psnr_is_reached(shapes):
    result = compress(shapes, CompressionSettings(target_psnr_db=40))
    assert isinstance(result.file.pyramid, StoredSlices) and 40 <= result.metrics["psnr_db"] < 41


def test_a_coarser_volume_lies_at_its_place(shapes, compressed):
    coarse = compressed.file.decompress(spacing=3)
    assert coarse.array.size < shapes.array.size / 15
    centers = []
    for volume in (shapes, coarse):
        weights = volume.array.astype(float).reshape(-1)
        centers.append((volume.grid.points() * weights[:, None]).sum(0) / weights.sum())
    assert np.abs(centers[0] - centers[1]).max() < 0.4


def test_a_few_slices_need_their_spans_alone(monkeypatch):
    monkeypatch.setattr(slice_encoder, "_SPAN_VOXELS", 1)
    values = moving_shapes((26, 64, 64)).array
    coded = slice_encoder.SliceEncoder(values, 900.0).sliced(1.0, 400.0, (-400, 600), 64)
    sequence, streams = coded.sequence, coded.streams()
    assert sequence.span == 8
    wanted = sequence.needed(2, 7)
    assert wanted == {(0, 0), (0, 1), (1, 0), (2, 0), (3, 0)}
    found = decode_slices(sequence, {place: streams[place] for place in wanted}.get, (-400, 600))
    assert np.array_equal(found[:9], coded.samples(0)[:9]) and not np.array_equal(found[9:], coded.samples(0)[9:])
    stored = StoredSlices((26, 64, 64), (), 0, {LOW_KEY: sequence.to_bytes()})
    assert stored.tiles_around(np.zeros(3), np.full(3, 3.0)) == wanted


def test_a_file_cut_short_has_slices_between_those_it_has(shapes, compressed):
    psnrs = []
    for share in (0.75, 0.88, 0.97):
        file = inr_from_bytes(compressed.data[: int(len(compressed.data) * share)])
        with pytest.warns(UserWarning, match="ends too early"):
            psnrs.append(psnr_db(shapes.array, file.decompress().array))
    assert 15 < psnrs[0] <= psnrs[1] <= psnrs[2] < compressed.metrics["psnr_db"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inr_from_bytes(compressed.data).decompress()


@pytest.fixture(scope="module")
def small_file():
    data = compress(moving_shapes((9, 64, 64)), CompressionSettings(target_ratio=40)).data
    assert isinstance(inr_from_bytes(data).pyramid, StoredSlices)
    return data


OLD_FILE = (
    "iUlOUg0KGgoCAAAACAAAAMcEAAAAAAAArNr1+UgAAADST/5yogAAAAAAAAAJAAAAQAAAAEAAAACamZmZmZnpPwAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAA+QAAAAAAAAAAAzczMzMzM7D8AAAAAAAAAAAAAAAAAADTAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPg/AAAAAAAALkA7/21a52MBQAAAAAAA"
    "qIJAAAAAAAAAAAAAAAAAAKiSQAAAAAAAAAAAAgQAEwAABgcGBgAAAABM/wAAqmlBjwsAAAAAAAAAAAMEQABTAGAAcwBNAAAASWHv70YAAAAAAA"
    "AAOgAAAAAAAAB42qtWykvMTVWyUirOSCxILVbSUSrNyywpBgok6pXqAbnJRamJJflFQAFPvyDn/KJUBQM9Qz0DpVoAHYoRkFcAAADpn+GFGgAA"
    "AAAAAAAAAQEJPStVER0D4wkRIwH2Iu369+sA9evy+FAAAAC01n/KawEAAAAAAAAIBAIBAABDAgAAAOgXf/fMrzj9f85cZmP/KGmh9DOkGtyd6G"
    "o7/7+0xmSF6eH1cWHYRDZakNCvqjG8pJGP012viyYk/xAG4ZIDjH8urwgLG6cy0TW/v//+f/8/VrmpSyZ9ADOYMKElHKIPll2MtIoTTQ7O9KsL"
    "EP8f+dA5DX0BjlGcEM0oXuNOW8xoASWud/z7////PnlAf6vwOBwMs/NZlJAHPSlJ8dhatvQBvdBhkHSZ9ssEjrCwV8qJBioUyaFcCEXSQ2T7ra"
    "N0pNW/KIs2z50Dsr3TsvAMfYpPhO0lYbUYw71Qpny++UVRY5nnB/vwRUyOIxwf37PRXc9//3//////P8enhP//////uzffdCSORSh04n4cNuNH"
    "s2fHY6e0qqCzyc81bMCcWUtObD/+fvdtBYG0ho7GzU5ZJDWh6B7oyaO6OMYgAyQYEonpKBXex84YGgw7jfxSMXe18olrK4unsxVTaistAABQAQ"
    "AASqQSyHEAAAAAAAAACAQCAQCUaQEA733/foCsVQDk6NRwN0z7o++WosmffOBh/vv2UQR3f//3l0f8WYwpWC6O/LWsYMJI7g7JvoejbzIxScRN"
    "A5JaWIRq///S9KvgVr6g/wD8wiRurxC3NzJM9opOwGCN3VpiIkv6wyu0AIBQAgAATcELPqkAAAAAAAAACAQCAQC5KYAedm+/////78MAFP8WFY"
    "CAovkgGD1iB8uIjj5RUayM9ydp9lWxBpUNfDzUhm5ay2S2Bsm5q8eu9+fu7827//6fpGTk2k/qBSqwHuLKEX8PMOf4GrJiu7iIouWRQfBPkXrh"
    "5pBv7BIH8hPiw3bIXxD/V////7k89VX8mfdiHSPgQy7Z/zKBAP5zI17WBE1QjRxuf/DrjW//xX3suyJUqrc+k1ADAABsPpU/mQAAAAAAAAAIBA"
    "IBAIB/CACbvrXv//f////vqv/VJvqzW2vvvvfHfDmDzeuhU/fT+484qBr8j//XUc6fBwB0WbEGlfRHDI/70HvBm7b9XB9nPCuAP4Lh93+Pxvbq"
    "hLejSv//n7r9+riGqQd/DhW5BWbHy6oVQ/F1AjzeSiAR443K9DMZDynTJQPvfw8Zr9yRzOZUnes7dLDGwhg6ikvjjNA="
)
OLD_ARRAY = "b3ab114c105f3e50cebe53f8276bec0fbb20aecb70a20cf3b403af76eb3e63e6"


def test_files_of_earlier_programs_open_as_they_did():
    """Written by commit b0b56c6."""
    data = base64.b64decode(OLD_FILE)
    file = inr_from_bytes(data)
    assert not file.pyramid.sequence.refined
    array = np.ascontiguousarray(file.decompress().array)
    assert hashlib.sha256(array.tobytes()).hexdigest() == OLD_ARRAY
    assert survivors_of([data], 9, 3) < 4


def test_damaged_files_give_a_line_and_never_a_crash(small_file):
    assert survivors_of([small_file], 30, 1) < 12


@pytest.mark.slow
def test_six_thousand_damaged_files_give_a_line_and_never_a_crash(small_file):
    assert survivors_of([small_file], 6000, 2) < 2000
