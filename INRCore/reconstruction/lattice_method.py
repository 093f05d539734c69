"""From stacks to voxels: what each stack measures of the lattice, what a prior expects there, the best of both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from scipy import ndimage

from ..devices import choose_device
from ..errors import InputError
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..geometry import Grid
from ..volume import Volume
from .baseline import CubicSpline, SplineMean, without_gaps
from .blocks import Block, blocks_of, margin_of, most_voxels
from .consistency import Misfit, misfit_steps
from .crossing_noise import crossing_noise
from .detail_prior import DetailPrior, learn_steps
from .lattice_block import Expectation, GridMean, Known, on_lattice, solve_block_steps
from .measured_stack import MeasuredStack
from .motion import Motion, StackInMotion, find_motion_steps, still
from .noise import noise_deviation
from .settings import SuperResolutionSettings
from .slices import slice_normal
from .stack_alignment import align_stacks_steps
from .stack_operator import is_too_large_to_refine
from .stacks import Stack

_SAME_DIRECTION_DEGREES = 20.0
_LEAST_NOISE = 0.02
"""Standard deviations of the slices: a forward model is never more exact than that."""
_LEAST_ERROR_SHARE = 0.05
_GUIDE_PROBES = 200_000
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class LatticeSolution:
    """values, baseline (cubic B-splines) and half_width (of the 90 % intervals), all (k, j, i) in the slices' units on
    the grid asked for; misfit of the slices to values and baseline; noise, in the slices' standard deviations; prior:
    what was learned of the detail, where all slices lie one way; device: for people."""

    values: np.ndarray
    baseline: np.ndarray
    half_width: np.ndarray | None
    misfit: Misfit
    baseline_misfit: Misfit
    noise: float
    prior: DetailPrior | None
    motion: Motion | None
    device: str


def solve_stacks_steps(
    stacks: list[Stack],
    grid: Grid,
    settings: SuperResolutionSettings,
    control: Control | None = None,
    guide: Volume | None = None,
) -> Steps[LatticeSolution]:
    """The lattice that explains the stacks, with edges where the guide, another contrast, has them too. A stop ends
    learning or solving early and keeps what there is. A lattice too large for the memory is solved block by block."""
    thickness = float(np.mean([stack.thickness_mm for stack in stacks]))
    inputs = sum(stack.values.nbytes for stack in stacks)
    blocks = blocks_of(grid, margin_of(thickness, grid), most_voxels(settings.fit.max_memory_gb, inputs))
    choice = choose_device(settings.fit.device)
    values = np.concatenate([stack.measured() for stack in stacks]).astype(np.float64)
    offset, scale = float(values.mean()), float(values.std()) or 1.0
    splines = SplineMean([CubicSpline(stack.values, stack.grid) for stack in stacks])

    def before(count: int) -> Volume:
        coarse = grid.coarsened(count)
        return Volume(splines(coarse.points()).reshape(coarse.shape), coarse, name="preview")

    parts = f"The result has {grid.voxel_count:,} voxels and is solved in {len(blocks)} parts, one after the other."
    yield Progress("start", 0, 1, preview=before, note=parts if len(blocks) > 1 else "")
    motion = None
    measured = [_measured(stack, offset, scale) for stack in stacks]
    if settings.motion != "none":
        motion = yield from _motion_steps(measured, grid, settings, choice.device, control)
        measured = [
            replace(stack, poses=poses, weights=stack.weights * trust[:, None, None].astype(np.float32))
            for stack, poses, trust in zip(measured, motion.poses, motion.trust, strict=True)
        ]
    noise = float(np.mean([noise_deviation(stack.values) for stack in measured]))
    crossing = crossing_noise(measured)
    # Stacks that contradict each other are no noisier than they look: more smoothness would not help.
    foreign = noise if crossing is None else min(crossing, noise)
    priors = []
    if settings.detail and guide is None and one_direction(stacks):
        for stack in measured:
            prior = yield from learn_steps(
                stack.geometry, stack.values, noise, settings.fit, settings.mirrors, control, before
            )
            priors += [prior] if prior else []
    known = Known(
        stacks=measured,
        noise=foreign,
        fine_detail=noise if crossing is None else float(np.sqrt(noise**2 - foreign**2)),
        expected=_expectation(priors, noise),
        guide=None if guide is None else _guide(guide, grid),
        settings=settings,
        device=choice.device,
        quick=is_too_large_to_refine(grid),
    )
    baseline = yield from _sample_steps(splines, grid, blocks)
    found = baseline.copy()
    half_width = np.empty(grid.shape, np.float32) if settings.uncertainty else None
    for number, block in enumerate(blocks):

        def as_volume(voxels: torch.Tensor, count: int, block: Block = block) -> Volume:
            found[block.kept] = voxels[block.inner].cpu().numpy() * scale + offset
            return _looked_at(found, grid, count)

        start = (baseline[block.whole] - np.float32(offset)) / np.float32(scale)
        steps = solve_block_steps(known, block, start, number, control, as_volume)
        voxels, width = yield from _counted(steps, number, len(blocks))
        found[block.kept] = voxels[block.inner] * np.float32(scale) + np.float32(offset)
        if half_width is not None and width is not None:
            half_width[block.kept] = width[block.inner] * np.float32(scale)
    misfits = yield from misfit_steps(known, blocks, grid, [found, baseline], (offset, scale))
    return LatticeSolution(
        values=found,
        baseline=baseline,
        half_width=half_width,
        misfit=misfits[0],
        baseline_misfit=misfits[1],
        noise=noise,
        prior=priors[0] if priors else None,
        motion=motion,
        device=choice.reason,
    )


def _looked_at(values: np.ndarray, grid: Grid, count: int) -> Volume:
    """(k, j, i) values on a coarse grid of about so many voxels."""
    coarse = grid.coarsened(count)
    index = grid.world_to_index(coarse.points()).T[::-1]
    return Volume(ndimage.map_coordinates(values, index, order=1, mode="nearest").reshape(coarse.shape), coarse)


def _counted(steps: Steps[T], number: int, count: int) -> Steps[T]:
    """Steps of one of several blocks, with progress through all of them."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            return end.value
        total = progress.iterations
        yield replace(progress, iteration=number * total + progress.iteration, iterations=count * total)


def _sample_steps(splines: SplineMean, grid: Grid, blocks: list[Block]) -> Steps[np.ndarray]:
    """(k, j, i): the splines on the lattice."""
    values = np.empty(grid.shape, np.float32)
    for number, block in enumerate(blocks):
        values[block.kept] = on_lattice(splines, block.kept_grid(grid))
        yield Progress("sample", number + 1, len(blocks), preview=lambda count: _looked_at(values, grid, count))
    return values


def one_direction(stacks: list[Stack]) -> bool:
    """Whether the slices of all stacks lie one way, so that nobody has seen the detail across them."""
    normals = [slice_normal(stack.grid, stack.slice_axis) for stack in stacks]
    least = np.cos(np.radians(_SAME_DIRECTION_DEGREES))
    return all(abs(float(normals[0] @ normal)) > least for normal in normals)


def _measured(stack: Stack, offset: float, scale: float) -> MeasuredStack:
    """Values of mean 0 and deviation 1, all that was measured trusted the same."""
    weights = np.zeros(stack.values.size, np.float32)
    weights[slice(None) if stack.numbers is None else stack.numbers] = 1
    values = (stack.values - np.float32(offset)) / np.float32(scale)
    first = stack.geometry.slices_first
    return MeasuredStack(
        stack.geometry,
        np.ascontiguousarray(first(values)),
        np.ascontiguousarray(first(weights.reshape(stack.grid.shape))),
    )


def _motion_steps(
    stacks: list[MeasuredStack],
    grid: Grid,
    settings: SuperResolutionSettings,
    device: torch.device,
    control: Control | None,
) -> Steps[Motion]:
    """Where the slices were, between stacks and, when asked for, between slices."""
    moving = [
        StackInMotion(stack.geometry, stack.values, stack.weights_on(grid), still(stack.geometry)) for stack in stacks
    ]
    are_rigid = settings.motion == "stacks"
    moving = yield from align_stacks_steps(moving, are_rigid, settings.fit.seed)
    if are_rigid:
        return Motion([stack.poses for stack in moving], [np.ones(len(stack.values)) for stack in moving])
    return (yield from find_motion_steps(moving, grid, settings.motion_rounds, device, control))


def _expectation(priors: list[DetailPrior], noise: float) -> Expectation | None:
    if not priors:
        return None
    squared = float(np.mean([prior.error**2 for prior in priors]))
    # Lessons are noisy as well; their noise is no error of what is expected.
    squared = max(squared - noise**2, _LEAST_ERROR_SHARE * squared)
    return Expectation(
        GridMean([(prior.values, prior.grid) for prior in priors]),
        GridMean([(prior.half_width, prior.grid) for prior in priors]),
        max(noise, _LEAST_NOISE) ** 2 / squared,
    )


def _guide(guide: Volume, grid: Grid) -> SplineMean:
    """The second contrast, in units of its own deviation within the lattice."""
    if not guide.grid.overlaps(grid):
        raise InputError(f"The guide {guide.label} does not overlap the stacks; give one of the same region, aligned.")
    array = without_gaps(guide)
    deviation = CubicSpline(array, guide.grid)(grid.coarsened(_GUIDE_PROBES).points()).std()
    return SplineMean([CubicSpline(array / (deviation or 1), guide.grid)])
