"""What the detail between thick slices probably is, learned from the detail within them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..fitting import Control, FitLoop, FitSettings, Progress
from ..fitting.progress import Steps
from ..geometry import Grid
from ..volume import Volume
from .detail_network import DetailNetwork, DetailProblem
from .lattice_operators import SliceGeometry
from .lattice_weights import spline_weights
from .likeness import likeness
from .slices import slice_distance

_LARGEST_FACTOR = 12
_RESAMPLED_ABOVE = 0.02
_COVERED = 0.9
_MOST_ERRORS = 1 << 22
_REACH_OF_90_PERCENT = 1.645
_PIXELS_AT_ONCE = 1 << 15
_NOTHING_LEARNED = "No detail could be learned from these slices; the result is the smoothest that explains them."


@dataclass(frozen=True, eq=False)
class DetailPrior:
    """values: (k, j, i) expected on `grid`, the stack's with its slices divided; half_width: (k, j, i), 90 % of the
    errors on held-out lessons were smaller; error: their standard deviation; gain_db: by how much the network came
    nearer to held-out lessons than the cubic spline, in dB."""

    grid: Grid
    values: np.ndarray
    half_width: np.ndarray
    error: float
    gain_db: float
    loop: FitLoop


def division(geometry: SliceGeometry) -> int:
    """Into how many fine slices each slice is divided: as fine as its pixels."""
    finest = min(geometry.grid.spacing[axis] for axis in geometry.axes[1:] if geometry.grid.size_ijk[axis] > 1)
    return int(np.clip(round(slice_distance(geometry.grid, geometry.slice_axis) / finest), 1, _LARGEST_FACTOR))


def lessons(geometry: SliceGeometry, slices: np.ndarray, factor: int) -> list[Tensor]:
    """The slices (slices, rows, columns) twice, blurred later along the columns or along the rows, which are resampled
    to the fine slices' distance."""
    fine_mm = slice_distance(geometry.grid, geometry.slice_axis) / factor
    images = []
    for axis, array in ((geometry.axes[2], slices), (geometry.axes[1], slices.swapaxes(1, 2))):
        spacing, size = float(geometry.grid.spacing[axis]), array.shape[2]
        if abs(fine_mm / spacing - 1) > _RESAMPLED_ABOVE and size > 1:
            count = max(1, int(size * spacing / fine_mm))
            positions = (np.arange(count) + 0.5) * fine_mm / spacing - 0.5
            array = array @ spline_weights(positions, size).T.astype(np.float32)
        images.append(torch.from_numpy(np.ascontiguousarray(array, np.float32)))
    return images


def learn_steps(
    geometry: SliceGeometry,
    slices: np.ndarray,
    noise: float,
    fit: FitSettings,
    mirrors: bool = True,
    control: Control | None = None,
    show: Callable[[int], Volume] | None = None,
) -> Steps[DetailPrior | None]:
    """The prior of a stack, (slices, rows, columns) of mean 0 and deviation 1; None where there is nothing to learn
    from (slices as thin as pixels, too small, or constant), or where slices held out are further from what was learned
    than from a spline. `show` gives a preview of about so many voxels.

    Errors on lessons held out say how wide the interval is to be, with two things that lessons do not show: whether
    the patient has as much detail across the slices as within them (`likeness`, measured where thick slices tell and
    again for each halving down to the fine ones), and the noise that a thin slice has beyond a thick one.
    """
    factor = division(geometry)
    images = lessons(geometry, slices, factor)
    if factor < 2 or np.ptp(slices) == 0 or not DetailProblem.can_learn(images, factor):
        return None
    width = factor * geometry.thickness_mm / slice_distance(geometry.grid, geometry.slice_axis)
    problem = DetailProblem(images, factor, width, geometry.profile, noise, fit.seed, show)
    loop = FitLoop(problem, fit, control, stage="fit")
    yield from loop.run()
    error, spread, plain = problem.held_out(mirrors)
    gain_db = float(10 * torch.log10(plain.square().mean() / error.square().mean()))
    if not gain_db > 0 and not loop.control.stopped:
        yield Progress("fit", 0, 1, note=_NOTHING_LEARNED)
        return None
    spread_weight = _reach(error, spread) * likeness(images, factor, width, geometry.profile) ** (1 + math.log2(factor))
    noise_weight = _REACH_OF_90_PERCENT * noise * math.sqrt(problem.voxels_per_slice - 1)
    values, spreads = yield from _detailed_steps(problem.module, slices, mirrors, loop.device)
    count = np.array(geometry.grid.size_ijk)
    count[geometry.slice_axis] *= factor
    return DetailPrior(
        grid=geometry.grid.with_size(count.tolist()),
        values=geometry.slices_back(values),
        half_width=geometry.slices_back(np.hypot(np.float32(spread_weight) * spreads, np.float32(noise_weight))),
        error=float(error.square().mean().sqrt()),
        gain_db=gain_db,
        loop=loop,
    )


def _reach(error: Tensor, spread: Tensor) -> float:
    """So many times the spread covers 90 % of the errors on lessons held out (split conformal prediction: Papadopoulos
    et al., ECML 2002)."""
    return float(torch.quantile((error.abs() / spread)[:_MOST_ERRORS], _COVERED))


@torch.no_grad()
def _detailed_steps(
    network: DetailNetwork, slices: np.ndarray, mirrors: bool, device: torch.device
) -> Steps[tuple[np.ndarray, np.ndarray]]:
    """The fine slices (slices * factor, rows, columns) and their expected errors: means over the planes along rows and
    columns and over their mirror images."""
    factor, count = network.factor, len(slices)
    fine = (np.arange(count * factor) + 0.5) / factor - 0.5
    spline = torch.as_tensor(spline_weights(fine, count), dtype=torch.float32, device=device)
    shape = (count * factor, *slices.shape[1:])
    values, spreads = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    cuts = [cut for cut in (1, 2) if slices.shape[3 - cut] > 1]  # across single lines there is nothing to see
    for number, cut in enumerate(cuts):
        # Planes (N, pixels, slices); the fine ones go back to their place.
        planes, target, spread_target = (
            np.moveaxis(array, (cut, 3 - cut, 0), (0, 1, 2)) for array in (slices, values, spreads)
        )
        step = max(1, _PIXELS_AT_ONCE // (planes.shape[1] * planes.shape[2]))
        for start in range(0, len(planes), step):
            part = slice(start, start + step)
            thick = torch.from_numpy(np.ascontiguousarray(planes[part])).to(device)
            deviation, spread = network.mirrored(thick, mirrors)
            target[part] += (thick @ spline.T + deviation).cpu().numpy() / len(cuts)
            spread_target[part] += spread.cpu().numpy() / len(cuts)
            yield Progress("detail", number * len(planes) + min(start + step, len(planes)), len(cuts) * len(planes))
    return values, spreads
