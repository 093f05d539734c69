"""Shapes from what lies anywhere in space: closed planar curves and points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from ..errors import InputError
from ..geometry import Grid
from ..settings import require
from ..volume import Volume
from .bending import coarse_to_fine
from .contours import ContourPlane, contour_planes
from .crossings import Crossings, unit
from .curve_checks import crossing_notes
from .distances import SurfaceDistance
from .domain import Domain
from .estimates import LabelLattice, lattice_of
from .point_normals import estimated_normals
from .settings import SegmentationSettings

_MARGIN_NODES, _NODES_ALONG = 8, 80
_SLAB, _NEAR, _FAR_WEIGHT, _ABSENT_WEIGHT = 0.6, 2.5, 0.003, 0.1
_LEAST_SINE, _DAMPING = 0.3, 0.5
_CONTRADICTION = 2.0


@dataclass(frozen=True)
class ScatteredSource:
    """Common to all kinds: an empty label map on a lattice around everything, which fixes where results lie."""

    volume: Volume
    values: tuple[int, ...]
    domain: Domain
    notes: tuple[str, ...]
    samples: Mapping[int, np.ndarray]

    def unknown_mm(self, points: np.ndarray) -> np.ndarray:
        from scipy.spatial import cKDTree

        return cKDTree(np.concatenate(list(self.samples.values()))).query(points)[0]

    def coarse(self) -> Volume | None:
        return None

    def slice_rows(self) -> list[dict[str, Any]]:
        return []

    def agreement(self, value: int, fitted: np.ndarray, lattice: LabelLattice) -> dict[str, float]:
        """Distances of the given points from the fitted surface."""
        index = lattice.grid.world_to_index(self.samples[value])[:, ::-1].T
        away = np.abs(ndimage.map_coordinates(lattice.values, index, order=1, mode="nearest"))
        return {"input_mean_mm": float(away.mean()), "input_p95_mm": float(np.percentile(away, 95))}


@dataclass(frozen=True)
class GivenContours(ScatteredSource):
    """`planes` of each label."""

    planes: Mapping[int, list[ContourPlane]]

    def lattice(self, value: int, settings: SegmentationSettings, rounds: int) -> LabelLattice:
        planes, grid = self.planes[value], self.domain.grid
        nodes, step = grid.points(), float(grid.spacing.min())
        heights = np.abs([plane.height(nodes) for plane in planes])
        nearest = heights.argmin(0)
        start = np.empty(len(nodes), np.float32)
        for number, plane in enumerate(planes):
            mine = nearest == number
            start[mine] = plane.distance(nodes[mine], step) if mine.any() else 0
        slabs = [np.flatnonzero(height < _SLAB * step) for height in heights]
        known = [plane.distance(nodes[slab], step) for plane, slab in zip(planes, slabs, strict=True)]
        ends = _end_slabs(planes, nodes, step)
        found = start.reshape(grid.shape).astype(np.float32)
        sines = [np.ones(len(slab)) for slab in slabs]
        for number in range(max(rounds, 1)):
            total, weights = np.zeros(len(nodes), np.float32), np.zeros(len(nodes), np.float32)
            for slab, distance, sine in zip(slabs, known, sines, strict=True):
                weight = np.exp(-((distance / (_NEAR * step)) ** 2)) + _FAR_WEIGHT
                total[slab] += weight * distance * sine
                weights[slab] += weight
            for slab, distance in ends:
                weight = _ABSENT_WEIGHT * (np.exp(-((distance / (_NEAR * step)) ** 2)) + _FAR_WEIGHT)
                total[slab] += weight * distance
                weights[slab] += weight
            target = (total / np.maximum(weights, 1e-9)).reshape(grid.shape)
            certainty = weights.reshape(grid.shape)
            found = coarse_to_fine(
                target, certainty, found, grid.spacing[::-1], settings.stiffness, settings.bending_iterations
            )
            if number + 1 < rounds:
                sines = _slants(planes, slabs, sines, found, certainty, grid)
        evidence = np.zeros(len(nodes), bool)
        for slab, distance in zip(slabs, known, strict=True):
            evidence[slab[distance < 0]] = True
        return lattice_of(found, evidence.reshape(grid.shape), grid, settings.feature_mm, settings.one_component)

    def certain(self, value: int, lattice: LabelLattice, settings: SegmentationSettings) -> Crossings:
        return lattice.surface


@dataclass(frozen=True)
class GivenPoints(ScatteredSource):
    """`surfaces`: points with normals of each label."""

    surfaces: Mapping[int, Crossings]

    def lattice(self, value: int, settings: SegmentationSettings, rounds: int) -> LabelLattice:
        grid, surface = self.domain.grid, self.surfaces[value]
        nodes, step = grid.points(), float(grid.spacing.min())
        start = SurfaceDistance(surface, grid)(nodes).astype(np.float32).reshape(grid.shape)
        weight = (np.exp(-((start / (0.75 * step)) ** 2))).astype(np.float32)
        found = coarse_to_fine(
            start, weight + _FAR_WEIGHT * (np.abs(start) > 4 * step), start, grid.spacing[::-1], settings.stiffness,
            settings.bending_iterations,
        )  # fmt: skip
        evidence = (np.abs(start) < 2 * step) & (found < 0)
        return lattice_of(found, evidence, grid, settings.feature_mm, settings.one_component)

    def certain(self, value: int, lattice: LabelLattice, settings: SegmentationSettings) -> Crossings:
        return self.surfaces[value]


def given_contours(
    contours: Mapping[int, Sequence[np.ndarray]] | Sequence[np.ndarray], spacing_mm: float | None
) -> GivenContours:
    """Curves of one label, or label value -> curves; each (N, 3) RAS mm, closed, in a plane. `spacing_mm` of the
    lattice; None: an 80th of the longest side. Raises `InputError` for curves that are none, and for a label
    with one only."""
    by_label = dict(contours) if isinstance(contours, Mapping) else {1: list(contours)}
    require(len(by_label) > 0 and all(len(c) > 0 for c in by_label.values()), "There is no contour; draw some first.")
    for value, curves in by_label.items():
        require(
            len(curves) > 1,
            f"Label {value} has a single contour, which does not say how far the shape reaches; draw at least one "
            "more, in any plane.",
        )
    grid = grid_around(
        np.concatenate([np.asarray(c, float) for curves in by_label.values() for c in curves]), spacing_mm
    )
    step = float(grid.spacing.min())
    planes = {value: contour_planes(curves, 0.5 * step) for value, curves in by_label.items()}
    for value, found in planes.items():
        require(
            len(found) > 1,
            f"All contours of label {value} lie in one plane; draw at least one more in another plane.",
        )
    samples = {value: np.concatenate([plane.samples(step) for plane in found]) for value, found in planes.items()}
    counts = ", ".join(f"{len(found)} planes of label {value}" for value, found in planes.items())
    notes = (f"Read as closed planar curves: {counts}.", *_contradictions(planes, step), *crossing_notes(planes, step))
    return GivenContours(*frame_of(grid, by_label), notes, samples, planes)


def given_points(points: np.ndarray, normals: np.ndarray | None, spacing_mm: float | None) -> GivenPoints:
    """Points (N, 3) RAS mm on a closed surface and, if known, outward normals (N, 3). Raises `InputError` for fewer
    than ten points or arrays that do not fit."""
    points = np.asarray(points, float)
    good = points.ndim == 2 and points.shape[1:] == (3,) and len(points) >= 10 and bool(np.isfinite(points).all())
    require(good, "A shape from points needs ten or more of three finite RAS coordinates each.")
    require(np.linalg.matrix_rank(points - points.mean(0), 1e-6 * np.ptp(points)) == 3, "All points lie in one plane.")
    if normals is None:
        directions, note = estimated_normals(points), "Normals were estimated from neighbouring points."
    else:
        directions, note = np.asarray(normals, float), "Normals as given."
        require(directions.shape == points.shape, f"There are {len(points)} points but normals {directions.shape}.")
        require(bool((np.linalg.norm(directions, axis=1) > 0).all()), "Some normals have length zero.")
    grid = grid_around(points, spacing_mm)
    surface = Crossings(points, unit(directions), np.ones(len(points)))
    notes = (f"Read as {len(points)} points of a closed surface. {note}",)
    return GivenPoints(*frame_of(grid, {1: points}), notes, {1: points}, {1: surface})


def grid_around(points: np.ndarray, spacing_mm: float | None) -> Grid:
    """A lattice around points (N, 3) with a margin; `spacing_mm` None: an 80th of the longest side."""
    if not np.isfinite(points).all():
        raise InputError("Some contour points are not finite numbers; remove them.")
    low, high = points.min(0), points.max(0)
    step = float((high - low).max()) / _NODES_ALONG if spacing_mm is None else spacing_mm
    size = np.ceil((high - low) / step).astype(int) + 2 * _MARGIN_NODES + 1
    origin = (low + high) / 2 - step * (size - 1) / 2
    return Grid.from_parts(tuple(size[::-1]), (step, step, step), origin)


def frame_of(grid: Grid, labels: Mapping[int, object]) -> tuple[Volume, tuple[int, ...], Domain]:
    """An empty volume, label values and domain on the lattice."""
    values = tuple(sorted(labels))
    volume = Volume(np.zeros(grid.shape, np.uint8 if max(values) < 256 else np.int32), grid, name="shapes")
    return volume, values, Domain(grid, np.zeros(3, int), grid.size_ijk)


def _end_slabs(planes: list[ContourPlane], nodes: np.ndarray, step: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """For a stack of parallel planes: nodes one plane distance beyond either end and what to ask there, so that the
    shape closes half-way, as it does between a drawn slice and one without the label."""
    normal = planes[0].normal
    places = np.array([plane.center @ normal for plane in planes])
    if any(abs(plane.normal @ normal) < 0.999 for plane in planes):
        return []
    order = np.argsort(places)
    gap = float(np.median(np.diff(places[order])))
    found = []
    for place, side in ((order[0], -1), (order[-1], 1)):
        slab = np.flatnonzero(np.abs(nodes @ normal - places[place] - side * gap) < _SLAB * step)
        distance = planes[place].distance(nodes[slab], step)
        if len(slab):
            found.append((slab, distance - 2 * min(float(distance.min()), 0)))
    return found


def _slants(
    planes: list[ContourPlane], slabs: list[np.ndarray], before: list[np.ndarray], found: np.ndarray,
    weight: np.ndarray, grid: Grid,
) -> list[np.ndarray]:  # fmt: skip
    """Sine of the angle between surface and plane at the nodes of each slab (see between_slices)."""
    slope = np.stack([np.gradient(found, axis=2 - axis) / grid.spacing[axis] for axis in range(3)], -1)
    smooth = [ndimage.gaussian_filter(slope[..., axis] * weight, 1.5).ravel() for axis in range(3)]
    rise = np.stack(smooth, -1)
    sines = []
    for plane, slab, last in zip(planes, slabs, before, strict=True):
        here = unit(rise[slab])
        sine = np.sqrt(np.maximum(1 - (here @ plane.normal) ** 2, 0)).clip(_LEAST_SINE, 1)
        sines.append(last ** (1 - _DAMPING) * sine**_DAMPING)
    return sines


def _contradictions(planes: Mapping[int, list[ContourPlane]], step: float) -> tuple[str, ...]:
    """A line for each label whose curves run clearly inside or outside of those of a plane they cross: there the two
    cannot both be right."""
    notes = []
    for value, found in planes.items():
        worst, place, count = 0.0, np.zeros(3), 0
        for plane in found:
            samples = plane.samples(step)
            for other in found:
                crossing = samples[np.abs(other.height(samples)) < step] if other is not plane else samples[:0]
                if len(crossing) == 0 or abs(plane.normal @ other.normal) > 0.9:
                    continue
                away = np.abs(other.distance(crossing, step))
                count += int((away > _CONTRADICTION * step).sum() > 0)
                if away.max() > worst:
                    worst, place = float(away.max()), crossing[away.argmax()]
        if count:
            x, y, z = place
            notes.append(
                f"Contours of label {value} contradict each other by up to {worst:.3g} mm, most at ({x:.1f}, {y:.1f}, "
                f"{z:.1f}) mm RAS; the surface runs between them. Check the contours there."
            )
    return tuple(notes)
