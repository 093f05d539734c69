"""Boxes sized by their spectrum, and parameters shared out among them by what it holds.

After SCI (Yang et al., Sharing massive biomedical data at magnitudes lower bandwidth using implicit neural function,
2023), which cuts a volume into blocks whose spectra are concentrated enough for a network; here by a best basis
(Coifman and Wickerhauser, 1992): a box is cut where its parts together cost less than it does, a cosine coefficient
above a threshold costing 1 and one below it the error of leaving it out, in squared thresholds.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.fft import dctn

from ..pyramid.layout import Shape
from .layout import LEVELS, WIDTHS, Leaves, box_counts, children, edges_at, parameter_count, root_edges

_BINS = 128
_BINS_PER_OCTAVE = 4
_LOWEST_OCTAVE = 22
_THRESHOLDS = 2.0 ** (np.arange(_BINS) / _BINS_PER_OCTAVE - _LOWEST_OCTAVE)
_OVERHEAD = 30.0
"""Coefficients that a box has to save to be worth its own network: smaller networks share less (measured)."""
_PARAMETERS_PER_COEFFICIENT = 2.0


def spectra(values: np.ndarray) -> list[np.ndarray]:
    """For each level (box counts, thresholds, 2): how many cosine coefficients of each box, the mean left out, exceed
    the n-th threshold of a rising row; what the box costs at it. values: (k, j, i) float."""
    shape = _shape(values)
    tables = [np.zeros((*box_counts(shape, level), _BINS, 2)) for level in range(LEVELS)]
    root, scale = root_edges(shape), float(np.abs(values).max()) or 1.0
    for place in np.ndindex(*box_counts(shape, 0)):
        start = [p * r for p, r in zip(place, root, strict=True)]
        part = values[tuple(slice(s, s + r) for s, r in zip(start, root, strict=True))] / scale
        part = np.pad(part, [(0, r - n) for r, n in zip(root, part.shape, strict=True)], "edge")
        for level, table in enumerate(tables):
            own = _costs(part, edges_at(shape, level))
            first = [p * n for p, n in zip(place, own.shape[:3], strict=True)]
            table[tuple(slice(f, f + n) for f, n in zip(first, own.shape[:3], strict=True))] = own
    return tables


def _costs(part: np.ndarray, edges: Shape) -> np.ndarray:
    """(boxes along k, j, i, thresholds, 2) of one root."""
    counts = [n // e for n, e in zip(part.shape, edges, strict=True)]
    split = part.reshape(counts[0], edges[0], counts[1], edges[1], counts[2], edges[2]).transpose(0, 2, 4, 1, 3, 5)
    found = np.abs(dctn(split, axes=(3, 4, 5), norm="ortho")).reshape(math.prod(counts), -1)
    found[:, 0] = 0
    octaves = np.log2(np.maximum(found, 2.0**-30))
    bins = np.clip(np.floor((octaves + _LOWEST_OCTAVE) * _BINS_PER_OCTAVE), 0, _BINS - 1).astype(np.int64)
    places, size = (np.arange(len(bins))[:, None] * _BINS + bins).reshape(-1), len(bins) * _BINS
    above = np.bincount(places, minlength=size).reshape(*counts, _BINS)[..., ::-1].cumsum(-1)[..., ::-1]
    energy = np.bincount(places, np.square(found).reshape(-1), size).reshape(*counts, _BINS)
    below = energy.cumsum(-1) - energy
    return np.stack([above, above + below / np.square(_THRESHOLDS)], -1)


def plan_blocks(values: np.ndarray, parameters: float) -> tuple[Leaves, np.ndarray]:
    """The boxes of (k, j, i) float values and the kind of each one's network (see `WIDTHS`), for about so many
    parameters in all."""
    shape = _shape(values)
    tables = spectra(values)
    wanted = parameters / _PARAMETERS_PER_COEFFICIENT
    low, high = 1, _BINS - 1  # more is needed at lower thresholds
    while low < high:
        middle = (low + high) // 2
        if _best(tables, middle, shape)[1] > wanted:
            low = middle + 1
        else:
            high = middle
    splits, _ = _best(tables, low, shape)
    leaves = Leaves.of(shape, splits)
    edges = np.array([edges_at(shape, level) for level in range(LEVELS)])
    places = leaves.starts // edges[leaves.levels]
    needs = np.array(
        [tables[level][tuple(place)][low, 0] for level, place in zip(leaves.levels, places, strict=True)], float
    )
    return leaves, _shared_out(needs, parameters)


def _best(tables: list[np.ndarray], threshold: int, shape: Shape) -> tuple[list[np.ndarray], float]:
    """Which boxes to cut, level by level, and what all of it costs, overheads included."""
    totals, splits = tables[-1][..., threshold, 1], list[np.ndarray]()
    for level in range(LEVELS - 2, -1, -1):
        own = tables[level][..., threshold, 1]
        parts = totals + _OVERHEAD
        for axis, (now, then) in enumerate(zip(edges_at(shape, level), edges_at(shape, level + 1), strict=True)):
            parts = np.add.reduceat(parts, np.arange(0, parts.shape[axis], now // then), axis)
        is_cut = parts < own
        splits.insert(0, is_cut)
        totals = np.where(is_cut, parts, own)
    for level in range(LEVELS - 2):  # a box within one that is whole is not cut
        splits[level + 1] &= children(splits[level], shape, level)
    return splits, float(totals.sum())


def _shared_out(needs: np.ndarray, parameters: float) -> np.ndarray:
    """(N) kinds of networks in proportion to (N) needs, with as many parameters in all as allowed."""
    sizes = np.array([parameter_count(kind) for kind in range(len(WIDTHS))], float)
    borders = np.array([sizes[1] / 2, *np.sqrt(sizes[1:-1] * sizes[2:])])
    low, high = 1e-4, 1e4
    for _ in range(60):
        middle = math.sqrt(low * high)
        if sizes[np.searchsorted(borders, needs * middle)].sum() > parameters:
            high = middle
        else:
            low = middle
    return np.searchsorted(borders, needs * low)


def frequency_of(values: np.ndarray, edges: Shape) -> np.ndarray:
    """(3) root mean square frequency of a box along (i, j, k), in radians per network coordinate, which goes from -1 to
    1 over `edges`. values: (k, j, i), its mean taken away."""
    energy = np.square(dctn(values, norm="ortho"))
    total, found = float(energy.sum()) or 1.0, []
    for axis in (2, 1, 0):
        along = energy.sum(tuple(a for a in range(3) if a != axis))
        cycles = math.sqrt(float((along * np.arange(len(along)) ** 2).sum()) / total) / 2
        found.append(cycles * math.pi * edges[axis] / len(along))
    return np.array(found)


def _shape(values: np.ndarray) -> Shape:
    k, j, i = values.shape
    return k, j, i
