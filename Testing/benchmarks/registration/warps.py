"""Known maps from fixed to moving points, with which pairs of known truth are made. All take and give (N, 3) RAS mm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

Map = Callable[[np.ndarray], np.ndarray]

_STEP_MM = 0.05


@dataclass(frozen=True, eq=False)
class SmoothWarp:
    """x + u(x), u a cubic B-spline: `coefficients` (3, k, j, i) mm on a lattice of `spacing_mm` from `corner` on."""

    coefficients: np.ndarray
    corner: np.ndarray
    spacing_mm: float

    @classmethod
    def random(cls, low: np.ndarray, high: np.ndarray, spacing_mm: float, seed: int) -> SmoothWarp:
        """Independent normal coefficients over the box from `low` to `high`."""
        size = np.ceil((high - low) / spacing_mm).astype(int) + 5
        coefficients = np.random.default_rng(seed).normal(size=(3, *size[::-1]))
        return cls(coefficients, low - 2 * spacing_mm, spacing_mm)

    def scaled(self, points: np.ndarray, largest_mm: float) -> SmoothWarp:
        """The same warp with `largest_mm` as its longest displacement at the points."""
        longest = np.linalg.norm(self.displacement(points), axis=-1).max()
        return SmoothWarp(self.coefficients * (largest_mm / longest), self.corner, self.spacing_mm)

    def displacement(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) mm."""
        index = ((points - self.corner) / self.spacing_mm).T[::-1]
        parts = [ndimage.map_coordinates(c, index, order=3, prefilter=False, mode="nearest") for c in self.coefficients]
        return np.stack(parts, -1)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return points + self.displacement(points)


@dataclass(frozen=True, eq=False)
class Breathing:
    """From breathing out to breathing in: what lies inside the chest wall goes down, the wall itself does not.

    The motion is along z and its length is a(z) w(x, y): a rises from 0 at `top` to `dome_mm` at `dome` and falls to
    `bottom_mm` at `bottom` (RAS mm, smooth steps); w goes from 0 outside to 1 inside the outline of the chest's cavity
    within about four times `slip_mm`. As w does not depend on z, the sliding is tangential, det = 1 - a'(z) w, and no
    width of the slip layer folds. `depth_mm` (j, i): distance from the outline, positive inside, on a lattice in x and
    y from `corner_xy` with `spacing_xy` mm. `ribs` is the small smooth motion of the wall and of everything with it,
    taken first.
    """

    depth_mm: np.ndarray
    corner_xy: np.ndarray
    spacing_xy: np.ndarray
    top: float
    dome: float
    bottom: float
    dome_mm: float
    bottom_mm: float
    slip_mm: float
    ribs: SmoothWarp

    def __call__(self, points: np.ndarray) -> np.ndarray:
        moved = self.ribs(points)
        index = ((moved[:, :2] - self.corner_xy) / self.spacing_xy).T[::-1]
        depth = ndimage.map_coordinates(self.depth_mm, index, order=1, mode="nearest")
        inside = 1 / (1 + np.exp(-np.clip(depth / self.slip_mm, -40, 40)))
        moved[:, 2] -= inside * self._length(moved[:, 2])
        return moved

    def _length(self, z: np.ndarray) -> np.ndarray:
        above = self.dome_mm * _smooth_step((self.top - z) / (self.top - self.dome))
        below = (self.dome_mm - self.bottom_mm) * _smooth_step((self.dome - z) / (self.dome - self.bottom))
        return above - below


def _smooth_step(t: np.ndarray) -> np.ndarray:
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def volume_change(mapping: Map, points: np.ndarray) -> np.ndarray:
    """(N) Jacobian determinant of a map by central differences over 0.1 mm."""
    columns = []
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = _STEP_MM
        columns.append((mapping(points + step) - mapping(points - step)) / (2 * _STEP_MM))
    return np.linalg.det(np.stack(columns, -1))
