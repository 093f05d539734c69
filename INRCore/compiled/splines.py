"""Loops of `reconstruction.baseline`: cubic B-splines at continuous indices, mirrored about the outer voxels' edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from .build import compiled


@compiled
def _weights(t: float) -> Any:
    """The shares of the coefficients at -1, 0, 1, 2."""
    rest = 1 - t
    return (
        rest * rest * rest / 6,
        (4 - 6 * t * t + 3 * t * t * t) / 6,
        (4 - 6 * rest * rest + 3 * rest * rest * rest) / 6,
        t * t * t / 6,
    )


@compiled
def _mirrored(index: int, size: int) -> int:
    """d c b a | a b c d | d c b a"""
    index = index % (2 * size)
    return min(index, 2 * size - 1 - index)


@compiled
def cubic_spline(coefficients: np.ndarray, matrix: np.ndarray, points: np.ndarray, values: np.ndarray) -> None:
    """values (N) float32 at points (N, 3), which the matrix (3, 4) takes to (i, j, k) of the coefficients (k, j, i)."""
    depth, height, width = coefficients.shape
    columns = np.empty(4, np.int64)
    for n in range(len(points)):
        a, b, c = points[n]
        x = matrix[0, 0] * a + matrix[0, 1] * b + matrix[0, 2] * c + matrix[0, 3]
        y = matrix[1, 0] * a + matrix[1, 1] * b + matrix[1, 2] * c + matrix[1, 3]
        z = matrix[2, 0] * a + matrix[2, 1] * b + matrix[2, 2] * c + matrix[2, 3]
        i, j, k = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
        u, v, w = _weights(x - i), _weights(y - j), _weights(z - k)
        for m in range(4):
            columns[m] = _mirrored(i + m - 1, width)
        total = 0.0
        for dk in range(4):
            plane = coefficients[_mirrored(k + dk - 1, depth)]
            for dj in range(4):
                row = plane[_mirrored(j + dj - 1, height)]
                line = u[0] * row[columns[0]] + u[1] * row[columns[1]] + u[2] * row[columns[2]] + u[3] * row[columns[3]]
                total += w[dk] * v[dj] * line
        values[n] = total
