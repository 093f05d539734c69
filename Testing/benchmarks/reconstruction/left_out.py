"""Real stacks without a truth: leave one out, reconstruct from the others, and predict its slices."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from INRCore.fitting import run_to_end
from INRCore.geometry import Grid
from INRCore.io import read_volume
from INRCore.metrics.image import psnr_db
from INRCore.reconstruction import SuperResolutionSettings
from INRCore.reconstruction.completion import Function, through_forward_model
from INRCore.reconstruction.stacks import prepare_stacks
from INRCore.registration.affine import align_steps
from INRCore.registration.images import prepare_image
from INRCore.volume import Volume

from .methods import METHODS

_SETS = {
    "knee": [f"knee_{plane}.nrrd" for plane in ("sag", "cor", "ax")],
    "fetal": [f"fetal_stacks/stack_{number}.nii.gz" for number in range(1, 7)],
}
_SPACING_MM = {"knee": 1.4, "fetal": 1.2}
_BINNED = {"knee": 3, "fetal": 1}
"""Pixels of a slice that are averaged along both of its axes, so that a run takes minutes on a CPU."""
_CHUNK = 1 << 15


def left_out_rows(folder: Path, names: list[str], device: str) -> list[dict[str, Any]]:
    """For each stack left out: PSNR of its slices as predicted from the others, by the mean of their splines and by
    ours, where the others were measured. Each prediction is brought to the slices' brightness by a straight line.
    psnr_aligned_db: after the stack was laid onto the prediction."""
    rows = []
    for name in names:
        stacks = [_binned(read_volume(str(folder / file)), _BINNED[name]) for file in _SETS[name]]
        for number, left in enumerate(stacks):
            others = [stack for stack in stacks if stack is not left]
            for method in ("spline", "ours-fast", "ours-fast, stacks aligned"):
                started = time.process_time()
                grid = _around(left, _SPACING_MM[name])
                known = {"device": device, "spacing_mm": _SPACING_MM[name], "motion": "stacks" if "," in method else ""}
                array, _ = METHODS[method.split(",")[0]](others, grid, known)
                predicted = Volume(array, grid)
                rows.append(
                    {
                        "set": name,
                        "left out": _SETS[name][number],
                        "method": method,
                        "psnr_db": _prediction_db(left, others, predicted),
                        "psnr_aligned_db": _prediction_db(_laid_onto(predicted, left), others, predicted),
                        "processor_seconds": time.process_time() - started,
                    }
                )
                print(rows[-1], flush=True)
    return rows


def _binned(stack: Volume, factor: int) -> Volume:
    """Means of `factor` x `factor` pixels of each slice; slices along the coarsest axis."""
    array, size = stack.as_float32(), stack.grid.size_ijk.copy()
    for axis in np.delete(np.arange(3), int(np.argmax(stack.grid.spacing))):
        size[axis] = size[axis] // factor
        parts = np.moveaxis(array, 2 - axis, -1)[..., : size[axis] * factor]
        array = np.moveaxis(parts.reshape(*parts.shape[:-1], size[axis], factor).mean(-1), -1, 2 - axis)
    stop = np.where(stack.grid.size_ijk == size, size, size * factor)
    grid = stack.grid.cropped((0, 0, 0), stop.tolist()).with_size(size.tolist())
    return Volume(np.ascontiguousarray(array), grid, stack.name)


def _around(stack: Volume, spacing_mm: float) -> Grid:
    return stack.grid.with_spacing(spacing_mm)


def _laid_onto(predicted: Volume, left: Volume) -> Volume:
    """The stack left out, rigidly where it fits the prediction best: it may have moved as well."""
    images = [prepare_image(volume, None, "stack") for volume in (predicted, left)]
    to_left = run_to_end(align_steps(images[0], images[1], "rigid", 0, start=np.eye(4)))
    return left.with_array(left.array, left.grid.transformed(np.linalg.inv(to_left)))


def _prediction_db(left: Volume, others: list[Volume], predicted: Volume) -> float:
    from INRCore.reconstruction.baseline import CubicSpline

    (stack,), _ = prepare_stacks([left], SuperResolutionSettings())
    function: Function = CubicSpline(predicted.array, predicted.grid)
    seen = np.concatenate([
        through_forward_model(function, stack, np.arange(start, min(start + _CHUNK, left.grid.voxel_count)))
        for start in range(0, left.grid.voxel_count, _CHUNK)
    ])  # fmt: skip
    inside = np.concatenate([
        np.all([other.grid.contains(points) for other in others], 0) for _, points in left.grid.chunks(_CHUNK)
    ])  # fmt: skip
    wanted = stack.values.ravel()[inside]
    slope, level = np.polyfit(seen[inside], wanted, 1)
    return psnr_db(wanted[None, None], (slope * seen[inside] + level).astype(np.float32)[None, None])
