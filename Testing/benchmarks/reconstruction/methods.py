"""The methods: stacks to a function of places. Each takes stacks and what is known of the slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import SimpleITK as sitk

from INRCore.fields import FieldSettings
from INRCore.fitting import FitSettings
from INRCore.geometry import LPS_FROM_RAS, Grid
from INRCore.reconstruction import SuperResolutionSettings, super_resolve
from INRCore.reconstruction.baseline import CubicSpline, SplineMean, without_gaps
from INRCore.settings import from_dict, load_preset
from INRCore.volume import Volume

Reconstruct = Callable[[list[Volume], Grid, dict[str, Any]], tuple[np.ndarray, dict[str, Any]]]
"""Stacks, the truth's grid and what is known of the slices to (k, j, i) values on the grid and remarks."""


def spline(stacks: list[Volume], grid: Grid, known: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
    """Cubic B-splines, averaged where several stacks are."""
    mean = SplineMean([CubicSpline(without_gaps(stack), stack.grid) for stack in stacks])
    return _on(grid, mean), {}


def best_spline(stacks: list[Volume], grid: Grid, known: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
    """The first stack's cubic B-spline alone: for several stacks the other way to use splines."""
    return spline(stacks[:1], grid, known)


def lanczos(stacks: list[Volume], grid: Grid, known: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
    """SimpleITK's Lanczos-windowed sinc (radius 4), averaged over the stacks."""
    return np.mean([_resampled(stack, grid) for stack in stacks], 0), {}


def irem(stacks: list[Volume], grid: Grid, known: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
    """IREM's setting (Wu et al., MICCAI 2021) in our engine: Fourier features and a ReLU network fitted to the voxels
    of all stacks as point samples, no slice profile, nothing after the fit."""
    settings = SuperResolutionSettings(
        method="network", slice_thickness_mm=1e-3, samples=1, completion_iterations=0,
        field=FieldSettings(encoding="fourier", fourier_sigma=6.0, network="relu", width=256, depth=6),
        fit=FitSettings(
            iterations=int(known.get("irem_iterations", 600)), points=8192, learning_rate=1e-3, device=known["device"]
        ),
    )  # fmt: skip
    return _on(grid, super_resolve(stacks, settings).evaluate), {}


def ours(preset: str, **changes: Any) -> Reconstruct:
    """`INRCore.super_resolve` with a preset and settings laid over it."""

    def reconstruct(stacks: list[Volume], grid: Grid, known: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
        base = load_preset(SuperResolutionSettings, "reconstruction", preset)
        own = {name: known[name] for name in ("profile", "spacing_mm") if name in known}
        own |= {"motion": "slices"} if known.get("motion") else {}
        settings = from_dict(SuperResolutionSettings, {"fit": {"device": known["device"]}, **own, **changes}, base)
        result = super_resolve(stacks, settings)
        return _on(grid, result.evaluate), {"result": result}

    return reconstruct


METHODS: dict[str, Reconstruct] = {
    "spline": spline,
    "lanczos": lanczos,
    "irem": irem,
    "ours-fast": ours("fast"),
    "ours-balanced": ours("balanced"),
    "ours-best": ours("best"),
}


def _on(grid: Grid, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    values = np.empty(grid.voxel_count, np.float32)
    for part, points in grid.chunks(1 << 18):
        values[part] = function(points)
    return values.reshape(grid.shape)


def _resampled(stack: Volume, grid: Grid) -> np.ndarray:
    image, like = _image(without_gaps(stack), stack.grid), _image(np.zeros(grid.shape, np.float32), grid)
    identity = sitk.Transform(3, sitk.sitkIdentity)
    # Half a slice beyond the outer centres lies outside of the image for ITK: the nearest slice is repeated there.
    resampler = sitk.ResampleImageFilter()
    resampler.SetReferenceImage(like)
    resampler.SetTransform(identity)
    resampler.SetInterpolator(sitk.sitkLanczosWindowedSinc)
    resampler.SetUseNearestNeighborExtrapolator(True)
    return sitk.GetArrayFromImage(resampler.Execute(image))


def _image(array: np.ndarray, grid: Grid) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(grid.spacing.tolist())
    image.SetOrigin((LPS_FROM_RAS[:3, :3] @ grid.origin).tolist())
    image.SetDirection((LPS_FROM_RAS[:3, :3] @ grid.directions).ravel().tolist())
    return image
