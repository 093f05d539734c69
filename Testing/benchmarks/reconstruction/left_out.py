"""Real stacks without a truth: leave one out, reconstruct from the others, and predict its slices."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from INRCore.geometry import Grid
from INRCore.io import read_volume
from INRCore.metrics.image import psnr_db
from INRCore.reconstruction import SuperResolutionSettings
from INRCore.reconstruction.completion import Function, through_forward_model
from INRCore.reconstruction.stacks import prepare_stacks
from INRCore.volume import Volume

from .methods import METHODS

_SETS = {
    "knee": [f"knee_{plane}.nrrd" for plane in ("sag", "cor", "ax")],
    "fetal": [f"fetal_stacks/stack_{number}.nii.gz" for number in range(1, 7)],
}
_SPACING_MM = {"knee": 1.0, "fetal": 1.2}
_CHUNK = 1 << 15


def left_out_rows(folder: Path, names: list[str], device: str) -> list[dict[str, Any]]:
    """For each stack left out: PSNR of its slices as predicted from the others, by the mean of their splines and by
    ours, where the others were measured. Each prediction is brought to the slices' brightness by a straight line."""
    rows = []
    for name in names:
        stacks = [read_volume(str(folder / file)) for file in _SETS[name]]
        for number, left in enumerate(stacks):
            others = [stack for stack in stacks if stack is not left]
            for method in ("spline", "ours-fast"):
                started = time.process_time()
                grid = _around(left, _SPACING_MM[name])
                array, _ = METHODS[method](others, grid, {"device": device, "spacing_mm": _SPACING_MM[name]})
                quality = _prediction_db(left, others, Volume(array, grid))
                rows.append({
                    "set": name, "left out": _SETS[name][number], "method": method, "psnr_db": quality,
                    "processor_seconds": time.process_time() - started,
                })  # fmt: skip
                print(rows[-1], flush=True)
    return rows


def _around(stack: Volume, spacing_mm: float) -> Grid:
    return stack.grid.with_spacing(spacing_mm)


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
