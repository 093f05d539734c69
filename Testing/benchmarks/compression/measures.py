"""What is left of a volume after compression, in numbers that a radiologist can read."""

from __future__ import annotations

import math

import numpy as np

from INRCore.metrics.image import max_abs_error, psnr_db, ssim

from .volumes import CT_WINDOWS, Case

MEASURES = (
    "psnr_db", "ssim", "max_error", *(f"{name}_error" for name in CT_WINDOWS), "organ_mean_error", "dice",
)  # fmt: skip


def measure(case: Case, decoded: np.ndarray) -> dict[str, float | None]:
    """psnr_db and ssim with the volume's range (largest minus smallest voxel) as peak; max_error; mean absolute error
    of the voxels whose true value lies in each window; the largest error of an organ's mean; Dice of the voxels above
    the threshold. Errors are in the volume's units; None where it does not apply or is infinite (an exact copy)."""
    truth = case.volume.array
    found: dict[str, float | None] = {
        "psnr_db": psnr_db(truth, decoded),
        "ssim": ssim(truth, decoded),
        "max_error": max_abs_error(truth, decoded),
        **{f"{name}_error": _mean_error(truth, decoded, limits) for name, limits in case.windows.items()},
        "organ_mean_error": _organ_mean_error(truth, decoded, case.organs),
        "dice": dice(truth > case.threshold, decoded > case.threshold),
    }
    finite = {name: value for name, value in found.items() if value is not None and math.isfinite(value)}
    return {name: finite.get(name) for name in MEASURES}


def dice(first: np.ndarray, second: np.ndarray) -> float:
    """2 |A and B| / (|A| + |B|); 1 for two empty masks."""
    together = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / together if together else 1.0


def _mean_error(truth: np.ndarray, decoded: np.ndarray, limits: tuple[float, float]) -> float | None:
    inside = (truth >= limits[0]) & (truth <= limits[1])
    if not inside.any():
        return None
    return float(np.abs(decoded[inside].astype(np.float64) - truth[inside]).mean())


def _organ_mean_error(truth: np.ndarray, decoded: np.ndarray, organs: dict[str, np.ndarray]) -> float | None:
    errors = [
        abs(float(decoded[mask].mean(dtype=np.float64) - truth[mask].mean(dtype=np.float64)))
        for mask in organs.values()
        if mask.any()
    ]
    return max(errors, default=None)
