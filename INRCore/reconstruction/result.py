"""What super-resolution gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..fields import Field
from ..geometry import Grid
from ..results import TaskResult
from ..volume import Volume
from .completion import CompletedField
from .lattice_field import LatticeField

_POINTS_AT_ONCE = 1 << 18


@dataclass(frozen=True, kw_only=True)
class SuperResolutionResult(TaskResult):
    """`volume` and `baseline` (cubic B-spline of the same input), both float32 on the same grid.

    reconstruction: the function behind `volume`, (N, 3) RAS mm to (N) values. slice_rmse: for each stack, in the order
    used, the root mean square difference of each slice to the result pushed through the forward model, in the slices'
    units (method 'lattice'; NaN where a slice lies outside).
    uncertainty: half the width of each voxel's 90 % interval, in the slices' units (method 'lattice', when asked for).
    poses: for each stack (slices, 4, 4), RAS mm: where its slices' points lie in the result; empty: where the headers
    say. rejected: for each stack the numbers of the slices that fit nowhere.
    bias_fields: of each stack, in the order used, the smooth factor on its brightness that was taken away, on its own
    grid; empty where none was looked for.
    aligned: the stacks where they were found to lie, in the order used (see `aligned_stacks`; when asked for).
    metrics: consistency_rmse_relative and baseline_consistency_rmse_relative, the same over all slices, in units of the
    slices' standard deviation (0: the result explains the slices fully, noise included); noise_relative, the noise
    found in the slices, in the same unit; detail_gain_db, by how much the learned detail came nearer to slices that
    were held out than the cubic spline; noise_left, the share of the noise that should be left ('denoise', for which
    `baseline` is the input). When a truth was given, on the result's grid where the truth has values:
    psnr_db, ssim, baseline_psnr_db, baseline_ssim.
    """

    volume: Volume
    baseline: Volume
    reconstruction: CompletedField | LatticeField
    slice_rmse: tuple[tuple[float, ...], ...] = ()
    uncertainty: Volume | None = None
    poses: tuple[np.ndarray, ...] = ()
    rejected: tuple[tuple[int, ...], ...] = ()
    aligned: tuple[Volume, ...] = ()
    bias_fields: tuple[Volume, ...] = ()

    @property
    def field(self) -> Field | None:
        """The fitted network of the method 'network', without the splines that complete it."""
        return self.reconstruction.field if isinstance(self.reconstruction, CompletedField) else None

    def evaluate(self, points: np.ndarray) -> np.ndarray:
        """Values at (N, 3) RAS mm: (N) float32."""
        return self.reconstruction(points)

    def sample(self, grid: Grid) -> Volume:
        """The reconstruction on any other grid."""
        values = np.empty(grid.voxel_count, np.float32)
        for part, points in grid.chunks(_POINTS_AT_ONCE):
            values[part] = self.reconstruction(points)
        return self.volume.with_array(values.reshape(grid.shape), grid)
