"""How near a stack that nobody has seen is to what others predict of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from INRCore.fitting import run_to_end
from INRCore.geometry import Grid
from INRCore.metrics.image import psnr_db
from INRCore.reconstruction import SuperResolutionSettings
from INRCore.reconstruction.baseline import CubicSpline
from INRCore.reconstruction.poses import moved
from INRCore.reconstruction.slice_registration import SlicePixels, blurred_along, register_slices
from INRCore.reconstruction.stacks import Stack, prepare_stacks
from INRCore.registration.affine import align_steps
from INRCore.registration.images import prepare_image
from INRCore.volume import Volume

_CHUNK = 1 << 15
_GAUSS_NEWTON_STEPS = 8


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the others predict, the stack left out, where it counts (on its own grid; None: everywhere), and the grids
    of the others, which all must hold a place for it to count."""

    predicted: Volume
    left: Volume
    mask: Volume | None
    others: list[Grid]


def measure_prediction(prediction: Prediction) -> dict[str, float]:
    """psnr_db, psnr_stack_db and psnr_slices_db, over the same voxels: the slices where the header says, after the
    stack was laid rigidly onto the prediction, and after each slice was."""
    (stack,), _ = prepare_stacks([prediction.left], SuperResolutionSettings())
    inside = np.concatenate([
        np.all([other.contains(points) for other in prediction.others], 0)
        for _, points in prediction.left.grid.chunks(_CHUNK)
    ])  # fmt: skip
    if prediction.mask is not None:
        inside &= prediction.mask.array.ravel() > 0
    still = np.tile(np.eye(4), (stack.geometry.count, 1, 1))
    pixels, seen = _comparable(prediction, stack, inside)
    grid = prediction.predicted.grid
    starts = [each[None] for each in (np.eye(4), _stack_pose(prediction))]
    found = [register_slices(pixels.as_one(), seen, grid, start, _GAUSS_NEWTON_STEPS) for start in starts]
    whole = min(found, key=lambda pair: float(pair[1][0]))[0] @ still
    slices, _ = register_slices(pixels, seen, grid, whole, _GAUSS_NEWTON_STEPS)
    places = {"psnr_db": still, "psnr_stack_db": whole, "psnr_slices_db": slices}
    return {name: _psnr(prediction.predicted, stack, inside, poses) for name, poses in places.items()}


def _psnr(predicted: Volume, stack: Stack, inside: np.ndarray, poses: np.ndarray) -> float:
    """Of the voxels `inside` (C order), whose slices are at these poses; the peak is the slices' range there."""
    seen, numbers = [], np.flatnonzero(inside)
    function = CubicSpline(predicted.array, predicted.grid)
    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        points, weights = (tensor.numpy() for tensor in stack.forward.nodes(torch.from_numpy(part)))
        number = np.stack(np.unravel_index(part, stack.grid.shape))[2 - stack.slice_axis]
        places = moved(poses[number], points).reshape(-1, 3)
        seen.append((function(places).reshape(points.shape[:2]) * weights).sum(1))
    found, wanted = np.concatenate(seen), stack.values.ravel()[numbers]
    slope, level = np.polyfit(found, wanted, 1)
    return psnr_db(wanted[None, None], (slope * found + level).astype(np.float32)[None, None])


def _stack_pose(prediction: Prediction) -> np.ndarray:
    """4x4 RAS mm: about where the stack left out fits the prediction: it may have moved as well."""
    left = prediction.left
    images = [
        prepare_image(prediction.predicted, None, "prediction"),
        prepare_image(left, prediction.mask, "stack"),
    ]
    to_left = run_to_end(align_steps(images[0], images[1], "rigid", 0, start=np.eye(4)))
    pose: np.ndarray = np.linalg.inv(to_left)
    return pose


def _comparable(prediction: Prediction, stack: Stack, inside: np.ndarray) -> tuple[SlicePixels, np.ndarray]:
    """The slices' pixels, and the prediction (k, j, i) as thick slices show it, brought to their brightness."""
    geometry, volume = stack.geometry, prediction.predicted
    first = geometry.slices_first
    seen = blurred_along(volume.as_float32(), volume.grid, geometry)
    values, weights = first(stack.values), first(inside.reshape(stack.grid.shape)).astype(np.float32)
    scale = stack.values.ravel()[inside].std() / (seen.std() or 1)
    shift = (
        stack.values.ravel()[inside].mean()
        - scale * CubicSpline(volume.array, volume.grid)(stack.grid.points()[inside]).mean()
    )
    pixels = SlicePixels.of(geometry, np.ascontiguousarray(values), np.ascontiguousarray(weights))
    return pixels, seen * scale + shift
