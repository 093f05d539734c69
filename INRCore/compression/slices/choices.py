"""An encoder's choices: how slices are cut, what blocks are predicted from, which coefficients are worth their bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .directions import DIRECTIONS, MEAN, PLANE, borders, predict
from .leaves import AFTER, BEFORE, BOTH, INSIDE, Leaves, Stack, doubled, grid_of, places_of
from .reconstruction import Fetch, inside_order, moved, put, restored
from .search import MOVING_SIZES, Mover, move_bits
from .transform import SIZES, forward, inverse

_BLOCKS = 1 << 12
_ISOLATED_BITS, _LEAST_BITS = 7.0, 2.5


def best_directions(plane: np.ndarray) -> list[np.ndarray]:
    """For each size (rows / size, columns / size) the direction that predicts the blocks of a slice best, from its own
    samples as they are."""
    found = []
    for size in SIZES:
        grid = (plane.shape[0] // size, plane.shape[1] // size)
        k, y, x = places_of(np.ones((1, *grid), bool), size)
        best = np.zeros(len(k), np.int8)
        for start in range(0, len(k), _BLOCKS):
            part = slice(start, start + _BLOCKS)
            border = borders(plane[None], k[part], y[part], x[part], size).astype(np.int64)
            target = _blocks(plane, size)[part]
            least = np.full(len(border), np.inf)
            for mode in range(DIRECTIONS):
                missed = np.abs(target - predict(border, np.full(len(border), mode), size)).sum((1, 2))
                best[part] = np.where(missed < least, mode, best[part])
                least = np.minimum(missed, least)
        found.append(best.reshape(grid))
    return found


def _blocks(plane: np.ndarray, size: int) -> np.ndarray:
    rows, columns = plane.shape
    return plane.reshape(rows // size, size, columns // size, size).swapaxes(1, 2).reshape(-1, size, size)


def coding_cost(missed: np.ndarray, size: int, step: float, price: float) -> np.ndarray:
    """(rows / size, columns / size): about what coding (rows, columns) of differences costs, in squared steps."""
    ratio = np.abs(forward(_blocks(missed, size))) * np.float32(1 / step)
    coded = np.float32(0.08 + 5.0 * price) + np.float32(2.0 * price) * np.log2(np.maximum(ratio, np.float32(0.7)))
    costs = np.minimum(ratio * ratio, coded).sum((1, 2))
    return costs.reshape(missed.shape[0] // size, missed.shape[1] // size)


@dataclass
class SliceChoice:
    """Of one slice: for each size (rows / size, columns / size, ...): kinds, directions, moves, and which are split."""

    splits: list[np.ndarray]
    kinds: list[np.ndarray]
    directions: list[np.ndarray]
    moves: list[np.ndarray]


def choose_slice(
    target: np.ndarray,
    directions: list[np.ndarray],
    others: tuple[np.ndarray, np.ndarray] | None,
    searched: tuple[list[np.ndarray], list[np.ndarray]] | None,
    step: float,
    price: float,
) -> tuple[SliceChoice, np.ndarray | None]:
    """target: (rows, columns) of whole units; others: the decoded slices before and after, None for none; searched:
    their moves by size; step, in units; price: of a bit, in squared steps. Also gives the roots of the
    moves (`Stack.roots`)."""
    movers = None if others is None else (Mover(others[0]), Mover(others[1]))
    roots = None
    if movers is not None and searched is not None:
        roots = _worthwhile_roots(target, movers, searched, step, price)
    costs, kinds, chosen, moves = [], [], [], []
    for number, size in enumerate(SIZES):
        best, direction = _inside(target, directions[number], size, step, price)
        kind = np.full(best.shape, INSIDE, np.int8)
        move = np.zeros((*best.shape, 2, 2), np.int64)
        if movers is not None and searched is not None and roots is not None:
            best = best + 2 * price
            if number < len(MOVING_SIZES):
                wide = roots.repeat(SIZES[0] // size, 0).repeat(SIZES[0] // size, 1)
                own = np.stack([side[number] for side in searched], 2)
                _from_others(target, movers, (wide, own), size, step, price, best, kind, move)
        costs.append(best)
        kinds.append(kind)
        chosen.append(direction)
        moves.append(move)
    splits: list[np.ndarray] = []
    least = costs[-1]
    for number in reversed(range(len(SIZES) - 1)):
        below = least.reshape(costs[number].shape[0], 2, costs[number].shape[1], 2).sum((1, 3)) + price
        splits.insert(0, below < costs[number])
        least = np.minimum(costs[number], below)
    return SliceChoice(splits, kinds, chosen, moves), roots


def _worthwhile_roots(
    target: np.ndarray,
    movers: tuple[Mover, Mover],
    searched: tuple[list[np.ndarray], list[np.ndarray]],
    step: float,
    price: float,
) -> np.ndarray:
    """(rows / 32, columns / 32, before and after, 2): what was searched, or 0 where that is not worth its bits."""
    size, roots = SIZES[0], np.stack([side[0] for side in searched], 2)
    for side, mover in enumerate(movers):
        still = coding_cost(target - mover.moved(np.zeros_like(roots[:, :, side]), size), size, step, price)
        moving = coding_cost(target - mover.moved(roots[:, :, side], size), size, step, price)
        roots[:, :, side][still <= moving + price * (move_bits(roots[:, :, side]) + 2)] = 0
    return roots


def _inside(
    target: np.ndarray, directions: np.ndarray, size: int, step: float, price: float
) -> tuple[np.ndarray, np.ndarray]:
    """(rows / size, columns / size): costs of prediction from the slice itself, and the directions."""
    grid = directions.shape
    k, y, x = places_of(np.ones((1, *grid), bool), size)
    border = borders(target[None], k, y, x, size)
    least, best = np.full(grid, np.inf), np.zeros(grid, np.int8)
    options = [(np.full(grid, PLANE), 1.0), (np.full(grid, MEAN), 2.0), (directions, 5.0)]
    options += [(np.roll(directions, 1, axis), 2.5) for axis in (0, 1)]
    for option, bits in options:
        flat = predict(border, option.reshape(-1).astype(np.int64), size)
        found = flat.reshape(*grid, size, size).swapaxes(1, 2).reshape(target.shape)
        cost = coding_cost(target - found, size, step, price) + price * (bits + 1)
        better = cost < least
        best[better] = option[better]
        least = np.minimum(least, cost)
    return least, best


def _told_bits(moves: np.ndarray) -> np.ndarray:
    """About what moves (rows, columns, 2) cost beside each other."""
    bits = np.full(moves.shape[:2], np.inf)
    for axis in (0, 1):
        for shift in (1, -1):
            missed = moves - np.roll(moves, shift, axis)
            bits = np.minimum(bits, np.where((missed == 0).all(-1), 1.5, 3 + move_bits(missed)))
    return bits


def _from_others(
    target: np.ndarray,
    movers: tuple[Mover, Mover],
    options: tuple[np.ndarray, np.ndarray],
    size: int,
    step: float,
    price: float,
    best: np.ndarray,
    kind: np.ndarray,
    move: np.ndarray,
) -> None:
    """Prediction from other slices where that costs less than `best`; best, kind, move are changed in place. options:
    moves (rows / size, columns / size, before and after, 2), bits counting from the first."""
    for number, own in enumerate(options):
        bits = [_told_bits(own[:, :, side]) if number else np.full(best.shape, 1.5) for side in (0, 1)]
        before, after = (mover.moved(own[:, :, side], size) for side, mover in enumerate(movers))
        trials = (
            (BOTH, (before + after + 1) >> 1, bits[0] + bits[1] + 1),
            (BEFORE, before, bits[0] + 2),
            (AFTER, after, bits[1] + 2.5),
        )
        for option, found, cost_bits in trials:
            cost = coding_cost(target - found, size, step, price) + price * cost_bits
            better = cost < best
            kind[better], move[better] = option, own[better]
            np.minimum(best, cost, out=best)


def stack_of(choices: list[SliceChoice], shape: tuple[int, int, int], roots: np.ndarray) -> Stack:
    """A stack without coefficients."""
    leaves, open_blocks = [], np.ones(grid_of(shape, SIZES[0]), bool)
    for number, size in enumerate(SIZES):
        split = np.zeros_like(open_blocks)
        if number + 1 < len(SIZES):
            split = open_blocks & np.stack([choice.splits[number] for choice in choices])
        mask = open_blocks & ~split
        kinds = np.stack([choice.kinds[number] for choice in choices])[mask].astype(np.int64)
        directions = np.stack([choice.directions[number] for choice in choices])[mask].astype(np.int64)
        moves = np.stack([choice.moves[number] for choice in choices])[mask]
        directions[kinds != INSIDE] = 0
        moves[(kinds == INSIDE) | (kinds == AFTER), 0] = 0
        moves[(kinds == INSIDE) | (kinds == BEFORE), 1] = 0
        levels = np.zeros((len(kinds), size, size), np.int32)
        leaves.append(Leaves(size, *places_of(mask, size), kinds, directions, moves, levels))
        if number + 1 < len(SIZES):
            open_blocks = doubled(split)
    return Stack(shape, tuple(leaves), roots)


def quantised(missed: np.ndarray, step: float, price: float) -> np.ndarray:
    """(N, size, size) differences to whole coefficients, those that are worth their bits, int32."""
    ratio = forward(missed) / np.float32(step)
    size = np.abs(ratio)
    seen = np.minimum(size, 2.0)
    near = np.pad(seen, ((0, 0), (1, 2), (1, 2)))
    around = np.zeros_like(seen)
    edge = missed.shape[-1]
    for dy, dx in ((1, 0), (0, 1), (1, 1), (-1, 0), (0, -1)):
        around += near[:, 1 + dy : 1 + dy + edge, 1 + dx : 1 + dx + edge]
    bits = np.maximum(_ISOLATED_BITS - 1.2 * around, _LEAST_BITS)
    below = np.floor(size)
    one_less = below + (size - below > 0.5 + 0.5 * price * np.where(below > 0, 1.6, bits))
    levels = np.where(one_less > 0, one_less, 0)
    spent = np.where(levels > 0, bits + 2 * np.log2(np.maximum(levels, 1)), 0).sum((1, 2)) * price
    gained = (size**2 - (size - levels) ** 2).sum((1, 2))
    levels[gained < spent] = 0
    return np.where(ratio < 0, -levels, levels).astype(np.int32)


def close_loop(
    stack: Stack,
    target: np.ndarray,
    step: int,
    shifts: tuple[int, ...],
    limits: tuple[int, int],
    fetch: Fetch,
    price: float,
) -> np.ndarray:
    """Fills in the stack's coefficients; gives what a decoder will reconstruct, int64 (slices, rows, columns)."""
    planes = np.zeros(stack.shape, np.int64)

    def put_coded(leaves: Leaves, chosen: np.ndarray, found: np.ndarray) -> None:
        wanted = target[_window(leaves, chosen)]
        leaves.levels[chosen] = quantised(wanted - found, step, price)
        residual = inverse(restored(leaves.levels[chosen], step, shifts))
        put(planes, leaves, chosen, np.clip(found + residual, *limits))

    for leaves in stack.leaves:
        other = np.flatnonzero(leaves.kinds != INSIDE)
        if other.size:
            put_coded(leaves, other, moved(leaves, other, fetch))
    for number, chosen in inside_order(stack.leaves):
        leaves = stack.leaves[number]
        border = borders(planes, leaves.slices[chosen], leaves.rows[chosen], leaves.columns[chosen], leaves.size)
        put_coded(leaves, chosen, predict(border, leaves.directions[chosen], leaves.size))
    return planes


def _window(leaves: Leaves, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    place = np.arange(leaves.size)
    rows = leaves.rows[chosen][:, None, None] + place[:, None]
    return leaves.slices[chosen][:, None, None], rows, leaves.columns[chosen][:, None, None] + place
