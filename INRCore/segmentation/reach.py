"""How far a shape may go on beyond the crossing slices that show it.

Where slices of three orientations cross, there may be no other one for a long way, and the smoothest function through
an area that a single slice shows stays below zero all that way: a disc becomes a rod. Seen from one slice alone, a disc
is most likely the section of a ball.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from ..geometry import Grid
from .bodies import EIGHT

if TYPE_CHECKING:
    from .between_slices import Plane

_STRETCH = 3.0


def least_distance(planes: Sequence[Plane], mask: np.ndarray, grid: Grid) -> np.ndarray:
    """(k, j, i) float32 mm: what a signed distance is at least, given the planes and the drawn (k, j, i) bool `mask`.

    Each area reaches as far as a ball of its inscribed circle, stretched to three times the height; between two
    neighbouring slices of an orientation that both show something there is no bound (minus infinity)."""
    least = np.full(mask.shape, np.inf, np.float32)
    for axis in sorted({plane.axis for plane in planes}):
        across = np.moveaxis(least, 2 - axis, 0)
        here = [plane for plane in planes if plane.axis == axis]
        height = np.arange(len(across), dtype=np.float32) * np.float32(grid.spacing[axis] / _STRETCH)
        for plane in here:
            if plane.present:
                areas = np.take(mask, plane.number, 2 - axis)
                radius = inscribed_radius(areas, plane.distance, np.delete(grid.spacing, axis)[::-1])
                within = np.maximum(plane.distance + radius, 0) ** 2
                for level, away in zip(across, height - height[plane.number], strict=True):
                    np.minimum(level, np.sqrt(within + away**2) - radius, out=level)
        for first, second in pairwise(here):
            if first.present and second.present:
                across[first.number : second.number + 1] = -np.inf
    return least


def inscribed_radius(areas: np.ndarray, distance: np.ndarray, sampling: np.ndarray) -> np.ndarray:
    """Radius (rows, columns) mm of the circle inscribed in the nearest of the areas (bool), half a pixel at least."""
    numbers, count = ndimage.label(areas, EIGHT)
    deepest = -np.asarray(ndimage.minimum(distance, numbers, np.arange(1, count + 1)))
    nearest = ndimage.distance_transform_edt(~areas, sampling, return_distances=False, return_indices=True)
    radius = np.maximum(deepest, sampling.min() / 2)[numbers[tuple(nearest)] - 1]
    return np.asarray(radius, np.float32)
