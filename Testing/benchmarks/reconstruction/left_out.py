"""Real stacks without a truth: leave one out, reconstruct from the others, and predict its slices."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from INRCore.geometry import Grid
from INRCore.io import read_volume
from INRCore.reconstruction import SuperResolutionSettings, super_resolve
from INRCore.reconstruction.baseline import CubicSpline, SplineMean
from INRCore.settings import from_dict, load_preset
from INRCore.volume import Volume

from .methods import on_grid
from .prediction import Prediction, measure_prediction

_SETS = {
    "knee": [f"knee_{plane}.nrrd" for plane in ("sag", "cor", "ax")],
    "fetal": [f"fetal_stacks/stack_{number}.nii.gz" for number in range(1, 7)],
}
_SPACING_MM = {"knee": 1.4, "fetal": 1.2}
_BINNED = {"knee": 3, "fetal": 1}
"""Pixels of a slice that are averaged along both of its axes, so that a run takes minutes on a CPU."""
_MARGIN_MM = 12.0
"""Around the mask of a set that has masks."""
WAYS = ("mean of splines", "ours", "ours, brightness", "mean, stacks aligned", "ours, stacks aligned", "ours, slices")
"""How the others predict: splines where the headers say and laid onto each other; ours where the headers say, with
their brightness matched smoothly, with stacks aligned, and with a pose for every slice."""
USUAL_WAYS = {
    "knee": ("mean of splines", "ours", "ours, brightness", "ours, stacks aligned"),
    "fetal": ("mean of splines", "mean, stacks aligned", "ours, stacks aligned", "ours, slices"),
}


@dataclass(frozen=True, eq=False)
class _Left:
    """A stack and where it is measured (None: everywhere)."""

    stack: Volume
    mask: Volume | None


def left_out_rows(
    folder: Path, names: list[str], device: str, stacks: list[int] | None = None, ways: list[str] | None = None
) -> Iterator[dict[str, Any]]:
    """For each stack left out: how near its slices are to what the others predict, where the others were measured and
    in its mask, if it has one. Each prediction is brought to the slices' brightness by a straight line. psnr_db: where
    the header says; psnr_stack_db: after the stack was laid onto the prediction; psnr_slices_db: after each of its
    slices was. Every way is measured alike."""
    for name in names:
        read = [_read(folder, name, file) for file in _SETS[name]]
        for number, left in enumerate(read):
            if stacks and number + 1 not in stacks:
                continue
            others = [each for each in read if each is not left]
            for way in ways or USUAL_WAYS[name]:
                started = time.process_time()
                predicted = _predict(way, others, left, _SPACING_MM[name], device)
                grids = [other.stack.grid for other in others]
                measured = measure_prediction(Prediction(predicted, left.stack, left.mask, grids))
                seconds = time.process_time() - started
                yield {
                    "set": name, "left out": _SETS[name][number], "way": way, **measured, "processor_seconds": seconds,
                }  # fmt: skip


def _read(folder: Path, name: str, file: str) -> _Left:
    stack = binned(read_volume(str(folder / file)), _BINNED[name])
    path = folder / file.replace(".nii.gz", "_brain_mask.nii.gz")
    if name != "fetal":
        return _Left(stack, None)
    mask = read_volume(str(path))
    k, j, i = np.nonzero(mask.array)
    inside = np.stack([i, j, k])
    margin = np.ceil(_MARGIN_MM / mask.grid.spacing).astype(int)
    start = np.maximum(0, inside.min(1) - margin).tolist()
    stop = np.minimum(mask.grid.size_ijk, inside.max(1) + 1 + margin).tolist()
    return _Left(stack.cropped(tuple(start), tuple(stop)), mask.cropped(tuple(start), tuple(stop)))


def _predict(way: str, others: list[_Left], left: _Left, spacing_mm: float, device: str) -> Volume:
    grid = left.stack.grid.with_spacing(spacing_mm)
    stacks = [other.stack for other in others]
    function: Callable[[np.ndarray], np.ndarray]
    if way == "mean of splines":
        function = SplineMean([CubicSpline(stack.as_float32(), stack.grid) for stack in stacks])
        return Volume(on_grid(grid, function), grid)
    changes: dict[str, Any] = {"fit": {"device": device}, "spacing_mm": spacing_mm, "uncertainty": False}
    changes |= {"motion": "stacks", "aligned_stacks": True} if "stacks" in way else {}
    changes |= {"motion": "slices"} if "slices" in way else {}
    changes |= {"bias": "stacks"} if "brightness" in way else {}
    base = load_preset(SuperResolutionSettings, "reconstruction", "balanced")
    # Stacks whose middle is masked are laid onto each other by what is inside; the margin holds what moves otherwise.
    masks = [other.mask for other in others if other.mask is not None]
    result = super_resolve(stacks, from_dict(SuperResolutionSettings, changes, base), masks=masks)
    function = result.evaluate
    if way == "mean, stacks aligned":
        function = SplineMean([CubicSpline(stack.array, stack.grid) for stack in result.aligned])
    return Volume(on_grid(grid, function), grid)


def binned(stack: Volume, factor: int) -> Volume:
    """Means of `factor` x `factor` pixels of each slice; slices along the coarsest axis."""
    array, size = stack.as_float32(), stack.grid.size_ijk.copy()
    for axis in np.delete(np.arange(3), int(np.argmax(stack.grid.spacing))):
        size[axis] = size[axis] // factor
        parts = np.moveaxis(array, 2 - axis, -1)[..., : size[axis] * factor]
        array = np.moveaxis(parts.reshape(*parts.shape[:-1], size[axis], factor).mean(-1), -1, 2 - axis)
    stop = np.where(stack.grid.size_ijk == size, size, size * factor)
    grid: Grid = stack.grid.cropped((0, 0, 0), stop.tolist()).with_size(size.tolist())
    return Volume(np.ascontiguousarray(array), grid, stack.name)
