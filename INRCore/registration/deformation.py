"""From a fitted displacement field to a displacement grid that is safe to apply anywhere, and its Jacobian."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from ..fields import Field
from ..fields.jets import PAIRS
from ..geometry import Grid
from ..interpolation import CubicVectorSampler
from ..losses.deformation import jacobian_determinant

_PROBES = 4096
_MOST_NODES = 1_500_000
_HOLD_CELLS = 2
_LEAST_FADE_CELLS = 4


@dataclass(frozen=True, eq=False)
class Domain:
    """Where the displacement holds and how it ends: unchanged in the field of view of `grid` and `hold_mm` beyond it,
    then, `fade_mm` wide, the displacement of the nearest held point times a smooth step down to 0.

    The network knows nothing outside the images, so what it says there is never used. The step is 1 - t^2 (3 - 2 t) in
    the distance along each axis of the grid.
    """

    grid: Grid
    hold_mm: float
    fade_mm: float

    def clamp_and_fade(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 3) RAS mm to the nearest held points (N, 3) and the factor of their displacement (N), 0 to 1."""
        index, reach = self.grid.world_to_index(points), self.hold_mm / self.grid.spacing
        held = np.clip(index, -0.5 - reach, self.grid.size_ijk - 0.5 + reach)
        beyond = np.abs(index - held) * self.grid.spacing
        t = np.clip(beyond / max(self.fade_mm, 1e-9), 0, 1)
        return self.grid.index_to_world(held), (1 - t * t * (3 - 2 * t)).prod(-1)

    def displacement(self, field: Field, points: np.ndarray, max_memory_gb: float | None = None) -> np.ndarray:
        """(N, 3) RAS mm to (N, 3) float32 displacement in mm."""
        held, factor = self.clamp_and_fade(points)
        result = np.zeros((len(points), 3), np.float32)
        moved = factor > 0
        result[moved] = field.evaluate(held[moved], max_memory_gb) * factor[moved, None]
        return result


def choose_spacing(field: Field, grid: Grid, tolerance_mm: float) -> float:
    """Spacing in mm at which linear interpolation of the displacement on a grid along the axes of `grid` stays within
    the tolerance at 99 of 100 points: h^2 / 8 sum_a |d2u / da^2| bounds the error of trilinear interpolation."""
    rng = np.random.default_rng(0)
    points = grid.index_to_world(rng.uniform(-0.5, grid.size_ijk - 0.5, (_PROBES, 3)))
    counts = np.array([[1 if a == b else 2 for a, b in PAIRS]])
    squares = np.stack([grid.directions[a] * grid.directions[b] for a, b in PAIRS], -1) * counts  # (axis, pair)
    bends = []
    step = field.points_per_chunk(order=2)
    with torch.no_grad():
        for start in range(0, len(points), step):
            chunk = torch.as_tensor(points[start : start + step], dtype=torch.float32, device=field.device)
            second = field.value_jacobian_hessian(chunk)[2].cpu().numpy()
            bends.append(np.linalg.norm(np.einsum("ndp,ap->nad", second, squares), axis=-1).sum(-1))
    bend = float(np.percentile(np.concatenate(bends), 99))
    fov = grid.size_ijk * grid.spacing
    coarsest = float(fov.min()) / 4
    finest = max(float(grid.spacing.min()), (float(fov.prod()) / _MOST_NODES) ** (1 / 3))
    return max(finest, min(coarsest, math.sqrt(8 * tolerance_mm / max(bend, 1e-12))))


def make_domain(field: Field, grid: Grid, spacing_mm: float, margin_mm: float | None) -> tuple[Domain, Grid]:
    """The domain and the grid on which the displacement is sampled: cells of about `spacing_mm` (whole numbers of them
    in the field of view) out to where the displacement is 0.

    A smooth step of width m has the slope 1.5 / m, so a border displacement d folds unless 1.5 d < m; without a margin
    asked for, twice that and a reserve for what the probes on the border missed are taken.
    """
    size = np.maximum(2, np.ceil(grid.size_ijk * grid.spacing / spacing_mm - 1e-6)).astype(int)
    inner = grid.with_size(size)
    cell = float(inner.spacing.max())
    hold = _HOLD_CELLS * cell
    if margin_mm is None:
        margin_mm = 3.6 * _largest_on_border(field, grid)
    fade = max(margin_mm - hold, _LEAST_FADE_CELLS * cell)
    domain = Domain(grid, hold, fade)
    return domain, inner.padded(np.ceil((hold + fade) / inner.spacing + 0.5).astype(int).tolist())


def _largest_on_border(field: Field, grid: Grid) -> float:
    rng = np.random.default_rng(0)
    unit = rng.uniform(0, 1, (_PROBES, 3))
    unit[np.arange(_PROBES), rng.integers(0, 3, _PROBES)] = rng.integers(0, 2, _PROBES)
    return float(np.linalg.norm(field.evaluate(grid.index_to_world(unit * grid.size_ijk - 0.5)), axis=-1).max())


def sample_displacement(
    field: Field, domain: Domain, nodes: Grid, max_memory_gb: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Displacement (k, j, i, 3) float32 mm and Jacobian determinant (k, j, i) float32 on the grid `nodes`.

    The determinant is exact where the displacement is unchanged and 1 where it fades: it is for use inside the image.
    """
    displacement = np.zeros((nodes.voxel_count, 3), np.float32)
    determinant = np.ones(nodes.voxel_count, np.float32)
    for part, points in nodes.chunks(field.points_per_chunk(max_memory_gb, order=1)):
        _, factor = domain.clamp_and_fade(points)
        exact = factor == 1
        if exact.any():
            with torch.no_grad():
                inner = torch.as_tensor(points[exact], dtype=torch.float32, device=field.device)
                value, jacobian = field.value_and_jacobian(inner)
                displacement[part][exact] = value.cpu().numpy()
                determinant[part][exact] = jacobian_determinant(jacobian).cpu().numpy()
        displacement[part][~exact] = domain.displacement(field, points[~exact], max_memory_gb)
    return displacement.reshape(*nodes.shape, 3), determinant.reshape(nodes.shape)


class DisplacementSampler:
    """A displacement grid between its nodes, as Slicer interpolates it."""

    def __init__(self, displacement: np.ndarray, nodes: Grid, device: torch.device | str = "cpu") -> None:
        self._sampler, self._device = CubicVectorSampler(displacement, nodes, device), device

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N, 3) float32 mm."""
        tensor = torch.as_tensor(np.asarray(points, np.float32), device=self._device)
        return self._sampler(tensor).cpu().numpy()


def largest_grid_error(field: Field, domain: Domain, sampler: DisplacementSampler, probes: int = 20_000) -> float:
    """Largest distance in mm, at random points of the field of view, between the field and its sampled grid."""
    rng = np.random.default_rng(1)
    points = domain.grid.index_to_world(rng.uniform(-0.5, domain.grid.size_ijk - 0.5, (probes, 3)))
    return float(np.linalg.norm(sampler(points) - field.evaluate(points), axis=-1).max())
