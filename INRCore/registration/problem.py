"""The forward model of registration: moving(A(x + u(x))) against fixed(x) at random points of the fixed image."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..fields import Field
from ..fitting import Problem
from ..geometry import Grid
from ..interpolation import ImageSampler
from ..losses.deformation import bending_energy, hyperelastic_loss, volume_change_loss
from ..losses.similarity import mean_squared_difference, normalised_cross_correlation
from ..volume import Volume
from .images import PreparedImage
from .pyramid import smoothed
from .settings import RegistrationSettings

_MOST_VOXELS_DRAWN_FROM = 4_000_000
_LEAST_SHARE_INSIDE = 0.01
_METRIC_POINTS = 20_000


class Pair:
    """Both images, the linear part of the map, and where points are drawn: shared by all stages of a fit.

    Raises `InputError` when hardly any of the fixed region lands inside the moving image.
    """

    def __init__(self, fixed: PreparedImage, moving: PreparedImage, affine: np.ndarray, seed: int) -> None:
        self.fixed, self.moving, self.affine = fixed, moving, affine
        rng = np.random.default_rng(seed)
        numbers = np.flatnonzero(fixed.region)
        if numbers.size > _MOST_VOXELS_DRAWN_FROM:
            numbers = rng.choice(numbers, _MOST_VOXELS_DRAWN_FROM)
        self.voxels = numbers
        drawn = rng.choice(numbers, _METRIC_POINTS)
        k, j, i = np.unravel_index(drawn, fixed.grid.shape)
        self.metric_points = fixed.grid.index_to_world(np.stack([i, j, k], -1))
        self.metric_values = fixed.values[k, j, i]
        moved = self.metric_points @ affine[:3, :3].T + affine[:3, 3]
        if comparable(moving, moved).mean() < _LEAST_SHARE_INSIDE:
            raise InputError(
                "The fixed and the moving image do not overlap where they are to be compared; check that they show the "
                "same body part and the masks, or choose initial = 'rigid', which brings them together."
            )


def comparable(moving: PreparedImage, points: np.ndarray) -> np.ndarray:
    """(N) bool: which (N, 3) RAS points lie in the moving image where it may be compared."""
    inside = moving.grid.contains(points)
    if moving.usable is not None:
        index = np.rint(moving.grid.world_to_index(points[inside])).astype(int).clip(0, moving.grid.size_ijk - 1)
        inside[inside] = moving.usable[index[:, 2], index[:, 1], index[:, 0]]
    return inside


class RegistrationProblem(Problem):
    """One stage: both images smoothed by `sigma_mm`."""

    module: Field

    def __init__(self, field: Field, pair: Pair, settings: RegistrationSettings, sigma_mm: float) -> None:
        self.module, self.pair, self.settings = field, pair, settings
        self._fixed_level = smoothed(pair.fixed.values, pair.fixed.grid, sigma_mm, pair.fixed.finite)
        self._moving_level = smoothed(pair.moving.values, pair.moving.grid, sigma_mm, pair.moving.finite)

    def to(self, device: torch.device) -> None:
        super().to(device)
        moving, fixed_grid = self.pair.moving, self.pair.fixed.grid
        self._fixed = ImageSampler(*self._fixed_level, device)
        self._moving = ImageSampler(*self._moving_level, device)
        # Without a mask only the field of view counts, for which the sampler needs no voxels.
        usable = np.ones((1, 1, 1), np.float32) if moving.usable is None else moving.usable
        self._usable = ImageSampler(usable, moving.grid, device)
        self._voxels = torch.as_tensor(self.pair.voxels, device=device)
        self._size = torch.as_tensor(fixed_grid.size_ijk.copy(), device=device)
        self._axes, self._center = _linear_part(fixed_grid, device)
        self._matrix = torch.as_tensor(self.pair.affine[:3, :3].T.copy(), dtype=torch.float32, device=device)
        self._shift = torch.as_tensor(self.pair.affine[:3, 3], dtype=torch.float32, device=device)

    # -- loss --------------------------------------------------------------------------------------------------------
    def losses(self, points: int, generator: torch.Generator, iteration: int) -> dict[str, Tensor]:
        positions = self._points_in_region(points, generator)
        return {
            "similarity": self._dissimilarity(positions, self.module(positions)),
            **self._regularity(positions, generator),
        }

    def _dissimilarity(self, positions: Tensor, displacement: Tensor) -> Tensor:
        moved = self._map(positions, displacement)
        fixed, moving, weight = self._fixed(positions), self._moving(moved), self._weight(moved.detach())
        if self.settings.similarity == "mse":
            return mean_squared_difference(fixed, moving, weight)
        return 1 - normalised_cross_correlation(fixed, moving, weight)

    def _regularity(self, positions: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        s = self.settings
        if not (s.jacobian_weight or s.hyperelastic_weight or s.bending_weight):
            return {}
        half = max(1, round(len(positions) * s.regularizer_share / 2))
        uniform = torch.rand(half, 3, generator=generator, device=positions.device) * self._size - 0.5
        where = torch.cat([positions[:half], self._world(uniform)])
        terms: dict[str, Tensor] = {}
        if s.bending_weight:
            _, jacobian, second = self.module.value_jacobian_hessian(where)
            terms["bending"] = s.bending_weight * bending_energy(second)
        else:
            _, jacobian = self.module.value_and_jacobian(where)
        if s.jacobian_weight:
            terms["jacobian"] = s.jacobian_weight * volume_change_loss(jacobian)
        if s.hyperelastic_weight:
            terms["hyperelastic"] = s.hyperelastic_weight * hyperelastic_loss(jacobian)
        return terms

    # -- points ------------------------------------------------------------------------------------------------------
    def _points_in_region(self, count: int, generator: torch.Generator) -> Tensor:
        """(N, 3) RAS: uniform in the voxels of the region; nothing here waits for the device."""
        device = self._voxels.device
        picks = torch.randint(len(self._voxels), (count,), generator=generator, device=device)
        number = self._voxels[picks]
        ni, nj = self._size[0], self._size[1]
        index = torch.stack([number % ni, number // ni % nj, number // (ni * nj)], -1)
        return self._world(index + torch.rand(count, 3, generator=generator, device=device) - 0.5)

    def _world(self, index: Tensor) -> Tensor:
        return (index - (self._size - 1) / 2) @ self._axes + self._center

    def _map(self, positions: Tensor, displacement: Tensor) -> Tensor:
        return (positions + displacement) @ self._matrix + self._shift

    def _weight(self, moved: Tensor) -> Tensor:
        """(N) 1 where the point lies in the moving image and may be compared, else 0."""
        weight = self._usable.inside(moved)
        if self.pair.moving.usable is not None:
            weight = weight & (self._usable(moved) >= 0.5)
        return weight.float()

    # -- reports -----------------------------------------------------------------------------------------------------
    @torch.no_grad()
    def metrics(self) -> dict[str, float]:
        """Similarity of the images of this stage at fixed voxels: an estimate of the final `similarity_after`."""
        positions = torch.as_tensor(self.pair.metric_points, dtype=torch.float32, device=self._voxels.device)
        moved = self._map(positions, self.module(positions))
        ncc = normalised_cross_correlation(self._fixed(positions), self._moving(moved), self._weight(moved))
        return {"similarity_after": float(ncc)}

    @torch.no_grad()
    def preview(self, voxels: int) -> Volume:
        """The warped moving image of this stage, 0 to 1, over the fixed field of view."""
        grid = self.pair.fixed.grid.coarsened(voxels)
        values = np.empty(grid.voxel_count, np.float32)
        for part, points in grid.chunks(self.module.points_per_chunk()):
            positions = torch.as_tensor(points, dtype=torch.float32, device=self._voxels.device)
            moved = self._map(positions, self.module(positions))
            values[part] = (self._moving(moved) * self._usable.inside(moved)).cpu().numpy()
        return Volume(values.reshape(grid.shape), grid, name="preview")


def _linear_part(grid: Grid, device: torch.device) -> tuple[Tensor, Tensor]:
    """Transposed axes (3, 3) and centre (3) in single precision, the centre to be subtracted in index space."""
    axes = torch.as_tensor(grid.ijk_to_world[:3, :3].T.copy(), dtype=torch.float32, device=device)
    return axes, torch.as_tensor(grid.center, dtype=torch.float32, device=device)
