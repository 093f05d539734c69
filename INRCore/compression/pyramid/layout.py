"""Which lattices a pyramid has: levels, the axes each level halves, the bands and their place.

All axes are (k, j, i). Level 0 is the finest. A level splits its lattice along its axes into a low part, which the next
level splits further, and 2^n - 1 high parts, its bands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

_SMALLEST = 6  # an axis with fewer samples is not halved any further
_MAX_LEVELS = 6
_SPACING_TOLERANCE = 1.5  # axes whose samples lie farther apart than this times the closest wait for the others

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Level:
    """shape: of the lattice it splits; axes: those it halves, of 0, 1, 2."""

    shape: Shape
    axes: tuple[int, ...]

    @property
    def low_shape(self) -> Shape:
        """Shape of the low part: sample n of a halved axis lies where sample 2n lay."""
        return _shape((n + 1) // 2 if a in self.axes else n for a, n in enumerate(self.shape))

    @property
    def bands(self) -> tuple[int, ...]:
        """Bit a of a band's number is set where it is high along axis a; ascending, without 0."""
        mask = sum(1 << a for a in self.axes)
        return tuple(b for b in range(1, 8) if b & mask == b)

    def band_shape(self, band: int) -> Shape:
        """Shape of a band (0: the low part)."""
        low = self.low_shape
        return _shape(n - low[a] if band >> a & 1 else low[a] for a, n in enumerate(self.shape))

    def band_slices(self, band: int) -> tuple[slice, slice, slice]:
        """Where a band lies in the level's lattice when low parts come first along every axis."""
        low = self.low_shape
        a, b, c = (slice(low[a], n) if band >> a & 1 else slice(low[a]) for a, n in enumerate(self.shape))
        return a, b, c


def plan_levels(shape: Shape, spacing_kji: np.ndarray | tuple[float, ...]) -> tuple[Level, ...]:
    """The levels for a volume of this shape and spacing (mm, (k, j, i)).

    Thick slices are halved across only where the lattice within the slices has become as coarse: finer detail of
    neighbouring slices has little in common.
    """
    levels: list[Level] = []
    spacing = np.array(spacing_kji, float)
    while len(levels) < _MAX_LEVELS:
        possible = [a for a in range(3) if shape[a] >= _SMALLEST]
        if not possible:
            break
        closest = min(spacing[a] for a in possible)
        axes = tuple(a for a in possible if spacing[a] <= _SPACING_TOLERANCE * closest)
        levels.append(Level(shape, axes))
        shape = levels[-1].low_shape
        spacing[list(axes)] *= 2
    return tuple(levels)


def parent_of(levels: tuple[Level, ...], number: int, band: int) -> tuple[int, tuple[int, ...]]:
    """(band of the next coarser level whose samples lie over this one's, 0 where there is none; its axes)."""
    if number + 1 >= len(levels):
        return 0, ()
    coarser = levels[number + 1]
    return band & sum(1 << a for a in coarser.axes), coarser.axes


def _shape(sizes: Iterable[int]) -> Shape:
    k, j, i = sizes
    return k, j, i
