"""The cosine transform of square blocks in whole numbers (Ahmed, Natarajan and Rao, 1974).

The inverse multiplies matrices of whole numbers that are small enough for float64 to be exact, so that every machine
finds the same samples in whatever order it adds.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

SIZES = (32, 16, 8, 4)
"""Edges of the blocks."""
_BITS = 14
_SCALE = float(1 << _BITS)


@lru_cache
def cosines(size: int) -> np.ndarray:
    """(frequency, place) orthonormal cosines, in 16384ths, whole float64."""
    place = np.arange(size)
    matrix = np.cos(np.pi * (2 * place + 1) * place[:, None] / (2 * size)) * np.sqrt(2 / size)
    matrix[0] = np.sqrt(1 / size)
    return np.rint(matrix * _SCALE)


def forward(blocks: np.ndarray) -> np.ndarray:
    """(N, size, size) samples to float32 coefficients; only encoders need it, so it need not be exact."""
    matrix = (cosines(blocks.shape[-1]) / _SCALE).astype(np.float32)
    return matrix @ blocks.astype(np.float32) @ matrix.T


def inverse(coefficients: np.ndarray) -> np.ndarray:
    """(N, size, size) whole coefficients, of magnitudes below 2^30, to int64 samples."""
    matrix = cosines(coefficients.shape[-1])
    columns = np.floor((matrix.T @ coefficients.astype(np.float64)) / _SCALE + 0.5)
    return np.floor((columns @ matrix) / _SCALE + 0.5).astype(np.int64)
