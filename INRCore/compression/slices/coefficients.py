"""Coefficients of the blocks to decisions and back.

Blocks of one size are coded together, frequency by frequency from the highest: fours by fours along diagonals, and
within those likewise, so that each has its five higher neighbours as context (as in VVC, ITU-T H.266, 9.3.4.2.9).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..pyramid.adaptive import AdaptiveContexts, AdaptiveNumbers, Coder
from ..pyramid.damage import StreamError
from ..pyramid.rans import EVEN
from .transform import SIZES

_FOUR = 4
_LARGEST = 1 << 24
_SUMS = np.array([0, 1, 2, 3, 4, 4, 5, 5, 5, 6])
"""Class of a sum of magnitudes of the five neighbours."""
_PLACES = 6


class CoefficientCoding:
    """What has been learned about coefficients."""

    def __init__(self) -> None:
        kinds = len(SIZES) * 2
        self._any = AdaptiveContexts(len(SIZES) * 3)
        self._fours = AdaptiveContexts(kinds * 6)
        self._nonzero = AdaptiveContexts(kinds * _PLACES * 7)
        self._more = AdaptiveContexts(len(SIZES) * 2 * 2 * 7)
        self._rest = AdaptiveNumbers(8)

    def contexts(self) -> dict[str, AdaptiveContexts]:
        """All of them by name."""
        widths, highest = self._rest.parts
        own = {"any": self._any, "fours": self._fours, "nonzero": self._nonzero, "more": self._more}
        return own | {"rest": widths, "high rest": highest}

    def code(
        self,
        coder: Coder,
        number: int,
        inside: np.ndarray,
        wanted: np.ndarray | None,
        manner: np.ndarray | None = None,
    ) -> np.ndarray:
        """(N, size, size) int32 of the leaves of a size; inside: (N) whether predicted from their own slice; manner:
        (N) 0 .. 2, how likely they are to have none."""
        size, kind = SIZES[number], number * 2 + inside.astype(np.int64)
        levels = np.zeros((len(inside), size, size), np.int32)
        some = None if wanted is None else (wanted != 0).any((1, 2))
        coded = np.flatnonzero(self._any.code(coder, kind if manner is None else number * 3 + manner, some))
        if coded.size:
            levels[coded] = self._code_blocks(coder, size, kind[coded], None if wanted is None else wanted[coded])
        return levels

    def _code_blocks(self, coder: Coder, size: int, kind: np.ndarray, wanted: np.ndarray | None) -> np.ndarray:
        count, edge = len(kind), size // _FOUR
        sums = np.zeros((count, size + 2, size + 2), np.int32)  # magnitudes, with two more of 0 beyond
        flags = np.zeros((count, edge + 1, edge + 1), np.int64)
        want = None if wanted is None else np.abs(wanted)
        for row, column in diagonals(edge):
            box = (slice(row * _FOUR, (row + 1) * _FOUR), slice(column * _FOUR, (column + 1) * _FOUR))
            if edge > 1:
                near = flags[:, row + 1, column] + flags[:, row, column + 1]
                contexts = (kind * 2 + (row + column == 0)) * 3 + near
                some = None if want is None else want[:, box[0], box[1]].any((1, 2))
                flags[:, row, column] = self._fours.code(coder, contexts, some)
            else:
                flags[:, row, column] = 1
            active = np.flatnonzero(flags[:, row, column])
            if active.size:
                self._code_four(coder, sums, active, kind[active], (row * _FOUR, column * _FOUR), want)
        found = sums[:, :size, :size]
        places = np.flatnonzero(found)
        negative = coder.code(
            np.full(places.size, EVEN, np.uint32), None if wanted is None else wanted.reshape(-1)[places] < 0
        )
        signed = np.ascontiguousarray(found).reshape(-1)
        signed[places[negative]] *= -1
        return signed.reshape(count, size, size)

    def _code_four(
        self,
        coder: Coder,
        sums: np.ndarray,
        active: np.ndarray,
        kind: np.ndarray,
        start: tuple[int, int],
        wanted: np.ndarray | None,
    ) -> None:
        for down, across in diagonals(_FOUR):
            y, x = start[0] + down, start[1] + across
            near = sums[active, y, x + 1] + sums[active, y + 1, x]
            total = near + sums[active, y + 1, x + 1] + sums[active, y, x + 2] + sums[active, y + 2, x]
            near_class = _SUMS[np.minimum(total, 9)]
            place = int(np.searchsorted((1, 2, 4, 8, 16), y + x, side="right"))
            target = None if wanted is None else wanted[active, y, x]
            contexts = (kind * _PLACES + place) * 7 + near_class
            going = np.flatnonzero(self._nonzero.code(coder, contexts, None if target is None else target > 0))
            magnitude = np.zeros(active.size, np.int64)
            magnitude[going] = 1
            for reached in (1, 2):
                if not going.size:
                    break
                contexts = ((kind[going] // 2 * 2 + (place < 2)) * 2 + reached - 1) * 7 + near_class[going]
                more = self._more.code(coder, contexts, None if target is None else target[going] > reached)
                going = going[more]
                magnitude[going] = reached + 1
            if going.size:
                contexts = np.minimum(np.frexp(total[going] / 3.0)[1].clip(0), 7)
                rest = self._rest.code(coder, contexts, None if target is None else target[going] - 3)
                if (rest >= _LARGEST).any():
                    raise StreamError("a coefficient is too large")
                magnitude[going] += rest
            sums[active, y, x] = magnitude


@lru_cache
def diagonals(edge: int) -> tuple[tuple[int, int], ...]:
    """(row, column) from the highest frequencies to the lowest."""
    places = [(row, column) for row in range(edge) for column in range(edge)]
    return tuple(sorted(places, key=lambda place: (-(place[0] + place[1]), place[0])))
