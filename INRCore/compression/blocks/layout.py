"""Which boxes a volume is cut into and which network each of them has. Whole numbers; axes are (k, j, i)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..pyramid.layout import Shape

LARGEST_EDGE = 64
LEVELS = 4
"""Sizes of boxes: edges of 64, 32, 16 and 8 voxels, or as many as a short axis has."""
WIDTHS = (0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128)
"""Of the first layer, by the number of the network's kind; 0: the box is its mean."""
HIDDEN = 3


def layer_sizes(kind: int) -> list[tuple[int, int]]:
    """(inputs, outputs) of each layer: every hidden layer has half as many units as the one before."""
    sizes = [3, *(WIDTHS[kind] >> layer for layer in range(HIDDEN)), 1]
    return list(itertools.pairwise(sizes))


def parameter_count(kind: int) -> int:
    """Weights and biases of a network."""
    return sum(n * m + m for n, m in layer_sizes(kind)) if WIDTHS[kind] else 0


def root_edges(shape: Shape) -> Shape:
    """Edges of the largest boxes: powers of 2."""
    k, j, i = (min(LARGEST_EDGE, 1 << math.ceil(math.log2(n))) for n in shape)
    return k, j, i


def edges_at(shape: Shape, level: int) -> Shape:
    """Edges of the boxes that are `level` times halved; an edge of 1 stays."""
    k, j, i = (max(edge >> level, 1) for edge in root_edges(shape))
    return k, j, i


def box_counts(shape: Shape, level: int) -> Shape:
    """How many boxes of a level lie along each axis, those beyond the border included, in whole roots."""
    root, own = root_edges(shape), edges_at(shape, level)
    k, j, i = (-(-n // r) * (r // e) for n, r, e in zip(shape, root, own, strict=True))
    return k, j, i


def children(flags: np.ndarray, shape: Shape, level: int) -> np.ndarray:
    """Flags (box counts of `level`) to those of the boxes of the next level that lie in them."""
    for axis, (now, then) in enumerate(zip(edges_at(shape, level), edges_at(shape, level + 1), strict=True)):
        flags = np.repeat(flags, now // then, axis)
    return flags


def inside(shape: Shape, level: int) -> np.ndarray:
    """Booleans (box counts of `level`): which boxes hold any voxel."""
    axes = [
        np.arange(count) * edge < n
        for count, edge, n in zip(box_counts(shape, level), edges_at(shape, level), shape, strict=True)
    ]
    return axes[0][:, None, None] & axes[1][:, None] & axes[2]


@dataclass(frozen=True, eq=False)
class Leaves:
    """levels: (N); starts: (N, 3) first voxel of each box, in the order of the file: level by level, C order."""

    shape: Shape
    levels: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, shape: Shape, splits: list[np.ndarray]) -> Leaves:
        """splits: for each level but the last, booleans (its box counts): which boxes are cut further."""
        levels, starts, here = [], [], np.ones(box_counts(shape, 0), bool)
        for level in range(LEVELS):
            here &= inside(shape, level)
            split = splits[level] & here if level < LEVELS - 1 else np.zeros_like(here)
            found = np.argwhere(here & ~split) * np.array(edges_at(shape, level))
            levels.append(np.full(len(found), level))
            starts.append(found)
            if level < LEVELS - 1:
                here = children(split, shape, level)
        return cls(shape, np.concatenate(levels), np.concatenate(starts))

    def __len__(self) -> int:
        return len(self.levels)

    @property
    def sizes(self) -> np.ndarray:
        """(N, 3) voxels of each box, cut at the border."""
        edges = np.array([edges_at(self.shape, level) for level in range(LEVELS)])
        return np.minimum(edges[self.levels], np.array(self.shape) - self.starts)

    def boxes(self) -> Iterator[tuple[slice, slice, slice]]:
        for start, size in zip(self.starts, self.sizes, strict=True):
            k, j, i = (slice(int(s), int(s + n)) for s, n in zip(start, size, strict=True))
            yield k, j, i
