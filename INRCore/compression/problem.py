"""Fitting a field to every voxel of a volume."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ..fields import Field
from ..fitting import Problem
from ..fitting.draws import even_draw
from ..volume import Volume
from .intensity import IntensityMap
from .lattice import Lattice, sample_values, values_at
from .voxels import Voxels

_JUDGED_VOXELS = 65536


class CompressionProblem(Problem):
    """Mean squared error of the field at voxels drawn evenly from all finite ones.

    Coordinates are made from voxel numbers on the device.
    """

    module: Field

    def __init__(
        self, volume: Volume, field: Field, intensity: IntensityMap, seed: int, max_memory_gb: float | None = None
    ) -> None:
        self.module, self._volume, self._intensity = field, volume, intensity
        self._voxels = Voxels(volume.array, intensity, max_memory_gb)
        mask = volume.finite_mask()
        self._finite = None if mask is None else torch.from_numpy(np.flatnonzero(mask))
        self._count = volume.array.size if self._finite is None else len(self._finite)
        judged = np.arange(self._count)
        if self._count > _JUDGED_VOXELS:
            judged = np.random.default_rng(seed).integers(0, self._count, _JUDGED_VOXELS)
        self._judged = torch.from_numpy(judged)

    def to(self, device: torch.device) -> None:
        super().to(device)
        self._voxels.to(device)
        self._judged = self._judged.to(device)
        self._finite = None if self._finite is None else self._finite.to(device)
        frame = self.module.frame.world_to_frame
        self._lattice = Lattice(self._volume.grid, frame, device, torch.float32)

    def losses(self, points: int, generator: torch.Generator, iteration: int) -> dict[str, Tensor]:
        drawn = even_draw(self._count, points, generator.initial_seed(), iteration, self._judged.device)
        return {"mse": self._errors(drawn).square().mean()}

    @torch.no_grad()
    def metrics(self) -> dict[str, float]:
        """PSNR (dB) over all voxels of a small volume, over 65536 random ones of a larger one."""
        limits = [float(v) for v in self._intensity.to_values(np.array([self._intensity.low, self._intensity.high]))]
        squares, step = 0.0, self.module.points_per_chunk()
        for start in range(0, len(self._judged), step):
            squares += float(self._errors(self._judged[start : start + step], limits).square().sum())
        mean = squares / len(self._judged)
        return {"psnr_db": 10 * math.log10(self._intensity.value_range**2 / mean)} if mean > 0 else {}

    def preview(self, voxels: int) -> Volume:
        """The volume as it is now, in its own units."""
        grid = self._volume.grid.coarsened(voxels)
        parts = [values for _, values in sample_values(self.module, grid, self._judged.device)]
        array = self._intensity.to_intensities(np.concatenate(parts)).reshape(grid.shape).astype(np.float32)
        return Volume(array, grid, name="preview")

    def _errors(self, drawn: Tensor, limits: list[float] | None = None) -> Tensor:
        """Field minus volume at the drawn ones of the finite voxels; with `limits`, as decoding clips it."""
        numbers = drawn if self._finite is None else self._finite[drawn]
        values = values_at(self.module, self._lattice(numbers))
        if limits is not None:
            values = values.clamp(*limits)
        return values - self._voxels.at(numbers)
