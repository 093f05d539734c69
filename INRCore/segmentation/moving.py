"""Sections between drawn slices of areas that move sideways from one to the next: vessels that run at a slant, lesions.

Distances interpolated in place waste away where an area and its successor hardly overlap. Here a section in between is
made of both areas, each brought along the way that their centres go, with the distances mixed by the share of the way
(Raya & Udupa, IEEE TMI 9(1), 1990, along object centres as in Higgins, Morice & Ritman, IEEE TMI 12(3), 1993).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage

from ..geometry import Grid
from .bodies import EIGHT, SliceAreas, near_areas
from .drawn_slices import DrawnSlices
from .expected_sections import ExpectedSections

_OVERLAP, _GAIN, _ALIKE = 0.1, 0.1, 0.7
_SHARES = (0.0, 0.5, 1.0)
_WEIGHT, _NEAR_PIXELS = 0.05, 2.5


@dataclass(frozen=True)
class _Move:
    """Two areas (rows, columns) bool that follow each other, and the way from one to the other in pixels (2)."""

    low: np.ndarray
    high: np.ndarray
    way: np.ndarray


def moved_sections(mask: np.ndarray, grid: Grid, slices: DrawnSlices) -> ExpectedSections | None:
    """From a (k, j, i) bool mask with one body of a label, drawn across one axis; None when nothing moves."""
    axis = slices.only_axis
    if axis is None:
        return None
    sampling = np.delete(grid.spacing[::-1], 2 - axis)
    found = ExpectedSections(
        np.full(mask.shape, np.inf, np.float32), np.zeros(mask.shape, np.float32), float(np.sqrt(np.prod(sampling)))
    )
    distance, weight = (np.moveaxis(values, 2 - axis, 0) for values in (found.distance, found.weight))
    for first, second in pairwise(slices.numbers[axis].tolist()):
        low, high = (np.take(mask, number, 2 - axis) for number in (first, second))
        gap = (second - first) * float(grid.spacing[axis])
        for move in _moves(low, high, sampling, gap) if second - first > 1 else ():
            slant = float(np.linalg.norm(move.way * sampling)) / gap
            ends = [_signed(area, sampling) / np.sqrt(1 + slant**2 / 2) for area in (move.low, move.high)]
            for number in range(first + 1, second):
                section = _section(ends, move.way, (number - first) / (second - first))
                near = _WEIGHT * np.exp(-((section / (_NEAR_PIXELS * found.pixel_mm)) ** 2))
                nearer = section < distance[number]
                weight[number][nearer], distance[number][nearer] = near[nearer], section[nearer]
    return found if (weight > 0).any() else None


def _moves(low: np.ndarray, high: np.ndarray, sampling: np.ndarray, gap: float) -> Iterator[_Move]:
    """Areas that are each other's only successors, and look much more alike when one is brought over the other."""
    below, above = (SliceAreas(ndimage.label(pixels, EIGHT)[0], sampling) for pixels in (low, high))
    for one, other in _successors(below, above, gap):
        areas = below.areas == one, above.areas == other
        way = np.subtract(*(np.argwhere(area).mean(0) for area in areas[::-1]))
        alike = [_dice_along(*areas, share * way) for share in _SHARES]
        best = int(np.argmax(alike))
        if alike[best] >= max(_ALIKE, alike[0] + _GAIN):
            yield _Move(*areas, _SHARES[best] * way)


def _successors(low: SliceAreas, high: SliceAreas, gap: float) -> np.ndarray:
    """Pairs (n, 2) of areas that have no other partner: those that overlap by a tenth of the smaller one and, of what
    then is left alone, those that are near."""
    both = (low.areas > 0) & (high.areas > 0)
    pairs, common = np.unique(np.stack([low.areas[both], high.areas[both]], -1), axis=0, return_counts=True)
    sizes = [np.bincount(stack.areas.ravel()) for stack in (low, high)]
    pairs = pairs[common > _OVERLAP * np.minimum(sizes[0][pairs[:, 0]], sizes[1][pairs[:, 1]])]
    near = np.concatenate([near_areas(low, high, gap), near_areas(high, low, gap)[:, ::-1]])
    alone = ~np.isin(near[:, 0], pairs[:, 0]) & ~np.isin(near[:, 1], pairs[:, 1])
    pairs = np.unique(np.concatenate([pairs, near[alone]]), axis=0)
    only = [np.bincount(pairs[:, n], minlength=1)[pairs[:, n]] == 1 for n in (0, 1)]
    return np.asarray(pairs[only[0] & only[1]])


def _dice_along(low: np.ndarray, high: np.ndarray, way: np.ndarray) -> float:
    """Dice coefficient of two areas, the first brought along the way (pixels)."""
    place = np.argwhere(low) + np.rint(way).astype(int)
    place = place[((place >= 0) & (place < high.shape)).all(1)]
    return 2 * float(high[tuple(place.T)].sum()) / float(low.sum() + high.sum())


def _signed(area: np.ndarray, sampling: np.ndarray) -> np.ndarray:
    """Signed distance (rows, columns) mm to the border of an area."""
    half = 0.5 * float(np.sqrt(np.prod(sampling)))
    inside, outside = (ndimage.distance_transform_edt(pixels, sampling) for pixels in (area, ~area))
    return np.asarray(outside - inside + np.where(area, half, -half))


def _section(ends: list[np.ndarray], way: np.ndarray, share: float) -> np.ndarray:
    low, high = (
        ndimage.shift(end, shift, order=1, mode="nearest")
        for end, shift in zip(ends, (share * way, (share - 1) * way), strict=True)
    )
    return np.asarray((1 - share) * low + share * high, np.float32)
