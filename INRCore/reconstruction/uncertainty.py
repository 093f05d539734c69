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
from .least_squares import Measurements
from .measured_stack import MeasuredStack

_COVERED = 0.9
_REACH_OF_90_PERCENT = 1.645
_NEIGHBOURHOOD_VOXELS = 1.5
_LEAST_SPREAD = 0.1
_FEWEST_VOXELS = 12
_LARGEST_SIDE = 128
"""Voxels along each axis that suffice to calibrate."""
_AIR = -0.3
"""Darker places, in deviations from the mean, are mostly air, which tells nothing of the patient."""
_SHARPNESS = 2.0
"""A slice, being a mean through its thickness, shows only a part of how the scales differ. From 13 cases of four brains
(see Testing/benchmarks/reconstruction); others were only tested."""


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

    def without_last(self) -> Scan:
        """All stacks but the last."""
        return replace(self, stacks=self.stacks[:-1], measurements=self.measurements[:-1])

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


def half_width_steps(scan: Scan, voxels: Tensor, noise: float, solve: Solve, seed: int = 0) -> Steps[Tensor]:
    """(K, J, I) half width of the 90 % interval, in the unit of the voxels, whose mean is 0 and deviation 1.

    The parametric bootstrap (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 6.5) says where the
    result is uncertain: it is taken for the patient, measured with the same slices and fresh noise, and reconstructed
    again. But the result is smoother than the patient and easier to find again. By how much is measured where a truth
    is at hand: at half the resolution the result is a patient with all the detail of that scale, and pictures look
    alike at neighbouring scales (Ruderman & Bialek, Phys. Rev. Lett. 73, 1994). The 90 % quantile of the true errors
    there, in units of the bootstrap's spreads, is the factor (split conformal prediction: Papadopoulos et al., ECML
    2002, with normalised scores), corrected for how alike the two scales are: by how much the slices of a stack that
    is left out surprise more than the bootstrap's do, at either scale.

    The interval holds what a scan of such small voxels would show, with its noise: the result has the part of it that
    the slices have.
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
        if len(scan.stacks) > 1:
            own = yield from _surprise_steps(part, inner, noise, solve, generator)
            usual = yield from _surprise_steps(coarse, found, noise, solve, generator)
            factor *= (own / usual) ** _SHARPNESS
    voxels_per_slice = np.mean([stack.geometry.thickness_mm for stack in scan.stacks]) / scan.grid.spacing.min()
    # The mean of n voxels keeps 1 / n of the variance of their noise.
    beyond = noise * np.sqrt(max(1.0, voxels_per_slice - 1))
    return torch.hypot(factor * spread, torch.tensor(_REACH_OF_90_PERCENT * beyond, dtype=spread.dtype))


def _spread_steps(scan: Scan, voxels: Tensor, noise: float, solve: Solve, generator: torch.Generator) -> Steps[Tensor]:
    """(K, J, I): root mean square, over the neighbourhood, of how far the voxels are missed when found again."""
    found = yield from solve(scan.again(voxels, noise, generator))
    spread = _neighbourhood(found - voxels, (1, 1, 1))
    return torch.hypot(spread, _LEAST_SPREAD * spread.square().mean().sqrt()).clamp(min=1e-9)


def _surprise_steps(scan: Scan, voxels: Tensor, noise: float, solve: Solve, generator: torch.Generator) -> Steps[float]:
    """90 % of the last stack's slices' errors, predicted from the other stacks, are within so many times what they
    would be if the voxels were the patient."""
    differences = []
    for each in (scan, scan.again(voxels, noise, generator)):
        predicted = yield from solve(each.without_last())
        differences.append(each.measurements[-1].residual(predicted))
    expected = _neighbourhood(differences[1], (0, 1, 1)).clamp(min=1e-9)
    last = scan.measurements[-1]
    return _reach(differences[0].abs() / expected, (last.values > _AIR) & (last.weights > 0))


def _neighbourhood(errors: Tensor, dimensions: tuple[int, ...]) -> Tensor:
    """Root mean square errors around each place, along the dimensions that are 1."""
    reach = [_NEIGHBOURHOOD_VOXELS * each for each in dimensions]
    missed = ndimage.gaussian_filter(errors.square().cpu().numpy(), reach)
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
