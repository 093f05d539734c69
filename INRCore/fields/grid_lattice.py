"""Lattices of points along a frame's axes, where what a grid encoding computes is separable. Needs no torch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..geometry import Grid
from .description import Frame

TOLERANCE_VOXELS = 1e-3
"""How far a point may lie from where a separable lattice has it: headers store directions in single precision."""


@dataclass(frozen=True, eq=False)
class SeparableLattice:
    """The points whose network coordinates along the frame's axes `order` (0: x, 1: y, 2: z, in the order k, j, i) are
    `positions`: three arrays (K), (J), (I), float64."""

    order: tuple[int, int, int]
    positions: tuple[np.ndarray, np.ndarray, np.ndarray]

    @classmethod
    def of(cls, frame: Frame, grid: Grid, tolerance_voxels: float = TOLERANCE_VOXELS) -> SeparableLattice | None:
        """The voxel centres of a grid; None when its axes are not the frame's (in any order and sense) to within the
        tolerance at every voxel."""
        matrix = (frame.world_to_frame @ grid.ijk_to_world)[:3]
        # An axis with a single voxel has no direction: it takes the frame's axis that the others leave.
        by_length = sorted(range(3), key=lambda index: -int(grid.size_ijk[index]))
        axis_of: dict[int, int] = {}
        for index in by_length:
            left = [axis for axis in range(3) if axis not in axis_of.values()]
            axis_of[index] = max(left, key=lambda axis: abs(matrix[axis, index]))
        aside = np.abs(matrix[:, :3]) * (grid.size_ijk - 1)
        aside[[axis_of[index] for index in range(3)], range(3)] = 0
        steps = np.linalg.norm(matrix[:, :3], axis=0)
        if aside.sum(1).max() > tolerance_voxels * steps.min():
            return None
        middle = (grid.size_ijk - 1) / 2
        center = matrix[:, :3] @ middle + matrix[:, 3]  # what is neglected is so on both sides alike
        k, j, i = (
            center[axis_of[index]] + matrix[axis_of[index], index] * (np.arange(grid.size_ijk[index]) - middle[index])
            for index in (2, 1, 0)
        )
        return cls((axis_of[2], axis_of[1], axis_of[0]), (k, j, i))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Points along k, j, i."""
        k, j, i = (len(along) for along in self.positions)
        return k, j, i

    def every(self, step: int, offsets: tuple[int, int, int]) -> SeparableLattice:
        """Every `step`-th point along each axis, from the offsets (k, j, i; below `step`) on: a batch that covers the
        whole field of view and is still a lattice, which a fit takes many times as fast as points drawn at random."""
        k, j, i = (along[offset::step] for along, offset in zip(self.positions, offsets, strict=True))
        return SeparableLattice(self.order, (k, j, i))

    def parts(self, points: int) -> Iterator[tuple[slice, SeparableLattice]]:
        """Cuts the lattice into pieces of about `points` points (never less than a row) that are consecutive in the
        order of (k, j, i): (slice of the flattened array, piece)."""
        planes, rows, columns = self.shape
        k, j, i = self.positions
        deep = max(1, points // (rows * columns))
        high = rows if deep > 1 else min(rows, max(1, points // columns))
        for first in range(0, planes, deep):
            for row in range(0, rows, high):
                part = SeparableLattice(self.order, (k[first : first + deep], j[row : row + high], i))
                start = (first * rows + row) * columns
                yield slice(start, start + math.prod(part.shape)), part
