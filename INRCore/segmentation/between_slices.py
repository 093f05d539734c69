"""From the drawn slices of one label to an estimate of its signed distance everywhere: minimal bending.

On a drawn slice the contour gives a distance within the plane. A surface that runs through the plane at a slant is
nearer than that: by the sine of its angle to the plane. That angle is only known once the surface is, so estimate and
angle are found in turns. Signed distances between slices go back to shape-based interpolation (Raya & Udupa, IEEE TMI
9(1), 1990), smooth implicit surfaces through contours to Turk & O'Brien (SIGGRAPH 1999) and Sawdayee et al. (OReX, CVPR
2023), who also let several orientations speak.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from ..geometry import Grid
from .bending import coarse_to_fine
from .crossings import Crossings, find_crossings
from .distances import SurfaceDistance
from .drawn_slices import DrawnSlices, nearest_gap
from .ellipsoids import rounded_sections
from .expected_sections import ExpectedSections
from .expected_volume import with_expected_volume
from .moving import moved_sections
from .reach import least_distance

_NEAR_PIXELS = 2.5
_FAR_WEIGHT, _CROSSED_FAR_WEIGHT, _ABSENT_WEIGHT = 0.003, 0.0005, 0.1
_EXACT_PIXELS = 4.0
_TAPER = 1.5
_ROOM_GAPS = 2
_CROSSED_STIFFNESS = 60.0
_SLANT = 0.3
_LEAST_SINE, _ANGLE_PIXELS, _DAMPING = 0.3, 2.0, 0.5


@dataclass(frozen=True)
class Plane:
    """What one drawn slice says of a label. `place`: index of the slice in a (k, j, i) array; `distance`: (rows,
    columns) mm within the plane; `weight`: how much each pixel says; `present`: whether the label is there at all."""

    axis: int
    number: int
    distance: np.ndarray
    weight: np.ndarray
    present: bool

    @property
    def place(self) -> tuple[slice | int, ...]:
        place: list[slice | int] = [slice(None)] * 3
        place[2 - self.axis] = self.number
        return tuple(place)


def interpolated_distance(
    mask: np.ndarray, grid: Grid, slices: DrawnSlices, stiffness: float, rounds: int, iterations: int
) -> np.ndarray:
    """(k, j, i) float32 mm, below 0 inside, from a bool mask with the label on the drawn slices.

    Where the last slice of a single orientation still shows the label, the lattice goes on for twice the distance of
    slices: at its edges functions are mirrored, and a shape that is cut off would meet the slice at a right angle."""
    before, after = _room(mask, slices)
    size = np.array(mask.shape)
    wide = grid.cropped((-before[::-1]).tolist(), (size + after)[::-1].tolist())
    mask = np.pad(mask, [(int(a), int(b)) for a, b in zip(before, after, strict=True)])
    found = _interpolated(mask, wide, slices.moved(-before[::-1], wide.size_ijk), stiffness, rounds, iterations)
    return found[tuple(slice(a, a + n) for a, n in zip(before.tolist(), size.tolist(), strict=True))]


def _room(mask: np.ndarray, slices: DrawnSlices) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (k, j, i) to add before and after the lattice."""
    room = np.zeros(3, int), np.zeros(3, int)
    axis = slices.only_axis
    if axis is not None and len(slices.numbers[axis]) > 1:
        for nodes, (last, next_) in zip(room, slices.numbers[axis][[[0, 1], [-1, -2]]], strict=True):
            nodes[2 - axis] = _ROOM_GAPS * abs(next_ - last) * np.take(mask, last, 2 - axis).any()
    return room


def _interpolated(
    mask: np.ndarray, grid: Grid, slices: DrawnSlices, stiffness: float, rounds: int, iterations: int
) -> np.ndarray:
    planes = drawn_planes(mask, grid, slices)
    found = linear_between(planes, grid.shape, grid.spacing)
    between = moved_sections(mask, grid, slices) or rounded_sections(planes, mask, grid, slices)
    # With slices of several orientations, what two of them do not show may well be drawn on a third between them.
    bound = slices.only_axis is not None
    stiffness *= 1 if bound else _CROSSED_STIFFNESS
    if bound:
        low, high = bounds_between(planes, grid.shape, grid.spacing, _SLANT)
    else:
        least = least_distance(planes, mask, grid)
        low, high = np.where(least > 0, _LEAST_SINE * least, -np.inf), np.full(grid.shape, np.inf)
    if between is not None:
        found, low = np.minimum(found, between.distance), np.where(between.around, -np.inf, low)
    sines = [np.ones_like(plane.distance) for plane in planes]
    spacing = grid.spacing[::-1]
    for number in range(rounds):
        target, weight = _targets(planes, sines, between, grid.shape)
        found = coarse_to_fine(target, weight, found, spacing, stiffness, iterations).clip(low, high)
        if number + 1 < rounds:
            sines = _sines(planes, sines, found, spacing)
    return with_expected_volume(found, mask, slices)


def contour_crossings(mask: np.ndarray, grid: Grid, slices: DrawnSlices, smoothness_mm: float | None) -> Crossings:
    """Smoothed contours on the drawn slices of a (k, j, i) bool mask."""
    parts = [find_crossings(slices.only(mask, axis), grid, smoothness_mm, axis) for axis in slices.axes]
    return Crossings(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("points", "normals", "areas")))


# -- what the slices say -----------------------------------------------------------------------------------------------
def drawn_planes(mask: np.ndarray, grid: Grid, slices: DrawnSlices) -> list[Plane]:
    """In-plane signed distances of the drawn slices. On a slice without the label the shape has ended: two thirds of
    the way there by straight lines, half of it or less once angles and bending are seen to. Far from contours distances
    within crossing slices contradict each other (one that grazes a shape shows little of it); there they say less."""
    planes = []
    far = _FAR_WEIGHT if slices.only_axis is not None else _CROSSED_FAR_WEIGHT
    for axis in slices.axes:
        numbers = slices.numbers[axis]
        contours = find_crossings(slices.only(mask, axis), grid, None, axis)
        height = np.rint(grid.world_to_index(contours.points)[:, axis]).astype(int)
        found = []
        for number in numbers:
            here = contours.subset(np.flatnonzero(height == number))
            pixels = np.take(mask, number, 2 - axis)
            found.append(_in_plane(pixels, axis, int(number), here, grid) if pixels.any() else None)
        pixel = _pixel_mm(grid, axis)
        for place, number in enumerate(numbers):
            distance = found[place]
            present = distance is not None
            distance = _tapered(found, place, grid.shape, axis) if distance is None else distance
            weight = np.exp(-((distance / (_NEAR_PIXELS * pixel)) ** 2)) + far
            weight *= 1 if present else _ABSENT_WEIGHT
            planes.append(Plane(axis, int(number), distance.astype(np.float32), weight.astype(np.float32), present))
    return planes


def _pixel_mm(grid: Grid, axis: int) -> float:
    return float(np.sqrt(np.prod(np.delete(grid.spacing, axis))))


def _in_plane(pixels: np.ndarray, axis: int, number: int, contour: Crossings, grid: Grid) -> np.ndarray:
    """Signed distance (rows, columns) mm to the contour: exact near it, elsewhere to the pixels."""
    sampling = np.delete(grid.spacing[::-1], 2 - axis)
    half = 0.5 * _pixel_mm(grid, axis)
    if pixels.all():
        return np.full(pixels.shape, -float(np.dot(sampling, pixels.shape)))
    distance = distance_transform_edt(~pixels, sampling) - distance_transform_edt(pixels, sampling)
    distance += np.where(pixels, half, -half)
    near = np.abs(distance) < _EXACT_PIXELS * _pixel_mm(grid, axis)
    if len(contour):
        index = np.insert(np.argwhere(near), 2 - axis, number, axis=1)[:, ::-1]
        distance[near] = SurfaceDistance(contour, grid)(grid.index_to_world(index))
    return distance


def _tapered(planes: list[np.ndarray | None], place: int, shape: tuple[int, ...], axis: int) -> np.ndarray:
    near = [plane for plane in planes[max(place - 1, 0) : place + 2] if plane is not None]
    if near:
        return np.min([plane - _TAPER * min(float(plane.min()), 0) for plane in near], axis=0)
    there = [plane for plane in planes if plane is not None]
    return np.max(there, axis=0) if there else np.ones([n for at, n in enumerate(shape) if at != 2 - axis])


# -- estimates ---------------------------------------------------------------------------------------------------------
def linear_between(planes: list[Plane], shape: tuple[int, ...], spacing: np.ndarray) -> np.ndarray:
    """Shape-based interpolation across every axis that has slices, weighted by the closeness of the nearest; beyond the
    last slice of an axis distances grow with the way."""
    total, weights = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for near in _neighbours(planes, shape, spacing):
        guess = (1 - near.share) * near.before + near.share * near.after + near.outside
        close = 1 / (0.3 + near.gap / np.float32(spacing.min())) ** 2
        total += np.moveaxis(close * guess, 0, near.across)
        weights += np.moveaxis(np.broadcast_to(close, guess.shape), 0, near.across)
    return total / weights


def bounds_between(
    planes: list[Plane], shape: tuple[int, ...], spacing: np.ndarray, slant: float
) -> tuple[np.ndarray, np.ndarray]:
    """What a distance (k, j, i) can be at least and at most: between two slices a shape neither leaves what they show
    together nor misses what they both show by more than `slant` mm for each mm from the nearest. It keeps thin-plate
    splines from swinging out where slices are few."""
    low, high = np.full(shape, -np.inf, np.float32), np.full(shape, np.inf, np.float32)
    for near in _neighbours(planes, shape, spacing):
        room = np.float32(slant) * near.gap
        least, most = np.minimum(near.before, near.after) - room, np.maximum(near.before, near.after) + room
        np.maximum(low, np.moveaxis(least, 0, near.across), out=low)
        np.minimum(high, np.moveaxis(most + near.outside, 0, near.across), out=high)
    # In-plane distances are the larger ones, by 1 / sine of the slant: only what is decided by them is bound.
    high = np.maximum(low, high)
    return np.where(low > 0, _LEAST_SINE * low, -np.inf), np.where(high < 0, _LEAST_SINE * high, np.inf)


@dataclass(frozen=True)
class _Neighbours:
    """Of all places along the axis `across` (of an array), in front: in-plane distances on the slices `before` and
    `after`, the `share` of the way between them, the `gap` to the nearest and the way `outside` of them, mm."""

    across: int
    before: np.ndarray
    after: np.ndarray
    share: np.ndarray
    gap: np.ndarray
    outside: np.ndarray


def _neighbours(planes: list[Plane], shape: tuple[int, ...], spacing: np.ndarray) -> Iterator[_Neighbours]:
    for axis in sorted({plane.axis for plane in planes}):
        here = [plane for plane in planes if plane.axis == axis]
        numbers = np.array([plane.number for plane in here])
        values = np.stack([plane.distance for plane in here])
        places = np.arange(shape[2 - axis])
        after = np.searchsorted(numbers, places).clip(0, len(numbers) - 1)
        before = np.maximum(after - 1, 0)
        step = np.maximum(numbers[after] - numbers[before], 1)
        share = ((places - numbers[before]) / step).clip(0, 1)
        gap = nearest_gap(places, numbers) * spacing[axis]
        outside = np.maximum(np.maximum(numbers[0] - places, places - numbers[-1]), 0) * spacing[axis]
        columns = [values_of[:, None, None].astype(np.float32) for values_of in (share, gap, outside)]
        yield _Neighbours(2 - axis, values[before], values[after], *columns)


def _targets(
    planes: list[Plane], sines: list[np.ndarray], between: ExpectedSections | None, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """What the planes and the sections between them ask for together: values and weights (k, j, i)."""
    total, weights = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    if between is not None:
        total, weights = between.pull, between.weight.copy()
    for plane, sine in zip(planes, sines, strict=True):
        total[plane.place] += plane.weight * plane.distance * sine
        weights[plane.place] += plane.weight
    return total / np.maximum(weights, 1e-9), weights


def _sines(planes: list[Plane], before: list[np.ndarray], found: np.ndarray, spacing: np.ndarray) -> list[np.ndarray]:
    """Sine of the angle between surface and plane, from the gradient of the estimate, averaged along the contour."""
    slopes = [rise**2 for rise in np.gradient(found, *spacing)]
    sines = []
    for plane, last in zip(planes, before, strict=True):
        parts = [slope[plane.place] for slope in slopes]
        within = sum(part for axis, part in enumerate(parts) if axis != 2 - plane.axis)
        share = _mean(within * plane.weight) / (_mean(sum(parts) * plane.weight) + 1e-12)
        sine = np.sqrt(share).clip(_LEAST_SINE, 1)
        sines.append(last ** (1 - _DAMPING) * sine**_DAMPING)
    return sines


def _mean(values: np.ndarray) -> np.ndarray:
    return gaussian_filter(values, _ANGLE_PIXELS)
