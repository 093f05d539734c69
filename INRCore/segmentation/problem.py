"""The loss of a segmentation: signed distances at the training points, slope one, zero on the surfaces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..fields import Field
from ..fitting import Problem
from ..losses.distance import dirichlet_loss, eikonal_loss, off_surface_loss
from ..volume import Volume
from .distances import TrainingPoints
from .settings import SegmentationSettings

_SHARES = (0.3, 0.4, 0.3)
_FAR_VOXELS = 3.0
_TEST_POINTS = 2000


class SegmentationProblem(Problem):
    """Fits the field's outputs to `data`; the three groups of points are drawn from in fixed shares."""

    def __init__(
        self,
        field: Field,
        data: TrainingPoints,
        settings: SegmentationSettings,
        voxel_mm: float,
        preview: Callable[[int], Volume],
    ) -> None:
        self.module: Field = field
        self._settings, self._voxel, self._preview = settings, voxel_mm, preview
        self._starts, self._counts = np.cumsum([0, *data.counts[:2]]).tolist(), data.counts
        self._points, self._own = torch.from_numpy(data.points), torch.from_numpy(data.own)
        self._distances, self._slack = torch.from_numpy(data.distances), torch.from_numpy(data.slack)
        far = settings.far_tolerance
        self._far = min(0.9, 0.05 * field.outputs) if far is None else far

    def to(self, device: torch.device) -> None:
        super().to(device)
        for name in ("_points", "_own", "_distances", "_slack"):
            setattr(self, name, getattr(self, name).to(device))

    def losses(self, points: int, generator: torch.Generator, iteration: int) -> dict[str, Tensor]:
        chosen = self._draw(points, generator)
        sloped = round(self._settings.eikonal_share * len(chosen)) if self._settings.eikonal_weight else 0
        where, distance = self._points[chosen], self._distances[chosen]
        values, jacobian = self._evaluate(where, sloped)
        on_surface = chosen < self._counts[0]
        own = self._own[chosen]
        zero = values.gather(1, own[:, None])[on_surface]
        far = (distance.abs() - _FAR_VOXELS * self._voxel).clamp(min=0)
        tolerance = self._slack[chosen][:, None] + self._far * far
        s = self._settings
        terms = {
            "dirichlet": s.dirichlet_weight * dirichlet_loss(zero, self._voxel),
            "off_surface": s.off_surface_weight * off_surface_loss(values, distance, tolerance, own, self._voxel),
        }
        if jacobian is not None:
            terms["eikonal"] = s.eikonal_weight * eikonal_loss(jacobian, distance[:sloped], self._voxel)
        return terms

    def _draw(self, points: int, generator: torch.Generator) -> Tensor:
        """Numbers of a random sample of points, groups mixed."""
        device = self._points.device
        parts = [
            start + torch.randint(count, (max(1, round(share * points)),), generator=generator, device=device)
            for start, count, share in zip(self._starts, self._counts, _SHARES, strict=True)
        ]
        chosen = torch.cat(parts)
        return chosen[torch.randperm(len(chosen), generator=generator, device=device)]

    def _evaluate(self, points: Tensor, sloped: int) -> tuple[Tensor, Tensor | None]:
        """Values at all points and the Jacobian at the first `sloped` of them (it costs four times as much)."""
        if sloped == 0:
            return self.module(points), None
        values, jacobian = self.module.value_and_jacobian(points[:sloped])
        if sloped < len(points):
            values = torch.cat([values, self.module(points[sloped:])])
        return values, jacobian

    @torch.no_grad()
    def metrics(self) -> dict[str, float]:
        """surface_error_mm: mean |signed distance| at known surface points; gradient_norm_deviation: mean of
        | |grad| - 1 | there, both of the label whose surface it is."""
        step = max(1, self._counts[0] // _TEST_POINTS)
        own = self._own[: self._counts[0] : step]
        values, jacobian = self.module.value_and_jacobian(self._points[: self._counts[0] : step])
        rows = torch.arange(len(own), device=own.device)
        slope = jacobian[rows, own].norm(dim=-1)
        return {
            "surface_error_mm": float(values[rows, own].abs().mean()),
            "gradient_norm_deviation": float((slope - 1).abs().mean()),
        }

    def preview(self, voxels: int) -> Volume:
        return self._preview(voxels)
