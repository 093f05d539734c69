"""The methods: stacks to a function of places. Each takes stacks and what is known of the slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from INRCore.fields import FieldSettings
from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.reconstruction import SuperResolutionSettings, super_resolve
from INRCore.reconstruction.baseline import CubicSpline, SplineMean, without_gaps
from INRCore.settings import from_dict, load_preset
from INRCore.volume import Volume

_LANCZOS = 3
Reconstruct = Callable[[list[Volume], Grid, dict[str, Any]], tuple[np.ndarray, dict[str, Any]]]
"""Stacks, the truth's grid and what is known of the slices to (k, j, i) values on the grid and remarks."""


def spline(stacks: list[Volume], grid: Grid, known: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
    """Cubic B-splines, averaged where several stacks are."""
    mean = SplineMean([CubicSpline(without_gaps(stack), stack.grid) for stack in stacks])
    return on_grid(grid, mean), {}


def lanczos(stacks: list[Volume], grid: Grid, known: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
    """Sinc in a Lanczos window of three samples, averaged over the stacks (Duchon, J. Appl. Meteorol. 18, 1979)."""
    return np.mean([_lanczos(stack, grid) for stack in stacks], 0), {}


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
    return on_grid(grid, super_resolve(stacks, settings).evaluate), {}


def ours(preset: str, **changes: Any) -> Reconstruct:
    """`INRCore.super_resolve` with a preset and settings laid over it."""

    def reconstruct(stacks: list[Volume], grid: Grid, known: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
        base = load_preset(SuperResolutionSettings, "reconstruction", preset)
        own = {name: known[name] for name in ("profile", "spacing_mm") if name in known}
        own |= {"motion": known["motion"]} if known.get("motion") else {}
        settings = from_dict(SuperResolutionSettings, {"fit": {"device": known["device"]}, **own, **changes}, base)
        result = super_resolve(stacks, settings)
        return on_grid(grid, result.evaluate), {"result": result}

    return reconstruct


METHODS: dict[str, Reconstruct] = {
    "spline": spline,
    "lanczos": lanczos,
    "irem": irem,
    "ours-fast": ours("fast"),
    "ours-balanced": ours("balanced"),
    "ours-best": ours("best"),
}


def on_grid(grid: Grid, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """(k, j, i): a function of places at the voxel centres."""
    values = np.empty(grid.voxel_count, np.float32)
    for part, points in grid.chunks(1 << 18):
        values[part] = function(points)
    return values.reshape(grid.shape)


def _lanczos(stack: Volume, grid: Grid) -> np.ndarray:
    """(k, j, i) on a grid whose axes are the stack's, by one matrix an axis; edges repeated, weights of sum 1."""
    result = without_gaps(stack).astype(np.float64)
    for axis in range(3):
        steps = np.zeros((int(grid.size_ijk[axis]), 3))
        steps[:, axis] = np.arange(len(steps))
        positions = stack.grid.world_to_index(grid.index_to_world(steps))[:, axis]
        size = int(stack.grid.size_ijk[axis])
        nodes = np.floor(positions).astype(int)[:, None] + np.arange(1 - _LANCZOS, _LANCZOS + 1)
        distance = positions[:, None] - nodes
        weights = np.sinc(distance) * np.sinc(distance / _LANCZOS) * (np.abs(distance) < _LANCZOS)
        matrix = np.zeros((len(steps), size))
        np.add.at(matrix, (np.arange(len(steps))[:, None], np.clip(nodes, 0, size - 1)), weights)
        matrix /= matrix.sum(1, keepdims=True)
        result = np.moveaxis(np.tensordot(matrix, result, (1, 2 - axis)), 0, 2 - axis)
    return result.astype(np.float32)
