"""The part of space in which labels are looked for."""

from __future__ import annotations

import numpy as np

from ..geometry import Grid
from ..metrics.surface import bounding_box


class Domain:
    """A box of voxels (edges included) cut out of a label map's grid: the labels and a margin, never more than the
    field of view. Shapes end at its faces; nothing is known or claimed beyond."""

    def __init__(self, source: Grid, start_ijk: np.ndarray, stop_ijk: np.ndarray) -> None:
        self.start, self.stop = np.asarray(start_ijk, int), np.asarray(stop_ijk, int)
        self.grid = source.cropped(tuple(self.start), tuple(self.stop))
        self.voxel_mm = self.grid.voxel_volume ** (1 / 3)
        # Distance in mm between neighbouring lattice planes: less than the spacing when the axes are not orthogonal.
        self._plane_mm = 1 / np.linalg.norm(self.grid.world_to_ijk[:3, :3], axis=1)
        self._half = self.grid.size_ijk / 2

    @classmethod
    def around(cls, mask: np.ndarray, source: Grid, margin_voxels: float, closed_axis: int | None = None) -> Domain:
        """Box around a (k, j, i) bool mask with a margin of so many (mean) voxels and 5 % of the box; no margin along
        `closed_axis`, 0 to 2 for i, j, k."""
        start, stop = bounding_box(mask)
        margin_mm = margin_voxels * source.voxel_volume ** (1 / 3)
        margin = np.ceil(margin_mm / source.spacing + 0.05 * (stop - start)).astype(int)
        if closed_axis is not None:
            margin[closed_axis] = 0
        return cls(source, np.maximum(start - margin, 0), np.minimum(stop + margin, source.size_ijk))

    def crop(self, array: np.ndarray) -> np.ndarray:
        """The part of a (k, j, i) array on the source grid that lies in the box (a view)."""
        return array[tuple(slice(a, b) for a, b in zip(self.start[::-1], self.stop[::-1], strict=True))]

    def box_distance(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N) mm: below 0 inside the box (distance to its nearest face), above 0 outside (to the
        plane of the farthest face passed)."""
        offset = np.abs(self.grid.world_to_index(points) - (self._half - 0.5))
        return ((offset - self._half) * self._plane_mm).max(-1)

    def shares_voxels(self, grid: Grid) -> bool:
        """Whether all voxel centres of a grid are some of the domain's, as far as it reaches."""
        corner = np.concatenate([np.zeros((1, 3)), np.eye(3)])
        index = self.grid.world_to_index(grid.index_to_world(corner))
        return bool(np.abs(index - np.rint(index)).max() < 1e-4)

    def nearest_inside(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm moved, along the lattice's axes, onto the box if outside."""
        index = self.grid.world_to_index(points)
        return self.grid.index_to_world(np.clip(index, -0.5, self.grid.size_ijk - 0.5))

    def random_points(self, count: int, random: np.random.Generator) -> np.ndarray:
        """(count, 3) RAS mm, uniform in the box."""
        return self.grid.index_to_world(random.uniform(-0.5, self.grid.size_ijk - 0.5, (count, 3)))
