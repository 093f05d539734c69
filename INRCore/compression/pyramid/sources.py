"""Where an encoder's coefficients come from."""

from __future__ import annotations

import math

import numpy as np

from .trellis import numbers_of
from .walk import BLOCK, block_sums, phase_view

LARGE = 6.0
LARGE_IN_SLICES = 2.0
"""Mean magnitudes beyond which counts that learn are better than the entropy model, which knows single slices less."""


def is_large(magnitudes: np.ndarray, flags: np.ndarray) -> bool:
    """Whether magnitudes (k, j, i) have too large a mean, over the blocks that hold anything."""
    samples = math.prod(min(n, BLOCK) for n in magnitudes.shape) * int(flags.sum())
    limit = LARGE_IN_SLICES if 1 in magnitudes.shape else LARGE
    return float(magnitudes.sum(dtype=np.float64)) > limit * samples


class FixedSource:
    """Coefficients of one level that are already whole numbers: band -> int32 (k, j, i)."""

    def __init__(self, coefficients: dict[int, np.ndarray], in_halves: bool = False) -> None:
        """in_halves: whether they are in half steps (see `trellis`)."""
        self._coefficients, self._in_halves = coefficients, in_halves

    def flags(self, band: int) -> np.ndarray:
        """Booleans per block: whether it holds anything."""
        return block_sums((self._coefficients[band] != 0), [BLOCK] * 3) > 0

    def large(self, band: int) -> bool:
        """Whether its magnitudes are beyond what the entropy model has learned."""
        return is_large(self._numbers(self._coefficients[band]), self.flags(band))

    def magnitudes(self, band: int, phase: int, active: np.ndarray, logits: np.ndarray | None) -> np.ndarray:
        """Of the active samples (flat indices within the phase)."""
        return self._numbers(phase_view(self._coefficients[band], phase).reshape(-1)[active])

    def negative(self, band: int, places: np.ndarray) -> np.ndarray:
        """Booleans at flat indices within the band."""
        return self._coefficients[band].reshape(-1)[places] < 0

    def _numbers(self, coefficients: np.ndarray) -> np.ndarray:
        magnitudes = np.abs(coefficients)
        return numbers_of(magnitudes) if self._in_halves else magnitudes
