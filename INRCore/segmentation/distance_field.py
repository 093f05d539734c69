"""`DistanceField`: signed distances whose gradient has length 1 close to thin parts, too.

A spline through distances at voxel centres rounds off the ridges that distances have half-way between two surfaces. In
a vessel or a lesion of a few voxels that is all there is. So the spline says where the surface is and which side a
point is on, and how far the surface is, its nearest points say.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .crossings import Crossings, unit
from .distances import SmoothSurfaceDistance
from .spline_field import SplineField

_BAND_VOXELS, _FADE_VOXELS = 5.5, 1.0
_SEAM_VOXELS = 0.3
_RIM = 0.6
_STEP_VOXELS = 0.02
_NEWTON_STEPS, _LEAST_SLOPE, _OFF_VOXELS = 3, 0.1, 0.2


class DistanceField:
    """Signed distances, mm, of D labels at any point: those of `splines` on the surfaces and far from them (beyond 5.5
    to 6.5 voxels), in between those to the nearest points of the splines' zero sets. Signs and zero sets are the
    splines' own. A label's nearest points are looked for when its distances are first asked for."""

    def __init__(self, splines: SplineField) -> None:
        self._splines = splines
        self._bands = [_Band(splines, number) for number in range(splines.outputs)]

    @property
    def outputs(self) -> int:
        return self._splines.outputs

    def points_per_chunk(self, max_memory_gb: float | None = None, order: int = 0) -> int:
        """Points that can be evaluated at once in so much memory."""
        return self._splines.points_per_chunk(max_memory_gb, order)

    def evaluate(self, points: np.ndarray, max_memory_gb: float | None = None) -> np.ndarray:
        """(N, 3) RAS mm to values (N, D) float32."""
        found = self._splines.evaluate(points, max_memory_gb)
        for number, band in enumerate(self._bands):
            found[:, number] = band.distances(points, found[:, number])
        return found

    def distance_to(self, number: int | None, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to the values (N) of one output, or for None to the least of all, which takes less time than
        all of them do."""
        if number is not None:
            return self._bands[number].distances(points, self._splines.value_of(number, points))
        found = self._splines.evaluate(points)
        least = found.min(1)
        for label, band in enumerate(self._bands):
            rivals = np.flatnonzero(found[:, label] < least + band.voxel)
            found[rivals, label] = band.distances(points[rivals], found[rivals, label])
        return np.asarray(found.min(1))

    def evaluate_jacobian(self, points: np.ndarray, max_memory_gb: float | None = None) -> np.ndarray:
        """(N, 3) RAS mm to the Jacobian (N, D, 3) float32, per mm: central differences over a 25th of a voxel near the
        surfaces, the splines' own elsewhere."""
        found = self._splines.evaluate_jacobian(points, max_memory_gb)
        values = self._splines.evaluate(points, max_memory_gb)
        for number, band in enumerate(self._bands):
            near = band.holds(points, values[:, number])
            found[near, number] = band.gradient(points[near])
        return found


class _Band:
    """Around the surface of output `number` of the splines."""

    def __init__(self, splines: SplineField, number: int) -> None:
        self._splines, self._number, self._lattice = splines, number, splines.lattices[number]
        self.voxel = self._lattice.grid.voxel_volume ** (1 / 3)

    @cached_property
    def _nearest(self) -> SmoothSurfaceDistance:
        return SmoothSurfaceDistance(self._zero_set(), self._lattice.grid)

    def _zero_set(self) -> Crossings:
        """The lattice's surface points brought onto the zero of the spline by Newton's method; those that do not get
        there are left out."""
        points = self._lattice.surface.points.astype(float)
        for _ in range(_NEWTON_STEPS):
            slope = self._splines.gradient_of(self._number, points)
            square = np.maximum((slope**2).sum(1), _LEAST_SLOPE)
            step = self._splines.value_of(self._number, points)[:, None] * slope / square[:, None]
            length = np.linalg.norm(step, axis=1, keepdims=True)
            points = points - step * np.minimum(1, 0.5 * self.voxel / np.maximum(length, 1e-12))
        left = np.abs(self._splines.value_of(self._number, points))
        arrived = np.flatnonzero(left < _OFF_VOXELS * self.voxel)
        slope = self._splines.gradient_of(self._number, points[arrived])
        return Crossings(points[arrived], unit(slope), self._lattice.surface.areas[arrived])

    def holds(self, points: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Numbers (n) of the points (N, 3) that belong to the band, from the spline's values (N) there. Beyond the
        lattice, which reaches farther than the band, those may be no more than a lower bound."""
        if len(self._lattice.surface) == 0:
            return np.empty(0, int)
        near = np.flatnonzero(np.abs(values) < (_BAND_VOXELS + _FADE_VOXELS) * self.voxel)
        grid = self._lattice.grid
        index = grid.world_to_index(points[near])
        return near[((index > -_RIM) & (index < grid.size_ijk - 1 + _RIM)).all(1)]

    def distances(self, points: np.ndarray, values: np.ndarray) -> np.ndarray:
        """(N) mm at points (N, 3) at which the spline has the values (N)."""
        found = values.astype(float)
        near = self.holds(points, values)
        if len(near) == 0:
            return found
        away = np.abs(found[near]) / self.voxel
        share = _step(away / _SEAM_VOXELS) * _step((_BAND_VOXELS + _FADE_VOXELS - away) / _FADE_VOXELS)
        near, share = near[share > 0], share[share > 0]
        if len(near):
            exact = np.copysign(np.abs(self._nearest(points[near])), found[near])
            found[near] += share * (exact - found[near])
        return found

    def gradient(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) per mm."""
        rise, half = np.empty((len(points), 3)), _STEP_VOXELS * self.voxel
        for axis, step in enumerate(half * np.eye(3)):
            ends = [points + step, points - step]
            high, low = (self.distances(end, self._splines.value_of(self._number, end)) for end in ends)
            rise[:, axis] = (high - low) / (2 * half)
        return rise


def _step(share: np.ndarray) -> np.ndarray:
    """From 0 to 1, without a kink."""
    share = share.clip(0, 1)
    return share**2 * (3 - 2 * share)
