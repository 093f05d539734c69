"""`Shapes`: the fitted field and what it means: which label a point belongs to, how far the surfaces are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..geometry import Grid
from .distance_field import DistanceField
from .domain import Domain
from .settings import SegmentationSettings
from .spline_field import SplineField

if TYPE_CHECKING:
    from ..fields import Field

_BLOCK = 4
_LIPSCHITZ = 1.3
_SEAM_SHARE = 0.6


@dataclass(frozen=True, eq=False)
class Shapes:
    """Signed distance fields of labels in a domain: output n of `field` is that of `label_values[n]`. Surfaces and
    label maps are made of it; `distance_field` has the same signs and surfaces and is nearer to the distance elsewhere,
    which takes longer."""

    field: Field | SplineField
    domain: Domain
    label_values: tuple[int, ...]
    settings: SegmentationSettings

    @cached_property
    def distance_field(self) -> Field | DistanceField:
        return DistanceField(self.field) if isinstance(self.field, SplineField) else self.field

    @property
    def max_memory_gb(self) -> float | None:
        return self.settings.fit.max_memory_gb

    @property
    def seam_mm(self) -> float:
        """Gaps narrower than this between two labels are closed: the label map has no voxel of background there."""
        return _SEAM_SHARE * float(self.domain.grid.spacing.min())

    # -- values at points --------------------------------------------------------------------------------------------
    def distances(self, points: np.ndarray, number: int | None, on_voxels: bool = False) -> np.ndarray:
        """(N, 3) RAS mm to signed distances (N) mm from one label, for None from the nearest one. Beyond the domain,
        where the field was not fitted: that of the nearest point of the domain plus the way there. `on_voxels`: all
        points are centres of the domain's voxels, where splines have exact distances and no nearest points are looked
        for."""
        inside = self.domain.nearest_inside(points)
        way = np.linalg.norm(points - inside, axis=1).astype(np.float32)
        if isinstance(self.distance_field, DistanceField) and not on_voxels:
            return self.distance_field.distance_to(number, inside) + way
        if number is not None:
            return self.distance_to(number, inside) + way
        return self.field.evaluate(inside, self.max_memory_gb).min(1) + way

    def distance_to(self, number: int, points: np.ndarray) -> np.ndarray:
        """The field's value (N) mm for one label at (N, 3) RAS points of the domain."""
        if isinstance(self.field, SplineField):
            return self.field.value_of(number, points)
        return self.field.evaluate(points, self.max_memory_gb)[:, number]

    def gradient_of(self, number: int, points: np.ndarray) -> np.ndarray:
        """Its gradient (N, 3) per mm."""
        if isinstance(self.field, SplineField):
            return self.field.gradient_of(number, points)
        return self.field.evaluate_jacobian(points, self.max_memory_gb)[:, number]

    def levels(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N, D): below 0 where the point belongs to the label, for at most one label. The signed
        distances, cut off at the domain's faces, with overlaps shared out and narrow gaps closed."""
        box = self.domain.box_distance(points).astype(np.float32)
        levels = np.repeat(box[:, None], len(self.label_values), axis=1)
        inside = box <= 0
        values = self.field.evaluate(points[inside], self.max_memory_gb)
        shared = values if self.settings.allow_overlap else share_seams(values, self.seam_mm)
        levels[inside] = np.maximum(shared, levels[inside])
        return levels

    # -- values on grids ---------------------------------------------------------------------------------------------
    def label_numbers(self, grid: Grid) -> np.ndarray:
        """(k, j, i) int32: 0 for background, n + 1 for the n-th label. Where a coarse look shows that a whole block of
        voxels is far from all surfaces, the block is not looked at more closely."""
        numbers = np.zeros(grid.shape, np.int32)
        for corner, levels, radius in self._coarse(grid):
            lowest, label = levels.min(1), levels.argmin(1)
            deep = lowest < -radius
            for start, found in zip(corner[deep], label[deep] + 1, strict=True):
                numbers[_block(start)] = found
            for index in _voxels(corner[np.abs(lowest) <= radius], grid, self._points_at_once):
                near = self.levels(grid.index_to_world(index))
                # On a seam two labels may be at 0 both; it is background of neither.
                numbers[tuple(index[:, ::-1].T)] = np.where(near.min(1) <= 0, near.argmin(1) + 1, 0)
        return numbers

    def level_near_surface(self, number: int, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
        """Level of one label on the part of `grid` that holds its surface: float32 (k, j, i) and the (i, j, k) index of
        its first voxel. Exact near the surface; elsewhere only the sign is meant. Empty where the label is nowhere."""
        corners, coarse, radius = [], [], 0.0
        for corner, levels, radius in self._coarse(grid):
            held = levels[:, number] <= radius
            corners.append(corner[held])
            coarse.append(levels[held, number])
        corner, level = np.concatenate(corners), np.concatenate(coarse)
        if len(corner) == 0:
            return np.empty((0, 0, 0), np.float32), np.zeros(3, int)
        start = np.maximum(corner.min(0) - 1, 0)
        stop = np.minimum(corner.max(0) + _BLOCK + 1, grid.size_ijk)
        values = np.full((stop - start)[::-1], 2 * radius + 1, np.float32)
        part = grid.cropped(tuple(start), tuple(stop))
        for first, deep in zip(corner[level < -radius] - start, level[level < -radius], strict=True):
            values[_block(first)] = deep
        for index in _voxels(corner[np.abs(level) <= radius] - start, part, self._points_at_once):
            values[tuple(index[:, ::-1].T)] = self.levels(part.index_to_world(index))[:, number]
        return values, start

    @property
    def _points_at_once(self) -> int:
        return self.field.points_per_chunk(self.max_memory_gb)

    def _coarse(self, grid: Grid) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
        """Blocks of voxels, many at once: first voxels (B, 3) ijk, levels (B, D) at the blocks' centres, and the level
        beyond which a block holds no surface: its radius, and some more since slopes are not exactly 1."""
        half = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) * (_BLOCK - 1) / 2
        radius = _LIPSCHITZ * float(np.linalg.norm(half @ grid.ijk_to_world[:3, :3].T, axis=1).max()) + self.seam_mm
        counts = -(-grid.size_ijk // _BLOCK)
        total, step = int(np.prod(counts)), self._points_at_once
        for first in range(0, total, step):
            numbers = np.arange(first, min(first + step, total))
            corner = np.stack(np.unravel_index(numbers, counts[::-1])[::-1], -1) * _BLOCK
            yield corner, self.levels(grid.index_to_world(corner + (_BLOCK - 1) / 2)), radius


def share_seams(distances: np.ndarray, seam_mm: float) -> np.ndarray:
    """Signed distances (N, D) with the seams between labels made to fit: where two labels overlap, or leave a gap
    narrower than `seam_mm`, both surfaces move to the middle. Exact signed distances of touching labels add up to 0 at
    their common surface, so half of what is missing or too much goes to either."""
    if distances.shape[1] == 1:
        return distances
    first, second = np.partition(distances, 1, axis=1)[:, :2].T
    others = np.where(distances == first[:, None], second[:, None], first[:, None])
    total = distances + others
    # All of an overlap or a narrow gap; fading out up to the full width so that surfaces stay continuous.
    excess = np.where(total <= seam_mm / 2, total, np.clip(seam_mm - total, 0, None))
    return distances - excess / 2


def _block(start: np.ndarray) -> tuple[slice, ...]:
    return tuple(slice(n, n + _BLOCK) for n in start[::-1])


def _voxels(corners: np.ndarray, grid: Grid, most: int) -> Iterator[np.ndarray]:
    """Indices (n, 3) ijk of the voxels of blocks, cut at the grid's end, about `most` at once."""
    offsets = np.stack(np.unravel_index(np.arange(_BLOCK**3), (_BLOCK,) * 3), -1)
    step = max(1, most // _BLOCK**3)
    for first in range(0, len(corners), step):
        index = (corners[first : first + step, None] + offsets).reshape(-1, 3)
        yield index[(index < grid.size_ijk).all(1)]
