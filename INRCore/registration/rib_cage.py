"""What lies inside the rib cage of a chest CT, found from lungs and bones: the region that slides when a patient
breathes (the 'motion mask' of Vandemeulebroucke, Bernard, Rit, Kybic, Clarysse & Sarrut, Med. Phys. 39(2), 2012, who
let a level set grow between body and bones; here the wall is a radius for each height and direction)."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..errors import InputError
from ..geometry import Grid
from ..volume import Volume

_STEP_MM = 4.0
_AIR_HU, _BONE_HU, _SOFT_HU, _OUTSIDE_HU = -400.0, 150.0, -350.0, -1024.0
_LEAST_LUNG_MM3, _LEAST_LUNG = 3e5, 0.2
_DIRECTIONS = 120
_PLEURA_MM = 18.0
_WALL_MM = 2.0
_SMOOTH_DIRECTIONS, _SMOOTH_MM = 2.0, 10.0
_LEAST_RADIUS_MM = 30.0


def inside_rib_cage(image: Volume) -> Volume:
    """uint8 volume, 1 inside, on voxels of 4 mm along the patient's axes over the image's field of view.

    In axial planes rays go out from the middle of the lungs. Where one leaves the lungs for the last time is the wall,
    or the first bone after that, if the lungs end deep inside; where neither is found, or there are no bones between
    two ribs, the wall goes on smoothly from its neighbours in direction and height. Below the lungs only bones tell.
    Raises `InputError` when the image shows no lungs in Hounsfield units.
    """
    grid = _patient_grid(image.grid)
    values = _values(image, grid)
    body = _body(values)
    lungs = _lungs(values, body)
    if lungs.sum() * _STEP_MM**3 < _LEAST_LUNG_MM3:
        raise InputError(
            f"No lungs were found in {image.label}, so what slides inside the rib cage cannot be found by itself: it "
            "must be a chest CT in Hounsfield units. Give the sliding region as a mask (guide 'sliding'), or choose "
            "another model."
        )
    layers, rows, columns = np.nonzero(lungs)
    # Not the centre of mass: one lung may be much smaller than the other, and rays must come out beside the spine.
    center = np.array([rows.min() + rows.max(), columns.min() + columns.max()]) / 2
    radius = _wall(lungs, (values > _BONE_HU) & body, center)
    radius[layers.max() + 1 :] = 0
    j, i = np.indices(grid.shape[1:])
    away = np.hypot(j - center[0], i - center[1])
    turn = np.arctan2(j - center[0], i - center[1]) / (2 * np.pi) * _DIRECTIONS % _DIRECTIONS
    limits = np.stack([ndimage.map_coordinates(np.append(r, r[0]), turn[None], order=1) for r in radius])
    return Volume((away < limits).astype(np.uint8), grid, "inside of the rib cage")


def _patient_grid(grid: Grid) -> Grid:
    low, high = grid.corners.min(0), grid.corners.max(0)
    size = np.maximum(2, np.ceil((high - low) / _STEP_MM)).astype(int)
    return Grid.from_parts(size[::-1].tolist(), [_STEP_MM] * 3, low + _STEP_MM / 2)


def _values(image: Volume, grid: Grid) -> np.ndarray:
    """(k, j, i) means over about a voxel of the grid; air outside the image."""
    sigma = np.sqrt(np.maximum((_STEP_MM / image.grid.spacing) ** 2 - 1, 0)) * 0.3
    smooth = ndimage.gaussian_filter(image.as_float32(fill=_OUTSIDE_HU), sigma[::-1])
    index = image.grid.world_to_index(grid.points()).T[::-1]
    found = ndimage.map_coordinates(smooth, index, order=1, mode="constant", cval=_OUTSIDE_HU)
    return found.reshape(grid.shape)


def _body(values: np.ndarray) -> np.ndarray:
    """(k, j, i) bool: the largest piece of soft tissue, what it surrounds in axial planes filled; the table is none."""
    pieces = _largest(ndimage.binary_opening(values > _SOFT_HU, iterations=2), 1.0)
    return np.stack([ndimage.binary_fill_holes(layer) for layer in pieces])


def _lungs(values: np.ndarray, body: np.ndarray) -> np.ndarray:
    """(k, j, i) bool: the largest pieces of air in the body."""
    return _largest(ndimage.binary_opening((values < _AIR_HU) & ndimage.binary_erosion(body)), _LEAST_LUNG)


def _largest(mask: np.ndarray, least: float) -> np.ndarray:
    """The connected pieces that have at least this share of the voxels of the largest one."""
    pieces, _ = ndimage.label(mask)
    counts = np.bincount(pieces.ravel())
    counts[0] = 0
    return mask & (counts >= max(1.0, least * counts.max()))[pieces]


def _wall(lungs: np.ndarray, bones: np.ndarray, center: np.ndarray) -> np.ndarray:
    """(K, directions) distance of the wall from the centre, in voxels."""
    turns = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    steps = np.arange(0, np.hypot(*lungs.shape[1:]), 0.5)
    j = center[0] + np.sin(turns)[:, None] * steps
    i = center[1] + np.cos(turns)[:, None] * steps
    radius, known = np.zeros((len(lungs), _DIRECTIONS)), np.zeros((len(lungs), _DIRECTIONS))
    for number, (lung, bone) in enumerate(zip(lungs, bones, strict=True)):
        air, hard = (
            ndimage.map_coordinates(part.astype(np.float32), (j, i), order=1, cval=0) > 0.5 for part in (lung, bone)
        )
        last = np.where(air.any(1), len(steps) - air[:, ::-1].argmax(1), 0) * 0.5
        beyond = hard & (steps > np.maximum(last, _LEAST_RADIUS_MM / _STEP_MM)[:, None])
        first = np.where(beyond.any(1), beyond.argmax(1) * 0.5, np.inf)
        pleura = (last > 0) & ((first - last) * _STEP_MM < _PLEURA_MM)
        wall = np.where(pleura, last + _WALL_MM / _STEP_MM, first)
        found = np.isfinite(wall)
        radius[number], known[number] = np.where(found, wall, 0), found
    sigma = (_SMOOTH_MM / _STEP_MM, _SMOOTH_DIRECTIONS)
    modes = ("nearest", "wrap")
    for wider in (1, 2, 4, 8):
        top, bottom = (
            ndimage.gaussian_filter(part, [wider * s for s in sigma], mode=modes) for part in (radius * known, known)
        )
        if wider == 1:
            result = np.where(bottom > 0.1, top / np.maximum(bottom, 1e-6), np.nan)
        else:
            result = np.where(np.isnan(result) & (bottom > 0.02), top / np.maximum(bottom, 1e-6), result)
    return np.nan_to_num(result)
