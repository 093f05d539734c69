"""Where a fitted field is believed, how it goes on beyond that, and the grid on which the map is sampled."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from ..geometry import Grid

_PROBES = 4096
_MOST_NODES = 1_500_000
_MOST_NODES_IN_ALL = 6_000_000
_HOLD_CELLS = 2
_LEAST_FADE_CELLS = 4
_MARGIN = 3.6
"""A smooth step of width m has the slope 1.5 / m, so a border displacement d folds unless 1.5 d < m: twice that and a
reserve for what the probes on the border missed."""


class VectorField(Protocol):
    """What a `Field` of three outputs can do, and what is made of several."""

    @property
    def device(self) -> torch.device: ...

    def points_per_chunk(self, max_memory_gb: float | None = None, order: int = 0) -> int: ...

    def evaluate(self, points: np.ndarray, max_memory_gb: float | None = None) -> np.ndarray: ...

    def value_and_jacobian(self, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]: ...


@dataclass(frozen=True, eq=False)
class Domain:
    """Where a vector field (displacement or velocity) holds and how it ends: as the network says in the field of view
    of `grid` and `reach_mm` beyond it, from there as at the nearest such point, and from `hold_mm` beyond the field of
    view on, `fade_mm` wide, times a smooth step down to 0.

    The network knows nothing outside the images, so what it says there is never used. The step is 1 - t^2 (3 - 2 t) in
    the distance along each axis of the grid.
    """

    grid: Grid
    reach_mm: float
    hold_mm: float
    fade_mm: float

    def nodes(self, cells: Grid) -> Grid:
        """`cells` (a grid of the field of view) and as many more as it takes to where everything has ended."""
        return cells.padded(np.ceil((self.hold_mm + self.fade_mm) / cells.spacing + 0.5).astype(int).tolist())

    def clamp_and_fade(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 3) RAS mm to the nearest believed points (N, 3) and the factor of their vector (N), 0 to 1."""
        index = self.grid.world_to_index(points)
        beyond = np.abs(index - self._clipped(index, self.hold_mm)) * self.grid.spacing
        t = np.clip(beyond / max(self.fade_mm, 1e-9), 0, 1)
        return self.grid.index_to_world(self._clipped(index, self.reach_mm)), (1 - t * t * (3 - 2 * t)).prod(-1)

    def vectors(self, field: VectorField, points: np.ndarray, max_memory_gb: float | None = None) -> np.ndarray:
        """(N, 3) RAS mm to (N, 3) float32 mm: the field as continued beyond the field of view."""
        held, factor = self.clamp_and_fade(points)
        result = np.zeros((len(points), 3), np.float32)
        moved = factor > 0
        result[moved] = field.evaluate(held[moved], max_memory_gb) * factor[moved, None]
        return result

    def vectors_and_jacobian(
        self, field: VectorField, points: np.ndarray, max_memory_gb: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """`vectors` and their Jacobian (N, 3, 3), exact where nothing fades; there the step's own slope is left out."""
        held, factor = self.clamp_and_fade(points)
        value, jacobian = np.zeros((len(points), 3), np.float32), np.zeros((len(points), 3, 3), np.float32)
        moved = np.flatnonzero(factor > 0)
        step = field.points_per_chunk(max_memory_gb, order=1)
        for start in range(0, len(moved), step):
            part = moved[start : start + step]
            with torch.no_grad():
                inner = torch.as_tensor(held[part], dtype=torch.float32, device=field.device)
                found = field.value_and_jacobian(inner)
            value[part], jacobian[part] = (tensor.cpu().numpy() for tensor in found)
        return value * factor[:, None], (jacobian * factor[:, None, None]) @ self._slope_of_clamp(points)

    def _slope_of_clamp(self, points: np.ndarray) -> np.ndarray:
        """(N, 3, 3): derivative of the nearest believed point by the point; the identity unless an axis is clipped."""
        index = self.grid.world_to_index(points)
        kept = index == self._clipped(index, self.reach_mm)
        return (self.grid.ijk_to_world[:3, :3] * kept[:, None, :]) @ self.grid.world_to_ijk[:3, :3]

    def _clipped(self, index: np.ndarray, beyond_mm: float) -> np.ndarray:
        beyond = beyond_mm / self.grid.spacing
        return np.clip(index, -0.5 - beyond, self.grid.size_ijk - 0.5 + beyond)


def choose_spacing(displacement: Callable[[np.ndarray], np.ndarray], grid: Grid, tolerance_mm: float) -> float:
    """Spacing in mm at which linear interpolation of the displacement on a grid along the axes of `grid` stays within
    the tolerance at 99 of 100 points: h^2 / 8 sum_a |d2u / da^2| bounds the error of trilinear interpolation, never
    finer than the image. The derivatives are differences across half a voxel."""
    rng = np.random.default_rng(0)
    points = grid.index_to_world(rng.uniform(0, grid.size_ijk - 1, (_PROBES, 3)))
    middle, bend = displacement(points).astype(float), np.zeros(_PROBES)
    for axis, spacing in zip(grid.directions.T, grid.spacing / 2, strict=True):
        sides = displacement(points + spacing * axis).astype(float) + displacement(points - spacing * axis)
        bend += np.linalg.norm(sides - 2 * middle, axis=-1) / spacing**2
    fov = grid.size_ijk * grid.spacing
    coarsest = float(fov.min()) / 4
    finest = max(float(grid.spacing.min()), (float(fov.prod()) / _MOST_NODES) ** (1 / 3))
    return max(finest, min(coarsest, math.sqrt(8 * tolerance_mm / max(float(np.percentile(bend, 99)), 1e-12))))


def cells_within(grid: Grid, spacing_mm: float) -> Grid:
    """Grid of cells of about the spacing, whole numbers of them in the field of view, at least two along each axis."""
    size = np.maximum(2, np.ceil(grid.size_ijk * grid.spacing / spacing_mm - 1e-6)).astype(int)
    return grid.with_size(size.tolist())


def make_domain(grid: Grid, cells: Grid, margin_mm: float | None, border_mm: float) -> Domain:
    """The domain of a displacement whose largest length on the border of the field of view is `border_mm`, to be
    sampled on `cells`. Without a margin asked for, it is wide enough not to fold."""
    cell = float(cells.spacing.max())
    hold = _HOLD_CELLS * cell
    if margin_mm is None:
        margin_mm = _MARGIN * border_mm
    return Domain(grid, hold, hold, max(margin_mm - hold, _LEAST_FADE_CELLS * cell))


def bearable(domain_of: Callable[[Grid], Domain], cells: Grid) -> tuple[Domain, Grid]:
    """The domain for these cells and its nodes; coarser cells where a wild map would need a vast margin of them."""
    while True:
        domain = domain_of(cells)
        nodes = domain.nodes(cells)
        if nodes.voxel_count <= _MOST_NODES_IN_ALL or cells.size_ijk.max() <= 2:
            return domain, nodes
        cells = cells.with_size(np.maximum(2, cells.size_ijk * 4 // 5).tolist())


def flow_domain(grid: Grid, border_mm: float, margin_mm: float | None) -> Domain:
    """The domain of a velocity whose largest length on the border is `border_mm`: it goes on unchanged as far as a
    point of the field of view can be carried, so that how the field ends changes no path that starts there."""
    fade = _MARGIN * border_mm if margin_mm is None else margin_mm
    return Domain(grid, 0.0, 1.1 * border_mm, max(fade, _LEAST_FADE_CELLS * float(grid.spacing.max())))


def largest_on_border(vectors: Callable[[np.ndarray], np.ndarray], grid: Grid) -> float:
    """Largest length in mm at random points on the faces of the field of view."""
    rng = np.random.default_rng(0)
    unit = rng.uniform(0, 1, (_PROBES, 3))
    unit[np.arange(_PROBES), rng.integers(0, 3, _PROBES)] = rng.integers(0, 2, _PROBES)
    return float(np.linalg.norm(vectors(grid.index_to_world(unit * grid.size_ijk - 0.5)), axis=-1).max())
