"""Loops of `interpolation`: values between the nodes of an image, at continuous indices (N, 3) = (i, j, k), float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from .build import compiled

_ONE, _HALF, _THREE_HALVES, _FIVE_HALVES = (np.float32(number) for number in (1, 0.5, 1.5, 2.5))


@compiled
def _cell(place: float, size: int) -> Any:
    """The place kept within the nodes 0 to size - 1, the node before it, and how far behind that it is."""
    if not place > 0:
        return 0, place * np.float32(0)  # not a number stays so
    if place >= size - 1:
        low = max(size - 2, 0)
        return low, np.float32(size - 1 - low)
    low = int(place)
    return low, place - np.float32(low)


@compiled
def trilinear(image: np.ndarray, index: np.ndarray, values: np.ndarray, gradient: np.ndarray) -> None:
    """values (N) of an image (k, j, i) and, unless it has no rows, gradient (N, 3) by the index: 0 along an axis along
    which a place is beyond the nodes."""
    depth, height, width = image.shape
    for n in range(len(index)):
        x, y, z = index[n, 0], index[n, 1], index[n, 2]
        (i, u), (j, v), (k, w) = _cell(x, width), _cell(y, height), _cell(z, depth)
        right, down, back = min(i + 1, width - 1), min(j + 1, height - 1), min(k + 1, depth - 1)
        a, b = image[k, j, i], image[k, j, right]
        c, d = image[k, down, i], image[k, down, right]
        e, f = image[back, j, i], image[back, j, right]
        g, h = image[back, down, i], image[back, down, right]
        ab, cd, ef, gh = a + (b - a) * u, c + (d - c) * u, e + (f - e) * u, g + (h - g) * u
        front, rear = ab + (cd - ab) * v, ef + (gh - ef) * v
        values[n] = front + (rear - front) * w
        if len(gradient):
            along_i = (b - a) + ((d - c) - (b - a)) * v
            along_i += (((f - e) + ((h - g) - (f - e)) * v) - along_i) * w
            along_j = (cd - ab) + ((gh - ef) - (cd - ab)) * w
            gradient[n, 0] = along_i if 0 <= x <= width - 1 else np.float32(0)
            gradient[n, 1] = along_j if 0 <= y <= height - 1 else np.float32(0)
            gradient[n, 2] = rear - front if 0 <= z <= depth - 1 else np.float32(0)


@compiled
def _cubic_weights(t: float) -> Any:
    """The shares of the nodes at -1, 0, 1, 2."""
    outer, inner = t * (_ONE - t) * _HALF, _ONE - t
    return (
        -outer * inner,
        _ONE + t * t * (_THREE_HALVES * t - _FIVE_HALVES),
        _ONE + inner * inner * (_THREE_HALVES * inner - _FIVE_HALVES),
        -outer * t,
    )


@compiled
def cubic(image: np.ndarray, index: np.ndarray, values: np.ndarray) -> None:
    """values (N, 3) of a vector image (k, j, i, 3) by cubic convolution; beyond the border the outermost nodes are
    repeated."""
    depth, height, width = image.shape[:3]
    last_i, last_j, last_k = width - 1, height - 1, depth - 1
    for n in range(len(index)):
        x = min(max(index[n, 0], np.float32(0)), np.float32(last_i))
        y = min(max(index[n, 1], np.float32(0)), np.float32(last_j))
        z = min(max(index[n, 2], np.float32(0)), np.float32(last_k))
        i, j, k = int(x), int(y), int(z)
        p, q, r, s = _cubic_weights(x - np.float32(i))
        along_j, along_k = _cubic_weights(y - np.float32(j)), _cubic_weights(z - np.float32(k))
        before, after, far = max(i - 1, 0), min(i + 1, last_i), min(i + 2, last_i)
        first = second = third = np.float32(0)
        for dk in range(4):
            plane = image[min(max(k + dk - 1, 0), last_k)]
            for dj in range(4):
                row = plane[min(max(j + dj - 1, 0), last_j)]
                share = along_k[dk] * along_j[dj]
                first += share * (p * row[before, 0] + q * row[i, 0] + r * row[after, 0] + s * row[far, 0])
                second += share * (p * row[before, 1] + q * row[i, 1] + r * row[after, 1] + s * row[far, 1])
                third += share * (p * row[before, 2] + q * row[i, 2] + r * row[after, 2] + s * row[far, 2])
        values[n, 0], values[n, 1], values[n, 2] = first, second, third
