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


@lru_cache
def sines(size: int) -> np.ndarray:
    """Likewise sines that begin at 0 before the first place, where prediction is best (Han, Saxena, Melkote and Rose,
    IEEE Trans. Image Process. 21(4), 2012)."""
    place = np.arange(size)
    matrix = np.sin(np.pi * (2 * place[:, None] + 1) * (place + 1) / (2 * size + 1)) * 2 / np.sqrt(2 * size + 1)
    return np.rint(matrix * _SCALE)


def _basis(size: int, refined: bool) -> np.ndarray:
    return sines(size) if refined and size == SIZES[-1] else cosines(size)


def forward(blocks: np.ndarray, refined: bool = True) -> np.ndarray:
    """(N, size, size) samples to float32 coefficients; only encoders need it, so it need not be exact. refined: the
    smallest blocks by sines."""
    matrix = (_basis(blocks.shape[-1], refined) / _SCALE).astype(np.float32)
    return matrix @ blocks.astype(np.float32) @ matrix.T


def inverse(coefficients: np.ndarray, refined: bool = True) -> np.ndarray:
    """(N, size, size) whole coefficients, of magnitudes below 2^30, to int64 samples."""
    matrix = _basis(coefficients.shape[-1], refined)
    columns = np.floor((matrix.T @ coefficients.astype(np.float64)) / _SCALE + 0.5)
    return np.floor((columns @ matrix) / _SCALE + 0.5).astype(np.int64)
