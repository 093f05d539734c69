"""Agreement of two binary masks: Dice and distances between their surfaces, in mm on any grid.

The surface of a mask is the set of voxel faces between a voxel of the mask and one that is not (voxels beyond the field
of view count as not), each face represented by its centre and weighted by its area in mm^2, so that neither anisotropic
nor sheared voxels favour one direction. `hd95_mm` is the 95th percentile, `assd_mm` the mean of the symmetric surface
distances: those from the faces of either surface to the nearest face centre of the other, pooled.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..errors import InputError
from ..geometry import Grid


def boundary_faces(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Voxel faces between mask and background inside a (k, j, i) bool array: the (i, j, k) indices of the voxels on
    either side, `inside` (N, 3) and `outside` (N, 3), next neighbours along one axis. Faces at the array's border are
    not among them."""
    inside, outside = [], []
    for axis in range(3):
        before = np.moveaxis(mask, axis, 0)[:-1]
        after = np.moveaxis(mask, axis, 0)[1:]
        rows = np.argwhere(before != after)
        falls = before[tuple(rows.T)]
        low = np.insert(rows[:, 1:], axis, rows[:, 0], axis=1)
        high = low.copy()
        high[:, axis] += 1
        inside.append(np.where(falls[:, None], low, high)[:, ::-1])
        outside.append(np.where(falls[:, None], high, low)[:, ::-1])
    return np.concatenate(inside), np.concatenate(outside)


def face_vectors(steps: np.ndarray, grid: Grid) -> np.ndarray:
    """World area vectors (N, 3), mm^2, of voxel faces crossed by index steps (i, j, k) of length one: normal to the
    face, to the side the step goes, as long as the face is large (right for sheared and left-handed grids as well)."""
    axes = grid.ijk_to_world[:3, :3]
    return np.asarray(steps, float) @ np.linalg.inv(axes) * abs(np.linalg.det(axes))


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """Dice coefficient 2 |a and b| / (|a| + |b|) of two bool arrays of one shape; 1 when both are empty."""
    _require_same_shape(a, b)
    total = int(a.sum()) + int(b.sum())
    return 1.0 if total == 0 else 2.0 * int((a & b).sum()) / total


def surface_distances(
    a: np.ndarray, b: np.ndarray, grid: Grid, flat_axis: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric surface distances of two (k, j, i) bool arrays on `grid`: distances (N) mm and the areas (N) mm^2 of
    the faces they belong to. flat_axis: 0, 1 or 2 (i, j, k) to compare the contours within the slices across this axis
    instead, faces between slices left out. Raises `InputError` when the shapes differ or a mask is empty (it has no
    surface)."""
    _require_same_shape(a, b)
    if a.shape != grid.shape:
        raise InputError(f"The masks {a.shape} and their grid {grid.shape} differ in shape.")
    surfaces = [_surface(mask, grid, flat_axis) for mask in (a, b)]
    if min(len(points) for points, _ in surfaces) == 0:
        raise InputError("Surface distances need two masks that are not empty.")
    trees = [cKDTree(points) for points, _ in surfaces]
    distances = [trees[1 - n].query(surfaces[n][0])[0] for n in (0, 1)]
    return np.concatenate(distances), np.concatenate([areas for _, areas in surfaces])


def hd95_mm(a: np.ndarray, b: np.ndarray, grid: Grid) -> float:
    """95th percentile (by area) of the symmetric surface distances of two (k, j, i) bool arrays, mm. Raises
    `InputError` as `surface_distances` does."""
    return _percentile(*surface_distances(a, b, grid), 0.95)


def assd_mm(a: np.ndarray, b: np.ndarray, grid: Grid) -> float:
    """Mean (by area) of the symmetric surface distances of two (k, j, i) bool arrays, mm. Raises `InputError` as
    `surface_distances` does."""
    distances, areas = surface_distances(a, b, grid)
    return float(np.average(distances, weights=areas))


def agreement(a: np.ndarray, b: np.ndarray, grid: Grid, flat_axis: int | None = None) -> dict[str, float]:
    """dice, hd95_mm and assd_mm of two (k, j, i) bool arrays, the distances left out when a mask is empty; computed on
    the part of the grid that holds both. `flat_axis` as in `surface_distances`."""
    _require_same_shape(a, b)
    both = a | b
    if not both.any():
        return {"dice": 1.0}
    start, stop = bounding_box(both)
    part = tuple(slice(low, high) for low, high in zip(start[::-1], stop[::-1], strict=True))
    a, b = a[part], b[part]
    if not (a.any() and b.any()):
        return {"dice": 0.0}
    distances, areas = surface_distances(a, b, grid.cropped(tuple(start), tuple(stop)), flat_axis)
    mean = float(np.average(distances, weights=areas))
    return {"dice": dice(a, b), "hd95_mm": _percentile(distances, areas, 0.95), "assd_mm": mean}


def bounding_box(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First (i, j, k) index and the one after the last of a (k, j, i) bool array that is not empty."""
    ranges = []
    for axis in (2, 1, 0):
        found = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        ranges.append((found[0], found[-1] + 1))
    start, stop = np.array(ranges).T
    return start, stop


def _surface(mask: np.ndarray, grid: Grid, flat_axis: int | None) -> tuple[np.ndarray, np.ndarray]:
    inside, outside = boundary_faces(np.pad(mask, 1))
    if flat_axis is not None:
        in_plane = inside[:, flat_axis] == outside[:, flat_axis]
        inside, outside = inside[in_plane], outside[in_plane]
    centers = grid.padded((1, 1, 1)).index_to_world((inside + outside) / 2)
    return centers, np.linalg.norm(face_vectors(outside - inside, grid), axis=1)


def _percentile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, share * reached[-1])])


def _require_same_shape(a: np.ndarray, b: np.ndarray) -> None:
    if a.shape != b.shape or a.dtype != bool or b.dtype != bool:
        raise InputError(f"Two bool arrays of one shape are needed, not {a.dtype} {a.shape} and {b.dtype} {b.shape}.")
