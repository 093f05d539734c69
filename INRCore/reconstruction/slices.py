"""Where the slices of a grid lie. No torch here."""

from __future__ import annotations

import numpy as np

from ..geometry import Grid


def guess_slice_axis(grid: Grid) -> int:
    """The axis across the slices, 0, 1, 2 for i, j, k: the one with the largest spacing. Equal spacings (to a part in a
    thousand) leave the last axis, k, along which slices usually lie."""
    return int(np.flatnonzero(grid.spacing > 0.999 * grid.spacing.max())[-1])


def slice_centers(grid: Grid, slice_axis: str = "auto") -> np.ndarray:
    """(slices, 3) RAS mm of the slices' centres; `slice_axis` 'i', 'j', 'k' or 'auto'."""
    axis = guess_slice_axis(grid) if slice_axis == "auto" else "ijk".index(slice_axis)
    index = np.tile((grid.size_ijk - 1) / 2, (int(grid.size_ijk[axis]), 1))
    index[:, axis] = np.arange(len(index))
    return grid.index_to_world(index)


def slice_normal(grid: Grid, slice_axis: int) -> np.ndarray:
    """Unit normal (RAS) of the slices stacked along axis 0, 1 or 2 (i, j, k), on the side of the next slice."""
    across = grid.directions[:, slice_axis]
    first, second = (grid.directions[:, axis] for axis in range(3) if axis != slice_axis)
    normal = np.cross(first, second)
    return normal / (np.linalg.norm(normal) * np.sign(normal @ across))


def slice_distance(grid: Grid, slice_axis: int) -> float:
    """Distance between neighbouring slice planes in mm (less than the spacing in a sheared grid)."""
    return float(slice_normal(grid, slice_axis) @ grid.ijk_to_world[:3, slice_axis])
