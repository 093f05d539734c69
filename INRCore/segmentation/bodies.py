"""Which of the areas of a label on different drawn slices belong to one body.

A label may be many bodies: lesions, airways, nuclei. Each is filled in on its own, or the distances of one would bend
the others, and a body that ends between two slices would be measured against its neighbours on the next one. Matching
areas of adjacent slices by overlap is what branching contours need (Meyers, Skinner & Sloan, ACM TOG 11(3), 1992); here
they need not overlap, since a slanted body may move by its own width from slice to slice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from ..geometry import Grid
from .drawn_slices import DrawnSlices

EIGHT = np.ones((3, 3))
_MOST_BODIES = 40
_WIDTHS = 2.0


@dataclass(frozen=True)
class SliceAreas:
    """One drawn slice. `areas` (rows, columns): number of the area of each pixel, 0 for none; `sampling`: mm between
    pixels."""

    areas: np.ndarray
    sampling: np.ndarray


def bodies(mask: np.ndarray, grid: Grid, slices: DrawnSlices) -> list[np.ndarray]:
    """The (k, j, i) bool mask of what is drawn, parted into bodies: masks of which each voxel is in one.

    Areas belong together when they cross, and on adjacent slices of an orientation when they are no farther apart than
    the larger one is wide (the diameter of a disc of its size), nor farther than the slices. Beyond 40 bodies the
    smallest ones stay together."""
    total, pairs = 0, [np.empty((0, 2), int)]
    numbered = []
    for axis in slices.axes:
        sampling = np.delete(grid.spacing[::-1], 2 - axis)
        stack = []
        for number in slices.numbers[axis]:
            areas, count = ndimage.label(np.take(mask, number, 2 - axis), EIGHT)
            stack.append(SliceAreas(np.where(areas > 0, areas + total, 0), sampling))
            total += count
        for (first, low), (second, high) in pairwise(zip(slices.numbers[axis], stack, strict=True)):
            gap = float(second - first) * float(grid.spacing[axis])
            pairs += [near_areas(low, high, gap), near_areas(high, low, gap)]
        volume = np.zeros(mask.shape, int)
        volume[slices.place(axis)] = np.moveaxis(np.stack([s.areas for s in stack]), 0, 2 - axis)
        numbered.append(volume)
    for one, other in pairwise(numbered):
        both = (one > 0) & (other > 0)
        pairs.append(np.unique(np.stack([one[both], other[both]], -1), axis=0))
    if len(numbered) == 3:
        both = (numbered[0] > 0) & (numbered[2] > 0)
        pairs.append(np.unique(np.stack([numbered[0][both], numbered[2][both]], -1), axis=0))
    body = _joined(np.concatenate(pairs), total)
    if len(numbered) > 1:
        pairs.append(_near_across(numbered, body, grid))
        body = _joined(np.concatenate(pairs), total)
    return _parts(np.max([np.where(volume > 0, body[volume], 0) for volume in numbered], axis=0))


def near_areas(slice_: SliceAreas, next_: SliceAreas, gap: float) -> np.ndarray:
    """Pairs (n, 2) of an area and each one of the next slice, `gap` mm away, that is as near as it is wide."""
    pairs: list[tuple[int, int]] = []
    held = slice_.areas[slice_.areas > 0]
    if len(held) == 0 or not next_.areas.any():
        return np.empty((0, 2), int)
    first, pixel = int(held.min()), float(np.prod(slice_.sampling))
    for number, place in enumerate(ndimage.find_objects(np.maximum(slice_.areas - first + 1, 0)), first):
        reach = min(_WIDTHS * float(np.sqrt((slice_.areas[place] == number).sum() * pixel / np.pi)), gap)
        margin = np.ceil(reach / slice_.sampling).astype(int) + 1
        around = tuple(slice(max(s.start - m, 0), s.stop + m) for s, m in zip(place, margin, strict=True))
        away = ndimage.distance_transform_edt(slice_.areas[around] != number, slice_.sampling)
        found = np.unique(next_.areas[around][away <= reach])
        pairs += [(number, other) for other in found.tolist() if other]
    return np.array(pairs, int).reshape(-1, 2)


def _near_across(numbered: list[np.ndarray], body: np.ndarray, grid: Grid) -> np.ndarray:
    """Pairs (n, 2) of areas on slices of different orientations (volumes (k, j, i) of the areas' numbers) that are as
    near to each other as one of them is wide, where they are not yet parts of one `body`. Slices may well meet a body
    on either side of the line in which they cross."""
    spacing, pairs = grid.spacing[::-1], [np.empty((0, 2), int)]
    places = [np.argwhere(volume > 0) for volume in numbered]
    names = [volume[tuple(place.T)] for volume, place in zip(numbered, places, strict=True)]
    bodies_there = [body[name] for name in names]
    if len(np.unique(np.concatenate(bodies_there))) == 1:
        return pairs[0]
    for number, (name, place) in enumerate(zip(names, places, strict=True)):
        others = [n for n in range(len(numbered)) if n != number]
        far_places, far_names = (np.concatenate([parts[n] for n in others]) for parts in (places, names))
        for area in np.unique(name):
            here = place[name == area] * spacing
            width = _WIDTHS * np.sqrt(len(here) * _pixel(here, spacing) / np.pi)
            apart = body[far_names] != body[area]
            away = cKDTree(here).query(far_places[apart] * spacing, distance_upper_bound=float(width))[0]
            pairs += [np.stack(np.broadcast_arrays(area, np.unique(far_names[apart][np.isfinite(away)])), -1)]
    return np.concatenate(pairs)


def _pixel(places: np.ndarray, spacing: np.ndarray) -> float:
    """mm^2 of a pixel of the plane that places (n, 3) lie in."""
    flat = int(np.argmin(np.ptp(places, axis=0)))
    return float(np.prod(np.delete(spacing, flat)))


def _joined(pairs: np.ndarray, total: int) -> np.ndarray:
    """Number of the body, from 1, of each area (0 is no area)."""
    graph = sparse.coo_matrix((np.ones(len(pairs), bool), pairs.T), (total + 1, total + 1))
    return 1 + np.asarray(csgraph.connected_components(graph, directed=False)[1])


def _parts(body: np.ndarray) -> list[np.ndarray]:
    names, sizes = np.unique(body[body > 0], return_counts=True)
    names = names[np.argsort(-sizes)]
    parts = [body == name for name in names[: _MOST_BODIES - 1]]
    rest = np.isin(body, names[_MOST_BODIES - 1 :])
    return [*parts, rest] if rest.any() else parts
