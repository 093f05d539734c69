"""What blocks take from other slices to decisions and back.

A block takes over the whole motion of a neighbour that is known, or of the slices that it is predicted from (merging
and temporal prediction as in HEVC, ITU-T H.265, 8.5.3.2), or says its own as a difference.
"""

from __future__ import annotations

import numpy as np

from ..pyramid.adaptive import AdaptiveContexts, AdaptiveNumbers, Coder
from ..pyramid.damage import StreamError
from .leaves import AFTER, BEFORE, BOTH, Leaves
from .motion import REACH
from .transform import SIZES

PHASES = ((0, 0), (1, 1), (0, 1), (1, 0))
NOTHING = -1
GUESSES = 3
_FIELD, _MIDDLE = 1 << 10, 1 << 9


def packed(kinds: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """(...) kinds and (..., before and after, 2) moves as one whole number each, int64; moves that a kind has no use
    for count as 0."""
    used = np.stack([kinds != AFTER, kinds != BEFORE], -1)[..., None]
    fields = np.where(used, moves, 0) + _MIDDLE
    code = kinds.astype(np.int64)
    for side in (0, 1):
        for axis in (0, 1):
            code = code * _FIELD + fields[..., side, axis]
    return code


def unpacked(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Undoes `packed`, int64."""
    fields = np.stack([codes >> shift & (_FIELD - 1) for shift in (30, 20, 10, 0)], -1) - _MIDDLE
    return codes >> 40, fields.reshape(*codes.shape, 2, 2)


def guessed(around: list[np.ndarray], base: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Three different packed motions to take over, and what is known: nothing, some, two neighbours that agree.
    around: what is known of the neighbours, `NOTHING` elsewhere; base: (N, 2, 2) moves by what the others say."""
    both = np.full(len(base), BOTH)
    here = packed(both, base)
    rest = [
        here,
        packed(both, np.zeros_like(base)),
        packed(both - BOTH + BEFORE, base),
        packed(both + AFTER - BOTH, base),
    ]
    found = [np.full(len(base), NOTHING, np.int64) for _ in range(GUESSES)]
    count, agree = np.zeros(len(base), np.int64), np.zeros(len(base), bool)
    for number, option in enumerate((*around, *rest)):
        there, open_place = option != NOTHING, np.ones(len(base), bool)
        if number < len(around):
            agree |= there & (found[0] == option)
            count += there
        for guess in found:
            taken = open_place & there & (guess == NOTHING)
            open_place &= there & (guess != option) & ~taken
            guess[taken] = option[taken]
    return found, np.where(count == 0, 0, np.where(agree, 2, 1))


class MotionCoding:
    """What has been learned about motion."""

    def __init__(self) -> None:
        sizes = len(SIZES)
        self._taken = AdaptiveContexts(sizes * GUESSES * 3)
        self._kinds = AdaptiveContexts(sizes * 2)
        self._moves = AdaptiveNumbers(sizes * 4)

    def contexts(self) -> dict[str, AdaptiveContexts]:
        """All of them by name."""
        widths, highest = self._moves.parts
        return {"taken": self._taken, "told": self._kinds, "moves": widths, "high moves": highest}

    def code(
        self,
        coder: Coder,
        number: int,
        places: tuple[np.ndarray, np.ndarray, np.ndarray],
        base: np.ndarray,
        known: np.ndarray,
        want: tuple[np.ndarray, np.ndarray] | None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the leaves of a size that are predicted from other slices: kinds (N), moves (N, before and after, 2) and
        whether they are taken over (N). base: (slices, fours of rows, of columns, 2, 2) moves; known: (slices, fours of
        rows, of columns) packed motion, filled in place; want: kinds, moves."""
        edge = SIZES[number] // 4
        slices, rows, columns = places[0], places[1] // 4, places[2] // 4
        codes, taken = np.zeros(len(slices), np.int64), np.zeros(len(slices), bool)
        wanted = None if want is None else packed(*want)
        phase = rows // edge % 2 * 2 + columns // edge % 2
        for down, across in PHASES:
            here = np.flatnonzero(phase == down * 2 + across)
            if not here.size:
                continue
            k, j, i = slices[here], rows[here], columns[here]
            target = None if wanted is None else wanted[here]
            found, hit = self._code_some(coder, number, around(known, k, j, i, edge), base[k, j, i], target)
            codes[here], taken[here] = found, hit
            four = np.arange(edge)
            known[k[:, None, None], (j[:, None] + four)[:, :, None], (i[:, None] + four)[:, None, :]] = found[
                :, None, None
            ]
        kinds, moves = unpacked(codes)
        return kinds, moves, taken

    def _code_some(
        self, coder: Coder, number: int, near: list[np.ndarray], base: np.ndarray, wanted: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        guesses, known = guessed(near, base)
        found, going = guesses[0].copy(), np.arange(len(base))
        for question, guess in enumerate(guesses):
            contexts = (number * GUESSES + question) * 3 + known[going]
            hit = self._taken.code(coder, contexts, None if wanted is None else wanted[going] == guess[going])
            found[going[hit]] = guess[going[hit]]
            going = going[~hit]
        taken = np.ones(len(base), bool)
        taken[going] = False
        if going.size:
            first = [guess[going] for guess in guesses]
            found[going] = self._code_own(coder, number, first, None if wanted is None else wanted[going])
        return found, taken

    def _code_own(self, coder: Coder, number: int, guesses: list[np.ndarray], wanted: np.ndarray | None) -> np.ndarray:
        count = len(guesses[0])
        target_kinds, target = (None, None) if wanted is None else unpacked(wanted)
        kinds, going = np.full(count, AFTER), np.arange(count)
        for question, kind in enumerate((BOTH, BEFORE)):
            yes = None if target_kinds is None else target_kinds[going] == kind
            bits = self._kinds.code(coder, np.full(going.size, number * 2 + question), yes)
            kinds[going[bits]] = kind
            going = going[~bits]
        moves = np.zeros((count, 2, 2), np.int64)
        for side, only_other in ((0, AFTER), (1, BEFORE)):
            used = np.flatnonzero(kinds != only_other)
            near = _moves_of(guesses, side, only_other)[used]
            for axis in (0, 1):
                missed = None if target is None else target[used, side, axis] - near[:, axis]
                contexts = np.full(used.size, (number * 2 + side) * 2 + axis)
                moves[used, side, axis] = near[:, axis] + code_signed(coder, self._moves, contexts, missed)
        if (np.abs(moves) > 4 * REACH).any():
            raise StreamError("a block moves too far")
        return packed(kinds, moves)


def _moves_of(guesses: list[np.ndarray], side: int, only_other: int) -> np.ndarray:
    """(N, 2): moves of the first guess that has any on a side."""
    found, missing = np.zeros((len(guesses[0]), 2), np.int64), np.ones(len(guesses[0]), bool)
    for guess in guesses:
        kinds, moves = unpacked(guess)
        good = missing & (kinds != only_other)
        found[good], missing = moves[good, side], missing & ~good
    return found


def around(
    known: np.ndarray, k: np.ndarray, j: np.ndarray, i: np.ndarray, edge: int, nothing: int = NOTHING
) -> list[np.ndarray]:
    """What is known (slices, fours of rows, of columns, ...) to the left, above, to the right, below."""
    rows, columns = known.shape[1:3]
    found = []
    for row, column in ((j, i - 1), (j - 1, i), (j, i + edge), (j + edge, i)):
        there = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        near = known[k, np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)].astype(np.int64)
        near[~there] = nothing
        found.append(near)
    return found


def code_signed(coder: Coder, numbers: AdaptiveNumbers, contexts: np.ndarray, wanted: np.ndarray | None) -> np.ndarray:
    """(N) whole numbers of either sign."""
    codes = None if wanted is None else np.where(wanted < 0, -2 * wanted - 1, 2 * wanted)
    found = numbers.code(coder, contexts, codes)
    return np.where(found & 1, -(found + 1) // 2, found // 2)


def wanted_motion(want: Leaves, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kinds and moves of some leaves."""
    return want.kinds[chosen], want.moves[chosen]
