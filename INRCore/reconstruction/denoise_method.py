"""The method 'denoise': one volume without its noise, on its own grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..devices import choose_device
from ..fitting import Control
from ..fitting.progress import Steps
from ..geometry import Grid
from ..settings import require
from ..volume import Volume
from .baseline import without_gaps
from .blocks import blocks_of, most_voxels
from .denoising import MARGIN, Risk, choose_threshold_steps, denoise_steps
from .lattice_field import LatticeField
from .noise import noise_deviation
from .settings import SuperResolutionSettings
from .slices import guess_slice_axis

_FEWEST_PIXELS = 16


def _across(grid: Grid) -> int:
    """The array axis across the slices in which noise is looked for: the coarsest, unless slices would be too small."""
    axis = 2 - guess_slice_axis(grid)
    is_small = min(size for other, size in enumerate(grid.shape) if other != axis) < _FEWEST_PIXELS
    return int(np.argmin(grid.shape)) if is_small else axis


def denoise_volume_steps(
    volumes: list[Volume], settings: SuperResolutionSettings, control: Control
) -> Steps[dict[str, Any]]:
    """The fields of the result. The level of the noise is estimated from the image, how much of the image's detail is
    kept is decided by an estimate of the error that needs no truth (`denoising`).

    Raises `InputError` for several volumes, another spacing, or no finite voxel.
    """
    require(len(volumes) == 1, "Denoising takes one volume at a time; give one, or choose the method 'lattice'.")
    require(settings.spacing_mm is None, "Denoising keeps the voxels where they are; leave the spacing out.")
    volume = volumes[0]
    volume.finite_range()
    values, choice = without_gaps(volume), choose_device(settings.fit.device)
    noise = noise_deviation(np.moveaxis(values, _across(volume.grid), 0))
    blocks = blocks_of(volume.grid, MARGIN, most_voxels(settings.fit.max_memory_gb, values.nbytes))
    risk, result, notes = Risk(0.0, 1.0), values.copy(), ["No noise was found; the volume is as it was."]
    if noise > 0 and not control.stopped:
        risk = yield from choose_threshold_steps(torch.as_tensor(values, device=choice.device), noise, 0, control)
        result = yield from denoise_steps(values, blocks, noise, risk.threshold, choice.device)
        notes = [
            f"Noise with a standard deviation of {noise:.4g} was found; about {risk.expected_error:.0%} should be left."
        ]
    scale = float(values.std()) or 1.0
    metrics = {
        "noise_relative": noise / scale,
        "noise_left": risk.expected_error,
        "consistency_rmse_relative": float(np.sqrt(np.mean(np.square(result - values, dtype=np.float64)))) / scale,
        "baseline_consistency_rmse_relative": 0.0,
    }
    return {
        "device": choice.reason,
        "stop_reason": "stopped" if control.stopped else "iterations",
        "metrics": metrics,
        "notes": notes,
        "volume": volume.with_array(result, name=f"{volume.name} denoised"),
        "baseline": volume.with_array(values, name=volume.name),
        "reconstruction": LatticeField(result, volume.grid),
    }
