"""Analytic phantoms: functions of RAS mm that can be evaluated anywhere, so that the truth is known on every grid.

They have no mirror symmetry, so that a mirrored, shifted or permuted result shows in every number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from grids import rotation
from scipy.special import erf

from INRCore.geometry import Grid
from INRCore.volume import Volume

Function = Callable[[np.ndarray], np.ndarray]
"""(..., 3) RAS mm to (...) values."""


@dataclass(frozen=True)
class Blobs:
    """Sum of isotropic Gaussian blobs: `centers` (n, 3) RAS mm, `heights` (n), one `sigma` in mm."""

    centers: np.ndarray
    heights: np.ndarray
    sigma: float

    def __call__(self, points: np.ndarray) -> np.ndarray:
        total = np.zeros(np.shape(points)[:-1])
        for center, height in zip(self.centers, self.heights, strict=True):
            total += height * np.exp(-((points - center) ** 2).sum(-1) / (2 * self.sigma**2))
        return total


@dataclass(frozen=True)
class BrainLike:
    """A head-like object about `center` with half axes of about `radius` mm: folded cortex, ventricles, vessels, thin
    membranes. All edges have an erf profile of `edge` mm (standard deviation), so that it can be sampled at 1 mm.

    Values run from 0 (outside) to about 200. Fine structure: sheets 2-3 mm thick, tubes of 1-1.5 mm radius, spheres of
    1.5-3 mm radius at oblique places, each seen in plane but hardly across thick slices.
    """

    center: tuple[float, float, float] = (0.0, 0.0, 0.0)
    radius: float = 20.0
    edge: float = 0.5

    def __call__(self, points: np.ndarray) -> np.ndarray:
        p = (np.asarray(points, float) - self.center) @ rotation(12, -17, 25)
        x, y, z = np.moveaxis(p / self.radius, -1, 0)
        # A folded surface: the radius of the cortex waves with direction, differently along every axis.
        fold = 0.055 * (np.sin(9 * x + 4 * y + 1) + np.sin(11 * y - 5 * z) + np.sin(10 * z + 3 * x * y + 2))
        depth = self.radius * (1 - np.sqrt((x / 0.95) ** 2 + (y / 1.0) ** 2 + (z / 0.85) ** 2) + fold)
        skull = self.radius * (1.18 - np.sqrt((x / 0.95) ** 2 + (y / 1.0) ** 2 + (z / 0.85) ** 2))
        value = 60 * self._inside(skull) + 50 * self._inside(depth) + 50 * self._inside(depth - 3)
        ventricle = self.radius * (0.28 - np.sqrt((x - 0.2 - 0.3 * y**2) ** 2 / 0.25 + (y + 0.1) ** 2 + (z / 0.9) ** 2))
        value -= 90 * self._inside(ventricle)
        falx = 1.0 - np.abs(self.radius * (x + 0.25 + 0.05 * np.sin(7 * y) + 0.1 * z))
        value -= 40 * self._inside(falx) * self._inside(self.radius * (0.5 - np.abs(y - 0.3)))
        for (a, b, c), radius, height in _SPHERES:
            distance = self.radius * np.sqrt((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2)
            value += height * self._inside(radius - distance)
        for (a, b, c), direction, radius, height in _TUBES:
            offset = np.stack([x - a, y - b, z - c], -1) * self.radius
            unit = np.asarray(direction, float) / np.linalg.norm(direction)
            along = offset @ unit
            distance = np.linalg.norm(offset - along[..., None] * unit, axis=-1)
            value += height * self._inside(radius - distance) * self._inside(0.5 * self.radius - np.abs(along))
        return value

    def _inside(self, distance: np.ndarray) -> np.ndarray:
        """1 deep inside (positive mm), 0 outside, with the soft edge between."""
        return 0.5 * (1 + erf(distance / (np.sqrt(2) * self.edge)))


_SPHERES = (
    ((0.45, 0.2, 0.35), 3.0, 60), ((-0.55, -0.25, 0.1), 2.0, -70), ((-0.4, 0.5, -0.3), 2.5, 50),
    ((0.5, -0.45, -0.25), 1.5, 80), ((0.05, 0.62, 0.2), 2.0, -60), ((-0.3, -0.6, -0.3), 3.0, 40),
)  # fmt: skip
"""(center in radii, radius mm, height)"""
_TUBES = (
    ((0.4, -0.1, 0.1), (1, 0.4, 0.6), 1.2, 70), ((-0.45, 0.15, 0.35), (0.2, 1, -0.5), 1.0, 80),
    ((-0.1, -0.45, 0.3), (0.8, -0.3, 0.2), 1.5, -50),
)  # fmt: skip
"""(center in radii, direction, radius mm, height)"""


def sampled(function: Function, grid: Grid, name: str = "truth") -> Volume:
    """The function's values at the voxel centres, float32."""
    values = np.empty(grid.voxel_count, np.float32)
    for part, points in grid.chunks(1 << 18):
        values[part] = function(points)
    return Volume(values.reshape(grid.shape), grid, name)


def acquired(
    function: Function,
    grid: Grid,
    slice_axis: int = 2,
    thickness_mm: float | None = None,
    profile: str = "boxcar",
    noise: float = 0.0,
    nodes: int = 48,
    seed: int = 0,
) -> Volume:
    """What a scanner measures: each voxel is the function integrated through the slice, along the normal of the slice
    plane, with a 'boxcar' or 'gaussian' (full width at half maximum) profile of `thickness_mm` (default: the distance
    between slices), plus Gaussian noise of that standard deviation. `slice_axis` is 0, 1, 2 for i, j, k.

    Dense Gauss-Legendre integration, exact for practical purposes and independent of the code under test.
    """
    axes = grid.ijk_to_world[:3, :3]
    in_plane = np.delete(axes, slice_axis, axis=1)
    normal = np.cross(in_plane[:, 0], in_plane[:, 1])
    normal /= np.linalg.norm(normal)
    thickness = abs(axes[:, slice_axis] @ normal) if thickness_mm is None else thickness_mm
    x, weights = np.polynomial.legendre.leggauss(nodes)
    if profile == "boxcar":
        offsets = x * thickness / 2
    else:
        sigma = thickness / (2 * np.sqrt(2 * np.log(2)))
        offsets = 4 * sigma * x
        weights = weights * np.exp(-(offsets**2) / (2 * sigma**2))
    weights = weights / weights.sum()
    values = np.zeros(grid.voxel_count)
    for part, points in grid.chunks(1 << 18):
        for offset, weight in zip(offsets, weights, strict=True):
            values[part] += weight * function(points + offset * normal)
    values += noise * np.random.default_rng(seed).normal(size=values.shape)
    return Volume(values.reshape(grid.shape).astype(np.float32), grid, "stack")
