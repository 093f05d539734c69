"""Batches that are lattices: every n-th voxel of the fixed image, where spline grids are evaluated without gathers."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..fields.grid_lattice import SeparableLattice
from .images import PreparedImage
from .models import Model


class LatticeBatch(NamedTuple):
    """`lattice`: points over the whole field of view, and every eighth of them, `thin`; `chosen` (M): numbers of those
    in the region; `places` (M, 3): their voxels (i, j, k), float32."""

    lattice: SeparableLattice
    thin: SeparableLattice
    chosen: np.ndarray
    places: np.ndarray


class LatticeDraw:
    """Draws lattices of the voxels of an image; `every_voxel` is the lattice of them all."""

    def __init__(self, every_voxel: SeparableLattice, image: PreparedImage) -> None:
        self._all, self._region = every_voxel, image.region
        self._spacing = image.grid.spacing[::-1]

    @classmethod
    def of(cls, model: Model, image: PreparedImage) -> LatticeDraw | None:
        """None unless the model's displacement is a field that lattices of this image's voxels suit."""
        field = model.fields[0]
        lattice = SeparableLattice.of(field.frame, image.grid)
        suits = model.is_direct and field.encoding.separable and lattice is not None
        return cls(lattice, image) if suits and lattice is not None else None

    def draw(self, points: int, seed: int, iteration: int) -> LatticeBatch:
        """About so many points of the region on a lattice as nearly cubic as voxels allow, which starts at another
        voxel every time."""
        steps = self._steps(points)
        rng = np.random.default_rng((seed, iteration))
        offsets = rng.integers(steps)
        k, j, i = (int(n) for n in offsets)
        lattice = SeparableLattice(
            self._all.order,
            (self._all.positions[0][k :: steps[0]], self._all.positions[1][j :: steps[1]],
             self._all.positions[2][i :: steps[2]]),
        )  # fmt: skip
        part = self._region[k :: steps[0], j :: steps[1], i :: steps[2]]
        chosen = np.flatnonzero(part)
        places = np.stack(np.unravel_index(chosen, part.shape), -1) * steps + offsets
        # Other ones every time: half way between those that are always taken a map would be free to fold.
        k, j, i = (int(n) for n in rng.integers(2, size=3))
        return LatticeBatch(lattice, lattice.every(2, (k, j, i)), chosen, places[:, ::-1].astype(np.float32))

    def _steps(self, points: int) -> np.ndarray:
        """Voxels from a lattice point to the next along k, j, i."""
        size = np.array(self._region.shape)
        edge = (self._inside / points * float(self._spacing.prod())) ** (1 / 3)
        while True:
            steps = np.minimum(np.maximum(1, np.rint(edge / self._spacing)).astype(int), np.maximum(1, size // 2))
            if self._inside / steps.prod() <= 1.5 * points or (steps == np.maximum(1, size // 2)).all():
                return steps
            edge *= 1.1

    @cached_property
    def _inside(self) -> int:
        return int(self._region.sum())
