"""The forward model of registration: moving(A(x + u(x))) against fixed(x) at random points of the fixed image, and the
same the other way round where the model has a way back."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..fields.grid_lattice import SeparableLattice
from ..fitting import Problem
from ..losses.deformation import bending_energy, hyperelastic_loss, volume_change_loss
from ..losses.similarity import mean_squared_difference, normalised_cross_correlation
from ..volume import Volume
from .images import PreparedImage
from .lattice_batch import LatticeDraw
from .models import Model
from .settings import RegistrationSettings
from .side import Side, voxels_to_draw_from

_LEAST_SHARE_INSIDE = 0.01
_METRIC_POINTS = 20_000


class Pair:
    """Both images, the linear part of the map, and where points are drawn: shared by all stages of a fit.

    Raises `InputError` when hardly any of the fixed region lands inside the moving image.
    """

    def __init__(self, fixed: PreparedImage, moving: PreparedImage, affine: np.ndarray, seed: int) -> None:
        self.fixed, self.moving, self.affine = fixed, moving, affine
        rng = np.random.default_rng(seed)
        self.fixed_voxels, self.moving_voxels = (voxels_to_draw_from(image, rng) for image in (fixed, moving))
        drawn = rng.choice(self.fixed_voxels, _METRIC_POINTS)
        k, j, i = np.unravel_index(drawn, fixed.grid.shape)
        self.metric_points = fixed.grid.index_to_world(np.stack([i, j, k], -1))
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

    module: Model

    def __init__(self, model: Model, pair: Pair, settings: RegistrationSettings, sigma_mm: float) -> None:
        self.module, self.pair, self.settings = model, pair, settings
        self._fixed = Side(pair.fixed, pair.fixed_voxels, sigma_mm)
        self._moving = Side(pair.moving, pair.moving_voxels, sigma_mm)
        self._lattices = LatticeDraw.of(model, pair.fixed)
        self._voxel_mm = pair.fixed.grid.voxel_volume ** (1 / 3)

    def to(self, device: torch.device) -> None:
        super().to(device)
        self._fixed.to(device)
        self._moving.to(device)
        self._forward, self._backward = (
            (
                torch.as_tensor(affine[:3, :3].T.copy(), dtype=torch.float32, device=device),
                torch.as_tensor(affine[:3, 3].copy(), dtype=torch.float32, device=device),
            )
            for affine in (self.pair.affine, np.linalg.inv(self.pair.affine))
        )

    # -- loss --------------------------------------------------------------------------------------------------------
    def losses(self, points: int, generator: torch.Generator, iteration: int) -> dict[str, Tensor]:
        positions, displacement, where = self._batch(points, generator, iteration)
        terms = {"similarity": self._dissimilarity_there(positions, displacement)}
        if self.module.both_ways:
            back = self._dissimilarity_back(self._moving.draw(points, generator))
            terms["similarity"] = (terms["similarity"] + back) / 2
        astray = self.module.disagreement(positions, displacement)
        if astray is not None:
            inside = self._fixed.inside((positions + displacement).detach())
            error = (astray / self._voxel_mm).square().sum(-1)
            terms["cycle"] = self.settings.cycle_weight * (error * inside).mean()
        return {**terms, **self._regularity(where)}

    def _batch(
        self, points: int, generator: torch.Generator, iteration: int
    ) -> tuple[Tensor, Tensor, Tensor | SeparableLattice]:
        """Points (N, 3) of the fixed region, their displacement (N, 3), and places at which to ask for regularity."""
        if self._lattices is None:
            positions = self._fixed.draw(points, generator)
            half = max(1, round(len(positions) * self.settings.regularizer_share / 2))
            where = torch.cat([positions[:half], self._fixed.draw_anywhere(half, generator)])
            return positions, self.module(positions), where
        batch = self._lattices.draw(points, self.settings.fit.seed, iteration)
        device = self._forward[0].device
        positions = self._fixed.world(torch.as_tensor(batch.places, device=device))
        displacement = self.module.fields[0](batch.lattice)[torch.as_tensor(batch.chosen, device=device)]
        return positions, displacement, batch.lattice.every(2, (0, 0, 0))

    def _dissimilarity_there(self, positions: Tensor, displacement: Tensor) -> Tensor:
        moved = self._to_moving(positions + displacement)
        return self._dissimilarity(
            self._fixed.values(positions), self._moving.values(moved), self._moving.weight(moved.detach())
        )

    def _dissimilarity_back(self, drawn: Tensor) -> Tensor:
        """Points (N, 3) of the moving image, seen in the fixed image's space, where the model's way back lives."""
        matrix, shift = self._backward
        positions = drawn @ matrix + shift
        moved = positions + self.module.backward(positions)
        weight = self._fixed.weight(moved.detach()) * self._fixed.inside(positions)
        return self._dissimilarity(self._fixed.values(moved), self._moving.values(drawn), weight)

    def _dissimilarity(self, fixed: Tensor, moving: Tensor, weight: Tensor) -> Tensor:
        if self.settings.similarity == "mse":
            return mean_squared_difference(fixed, moving, weight)
        return 1 - normalised_cross_correlation(fixed, moving, weight)

    def _regularity(self, where: Tensor | SeparableLattice) -> dict[str, Tensor]:
        s = self.settings
        if not (s.jacobian_weight or s.hyperelastic_weight or s.bending_weight):
            return {}
        terms: dict[str, Tensor] = {}
        fields = self.module.fields
        for field in fields:
            if s.bending_weight:
                _, jacobian, second = field.value_jacobian_hessian(where)
                _add(terms, "bending", s.bending_weight / len(fields) * bending_energy(second))
            else:
                _, jacobian = field.value_and_jacobian(where)
            if s.jacobian_weight:
                _add(terms, "jacobian", s.jacobian_weight / len(fields) * volume_change_loss(jacobian))
            if s.hyperelastic_weight:
                _add(terms, "hyperelastic", s.hyperelastic_weight / len(fields) * hyperelastic_loss(jacobian))
        return terms

    def _to_moving(self, points: Tensor) -> Tensor:
        matrix, shift = self._forward
        return points @ matrix + shift

    # -- reports -----------------------------------------------------------------------------------------------------
    @torch.no_grad()
    def metrics(self) -> dict[str, float]:
        """Similarity of the images of this stage at fixed voxels: an estimate of the final `similarity_after`."""
        positions = torch.as_tensor(self.pair.metric_points, dtype=torch.float32, device=self._forward[0].device)
        moved = self._to_moving(positions + self.module(positions))
        fixed, moving = self._fixed.values(positions), self._moving.values(moved)
        return {"similarity_after": float(normalised_cross_correlation(fixed, moving, self._moving.weight(moved)))}

    @torch.no_grad()
    def preview(self, voxels: int) -> Volume:
        """The warped moving image of this stage, 0 to 1, over the fixed field of view."""
        grid = self.pair.fixed.grid.coarsened(voxels)
        values = np.empty(grid.voxel_count, np.float32)
        for part, points in grid.chunks(self.module.fields[0].points_per_chunk()):
            positions = torch.as_tensor(points, dtype=torch.float32, device=self._forward[0].device)
            moved = self._to_moving(positions + self.module(positions))
            values[part] = (self._moving.values(moved) * self._moving.inside(moved)).cpu().numpy()
        return Volume(values.reshape(grid.shape), grid, name="preview")


def _add(terms: dict[str, Tensor], name: str, term: Tensor) -> None:
    terms[name] = terms[name] + term if name in terms else term
