"""Simulated stacks: a truth seen through slices of a given thickness, profile, noise and motion.

Written with plain sums over the truth's own voxels, apart from the code under test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from INRCore.geometry import Grid
from INRCore.volume import Volume

_GAUSSIAN_REACH = 3.0
_SIGMA_OF_FWHM = 1 / 2.3548200450309493


@dataclass(frozen=True)
class Acquisition:
    """factor: voxels of the truth in one slice; profile: 'boxcar' or 'gaussian' (full width at half maximum of a
    slice); noise: standard deviation as a share of the truth's range; motion_mm, motion_degrees: standard deviation of
    each slice's shift and turn about each axis."""

    factor: int = 4
    profile: str = "boxcar"
    noise: float = 0.0
    motion_mm: float = 0.0
    motion_degrees: float = 0.0


def acquire(truth: Volume, axis: int, how: Acquisition, seed: int = 0) -> tuple[Volume, np.ndarray]:
    """The stack with slices across array axis `axis` (0, 1, 2 for i, j, k) and its poses (slices, 4, 4), RAS mm: where
    each slice's points really were in the truth."""
    size = truth.grid.size_ijk.copy()
    count = size[axis] // how.factor
    size[axis] = count
    stop = truth.grid.size_ijk.copy()
    stop[axis] = count * how.factor
    grid = truth.grid.cropped((0, 0, 0), stop.tolist()).with_size(size.tolist())
    generator = np.random.default_rng(seed + 10 * axis)
    poses = _poses(count, grid.center, how, generator)
    offsets, weights = _kernel(how)
    offsets = offsets * truth.grid.spacing[axis] * _unit(truth.grid, axis)[:, None]
    # Where nothing moves every point is a voxel of the truth and the spline gives its value.
    coefficients = ndimage.spline_filter(truth.as_float32(), 3, mode="mirror")
    slices = []
    for number in range(count):
        start, end = np.zeros(3, int), size.copy()
        start[axis], end[axis] = number, number + 1
        points = grid.cropped(start.tolist(), end.tolist()).points()
        total = np.zeros(len(points))
        for offset, weight in zip(offsets.T, weights, strict=True):
            moved = (points + offset) @ poses[number, :3, :3].T + poses[number, :3, 3]
            index = truth.grid.world_to_index(moved).T[::-1]
            total += weight * ndimage.map_coordinates(coefficients, index, order=3, mode="mirror", prefilter=False)
        slices.append(total.reshape(np.delete(size, axis)[::-1]))
    array = np.stack(slices, 2 - axis).astype(np.float32)
    array += how.noise * np.ptp(truth.array) * generator.normal(size=array.shape).astype(np.float32)
    return Volume(array, grid, f"stack {'ijk'[axis]}"), poses


def times_seen(truth: Grid, stack: Grid, axis: int, poses: np.ndarray) -> np.ndarray:
    """(k, j, i): in how many of the stack's slices each voxel of the truth lies; 1 where nothing moved."""
    points, counts = truth.points(), np.zeros(truth.voxel_count, np.int16)
    for number, pose in enumerate(poses):
        index = stack.world_to_index((points - pose[:3, 3]) @ pose[:3, :3])
        index[:, axis] -= number
        limit = stack.size_ijk - 0.5
        limit[axis] = 0.5
        counts += ((index > -0.5) & (index <= limit)).all(1)
    return counts.reshape(truth.shape)


def _unit(grid: Grid, axis: int) -> np.ndarray:
    return grid.directions[:, axis]


def _kernel(how: Acquisition) -> tuple[np.ndarray, np.ndarray]:
    """Offsets in voxels of the truth, so that they fall on its voxels, and weights."""
    middle = (how.factor - 1) / 2
    if how.profile == "boxcar":
        return np.arange(how.factor) - middle, np.full(how.factor, 1 / how.factor)
    sigma = how.factor * _SIGMA_OF_FWHM
    reach = int(np.ceil(_GAUSSIAN_REACH * sigma))
    offsets = np.arange(-reach, how.factor + reach) - middle
    weights = np.exp(-((offsets / sigma) ** 2) / 2)
    return offsets, weights / weights.sum()


def _poses(count: int, center: np.ndarray, how: Acquisition, generator: np.random.Generator) -> np.ndarray:
    """Turns about the middle of the stack, then shifts."""
    poses = np.tile(np.eye(4), (count, 1, 1))
    for pose in poses:
        turn = _rotation(np.deg2rad(how.motion_degrees) * generator.normal(size=3))
        pose[:3, :3] = turn
        pose[:3, 3] = center - turn @ center + how.motion_mm * generator.normal(size=3)
    return poses


def _rotation(vector: np.ndarray) -> np.ndarray:
    """3x3 turn about `vector` by its length in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle == 0:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
