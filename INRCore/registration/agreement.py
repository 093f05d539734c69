"""How alike two images are where they come to lie on each other: one number that can be read, whatever was fitted."""

from __future__ import annotations

import numpy as np

BINS = 32
FOR_ONE_CONTRAST = ("ncc", "lncc", "ncc_lncc", "mse")
"""Similarities that want bright on bright; the others are for images of different contrasts."""


class Agreement:
    """Sums over samples of two images that come in parts, in double precision."""

    def __init__(self) -> None:
        self._moments = np.zeros(6)
        self._bins = np.zeros((2, 3, BINS))

    def add(self, a: np.ndarray, b: np.ndarray) -> None:
        """a, b: (N) intensities, 0 to 1."""
        a, b = a.astype(float), b.astype(float)
        self._moments += [len(a), a.sum(), b.sum(), a @ a, b @ b, a @ b]
        for sums, known, other in zip(self._bins, (a, b), (b, a), strict=True):
            number = (known * BINS).astype(int).clip(0, BINS - 1)
            weights = (None, other, other * other)
            sums += [np.bincount(number, weight, BINS) for weight in weights]

    def correlation(self) -> float:
        """Pearson's correlation, -1 to 1; 0 where one image is constant."""
        n, sum_a, sum_b, aa, bb, ab = self._moments.tolist()
        spread = (n * aa - sum_a**2) * (n * bb - sum_b**2)
        return (n * ab - sum_a * sum_b) / float(np.sqrt(spread)) if spread > 0 else 0.0

    def correlation_by_curve(self) -> float:
        """0 to 1: the root of the correlation ratio (Roche, Malandain, Pennec & Ayache, MICCAI 1998), which is the
        absolute correlation when the intensities lie about a straight line and as large about any other curve. The mean
        of the ratios of b by a and of a by b; 32 bins from 0 to 1."""
        return float(np.sqrt(np.mean([_explained(*sums) for sums in self._bins])))

    def value(self, similarity: str) -> float:
        """What is reported of a registration with that similarity."""
        return self.correlation() if similarity in FOR_ONE_CONTRAST else self.correlation_by_curve()


def agreement_of(a: np.ndarray, b: np.ndarray, similarity: str) -> float:
    """`Agreement.value` of two samples (N)."""
    found = Agreement()
    found.add(a, b)
    return found.value(similarity)


def _explained(counts: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> float:
    """Share of the variance that lies between the bins."""
    total = squares.sum() - sums.sum() ** 2 / max(counts.sum(), 1)
    filled = counts > 0
    within = (squares[filled] - sums[filled] ** 2 / counts[filled]).sum()
    return float(np.clip(1 - within / total, 0, 1)) if total > 0 else 0.0
