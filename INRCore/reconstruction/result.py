"""What super-resolution gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..fields import Field
from ..geometry import Grid
from ..results import TaskResult
from ..volume import Volume
from .completion import CompletedField


@dataclass(frozen=True, kw_only=True)
class SuperResolutionResult(TaskResult):
    """`volume` and `baseline` (cubic B-spline of the same input), both float32 on the same grid.

    reconstruction: the function behind `volume`, (N, 3) RAS mm to (N) values; stacks are its inputs.
    metrics: consistency_rmse_relative and baseline_consistency_rmse_relative, the root mean square difference between
    the acquired slices and the result seen through the forward model, in units of the slices' standard deviation
    (0: the result explains the slices fully, noise included). When a truth was given, on the result's grid where the
    truth has values: psnr_db, ssim, baseline_psnr_db, baseline_ssim.
    """

    volume: Volume
    baseline: Volume
    reconstruction: CompletedField

    @property
    def field(self) -> Field:
        """The fitted network, without the splines that complete it."""
        return self.reconstruction.field

    def evaluate(self, points: np.ndarray) -> np.ndarray:
        """Values at (N, 3) RAS mm: (N) float32."""
        return self.reconstruction(points)

    def sample(self, grid: Grid) -> Volume:
        """The reconstruction on any other grid."""
        values = np.empty(grid.voxel_count, np.float32)
        for part, points in grid.chunks(self.field.points_per_chunk(self.settings.fit.max_memory_gb)):
            values[part] = self.reconstruction(points)
        return self.volume.with_array(values.reshape(grid.shape), grid)
