"""From a coarse grid to all voxels of a fine one along the same axes: three small matrix products instead of a gather
of 64 nodes for every voxel, which is where sampling a result would otherwise spend its time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..geometry import Grid


class Upsampling:
    """Interpolation of arrays on `nodes` at the voxel centres of `grid`, whose axes must be those of `nodes`; beyond
    the outermost nodes these are repeated.

    `cubic`: cubic convolution (Keys, IEEE Trans. ASSP 29(6), 1981, a = -1/2), as `CubicVectorSampler` and Slicer have
    it; otherwise linear.
    """

    def __init__(self, nodes: Grid, grid: Grid, cubic: bool = True) -> None:
        across = nodes.world_to_ijk @ grid.ijk_to_world
        self._matrices = [
            _matrix(across[axis, axis] * np.arange(size) + across[axis, 3], int(count), cubic)
            for axis, (size, count) in enumerate(zip(grid.size_ijk, nodes.size_ijk, strict=True))
        ]
        self._grid = grid

    def chunks(self, values: np.ndarray, points: int) -> Iterator[tuple[slice, np.ndarray]]:
        """(slice of the flattened (k, j, i) array, values (n, ...) there) in order, whole planes of k of at most about
        `points` voxels, from an array (k, j, i, ...) on the nodes."""
        planes, rows, columns = self._grid.shape
        step = max(1, points // (rows * columns))
        of_i, of_j, of_k = self._matrices
        flat = np.ascontiguousarray(values, np.float32).reshape(*values.shape[:3], -1)
        for start in range(0, planes, step):
            part = np.tensordot(of_k[start : start + step], flat, (1, 0))
            part = np.matmul(of_j, part.reshape(len(part), flat.shape[1], -1)).reshape(len(part), rows, *flat.shape[2:])
            part = np.matmul(of_i, part)
            first = start * rows * columns
            yield slice(first, first + len(part) * rows * columns), part.reshape(-1, *values.shape[3:])

    def all(self, values: np.ndarray, points: int) -> np.ndarray:
        """(k, j, i, ...) float32 on the fine grid."""
        result = np.empty((self._grid.voxel_count, *values.shape[3:]), np.float32)
        for part, found in self.chunks(values, points):
            result[part] = found
        return result.reshape(*self._grid.shape, *values.shape[3:])


def _matrix(places: np.ndarray, nodes: int, cubic: bool) -> np.ndarray:
    """(n, nodes) float32: the shares of the nodes in the values at the places (n), in nodes from the first."""
    places = np.clip(places, 0, nodes - 1)
    low = np.floor(places)
    t = places - low
    matrix = np.zeros((len(places), nodes), np.float64)
    for offset, share in _shares(t, cubic):
        np.add.at(matrix, (np.arange(len(places)), np.clip(low.astype(int) + offset, 0, nodes - 1)), share)
    return matrix.astype(np.float32)


def _shares(t: np.ndarray, cubic: bool) -> list[tuple[int, np.ndarray]]:
    s = 1 - t
    if not cubic:
        return [(0, s), (1, t)]
    outer = t * s / 2
    return [(-1, -outer * s), (0, 1 + t * t * (1.5 * t - 2.5)), (1, 1 + s * s * (1.5 * s - 2.5)), (2, -outer * t)]
