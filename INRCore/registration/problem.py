"""The forward model of registration: moving(A(x + u(x))) against fixed(x) at random points of the fixed image, and the
same the other way round where the model has a way back; with A in the moving image's place, all is x + u(x)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..fields.grid_lattice import SeparableLattice
from ..fitting import Problem
from ..interpolation import ImageSampler
from ..losses.deformation import bending_energy, folding_barrier, hyperelastic_loss, volume_change_loss
from ..volume import Volume
from .agreement import agreement_of
from .guides import Term
from .images import PreparedImage
from .lattice_batch import LatticeDraw
from .models import Model
from .settings import RegistrationSettings
from .side import Side, voxels_to_draw_from
from .similarity import Comparison, Matches, new_comparison, points_per_centre

_LEAST_SHARE_INSIDE = 0.01
_METRIC_POINTS = 20_000
_USUAL_HALF_EXTENT_MM = 128.0


class Pair:
    """Both images, the linear part of the map, and where points are drawn: shared by all stages of a fit. `channels`:
    the prepared images (fixed, moving) of each contrast, the first of which says where points are drawn and results
    lie.

    Raises `InputError` when hardly any of the fixed region lands inside the moving image.
    """

    def __init__(self, channels: Sequence[tuple[PreparedImage, PreparedImage]], affine: np.ndarray, seed: int) -> None:
        self.channels, self.affine = tuple(channels), affine
        self.fixed, self.moving = fixed, moving = channels[0]
        rng = np.random.default_rng(seed)
        self.voxels = tuple(voxels_to_draw_from(image, rng) for image in (fixed, moving))
        drawn = rng.choice(self.voxels[0], _METRIC_POINTS)
        k, j, i = np.unravel_index(drawn, fixed.grid.shape)
        self.metric_points = fixed.grid.index_to_world(np.stack([i, j, k], -1))
        moved = self.metric_points @ affine[:3, :3].T + affine[:3, 3]
        self.share_inside = float(comparable(moving, moved).mean())
        if self.share_inside < _LEAST_SHARE_INSIDE:
            raise InputError(_why_apart(float(moving.grid.contains(moved).mean()), moving))

    def intensities(self, channel: int, affine: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Values (n) of both images of a channel, as the fit sees them, at those random points of the fixed region that
        the start (or another 4x4 matrix) takes into the moving image."""
        fixed, moving = self.channels[channel]
        affine = self.affine if affine is None else affine
        moved = self.metric_points @ affine[:3, :3].T + affine[:3, 3]
        inside = comparable(fixed, self.metric_points) & comparable(moving, moved)
        a, b = (
            ImageSampler(image.values, image.grid)(torch.as_tensor(points[inside], dtype=torch.float32)).numpy()
            for image, points in ((fixed, self.metric_points), (moving, moved))
        )
        return a, b

    def comparisons(self, settings: RegistrationSettings, sigma_mm: float) -> list[Comparison]:
        """One for each channel, of its images smoothed by `sigma_mm`."""
        placed, found = np.linalg.inv(self.affine), []
        for (fixed, moving), name in zip(self.channels, settings.measures(len(self.channels)), strict=True):
            sides = Side(fixed, self.voxels[0], sigma_mm, np.eye(4)), Side(moving, self.voxels[1], sigma_mm, placed)
            found.append(new_comparison(name, *sides, settings.fit.max_memory_gb))
        return found


def _why_apart(share_in_view: float, moving: PreparedImage) -> str:
    """What to say when nothing can be compared; `share_in_view`: of the fixed region in the moving field of view."""
    if share_in_view >= _LEAST_SHARE_INSIDE and moving.usable is not None:
        return (
            f"{100 * share_in_view:.0f} % of the fixed region lies in the moving image, but next to nothing of it "
            "where the moving mask (or voxels that are no numbers) lets it be compared; check that each mask was drawn "
            "on its own image and that they show the same part of it, or leave the moving mask out."
        )
    return (
        "The fixed and the moving image do not overlap where they are to be compared; check that they show the same "
        "body part and the fixed mask, or choose initial = 'rigid' or 'affine', which brings them together first."
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

    def __init__(
        self,
        model: Model,
        pair: Pair,
        settings: RegistrationSettings,
        sigma_mm: float,
        terms: dict[str, tuple[float, Term]] | None = None,
    ) -> None:
        self.module, self.pair, self.settings, self._terms = model, pair, settings, terms or {}
        self._comparisons = pair.comparisons(settings, sigma_mm)
        self._fixed, self._moving = self._comparisons[0].fixed, self._comparisons[0].moving
        self._shares = settings.shares(len(self._comparisons))
        self._lattices = LatticeDraw.of(model, pair.fixed)
        self._voxel_mm = pair.fixed.grid.voxel_volume ** (1 / 3)

    def to(self, device: torch.device) -> None:
        super().to(device)
        self._device = device
        for comparison in self._comparisons:
            comparison.to(device)
        for _, term in self._terms.values():
            term.to(device)

    # -- loss --------------------------------------------------------------------------------------------------------
    def losses(self, points: int, generator: torch.Generator, iteration: int) -> dict[str, Tensor]:
        self.module.prepare()
        points = max(1, points // points_per_centre(self._comparisons))
        batch = self._batch(points, generator, iteration)
        positions, moved = batch.matches.fixed, batch.matches.moving
        terms = {"similarity": self._dissimilarity(batch.matches, generator)}
        if self.module.both_ways:
            back = self._dissimilarity(self._matches_back(points, generator), generator)
            terms["similarity"] = (terms["similarity"] + back) / 2
        astray = self.module.disagreement(positions, moved - positions)
        if astray is not None:
            error = (astray / self._voxel_mm).square().sum(-1)
            terms["cycle"] = self.settings.cycle_weight * (error * self._fixed.inside(moved.detach())).mean()
        guided = {name: w * term.loss(self.module, points, generator) for name, (w, term) in self._terms.items()}
        return {**terms, **guided, **self._regularity(batch.where)}

    def _batch(self, points: int, generator: torch.Generator, iteration: int) -> _Batch:
        if self._lattices is None:
            positions = self._fixed.draw(points, generator)
            half = max(1, round(len(positions) * self.settings.regularizer_share / 2))
            where = torch.cat([positions[:half], self._fixed.draw_anywhere(half, generator)])
            displacement, slope = self._displaced(positions)
            return _Batch(Matches(positions, positions + displacement, moving_slope=slope), where)
        drawn = self._lattices.draw(points, self.settings.fit.seed, iteration)
        positions = self._fixed.world(torch.as_tensor(drawn.places, device=self._device))
        chosen = torch.as_tensor(drawn.chosen, device=self._device)
        displacement, slope = self._displaced(drawn.lattice)
        displacement, slope = displacement[chosen], None if slope is None else slope[chosen]
        matches = Matches(positions, positions + displacement, moving_slope=slope)
        return _Batch(matches, drawn.thin)

    def _matches_back(self, points: int, generator: torch.Generator) -> Matches:
        drawn = self._moving.draw(points, generator)
        displacement, slope = self._displaced(drawn, back=True)
        return Matches(drawn + displacement, drawn, fixed_slope=slope)

    def _displaced(self, points: Tensor | SeparableLattice, back: bool = False) -> tuple[Tensor, Tensor | None]:
        if self._with_slopes:
            return self.module.slopes(points, self._voxel_mm, back)
        return (self.module.backward if back else self.module)(points), None

    @property
    def _with_slopes(self) -> bool:
        return any(comparison.needs_slopes for comparison in self._comparisons)

    def _dissimilarity(self, matches: Matches, generator: torch.Generator) -> Tensor:
        terms = [
            share * comparison.loss(matches, generator)
            for share, comparison in zip(self._shares, self._comparisons, strict=True)
        ]
        return torch.stack(terms).sum()

    def _regularity(self, where: Tensor | SeparableLattice) -> dict[str, Tensor]:
        s = self.settings
        folding_weight = 0.0 if s.model == "velocity" else s.folding_weight
        if not (s.jacobian_weight or s.hyperelastic_weight or s.bending_weight or folding_weight):
            return {}
        terms: dict[str, Tensor] = {}
        jacobians, seconds = self.module.derivatives(where, second=s.bending_weight > 0)
        scale = self.module.fields[0].frame.half_extent_mm / _USUAL_HALF_EXTENT_MM
        for second in seconds:  # per mm^2 for a field of view of the usual size, whatever the size of this one
            _add(terms, "bending", s.bending_weight / len(seconds) * bending_energy(scale * second))
        for jacobian in jacobians:
            if s.jacobian_weight:
                _add(terms, "jacobian", s.jacobian_weight / len(jacobians) * volume_change_loss(jacobian))
            if s.hyperelastic_weight:
                _add(terms, "hyperelastic", s.hyperelastic_weight / len(jacobians) * hyperelastic_loss(jacobian))
            if folding_weight:
                _add(terms, "folding", folding_weight / len(jacobians) * folding_barrier(jacobian))
        return terms

    # -- reports -----------------------------------------------------------------------------------------------------
    @torch.no_grad()
    def metrics(self) -> dict[str, float]:
        """Similarity of the images of this stage at fixed voxels: an estimate of the final `similarity_after`."""
        self.module.prepare()
        positions = torch.as_tensor(self.pair.metric_points, dtype=torch.float32, device=self._device)
        moved = positions + self.module(positions)
        fixed, moving = self._fixed.values(positions), self._moving.values(moved)
        seen = self._moving.weight(moved) > 0
        measure = self.settings.measures(len(self._comparisons))[0]
        a, b = (values[seen].cpu().numpy() for values in (fixed, moving))
        return {"similarity_after": agreement_of(a, b, measure)}

    @torch.no_grad()
    def preview(self, voxels: int) -> Volume:
        """The warped moving image of this stage, 0 to 1, over the fixed field of view."""
        self.module.prepare()
        grid = self.pair.fixed.grid.coarsened(voxels)
        values = np.empty(grid.voxel_count, np.float32)
        for part, points in grid.chunks(self.module.fields[0].points_per_chunk()):
            positions = torch.as_tensor(points, dtype=torch.float32, device=self._device)
            moved = positions + self.module(positions)
            values[part] = (self._moving.values(moved) * self._moving.inside(moved)).cpu().numpy()
        return Volume(values.reshape(grid.shape), grid, name="preview")


@dataclass(frozen=True, eq=False)
class _Batch:
    """What corresponds at drawn points of the fixed region, and places at which to ask for regularity."""

    matches: Matches
    where: Tensor | SeparableLattice


def _add(terms: dict[str, Tensor], name: str, term: Tensor) -> None:
    terms[name] = terms[name] + term if name in terms else term
