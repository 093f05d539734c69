"""Pieces of a pyramid that are coded on their own, so that a part of the volume can be decoded without the rest.

The finest levels are cut into tiles; what follows is small and stays whole. The transform knows nothing of tiles: only
the context of the coding ends at their faces.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .layout import Level, Shape

TILED_LEVELS = 3
Box = tuple[slice, ...]


@dataclass(frozen=True)
class Piece:
    """number: in C order; box: the tile's voxels; start: its first sample in each level's lattice; levels: of the tile
    alone, as if it were a volume."""

    number: int
    box: Box
    start: tuple[Shape, ...]
    levels: tuple[Level, ...]

    def cut(self, bands: dict[int, np.ndarray], level: int) -> dict[int, np.ndarray]:
        """Views of this tile's part of a level's bands."""
        return {band: array[self._place(level, band)] for band, array in bands.items()}

    def _place(self, level: int, band: int) -> Box:
        axes, shape = self.levels[level].axes, self.levels[level].band_shape(band)
        first = [s // 2 if a in axes else s for a, s in enumerate(self.start[level])]
        return tuple(slice(f, f + n) for f, n in zip(first, shape, strict=True))


def cut_tiles(shape: Shape, levels: tuple[Level, ...], edge: int) -> list[Piece]:
    """The tiles of a volume; one that is the whole volume when `edge` is 0. An edge is a multiple of 2 to the number
    of levels."""
    steps = [edge or max(n, 1) for n in shape]
    corners = itertools.product(*(range(0, n, step) for n, step in zip(shape, steps, strict=True)))
    return [_piece(number, corner, shape, levels, steps) for number, corner in enumerate(corners)]


def coding_order(shape: Shape, levels: tuple[Level, ...], edge: int) -> Iterator[tuple[int, Piece]]:
    """(level, piece) as they follow each other in a file: coarse levels first."""
    whole, tiles = cut_tiles(shape, levels, 0), cut_tiles(shape, levels, edge)
    for number in reversed(range(len(levels))):
        for piece in tiles if number < TILED_LEVELS else whole:
            yield number, piece


def _piece(number: int, corner: tuple[int, ...], shape: Shape, levels: tuple[Level, ...], steps: list[int]) -> Piece:
    size = [min(step, n - c) for c, n, step in zip(corner, shape, steps, strict=True)]
    box = tuple(slice(c, c + n) for c, n in zip(corner, size, strict=True))
    start, starts, own = list(corner), [], []
    for level in levels:
        starts.append(_shape(start))
        own.append(Level(_shape(size), level.axes))
        size = list(own[-1].low_shape)
        start = [s // 2 if a in level.axes else s for a, s in enumerate(start)]
    return Piece(number, box, tuple(starts), tuple(own))


def _shape(sizes: list[int]) -> Shape:
    k, j, i = sizes
    return k, j, i
