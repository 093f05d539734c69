"""Dependent quantisation: two quantisers, of which the parities of the numbers before say which holds for the next
(trellis-coded quantisation: Marcellin and Fischer, IEEE Trans. Communications 38(1), 1990; driven by parities: Schwarz
et al., IEEE Trans. Circuits Syst. Video Technol. 31(10), 2021).

A cell of 2 x 2 x 2 samples has a state, which goes from phase to phase and from band to band of a level, so that all
cells of a phase are decoded at once.

The first quantiser has the multiples of the step, the second those less half a step towards zero, and zero. `Halves`
are what it restores, in half steps: whole numbers, zero or odd ones for the second.
"""

from __future__ import annotations

import numpy as np

from .contexts import phase_views

STATES = 4
NEXT = np.array([[0, 2], [2, 0], [1, 3], [3, 1]], np.int8)
"""(state, parity) to the state after."""
SECOND = np.array([False, False, True, True])
"""Whether a state means the second quantiser."""


class Trellis:
    """The states of a level's cells, all 0 before its first band."""

    def __init__(self, low_shape: tuple[int, ...]) -> None:
        """low_shape: of the level's largest band."""
        self._states = np.zeros([-(-n // 2) for n in low_shape], np.int8)

    def second(self, shape: tuple[int, ...]) -> np.ndarray:
        """Booleans of a phase of this shape (k, j, i)."""
        return SECOND[self._cells(shape)]

    def advance(self, numbers: np.ndarray) -> None:
        """On beyond a phase of whole numbers (k, j, i)."""
        cells = self._cells(numbers.shape)
        cells[...] = NEXT[cells, numbers & 1]

    def pass_over(self, band: np.ndarray) -> None:
        """On beyond a band of zeros."""
        for _, view in phase_views(band):
            self.advance(view)

    def _cells(self, shape: tuple[int, ...]) -> np.ndarray:
        return self._states[tuple(slice(n) for n in shape)]


class NoTrellis(Trellis):
    """The first quantiser everywhere."""

    def advance(self, numbers: np.ndarray) -> None:
        """Stays where it is."""


def halves_of(numbers: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Magnitudes as numbers of a quantiser to half steps."""
    return 2 * numbers - (second & (numbers > 0))


def numbers_of(halves: np.ndarray) -> np.ndarray:
    """Undoes `halves_of`, for magnitudes."""
    return (halves + 1) >> 1


def of_quantiser(logits: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(N, 2 n) logits for either quantiser to the (N, n) of the one that holds."""
    return np.where(second[:, None], logits[:, logits.shape[1] // 2 :], logits[:, : logits.shape[1] // 2])
