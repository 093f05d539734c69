"""Signed distances of label maps, in mm, and the points they are learned at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from ..geometry import Grid
from .crossings import Crossings, unit
from .domain import Domain

SURFACE, NEAR, VOLUME = 0, 1, 2
_MOST_VALUES = 6_000_000
_SURFACE_POINTS, _VOLUME_POINTS = 50_000, 100_000
_EXACT_REACH_VOXELS = 4.0
_FEW_LABELS, _LATTICE_SIZE = 8, 24
_WIDE_SHARE = 0.2
_BLENDED, _NEAR_WIDTH, _FAR_WIDTH, _POINTS_AT_ONCE = 10, 1.0, 0.7, 50_000


class SurfaceDistance:
    """Signed distance, mm, below 0 inside, to a surface known by its crossings: a k-d tree in world space finds the
    nearest, so it is right for oblique, anisotropic and sheared grids alike.

    A crossing stands for a patch of its tangent plane as large as a voxel; the distance is that to the patch, and its
    sign the side of the plane.
    """

    def __init__(self, surface: Crossings, grid: Grid) -> None:
        self._surface, self._tree = surface, cKDTree(surface.points)
        self._to_index, self._to_world = grid.world_to_ijk[:3, :3].T, grid.ijk_to_world[:3, :3].T

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N) mm."""
        nearest = self._tree.query(points, workers=-1)[1]
        offset = points - self._surface.points[nearest]
        normal = self._surface.normals[nearest]
        height = (offset * normal).sum(1)
        sideways = (offset - height[:, None] * normal) @ self._to_index
        beyond = np.sign(sideways) * np.maximum(np.abs(sideways) - 0.5, 0) @ self._to_world
        return np.where(height < 0, -1, 1) * np.sqrt(height**2 + (beyond**2).sum(1))


class SmoothSurfaceDistance:
    """The same from the ten nearest crossings instead of one, so that it has a smooth gradient of length 1: where one
    patch ends and the next begins, `SurfaceDistance` jumps.

    Near the surface it is the mean height over the crossings (moving least squares of degree 0 on distances: Shen,
    O'Brien & Shewchuk, SIGGRAPH 2004), farther away the mean distance from the patches. Weights fall with the distance
    along the surface, which is what squared distances to neighbouring crossings differ by; crossings that face the
    other way, across a thin sheet, have none. Its sign is not to be relied on.
    """

    def __init__(self, surface: Crossings, grid: Grid) -> None:
        self._surface, self._tree = surface, cKDTree(surface.points)
        self._to_index, self._to_world = grid.world_to_ijk[:3, :3].T, grid.ijk_to_world[:3, :3].T
        self._voxel = grid.voxel_volume ** (1 / 3)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N) mm."""
        found = np.empty(len(points))
        for first in range(0, len(points), _POINTS_AT_ONCE):
            part = slice(first, first + _POINTS_AT_ONCE)
            found[part] = self._some(points[part])
        return found

    def _some(self, points: np.ndarray) -> np.ndarray:
        count = min(_BLENDED, len(self._surface))
        away, nearest = (found.reshape(len(points), count) for found in self._tree.query(points, count, workers=-1))
        offset, normal = points[:, None] - self._surface.points[nearest], self._surface.normals[nearest]
        height = (offset * normal).sum(-1)
        sideways = (offset - height[..., None] * normal) @ self._to_index
        beyond = np.sign(sideways) * np.maximum(np.abs(sideways) - 0.5, 0) @ self._to_world
        patch = np.where(height[:, :1] < 0, -1, 1) * np.sqrt(height**2 + (beyond**2).sum(-1))
        along = (away**2 - away[:, :1] ** 2) / self._voxel**2
        facing = (normal * normal[:, :1]).sum(-1) > 0
        share = np.clip(away[:, 0] / self._voxel - 1, 0, 1)
        weight = np.exp(-along / _NEAR_WIDTH**2) * facing
        # On a curved surface a chord is perpendicular to the mean of the normals at its ends, not to either of them.
        mean = unit((normal * weight[..., None]).sum(1))
        near = _weighted((height + (offset * mean[:, None]).sum(-1)) / 2, weight)
        return (1 - share) * near + share * _weighted(patch, np.exp(-along / _FAR_WIDTH**2) * facing)


def _weighted(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return (values * weights).sum(1) / weights.sum(1)


@dataclass(frozen=True)
class LabelSurface:
    """What is known of one label's surface: points on it for certain, and the best guess of all of it (the same for a
    dense label map)."""

    certain: Crossings
    guess: Crossings


@dataclass(frozen=True)
class TrainingPoints:
    """Points (M, 3) RAS mm in three groups, one after the other, of `counts` points: on the surfaces, near them,
    anywhere in the domain. `own` (M): column of the label a point was drawn for, in the last
    group of the label whose surface is nearest. `distances`
    (M, D) mm: signed distance of each label. `slack` (M) mm: how far off they may be for lack of knowledge."""

    points: np.ndarray
    counts: tuple[int, int, int]
    own: np.ndarray
    distances: np.ndarray
    slack: np.ndarray


def training_points(
    surfaces: list[LabelSurface],
    domain: Domain,
    band_mm: float,
    slack: Callable[[np.ndarray], np.ndarray] | None,
    random: np.random.Generator,
) -> Iterator[int | TrainingPoints]:
    """Draws the points and computes the distances; yields the number of labels done and, last, the points.

    Every label gets points by the square root of its surface, so that small ones are not forgotten. `slack` gives the
    uncertainty (N) mm at (N, 3) RAS points; None: nothing is uncertain.
    """
    share = min(1.0, _MOST_VALUES / (len(surfaces) * (2 * _SURFACE_POINTS + _VOLUME_POINTS)))
    on, near = _drawn_points(surfaces, domain, band_mm, int(share * _SURFACE_POINTS), random)
    anywhere = domain.random_points(int(share * _VOLUME_POINTS), random)
    points = np.concatenate([on[0], near[0], anywhere])
    own = np.concatenate([on[1], near[1], np.zeros(len(anywhere), int)])
    counts = (len(on[0]), len(near[0]), len(anywhere))
    distances = np.empty((len(points), len(surfaces)), np.float32)
    lattice = _Lattice(points, domain) if len(surfaces) > _FEW_LABELS else None
    for label, surface in enumerate(surfaces):
        distances[:, label] = _all_distances(surface.guess, points, domain, lattice)
        yield label + 1
    distances[np.arange(counts[SURFACE]), own[: counts[SURFACE]]] = 0
    own[-counts[VOLUME] :] = np.abs(distances[-counts[VOLUME] :]).argmin(1)
    uncertain = np.zeros(len(points)) if slack is None else slack(points)
    yield TrainingPoints(points.astype(np.float32), counts, own, distances, uncertain.astype(np.float32))


def _drawn_points(
    surfaces: list[LabelSurface], domain: Domain, band_mm: float, total: int, random: np.random.Generator
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """(points, own) on the surfaces and near them."""
    sizes = np.sqrt([len(surface.guess) for surface in surfaces])
    on, near = [], []
    for surface, size in zip(surfaces, sizes, strict=True):
        quota = int(np.ceil(total * size / sizes.sum()))
        on.append(surface.certain.points[random.permutation(len(surface.certain))[:quota]])
        chosen = random.integers(len(surface.guess), size=quota)
        reach = np.full((quota, 1), band_mm)
        # Every fourth point may lie deep inside or far outside: where no point falls, a zero set of its own can grow.
        reach[::4] = max(band_mm, _WIDE_SHARE * float(np.linalg.norm(np.ptp(surface.guess.points, axis=0))))
        around = surface.guess.points[chosen] + random.normal(size=(quota, 3)) * reach
        if surface.guess is not surface.certain:  # the guess itself, so that what is between slices is learned as well
            around[1::4] = surface.guess.points[chosen[1::4]]
        near.append(around[domain.box_distance(around) <= 0])
    return _with_own(on), _with_own(near)


def _with_own(parts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(part) for part in parts])


class _Lattice:
    """A coarse lattice over the domain, and where points lie in it: distances far from a surface are interpolated on it
    when there are many labels, which is much faster; they may be rough there (far_tolerance)."""

    def __init__(self, points: np.ndarray, domain: Domain) -> None:
        size = domain.grid.size_ijk * domain.grid.spacing
        grid = domain.grid.with_size(np.maximum(np.ceil(_LATTICE_SIZE * size / size.max()).astype(int), 2))
        self._shape, self._nodes = grid.shape, grid.points()
        self._index = grid.world_to_index(points)[:, ::-1].T

    def interpolate(self, measure: SurfaceDistance, chosen: np.ndarray) -> np.ndarray:
        """Distances at the points with True in `chosen`."""
        coarse = measure(self._nodes).reshape(self._shape)
        return map_coordinates(coarse, self._index[:, chosen], order=1, mode="nearest")


def _all_distances(surface: Crossings, points: np.ndarray, domain: Domain, lattice: _Lattice | None) -> np.ndarray:
    """Signed distances (M): exact near the surface, elsewhere interpolated on `lattice`, if given."""
    measure = SurfaceDistance(surface, domain.grid)
    if lattice is None:
        return measure(points)
    low, high = surface.points.min(0), surface.points.max(0)
    gap = np.linalg.norm(np.maximum(np.maximum(low - points, points - high), 0), axis=1)
    near = gap < _EXACT_REACH_VOXELS * domain.voxel_mm
    distances = np.empty(len(points))
    distances[near] = measure(points[near])
    distances[~near] = lattice.interpolate(measure, ~near)
    return distances
