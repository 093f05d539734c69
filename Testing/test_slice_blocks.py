"""Blocks of slices predicted from slices: transforms, directions, motion, to streams and back."""

import numpy as np
import pytest
from compression_cases import moving_shapes

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
from INRCore.compression.slices.leaves import AFTER, BEFORE, BOTH, INSIDE, Leaves, Stack, joined, places_of
from INRCore.compression.slices.motion import padded, taken
from INRCore.compression.slices.motion_coding import NOTHING, MotionCoding, guessed, packed, unpacked
from INRCore.compression.slices.sequence import Sequence, decode_slices
from INRCore.compression.slices.stack_coding import MergingCoding
from INRCore.compression.slices.transform import SIZES, cosines, forward, inverse, sines


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
    twice = joined([stack, stack])
    for one, other in zip(stack.leaves, twice.leaves, strict=True):
        half = len(one.kinds)
        assert len(other.kinds) == 2 * half and np.array_equal(one.levels, other.levels[half:])
        assert np.array_equal(one.slices + 2, other.slices[half:])


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
    for refined in (False, True):
        other = Sequence((19, 70, 84), 2, 8, 16, (64, 80, 96, 112), refined)
        volume = (70, 84, 19)
        assert Sequence.from_bytes(other.to_bytes(), volume) == other
    coded = [item.slice for place in good.places for item in good.items(place)]
    assert sorted(coded) == list(range(19))
    for spoiled in (
        b"",
        b"\0\3",
        b"\3" + good.to_bytes()[1:],
        b"\x0c" + good.to_bytes()[1:],
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
