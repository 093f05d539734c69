"""Measuring a reconstruction and its baseline against a truth that neither has seen."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from ..metrics.image import compare_images
from ..volume import Volume
from .baseline import CubicSpline, without_gaps

_CHUNK = 1 << 18


def measure_against(truth: Volume, result: Volume, baseline: Volume) -> tuple[dict[str, float], list[str]]:
    """psnr_db, ssim, max_abs_error of the result, baseline_psnr_db and baseline_ssim, on the result's grid where the
    truth has values, and lines for the user. The peak is the truth's range there.

    Raises `InputError` when the truth lies elsewhere.
    """
    reference, mask = _on_grid(truth, result.grid)
    if not mask.any():
        raise InputError(f"The truth {truth.label} does not overlap the result; give the truth of the same region.")
    reference = np.where(mask, reference, np.nan)
    metrics, notes = compare_images(reference, result.array)
    others, _ = compare_images(reference, baseline.array)
    metrics |= {f"baseline_{name}": others[name] for name in ("psnr_db", "ssim") if name in others}
    return metrics, notes


def require_overlap(truth: Volume, grid: Grid) -> None:
    """Raises `InputError` when the truth lies elsewhere, before a long fit."""
    if not truth.grid.overlaps(grid):
        raise InputError(f"The truth {truth.label} does not overlap the result; give the truth of the same region.")


def _on_grid(truth: Volume, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """The truth (k, j, i) on another grid, by cubic splines, and where it has values."""
    known = truth.finite_mask()
    if truth.grid.same_as(grid):
        return truth.as_float32(), np.ones(grid.shape, bool) if known is None else known
    spline = CubicSpline(without_gaps(truth), truth.grid)
    values, inside = np.empty(grid.voxel_count, np.float32), np.empty(grid.voxel_count, bool)
    for part, points in grid.chunks(_CHUNK):
        values[part], inside[part] = spline(points), truth.grid.contains(points)
        if known is not None:
            i, j, k = np.clip(np.rint(truth.grid.world_to_index(points)).astype(int), 0, truth.grid.size_ijk - 1).T
            inside[part] &= known[k, j, i]
    return values.reshape(grid.shape), inside.reshape(grid.shape)
