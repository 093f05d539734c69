"""Quantisation that weighs what a coefficient brings against the bits it costs where it stands."""

from __future__ import annotations

import numpy as np

from .entropy_model import PROBABILITIES
from .rans import SCALE
from .sources import is_large
from .walk import BLOCK, block_sums, phase_view

BITS_OF_ONE = -np.log2(PROBABILITIES / SCALE).astype(np.float32)
BITS_OF_ZERO = -np.log2(1 - PROBABILITIES / SCALE).astype(np.float32)
_SMALLEST_KEPT = 0.6  # of a step
_ROUNDING = 0.46


class RateDistortionSource:
    """Chooses, phase by phase, the magnitudes with the least squared error + `price` x bits, errors in steps.

    The choice counts a coefficient's own bits, by the probabilities that the coding itself would use, and not how it
    changes its neighbours'.
    """

    def __init__(self, scaled: dict[int, np.ndarray], chosen: dict[int, np.ndarray], price: float) -> None:
        """scaled: band -> float32 coefficients of one level, in steps; chosen: int32 of the same shapes, written."""
        self._scaled, self._chosen, self._price = scaled, chosen, price

    def flags(self, band: int) -> np.ndarray:
        """Booleans per block: whether any coefficient might be worth its bits."""
        return block_sums(np.abs(self._scaled[band]) >= _SMALLEST_KEPT, [BLOCK] * 3) > 0

    def large(self, band: int) -> bool:
        """Whether its magnitudes are beyond what the entropy model has learned."""
        return is_large(np.abs(self._scaled[band]), self.flags(band))

    def magnitudes(self, band: int, phase: int, active: np.ndarray, logits: np.ndarray | None) -> np.ndarray:
        """Of the active samples (flat indices within the phase)."""
        values = phase_view(self._scaled[band], phase).reshape(-1)[active]
        best = self._cheapest(np.abs(values), logits) if logits is not None else _rounded(np.abs(values))
        view = phase_view(self._chosen[band], phase)
        flat = np.zeros(view.size, np.int32)
        flat[active] = np.where(values < 0, -best, best)
        view[...] = flat.reshape(view.shape)
        return best

    def _cheapest(self, size: np.ndarray, logits: np.ndarray) -> np.ndarray:
        below = np.floor(size).astype(np.int32)
        best, best_cost = np.zeros(len(size), np.int32), size**2 + self._price * BITS_OF_ZERO[logits[:, 0]]
        for candidate in (np.maximum(below, 1), below + 1):
            cost = (size - candidate) ** 2 + self._price * bits_of(candidate, logits)
            better = cost < best_cost
            best[better], best_cost[better] = candidate[better], cost[better]
        return best

    def negative(self, band: int, places: np.ndarray) -> np.ndarray:
        """Booleans at flat indices within the band."""
        return self._chosen[band].reshape(-1)[places] < 0


def _rounded(size: np.ndarray) -> np.ndarray:
    """To the nearest number, or a little further down: the smaller one is the cheaper."""
    return np.floor(size + _ROUNDING).astype(np.int32)


def bits_of(magnitudes: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Bits of magnitudes above 0 with their signs."""
    nonzero, second, third, more = logits[:, :4].T
    bits = 1 + BITS_OF_ONE[nonzero]
    bits += np.where(magnitudes == 1, BITS_OF_ZERO[second], BITS_OF_ONE[second])
    bits += np.where(magnitudes == 2, BITS_OF_ZERO[third], 0) + np.where(magnitudes > 2, BITS_OF_ONE[third], 0)
    return bits + np.where(magnitudes > 2, BITS_OF_ZERO[more] + (magnitudes - 3) * BITS_OF_ONE[more], 0)
