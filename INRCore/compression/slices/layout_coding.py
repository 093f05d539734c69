"""Blocks and what they say to decisions and back: one walk that encoder and decoder share."""

from __future__ import annotations

import numpy as np

from ..pyramid.adaptive import AdaptiveContexts, AdaptiveNumbers, Coder
from ..pyramid.damage import StreamError
from .coefficients import CoefficientCoding
from .directions import DIRECTIONS, MEAN, PLANE
from .leaves import AFTER, BEFORE, BOTH, INSIDE, Leaves, Shape, Stack, doubled, grid_of, places_of
from .motion import REACH
from .motion_coding import PHASES, around, code_signed
from .transform import SIZES

_MAP_CONTEXTS = len(PHASES) * 5
_NO_MOVE = 1 << 14
_LETTERS = 6  # binary digits of a direction


class StackCoding:
    """What has been learned about the blocks of the stacks coded so far."""

    def __init__(self) -> None:
        sizes = len(SIZES)
        self._splits = AdaptiveContexts(_MAP_CONTEXTS * sizes)
        self._kinds = AdaptiveContexts(_MAP_CONTEXTS * sizes * 3)
        self._near = AdaptiveContexts(sizes * 6)
        self._letters = AdaptiveContexts(1 << _LETTERS)
        self._roots, self._moves = AdaptiveNumbers(4), AdaptiveNumbers(sizes * 4)
        self._moved = AdaptiveContexts(sizes * 2 * 2 * 3 * 3)
        self._coefficients = CoefficientCoding()

    def code(self, coder: Coder, shape: Shape, alone: bool, wanted: Stack | None = None) -> Stack:
        """alone: without other slices to predict from."""
        found, masks = [], self._code_leaves(coder, shape, wanted)
        roots = np.zeros((*grid_of(shape, SIZES[0]), 2, 2), np.int64)
        if not alone:
            roots = self._code_roots(coder, roots.shape, None if wanted is None else wanted.roots)
        fours = (shape[0], shape[1] // 4, shape[2] // 4)
        directions = np.full(fours, -1, np.int8)
        known_moves = np.full((*fours, 2, 2), _NO_MOVE, np.int16)
        for number, (size, mask) in enumerate(zip(SIZES, masks, strict=True)):
            want = None if wanted is None else wanted.leaves[number]
            kinds = np.zeros(mask.shape, np.int8)
            if not alone:
                self._code_kinds(coder, number, mask, kinds, want)
            self._code_directions(coder, number, mask & (kinds == INSIDE), directions, want)
            slices, rows, columns = places_of(mask, size)
            kind = kinds[mask].astype(np.int64)
            places = (slices, rows, columns)
            moves = self._code_moves(coder, number, places, kind, roots, known_moves, want)
            own = np.maximum(directions[slices, rows // 4, columns // 4].astype(np.int64), 0)
            levels = self._coefficients.code(coder, number, kind == INSIDE, None if want is None else want.levels)
            found.append(Leaves(size, slices, rows, columns, kind, own, moves, levels))
        return Stack(shape, tuple(found), roots)

    def _code_leaves(self, coder: Coder, shape: Shape, wanted: Stack | None) -> list[np.ndarray]:
        """For each size, which blocks are leaves."""
        masks, open_blocks = [], np.ones(grid_of(shape, SIZES[0]), bool)
        for number, size in enumerate(SIZES[:-1]):
            leaf = None
            if wanted is not None:
                leaf = np.zeros(open_blocks.shape, bool)
                leaves = wanted.leaves[number]
                leaf[leaves.slices, leaves.rows // size, leaves.columns // size] = True
                leaf = open_blocks & ~leaf
            split = code_map(coder, self._splits, number, open_blocks, leaf)
            masks.append(open_blocks & ~split)
            open_blocks = doubled(split)
        return [*masks, open_blocks]

    def _code_kinds(self, coder: Coder, number: int, mask: np.ndarray, kinds: np.ndarray, want: Leaves | None) -> None:
        target = None
        if want is not None:
            target = np.zeros(mask.shape, np.int8)
            target[mask] = want.kinds
        for question, kind in enumerate((INSIDE, BOTH, BEFORE)):
            yes = code_map(coder, self._kinds, number * 3 + question, mask, None if target is None else target == kind)
            kinds[yes] = kind
            mask = mask & ~yes
        kinds[mask] = AFTER

    def _code_directions(
        self, coder: Coder, number: int, mask: np.ndarray, directions: np.ndarray, want: Leaves | None
    ) -> None:
        """`directions` (slices, fours of rows, of columns) are those known, -1 elsewhere; filled in place."""
        size = SIZES[number]
        target = None
        if want is not None:
            target = np.zeros(mask.shape, np.int64)
            target[want.slices, want.rows // size, want.columns // size] = want.directions
        for phase in PHASES:
            part = np.zeros_like(mask)
            part[:, phase[0] :: 2, phase[1] :: 2] = mask[:, phase[0] :: 2, phase[1] :: 2]
            k, j, i = np.nonzero(part)
            if not k.size:
                continue
            near = around(directions, k, j * (size // 4), i * (size // 4), size // 4)
            first, second, known = _candidates(near)
            found = self._code_direction(coder, number, first, second, known, None if target is None else target[part])
            for down in range(size // 4):
                for across in range(size // 4):
                    directions[k, j * (size // 4) + down, i * (size // 4) + across] = found

    def _code_direction(
        self,
        coder: Coder,
        number: int,
        first: np.ndarray,
        second: np.ndarray,
        known: np.ndarray,
        wanted: np.ndarray | None,
    ) -> np.ndarray:
        found, going = first.copy(), np.arange(len(first))
        for question, guess in enumerate((first, second)):
            contexts = number * 6 + question * 3 + known[going]
            hit = self._near.code(coder, contexts, None if wanted is None else wanted[going] == guess[going])
            found[going[hit]] = guess[going[hit]]
            going = going[~hit]
        state = np.ones(going.size, np.int64)
        for place in reversed(range(_LETTERS)):
            bits = self._letters.code(coder, state, None if wanted is None else (wanted[going] >> place & 1) > 0)
            state = 2 * state + bits
        state -= 1 << _LETTERS
        if (state >= DIRECTIONS).any():
            raise StreamError("a block has an impossible direction")
        found[going] = state
        return found

    def _code_roots(self, coder: Coder, shape: tuple[int, ...], wanted: np.ndarray | None) -> np.ndarray:
        """Before: differences of consecutive blocks; after: from the mirrored motion before."""
        roots = np.zeros(shape, np.int64)
        for axis in (0, 1):
            before = None if wanted is None else np.diff(wanted[..., 0, axis].reshape(-1), prepend=0)
            steps = code_signed(coder, self._roots, np.full(roots[..., 0, axis].size, axis), before)
            roots[..., 0, axis] = np.cumsum(steps).reshape(shape[:3])
        for axis in (0, 1):
            after = None if wanted is None else (wanted[..., 1, axis] + wanted[..., 0, axis]).reshape(-1)
            steps = code_signed(coder, self._roots, np.full(roots[..., 1, axis].size, 2 + axis), after)
            roots[..., 1, axis] = steps.reshape(shape[:3]) - roots[..., 0, axis]
        return _checked(roots)

    def _code_moves(
        self,
        coder: Coder,
        number: int,
        places: tuple[np.ndarray, np.ndarray, np.ndarray],
        kinds: np.ndarray,
        roots: np.ndarray,
        known: np.ndarray,
        want: Leaves | None,
    ) -> np.ndarray:
        """(N, before and after, 2) of the leaves of a size. known: (slices, fours of rows, of columns, before and
        after, 2) of the leaves so far, `_NO_MOVE` elsewhere; filled in place."""
        size = SIZES[number]
        slices, rows, columns = places
        moves = np.zeros((len(kinds), 2, 2), np.int64)
        phase = rows // size % 2 * 2 + columns // size % 2
        for down, across in PHASES:
            here = (phase == down * 2 + across) & (kinds != INSIDE)
            same = np.zeros(len(kinds), np.int64)
            for side, only_other in ((0, AFTER), (1, BEFORE)):
                used = np.flatnonzero(here & (kinds != only_other))
                if not used.size:
                    continue
                k, j, i = slices[used], rows[used] // 4, columns[used] // 4
                near = around(known[..., side, :], k, j, i, size // 4, _NO_MOVE)
                base = roots[k, rows[used] // SIZES[0], columns[used] // SIZES[0], side]
                target = None if want is None else want.moves[used, side]
                found, hit = self._code_move(coder, number * 2 + side, near, base, same[used], target)
                moves[used, side] = found
                same[used] = 1 + hit
            for n_down in range(size // 4):
                for n_across in range(size // 4):
                    for side, only_other in ((0, AFTER), (1, BEFORE)):
                        used = np.flatnonzero(here & (kinds != only_other))
                        known[slices[used], rows[used] // 4 + n_down, columns[used] // 4 + n_across, side] = moves[
                            used, side
                        ]
        return _checked(moves)

    def _code_move(
        self,
        coder: Coder,
        row: int,
        around: list[np.ndarray],
        base: np.ndarray,
        same: np.ndarray,
        wanted: np.ndarray | None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """(N, 2) moves, and whether they are the first guess: that of a neighbour, else the root's."""
        first, second, known = _nearest(around, base)
        found, going = first.copy(), np.arange(len(first))
        for question, guess in enumerate((first, second)):
            contexts = ((row * 2 + question) * 3 + known[going]) * 3 + same[going]
            bits = self._moved.code(coder, contexts, None if wanted is None else (wanted[going] == guess[going]).all(1))
            found[going[bits]] = guess[going[bits]]
            going = going[~bits]
        for axis in (0, 1):
            target = None if wanted is None else wanted[going, axis] - first[going, axis]
            contexts = np.full(going.size, row * 2 + axis)
            found[going, axis] = first[going, axis] + code_signed(coder, self._moves, contexts, target)
        return found, (found == first).all(1)


def _checked(moves: np.ndarray) -> np.ndarray:
    if (np.abs(moves) > 4 * REACH).any():
        raise StreamError("a block moves too far")
    return moves


def code_map(
    coder: Coder, contexts: AdaptiveContexts, row: int, mask: np.ndarray, wanted: np.ndarray | None
) -> np.ndarray:
    """Booleans of the blocks (slices, rows, columns) in `mask`, the others False; contexts: phase, how many of the
    eight neighbours known so far are set."""
    found = np.zeros([mask.shape[0], mask.shape[1] + 2, mask.shape[2] + 2], np.int8)
    inner = found[:, 1:-1, 1:-1]
    for number, (down, across) in enumerate(PHASES):
        chosen = mask[:, down::2, across::2]
        if not chosen.any():
            continue
        count = np.zeros(chosen.shape, np.int64)
        for dy in (0, 1, 2):
            for dx in (0, 1, 2):
                near = found[:, down + dy :: 2, across + dx :: 2]
                count += near[:, : chosen.shape[1], : chosen.shape[2]]
        own = (row * len(PHASES) + number) * 5 + np.minimum(count[chosen], 4)
        bits = contexts.code(coder, own, None if wanted is None else wanted[:, down::2, across::2][chosen])
        inner[:, down::2, across::2][chosen] = bits
    return inner > 0


def _nearest(around: list[np.ndarray], base: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First and second guess of a move (N, 2), and what is known: nothing, some, two that agree."""
    first, second = base.copy(), base.copy()
    count, agree, more = np.zeros(len(base), np.int64), np.zeros(len(base), bool), np.zeros(len(base), bool)
    for near in around:
        there = near[:, 0] != _NO_MOVE
        equal = there & (count > 0) & (near == first).all(1)
        other = there & (count > 0) & ~equal & ~more
        agree |= equal
        second[other], more = near[other], more | other
        begun = there & (count == 0)
        first[begun] = near[begun]
        count += there
    still = ~more & (second == first).all(1)
    second[still] = 0
    return first, second, np.where(count == 0, 0, np.where(agree, 2, 1))


def _candidates(around: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First and second guess of a direction, and what is known: nothing, some, two that agree."""
    first, second = np.full_like(around[0], -1), np.full_like(around[0], -1)
    agree = np.zeros(len(first), bool)
    for near in around:
        there = near >= 0
        agree |= there & (first == near)
        second = np.where(there & (first >= 0) & (first != near) & (second < 0), near, second)
        first = np.where(there & (first < 0), near, first)
    known = np.where(first < 0, 0, np.where(agree, 2, 1))
    first = np.where(first < 0, PLANE, first)
    second = np.where(second < 0, np.where(first == MEAN, PLANE, MEAN), second)
    return first, second, known
