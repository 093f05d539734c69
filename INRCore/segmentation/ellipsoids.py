"""Ellipsoids through contours that cross: what a few slices of several orientations let expect of a rounded body.

The smoothest function through crossing contours knows nothing of how a body closes between them: it leaves notches
between the slices, above all where the line in which they cross misses it. Two or three plane sections of an ellipsoid
determine it, so where one explains what all slices show, it says where the surface is in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from ..geometry import Grid
from ..metrics.surface import dice
from .drawn_slices import DrawnSlices
from .expected_sections import ExpectedSections
from .reach import inscribed_radius

if TYPE_CHECKING:
    from .between_slices import Plane

_MOST_OFF, _LEAST_DICE = 1.2, 2 / 3
_WEIGHT, _NEAR_PIXELS = 0.05, 2.5
_NEAR_RADII = 0.5
_LEAST_WEIGHT = 0.05
_RIDGE = 0.01
_LONGEST = 3.0


@dataclass(frozen=True)
class Ellipsoid:
    """A quadratic function of the place (k, j, i) mm, below 0 inside: (p - centre) form (p - centre) - level."""

    centre: np.ndarray
    form: np.ndarray
    level: float

    def distance(self, shape: tuple[int, ...], spacing: np.ndarray) -> np.ndarray:
        """(k, j, i) float32 mm, to first order: value by slope, no deeper than the smallest half axis."""
        steps = [
            (np.arange(size) * step - middle).reshape([-1 if n == axis else 1 for n in range(3)])
            for axis, (size, step, middle) in enumerate(zip(shape, spacing, self.centre, strict=True))
        ]
        slopes = [sum(self.form[axis, n] * steps[n] for n in range(3)) for axis in range(3)]
        value = sum(slope * step for slope, step in zip(slopes, steps, strict=True)) - self.level
        length = 2 * np.sqrt(sum(slope**2 for slope in slopes))
        deepest = float(np.sqrt(self.level / np.linalg.eigvalsh(self.form)[-1]))
        return np.maximum(value / np.maximum(length, 1e-9), -deepest).astype(np.float32)


def rounded_sections(
    planes: Sequence[Plane], mask: np.ndarray, grid: Grid, slices: DrawnSlices
) -> ExpectedSections | None:
    """What the ellipsoid through the contours of a body (k, j, i) bool says between slices that cross, the more the
    farther they are, counted in its smallest half axis; None where it is off by more than about a pixel along the
    contours, or all slices that show the body have one orientation."""
    if slices.only_axis is not None or len({plane.axis for plane in planes if plane.present}) < 2:
        return None
    body = ellipsoid_through(planes, mask, grid)
    if body is None:
        return None
    distance = body.distance(mask.shape, grid.spacing[::-1])
    if not _explains(distance < 0, mask, slices):
        return None
    pixel = float(grid.voxel_volume ** (1 / 3))
    share = np.minimum(slices.gap(grid) / -distance.min(), 1)
    weight = _WEIGHT * np.exp(-((distance / (_NEAR_PIXELS * pixel)) ** 2)) * share
    return ExpectedSections(distance, weight.astype(np.float32), pixel)


def _explains(inside: np.ndarray, mask: np.ndarray, slices: DrawnSlices) -> bool:
    """Whether a shape (k, j, i) bool is, on the drawn slices, off by a pixel or so along the contours of the mask, and
    mostly the same."""
    shown = slices.only(inside)
    edge = sum(_edge_pixels(np.take(mask, number, 2 - axis)) for axis, number in slices)
    return bool((shown != mask).sum() <= _MOST_OFF * edge and dice(shown, mask) >= _LEAST_DICE)


def _edge_pixels(areas: np.ndarray) -> int:
    return int((areas & ~ndimage.binary_erosion(areas)).sum())


def ellipsoid_through(planes: Sequence[Plane], mask: np.ndarray, grid: Grid) -> Ellipsoid | None:
    """The quadric that comes nearest to the contours of a body, drawn on the planes of a (k, j, i) bool mask; None when
    there is none that closes.

    Of a ball of radius R around c the function |p - c|^2 - R^2 is, on any slice through it, (d + r)^2 - r^2, with the
    distance d to the circle and its radius r. This is what is asked of each slice, with the radius of the inscribed
    circle, and what the slices leave open is as in a ball. No axis comes out longer than three times the shortest."""
    spacing = grid.spacing[::-1]
    places, values, weights = [], [], []
    for plane in planes:
        if plane.present:
            areas = np.take(mask, plane.number, 2 - plane.axis)
            radius = inscribed_radius(areas, plane.distance, np.delete(spacing, 2 - plane.axis))
            weight = np.exp(-((plane.distance / (_NEAR_RADII * radius + 1e-6)) ** 2))
            near = np.argwhere(weight > _LEAST_WEIGHT)
            at = tuple(near.T)
            places.append(np.insert(near, 2 - plane.axis, plane.number, axis=1) * spacing)
            values.append((plane.distance[at] + radius[at]) ** 2 - radius[at] ** 2)
            weights.append(weight[at])
    place, value, weight = (np.concatenate(parts) for parts in (places, values, weights))
    inside = np.argwhere(mask) * spacing
    middle, scale = inside.mean(0), float(np.sqrt(inside.var(0).sum()) + spacing.min())
    form, slope, level = _quadric((place - middle) / scale, value / scale**2, weight)
    sizes, axes = np.linalg.eigh(form)
    if sizes[-1] <= 0:
        return None
    form = (axes * np.maximum(sizes, sizes[-1] / _LONGEST**2)) @ axes.T
    centre = -np.linalg.solve(form, slope) / 2
    depth = float(centre @ form @ centre) - level
    return Ellipsoid(middle + scale * centre, form, depth * scale**2) if depth > 0 else None


def _quadric(place: np.ndarray, value: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """p form p + slope p + level nearest to values (N) at places (N, 3), with the form near to the unit matrix."""
    x, y, z = place.T
    columns = np.stack([x * x, y * y, z * z, x * y, y * z, x * z, x, y, z, np.ones_like(x)], -1)
    root = np.sqrt(weight / weight.sum())
    ridge = np.sqrt(_RIDGE) * np.eye(10)[:6]
    rows = np.concatenate([columns * root[:, None], ridge])
    wanted = np.concatenate([(value - (place**2).sum(1)) * root, np.zeros(6)])
    c = np.linalg.lstsq(rows, wanted, rcond=None)[0] + np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    form = np.array([[c[0], c[3] / 2, c[5] / 2], [c[3] / 2, c[1], c[4] / 2], [c[5] / 2, c[4] / 2, c[2]]])
    return form, c[6:9], float(c[9])
