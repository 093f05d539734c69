"""One label's signed distance on a lattice around it, from a dense label map or from drawn slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..geometry import Grid
from ..metrics.surface import boundary_faces, bounding_box, face_vectors
from .between_slices import interpolated_distance
from .bodies import bodies
from .crossings import Crossings, find_crossings, unit
from .distances import SmoothSurfaceDistance
from .drawn_slices import DrawnSlices

_MARGIN_VOXELS = 7
_EXACT_VOXELS = 6.5
_LEAST_DEPTH = 0.02
_GAUSSIAN_REACH = 3.0


@dataclass(frozen=True)
class LabelLattice:
    """Signed distance `values` (k, j, i) float32 mm, below 0 inside, at the voxel centres of `grid`, whose first voxel
    is `start` (i, j, k) of the domain's grid. `surface`: points where the values pass zero."""

    grid: Grid
    start: np.ndarray
    values: np.ndarray
    surface: Crossings


def dense_lattice(
    mask: np.ndarray, grid: Grid, smoothness_mm: float | None, feature_mm: float, single: bool
) -> LabelLattice:
    """From a (k, j, i) bool mask in which every voxel is known. `feature_mm`, `single`: see `SegmentationSettings`."""
    start, stop = bounding_box(mask)
    start, stop = np.maximum(start - _MARGIN_VOXELS, 0), np.minimum(stop + _MARGIN_VOXELS, grid.size_ijk)
    mask, grid = mask[_part(start, stop)], grid.cropped(tuple(start), tuple(stop))
    if single:
        mask = largest_piece(mask)
    surface = find_crossings(mask, grid, smoothness_mm)
    if len(surface) == 0:
        return LabelLattice(grid, start, np.zeros(grid.shape, np.float32), surface)
    return _lattice(surface, mask, grid, start, feature_mm, single)


def probability_lattice(levels: np.ndarray, grid: Grid, feature_mm: float, single: bool) -> LabelLattice:
    """From (k, j, i) values whose zero is the surface, below 0 inside, and whose size means nothing."""
    if single:
        levels = np.where(largest_piece(levels < 0), levels, np.abs(levels) + (levels < 0))
    surface = zero_crossings(levels, grid)
    if len(surface) == 0:
        return LabelLattice(grid, np.zeros(3, int), np.zeros(grid.shape, np.float32), surface)
    return _lattice(surface, levels < 0, grid, np.zeros(3, int), feature_mm, single)


def sparse_lattice(
    mask: np.ndarray, grid: Grid, slices: DrawnSlices, effort: tuple[float, int, int], feature_mm: float, single: bool
) -> LabelLattice:
    """From a (k, j, i) bool mask of which only drawn slices are known. `effort`: stiffness, rounds and iterations of
    `interpolated_distance`."""
    start, stop = _region(mask, grid, slices)
    mask, grid = mask[_part(start, stop)], grid.cropped(tuple(start), tuple(stop))
    slices = slices.moved(start, grid.size_ijk)
    estimate = _true_to(_filled(mask, grid, slices, effort), mask, slices.known(grid.shape), grid)
    inside = largest_piece(estimate < 0) if single else _drawn_pieces(estimate < 0, mask)
    estimate = np.where(inside, estimate, np.abs(estimate) + (estimate < 0))
    surface = zero_crossings(estimate, grid)
    if len(surface) == 0:
        return LabelLattice(grid, start, estimate.astype(np.float32), surface)
    return _lattice(surface, inside, grid, start, feature_mm, single)


def _filled(mask: np.ndarray, grid: Grid, slices: DrawnSlices, effort: tuple[float, int, int]) -> np.ndarray:
    """Signed distances (k, j, i) of the union of the bodies, each filled in on its own."""
    parts = bodies(mask, grid, slices)
    if len(parts) == 1:
        return interpolated_distance(mask, grid, slices, *effort)
    nearest = np.full(mask.shape, np.inf, np.float32)
    for part in parts:
        start, stop = _region(part, grid, slices)
        box, near = _part(start, stop), grid.cropped(tuple(start), tuple(stop))
        found = interpolated_distance(part[box], near, slices.moved(start, near.size_ijk), *effort)
        np.minimum(nearest[box], found, out=nearest[box])
    return np.where(np.isfinite(nearest), nearest, nearest[np.isfinite(nearest)].max())


def lattice_of(estimate: np.ndarray, evidence: np.ndarray, grid: Grid, feature_mm: float, single: bool) -> LabelLattice:
    """From an estimate (k, j, i), below 0 inside; pieces without a voxel of `evidence` (bool) are dropped."""
    inside = largest_piece(estimate < 0) if single else _drawn_pieces(estimate < 0, evidence)
    estimate = np.where(inside, estimate, np.abs(estimate) + (estimate < 0))
    surface = zero_crossings(estimate, grid)
    if len(surface) == 0:
        return LabelLattice(grid, np.zeros(3, int), estimate.astype(np.float32), surface)
    return _lattice(surface, inside, grid, np.zeros(3, int), feature_mm, single)


def _lattice(
    surface: Crossings, inside: np.ndarray, grid: Grid, start: np.ndarray, feature_mm: float, single: bool
) -> LabelLattice:
    """Of a surface that is not empty, around the voxels `inside` (bool); `start`: the lattice's place in the volume."""
    if feature_mm:
        return LabelLattice(grid, start, *without_small_features(surface, inside, grid, feature_mm, single))
    return LabelLattice(grid, start, distances_to(surface, inside, grid), surface)


def distances_to(surface: Crossings, inside: np.ndarray, grid: Grid) -> np.ndarray:
    """(k, j, i) float32 mm: signed distances to a surface around the voxels `inside` (bool); exact in a band of some
    voxels, farther away from voxel to voxel, which is much faster (all exact on a sheared grid)."""
    sampling = grid.spacing[::-1]
    distance = ndimage.distance_transform_edt(~inside, sampling) - ndimage.distance_transform_edt(inside, sampling)
    voxel = grid.voxel_volume ** (1 / 3)
    distance += np.where(inside, voxel / 2, -voxel / 2)
    near = np.abs(distance) < (np.inf if grid.is_sheared else _EXACT_VOXELS * voxel)
    points = grid.index_to_world(np.argwhere(near)[:, ::-1])
    # The voxels say on which side they are: in a thin place the nearest patch of the surface may not.
    exact = np.maximum(np.abs(SmoothSurfaceDistance(surface, grid)(points)), _LEAST_DEPTH * float(grid.spacing.min()))
    distance[near] = np.where(inside[near], -exact, exact)
    return distance.astype(np.float32)


def zero_crossings(values: np.ndarray, grid: Grid) -> Crossings:
    """Where a (k, j, i) array passes zero on the lattice edges, by linear interpolation, with the normals of its
    gradient."""
    inside, outside = boundary_faces(values < 0)
    low, high = values[tuple(inside[:, ::-1].T)], values[tuple(outside[:, ::-1].T)]
    share = (low / np.minimum(low - high, -1e-12)).clip(0, 1)[:, None]
    slopes = [np.gradient(values, axis=2 - n) if grid.size_ijk[n] > 1 else np.zeros_like(values) for n in range(3)]
    slope = np.stack(slopes, -1)
    at_crossing = slope[tuple(inside[:, ::-1].T)] * (1 - share) + slope[tuple(outside[:, ::-1].T)] * share
    points = grid.index_to_world(inside + share * (outside - inside))
    areas = face_vectors(outside - inside, grid)
    return Crossings(points, unit(at_crossing @ grid.world_to_ijk[:3, :3]), np.linalg.norm(areas, axis=1))


def without_small_features(
    surface: Crossings, inside: np.ndarray, grid: Grid, feature_mm: float, single: bool
) -> tuple[np.ndarray, Crossings]:
    """Signed distances (k, j, i) of a shape without bumps, pits and gaps smaller than `feature_mm`, and its surface.

    The distances are smoothed by a Gaussian of half that width, under which a wave of bumps that are `feature_mm` wide
    keeps exp(-pi^2 / 8) = 29 % of its height; then the level is chosen that keeps the volume, since smoothing alone
    would shrink whatever is convex. They go on beyond the lattice as far as the Gaussian reaches: those at its edge
    again and again would draw a small shape that lies near onto the edge.
    """
    sigma = feature_mm / 2 / grid.spacing[::-1]
    margin = np.ceil(_GAUSSIAN_REACH * sigma).astype(int)
    further = np.pad(inside, [(n, n) for n in margin], mode="edge")
    values = distances_to(surface, further, grid.padded(margin[::-1].tolist()))
    smooth = ndimage.gaussian_filter(values, sigma, mode="nearest", truncate=_GAUSSIAN_REACH)
    smooth = smooth[tuple(slice(n, n + size) for n, size in zip(margin, inside.shape, strict=True))]
    count = int(inside.sum())
    smooth = smooth - np.partition(smooth.ravel(), count)[count]
    if single:
        smooth = np.where(largest_piece(smooth < 0), smooth, np.abs(smooth) + (smooth < 0))
    surface = zero_crossings(smooth, grid)
    return distances_to(surface, smooth < 0, grid), surface


def largest_piece(mask: np.ndarray) -> np.ndarray:
    """The largest face-connected component of a (k, j, i) bool mask."""
    pieces, count = ndimage.label(mask)
    if count < 2:
        return mask
    return np.asarray(pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:]))


def _drawn_pieces(inside: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The components that hold a drawn voxel; of others the smooth extrapolation alone speaks."""
    pieces, count = ndimage.label(inside)
    drawn = np.zeros(count + 1, bool)
    drawn[pieces[mask & inside]] = True
    drawn[0] = False
    return np.asarray(drawn[pieces])


def _true_to(values: np.ndarray, mask: np.ndarray, known: np.ndarray, grid: Grid) -> np.ndarray:
    """The values with the signs that the mask has where it is known."""
    depth = _LEAST_DEPTH * float(grid.spacing.min())
    signed = np.where(mask, np.minimum(values, -depth), np.maximum(values, depth)).astype(np.float32)
    return np.where(known, signed, values)


def _region(mask: np.ndarray, grid: Grid, slices: DrawnSlices) -> tuple[np.ndarray, np.ndarray]:
    """Box (i, j, k) around the mask and a margin; along an axis of drawn slices out to the next one without the label,
    or to the last one when the slices have no other axis."""
    first, last = bounding_box(mask)
    start, stop = np.maximum(first - _MARGIN_VOXELS, 0), np.minimum(last + _MARGIN_VOXELS, grid.size_ijk)
    for axis in slices.axes:
        numbers = slices.numbers[axis]
        before, after = numbers[numbers < first[axis]], numbers[numbers >= last[axis]]
        if slices.only_axis is not None:
            start[axis] = before[-1] if len(before) else numbers[0]
            stop[axis] = (after[0] if len(after) else numbers[-1]) + 1
        else:
            start[axis] = min(start[axis], before[-1]) if len(before) else 0
            stop[axis] = max(stop[axis], after[0] + 1) if len(after) else grid.size_ijk[axis]
    return start, stop


def _part(start: np.ndarray, stop: np.ndarray) -> tuple[slice, ...]:
    return tuple(slice(a, b) for a, b in zip(start[::-1], stop[::-1], strict=True))
