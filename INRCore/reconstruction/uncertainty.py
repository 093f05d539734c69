"""How far to trust each voxel of crossing stacks: the half width of a 90 % interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from ..fitting.progress import Steps
from ..geometry import Grid
from .lattice_operators import through_slice
from .least_squares import Measurements
from .measured_stack import MeasuredStack
from .noise import noise_deviation

_COVERED = 0.9
_REACH_OF_90_PERCENT = 1.645
_NEIGHBOURHOOD_VOXELS = 1.5
_LEAST_SPREAD = 0.1
_FEWEST_VOXELS = 12
_LARGEST_SIDE = 128
"""Voxels along each axis that suffice to calibrate."""
_AIR = -0.3
"""Darker places, in deviations from the mean, are mostly air, which tells nothing of the patient."""


@dataclass(frozen=True, eq=False)
class Scan:
    """Slices and the lattice that they measure; the measurements are the stacks', or those of another object."""

    grid: Grid
    stacks: list[MeasuredStack]
    measurements: list[Measurements]
    device: torch.device
    quick: bool = False

    @classmethod
    def of(cls, grid: Grid, stacks: list[MeasuredStack], device: torch.device, quick: bool = False) -> Scan:
        """What the stacks measured; `quick` as in `operator_of_slices`."""
        return cls(grid, stacks, [stack.on(grid, device, quick) for stack in stacks], device, quick)

    def again(self, voxels: Tensor, noise: float, generator: torch.Generator) -> Scan:
        """The same slices of another object, with fresh noise of that deviation."""
        measurements = []
        for each in self.measurements:
            seen = each.operator.apply(voxels)
            fresh = noise * torch.randn(seen.shape, generator=generator, device=seen.device)
            measurements.append(replace(each, values=seen + fresh))
        return replace(self, measurements=measurements)

    def seen(self) -> Tensor:
        """(K, J, I) bool: where any slice measured something."""
        return torch.stack([each.operator.adjoint(each.weights) for each in self.measurements]).amax(0) > 0

    def middle(self, voxels: Tensor, side: int) -> tuple[Scan, Tensor]:
        """At most `side` voxels along each axis, and what (K, J, I) voxels are there."""
        size = self.grid.size_ijk
        start = np.maximum(0, (size - side) // 2)
        stop = np.minimum(size, start + side)
        if (start == 0).all() and (stop == size).all():
            return self, voxels
        grid = self.grid.cropped(start.tolist(), stop.tolist())
        stacks = [part for part in (stack.within(grid) for stack in self.stacks) if part is not None]
        if len(stacks) < len(self.stacks):
            return self, voxels
        box = tuple(slice(first, last) for first, last in zip(start[::-1], stop[::-1], strict=True))
        return Scan.of(grid, stacks, self.device, self.quick), voxels[box].contiguous()

    def halved(self) -> Scan | None:
        """Voxels, pixels, slices and distances all twice as large; None where little would be left."""
        if min(self.grid.size_ijk) < 2 * _FEWEST_VOXELS or min(min(stack.values.shape) for stack in self.stacks) < 4:
            return None
        stacks = []
        for stack in self.stacks:
            geometry = replace(
                stack.geometry, grid=_halved_grid(stack.geometry.grid), thickness_mm=2 * stack.geometry.thickness_mm
            )
            values, weights = (halved(torch.from_numpy(array)).numpy() for array in (stack.values, stack.weights))
            poses = None if stack.poses is None else stack.poses[: 2 * geometry.count : 2]
            stacks.append(MeasuredStack(geometry, values, weights, poses))
        return Scan.of(_halved_grid(self.grid), stacks, self.device, self.quick)


Solve = Callable[[Scan], Steps[Tensor]]
"""The voxels (K, J, I) that explain a scan, as the result was made."""


def half_width_steps(
    scan: Scan, voxels: Tensor, noise: float, fine_detail: float, solve: Solve, seed: int = 0
) -> Steps[Tensor]:
    """(K, J, I) half width of the 90 % interval, in the unit of the voxels, whose mean is 0 and deviation 1.

    `noise`: deviation of a pixel's noise that is not the patient's; `fine_detail`: of what the patient has, in a pixel,
    that is as fine as noise.

    The parametric bootstrap (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 6.5) says where the
    result is uncertain: it is taken for the patient, measured with the same slices and fresh noise, and reconstructed
    again. But the result is smoother than the patient and easier to find again. By how much is measured where a truth
    is at hand: at half the resolution the result is a patient with all the detail of that scale, and pictures look
    alike at neighbouring scales (Ruderman & Bialek, Phys. Rev. Lett. 73, 1994). The 90 % quantile of the true errors
    there, in units of the bootstrap's spreads, is the factor (split conformal prediction: Papadopoulos et al., ECML
    2002, with normalised scores). White detail is not alike: the half width is nowhere less than what the slices say
    that voxels have of it and the result has not.
    """
    generator = torch.Generator(voxels.device).manual_seed(seed)
    spread = yield from _spread_steps(scan, voxels, noise, solve, generator)
    part, inner = scan.middle(voxels, _LARGEST_SIDE)
    coarse, factor = part.halved(), _REACH_OF_90_PERCENT
    if coarse is not None:
        truth = halved(inner)
        coarse = coarse.again(truth, noise, generator)
        found = yield from solve(coarse)
        expected = yield from _spread_steps(coarse, found, noise, solve, generator)
        factor = _reach((found - truth).abs() / expected, (truth > _AIR) & coarse.seen())
    return (factor * spread).clamp(min=_REACH_OF_90_PERCENT * _lost(part, inner, fine_detail))


def _lost(scan: Scan, voxels: Tensor, fine_detail: float) -> float:
    """Standard deviation of the white detail that a voxel of the patient has and the result has not. A slice, the mean
    of so many voxels, keeps one in so many parts of its variance."""
    voxel_mm = float(scan.grid.spacing.min())
    profiles = [through_slice(stack.geometry, voxel_mm)[1] for stack in scan.stacks]
    voxel_count = float(np.mean([1 / (weights @ weights) for weights in profiles]))
    array: np.ndarray = voxels.cpu().numpy()
    found = sum(noise_deviation(np.moveaxis(array, axis, 0)) ** 2 for axis in range(3)) / 3
    return float(np.sqrt(max(0.0, voxel_count * fine_detail**2 - found)))


def _spread_steps(scan: Scan, voxels: Tensor, noise: float, solve: Solve, generator: torch.Generator) -> Steps[Tensor]:
    """(K, J, I): root mean square, over the neighbourhood, of how far the voxels are missed when found again."""
    found = yield from solve(scan.again(voxels, noise, generator))
    spread = _neighbourhood(found - voxels)
    return torch.hypot(spread, _LEAST_SPREAD * spread.square().mean().sqrt()).clamp(min=1e-9)


def _neighbourhood(errors: Tensor) -> Tensor:
    """Root mean square errors around each place."""
    missed = ndimage.gaussian_filter(errors.square().cpu().numpy(), _NEIGHBOURHOOD_VOXELS)
    return torch.as_tensor(missed, device=errors.device).clamp(min=0).sqrt()


def _reach(scores: Tensor, inside: Tensor) -> float:
    """The 90 % quantile."""
    chosen = scores[inside].cpu().numpy()
    return float(np.quantile(chosen, _COVERED)) if chosen.size else _REACH_OF_90_PERCENT


def halved(array: Tensor) -> Tensor:
    """Means of 2 x 2 x 2 of three-dimensional values; a remainder of one is left out."""
    return torch.nn.functional.avg_pool3d(array[None, None], 2)[0, 0]


def _halved_grid(grid: Grid) -> Grid:
    """The grid of `halved` values."""
    size = grid.size_ijk // 2
    return grid.cropped((0, 0, 0), tuple((2 * size).tolist())).with_size(size.tolist())
