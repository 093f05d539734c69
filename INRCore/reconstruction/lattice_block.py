"""One block of the lattice: what its slices measured, what is expected there, the voxels that explain both best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from ..fitting import Control
from ..fitting.progress import Steps
from ..geometry import Grid
from ..volume import Volume
from .baseline import CubicSpline, SplineMean
from .blocks import Block
from .least_squares import Regularity, solve_steps, squared_differences
from .measured_stack import MeasuredStack
from .settings import SuperResolutionSettings
from .uncertainty import Scan, half_width_steps

_VARIATION, _VARIATION_OF_NOISE = 2e-3, 2.0
_UNSEEN = 1.645
"""Half the width of the interval where no slice has been, in standard deviations of the slices."""
_CHUNK = 1 << 18


class GridMean:
    """The mean of arrays (k, j, i) on grids of their own, by cubic splines; on its own voxels one array is as it is."""

    def __init__(self, arrays: list[tuple[np.ndarray, Grid]]) -> None:
        self._arrays = arrays
        self._splines: SplineMean | None = None

    def on(self, lattice: Grid) -> np.ndarray:
        """(k, j, i) float32 at the voxels of a lattice."""
        values, own = self._arrays[0]
        box = own.box_of(lattice) if len(self._arrays) == 1 else None
        if box is not None:
            return np.ascontiguousarray(values[box])
        self._splines = self._splines or _spline_mean(self._arrays)
        return on_lattice(self._splines, lattice)


@dataclass(frozen=True, eq=False)
class Expectation:
    """What learned detail expects: values and half widths, and what a squared deviation costs."""

    values: GridMean
    half_width: GridMean
    weight: float


@dataclass(frozen=True, eq=False)
class Known:
    """What all blocks share, values of mean 0 and deviation 1: the measured stacks, the deviation of their noise and of
    that part of it which the patient has (or what is so fine that it looks like noise), what is expected, the second
    contrast (its deviation 1), how to solve; `quick` as in `operator_of_slices`."""

    stacks: list[MeasuredStack]
    noise: float
    fine_detail: float
    expected: Expectation | None
    guide: SplineMean | None
    settings: SuperResolutionSettings
    device: torch.device
    quick: bool


def solve_block_steps(
    known: Known,
    block: Block,
    splines: np.ndarray,
    seed: int,
    control: Control | None,
    as_volume: Callable[[torch.Tensor, int], Volume],
) -> Steps[tuple[np.ndarray, np.ndarray | None]]:
    """The block's voxels (K, J, I) and, when asked for, half the width of their 90 % intervals. `splines` (K, J, I):
    where to start when nothing is expected. Where no slice has been, the splines stay."""
    settings, grid = known.settings, block.grid
    stacks = [near for near in (stack.within(grid) for stack in known.stacks) if near is not None]
    if not stacks:
        return splines, np.full(grid.shape, _UNSEEN, np.float32) if settings.uncertainty else None
    scan = Scan.of(grid, stacks, known.device, known.quick)
    start = torch.as_tensor(splines if known.expected is None else known.expected.values.on(grid), device=known.device)

    def solved(
        scan: Scan, start: torch.Tensor, show: Callable[[torch.Tensor, int], Volume] | None = None
    ) -> Steps[torch.Tensor]:
        regularity = _regularity(known, scan.grid, start)
        rounds, steps = settings.solver_rounds, settings.solver_steps
        return solve_steps(scan.measurements, regularity, start, rounds, steps, control, show)

    voxels = yield from solved(scan, start, as_volume)
    half_width = None
    if settings.uncertainty and known.expected is not None:
        half_width = known.expected.half_width.on(grid)
    elif settings.uncertainty:

        def solve(again: Scan) -> Steps[torch.Tensor]:
            splines = _spline_mean([
                (stack.geometry.slices_back(measured.values.cpu().numpy()), stack.geometry.grid)
                for stack, measured in zip(again.stacks, again.measurements, strict=True)
            ])  # fmt: skip
            return solved(again, torch.as_tensor(on_lattice(splines, again.grid), device=known.device))

        missed = yield from half_width_steps(
            scan, voxels, known.noise, known.fine_detail, solve, settings.fit.seed + seed
        )
        half_width = missed.cpu().numpy()
    return voxels.cpu().numpy(), half_width


def _spline_mean(arrays: list[tuple[np.ndarray, Grid]]) -> SplineMean:
    return SplineMean([CubicSpline(values, grid) for values, grid in arrays])


def _regularity(known: Known, grid: Grid, start: torch.Tensor) -> Regularity:
    """What is known beside the slices."""
    if known.expected is not None:
        return Regularity(expected=start, expected_weight=known.expected.weight)
    edges = None
    if known.guide is not None:
        edges = squared_differences(torch.as_tensor(on_lattice(known.guide, grid), device=known.device))
    return Regularity(variation=_VARIATION + _VARIATION_OF_NOISE * known.noise**2, guide=edges)


def on_lattice(function: SplineMean, grid: Grid) -> np.ndarray:
    """(k, j, i) float32: the function at the voxel centres."""
    values = np.empty(grid.voxel_count, np.float32)
    for part, points in grid.chunks(_CHUNK):
        values[part] = function(points)
    return values.reshape(grid.shape)
