"""`super_resolve`: from thick slices to an isotropic volume."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch

from ..fields import Field, Frame
from ..fitting import Control, FitLoop, Progress, run_to_end
from ..fitting.progress import Steps
from ..geometry import Grid
from ..results import loop_record
from ..settings import choose_settings
from ..volume import Volume
from .baseline import CubicSpline, SplineMean
from .completion import CompletedField, Function, complete_steps, consistency_rmse
from .problem import SuperResolutionProblem
from .result import SuperResolutionResult
from .settings import SuperResolutionSettings
from .stacks import Stack, prepare_stacks
from .truth import measure_against, require_overlap


def super_resolve(
    volumes: Volume | Sequence[Volume],
    settings: SuperResolutionSettings | str | None = None,
    *,
    truth: Volume | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> SuperResolutionResult:
    """Makes an isotropic volume out of one stack of thick slices, or of several stacks of the same object and contrast
    whose headers say where they lie.

    A SIREN over patient space is fitted so that its average over each slice profile is the measured voxel (as IREM,
    Wu et al., MICCAI 2021, with the profile modelled as in NeSVoR, Xu et al., IEEE TMI 2023); splines add what it
    leaves unexplained (`completion`). The result covers the first stack's field of view.

    `truth` (any grid) is measured against and never fitted. `settings`: an object or a preset's name (default
    'balanced'). A stopped run returns the best field so far, completed. Raises `InputError` for a single slice, no
    finite voxel, extreme values, stacks that do not overlap or show different contrasts.
    """
    return run_to_end(super_resolve_steps(volumes, settings, control, truth=truth), on_progress)


def super_resolve_steps(
    volumes: Volume | Sequence[Volume],
    settings: SuperResolutionSettings | str | None = None,
    control: Control | None = None,
    *,
    truth: Volume | None = None,
) -> Steps[SuperResolutionResult]:
    """`super_resolve` as a generator of progress reports that returns the result."""
    started = time.perf_counter()
    settings = choose_settings(SuperResolutionSettings, "reconstruction", settings)
    stacks, notes = prepare_stacks([volumes] if isinstance(volumes, Volume) else list(volumes), settings)
    grid = target_grid(stacks[0], settings.spacing_mm)
    if truth is not None:
        require_overlap(truth, grid)
    field, scale = _new_field(stacks, settings)
    loop = FitLoop(SuperResolutionProblem(field, stacks, scale, settings.samples), settings.fit, control)
    yield from loop.run()
    for stack in stacks:
        stack.forward.to(torch.device("cpu"))
    points = field.points_per_chunk(settings.fit.max_memory_gb)
    fitted = CompletedField(field, max_memory_gb=settings.fit.max_memory_gb)
    completed = yield from complete_steps(fitted, stacks, settings.completion_iterations, points)
    splines = SplineMean([CubicSpline(stack.values, stack.grid) for stack in stacks])
    volume = yield from _sample_steps(completed, stacks[0], grid, points, "super-resolved")
    baseline = yield from _sample_steps(splines, stacks[0], grid, points, "B-spline")
    metrics = {
        "consistency_rmse_relative": consistency_rmse(completed, stacks, points) / scale,
        "baseline_consistency_rmse_relative": consistency_rmse(splines, stacks, points) / scale,
    }
    if truth is not None:
        measures, lines = measure_against(truth, volume, baseline)
        metrics, notes = metrics | measures, notes + lines
    return SuperResolutionResult(
        **loop_record(loop, *notes), settings=settings, metrics=metrics, volume=volume, baseline=baseline,
        reconstruction=completed, seconds=time.perf_counter() - started,
    )  # fmt: skip


def target_grid(stack: Stack, spacing_mm: float | None) -> Grid:
    """The stack's field of view in isotropic voxels; an axis of one voxel (a 2-D image) stays as it is."""
    spacing = np.where(stack.grid.size_ijk > 1, spacing_mm or stack.finest_mm, stack.grid.spacing)
    return stack.grid.with_spacing(spacing.tolist())


def _new_field(stacks: list[Stack], settings: SuperResolutionSettings) -> tuple[Field, float]:
    """A field around the stacks whose outputs have their mean and deviation, and the unit of the loss. Constant slices
    have no deviation: the field is that constant from the start, and any unit will do."""
    values = np.concatenate([stack.measured() for stack in stacks]).astype(np.float64)
    mean, deviation = float(values.mean()), float(values.std())
    frame = Frame.of_grid(*(stack.grid for stack in stacks))
    field = Field(settings.field, frame, seed=settings.fit.seed, output_scale=deviation, output_offset=mean)
    return field, deviation or 1.0


def _sample_steps(function: Function, stack: Stack, grid: Grid, points_per_chunk: int, suffix: str) -> Steps[Volume]:
    """The function on the grid, as a volume named after the stack."""
    values = np.empty(grid.voxel_count, np.float32)
    for part, points in grid.chunks(points_per_chunk):
        values[part] = function(points)
        yield Progress("sample", part.stop, grid.voxel_count)
    return stack.volume.with_array(values.reshape(grid.shape), grid, f"{stack.volume.name} {suffix}")
