"""A lattice of values read between its samples, in NumPy."""

from __future__ import annotations

import itertools

import numpy as np

from ..geometry import Grid

_CHUNK = 1 << 18


def sample_linearly(values: np.ndarray, lattice: Grid, target: Grid) -> np.ndarray:
    """Values (k, j, i) of `lattice` at the voxel centres of `target`, trilinear, flattened (C order); beyond the
    outermost samples the nearest counts."""
    result = np.empty(target.voxel_count, np.float64)
    last = np.array(lattice.shape) - 1
    for part, points in target.chunks(_CHUNK):
        index = np.clip(lattice.world_to_index(points)[:, ::-1], 0, last)
        first = np.minimum(np.floor(index).astype(np.int64), np.maximum(last - 1, 0))
        share = index - first
        total = np.zeros(len(index))
        for corner in itertools.product((0, 1), repeat=3):
            weight = np.prod(np.where(corner, share, 1 - share), axis=1)
            k, j, i = np.minimum(first + corner, last).T
            total += weight * values[k, j, i]
        result[part] = total
    return result


def coarser_grid(grid: Grid, axes_per_level: list[tuple[int, ...]], shape: tuple[int, int, int]) -> Grid:
    """The grid of every second sample, level by level, along the axes (k, j, i) that the level halves."""
    affine = grid.ijk_to_world.copy()
    for axes in axes_per_level:
        for axis in axes:
            affine[:3, 2 - axis] *= 2
    return Grid(shape, affine)
