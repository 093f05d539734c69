"""Sine networks evaluated in whole numbers, many at once, so that every machine gets the same voxels.

Products of whole numbers are summed in float64, far below 2^53, where every order of summation gives the same; what
follows is shifts and a table of the sine. Needs NumPy alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .layout import HIDDEN

ONE = 1 << 14
"""1 of a coordinate or an activation, and the steps of a turn in the table of the sine."""
STEP_BITS = 20
"""A layer's step is a whole number of 2^-20ths: of a turn in the hidden layers."""
LARGEST_WEIGHT = (1 << 15) - 1
LARGEST_STEP = (1 << 20) - 1
_CHUNK = 1 << 21  # activations of one layer at a time
_TURN = np.rint(np.sin(np.arange(ONE) * (2 * np.pi / ONE)) * ONE)


def evaluate(weights: Sequence[np.ndarray], steps: Sequence[int], edges: tuple[int, int, int]) -> np.ndarray:
    """int64 (networks, k, j, i) outputs, in `ONE`ths, at the voxels of boxes of these edges (powers of 2).

    weights: for each layer (networks, inputs, outputs) matrices and (networks, outputs) biases, whole numbers; steps:
    of each of them, in 2^-20ths of a turn (hidden layers) or of 1 (the last one).
    """
    k, j, i = (
        (2 * np.arange(edge) + 1 - edge) * (ONE // edge) if edge > 1 else np.zeros(1, np.int64) for edge in edges
    )
    grid = np.meshgrid(k, j, i, indexing="ij")
    points = np.stack([axis.reshape(-1) for axis in reversed(grid)], -1).astype(np.float64)
    networks, widest = len(weights[0]), weights[0].shape[2]
    found = np.empty((networks, len(points)), np.int64)
    each = max(1, _CHUNK // widest // len(points))
    for first in range(0, networks, each):
        own = slice(first, first + each)
        for start in range(0, len(points), max(1, _CHUNK // widest)):
            here = slice(start, start + max(1, _CHUNK // widest))
            found[own, here] = _run([w[own] for w in weights], steps, points[here])
    return found.reshape(networks, *edges)


def _run(weights: Sequence[np.ndarray], steps: Sequence[int], points: np.ndarray) -> np.ndarray:
    """(networks, points) outputs."""
    features = points[None]
    for layer in range(HIDDEN + 1):
        matrix, bias = weights[2 * layer].astype(np.float64), weights[2 * layer + 1].astype(np.int64)
        sums = np.matmul(features, matrix).astype(np.int64)
        sums *= steps[2 * layer]
        sums += (bias * (steps[2 * layer + 1] * ONE) + (1 << (STEP_BITS - 1)))[:, None]
        sums >>= STEP_BITS
        if layer == HIDDEN:
            return sums[..., 0]
        features = _TURN[sums & (ONE - 1)]
    raise AssertionError
