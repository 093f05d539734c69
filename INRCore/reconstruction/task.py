"""`super_resolve`: from thick slices to an isotropic volume."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..fitting import Control, Progress, run_to_end
from ..fitting.progress import Steps
from ..geometry import Grid
from ..results import loop_record
from ..settings import choose_settings, require
from ..volume import Volume, require_volumes
from .aligned import aligned_stacks
from .baseline import CubicSpline, SplineMean
from .completion import Function, consistency_rmse
from .denoise_method import denoise_volume_steps
from .lattice_field import LatticeField
from .lattice_method import LatticeSolution, solve_stacks_steps
from .network_method import fit_network_steps
from .result import SuperResolutionResult
from .settings import SuperResolutionSettings
from .stacks import Stack, prepare_stacks
from .truth import measure_against, require_overlap


def super_resolve(
    volumes: Volume | Sequence[Volume],
    settings: SuperResolutionSettings | str | None = None,
    *,
    masks: Sequence[Volume] = (),
    guide: Volume | None = None,
    truth: Volume | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> SuperResolutionResult:
    """Makes an isotropic volume out of one stack of thick slices, or of several stacks of the same object and contrast
    whose headers say where they lie.

    Stacks that cross are explained together by one lattice of voxels with little total variation (`least_squares`);
    where all slices lie one way, a network first learns the detail across them from the detail within them
    (`detail_network`). The method 'network' fits a neural field instead (`network_method`); 'denoise' takes the noise
    out of one volume and leaves its voxels where they are (`denoise_method`). The result covers the first
    stack's field of view.

    `masks`: where slices count (nonzero), one for all stacks or one for each, on any grid. `guide`: an aligned volume
    of another contrast, finer across the slices; edges cost less where it has some. `truth` (any grid) is measured
    against and never fitted. `settings`: an object or a preset's name (default 'balanced'). A stopped run returns the
    best so far. Raises `InputError` for a single slice, no finite voxel, extreme values, stacks that do not overlap or
    show different contrasts, masks that leave nothing.
    """
    return run_to_end(
        super_resolve_steps(volumes, settings, control, masks=masks, guide=guide, truth=truth), on_progress
    )


def super_resolve_steps(
    volumes: Volume | Sequence[Volume],
    settings: SuperResolutionSettings | str | None = None,
    control: Control | None = None,
    *,
    masks: Sequence[Volume] = (),
    guide: Volume | None = None,
    truth: Volume | None = None,
) -> Steps[SuperResolutionResult]:
    """`super_resolve` as a generator of progress reports that returns the result."""
    started = time.perf_counter()
    settings = choose_settings(SuperResolutionSettings, "reconstruction", settings)
    require_volumes(volumes, *(other for other in (guide, truth) if other is not None))
    control = control or Control()
    given = [volumes] if isinstance(volumes, Volume) else list(volumes)
    is_denoising = settings.method == "denoise"
    require(
        not is_denoising or (guide is None and not masks), "Denoising takes neither masks nor a guide; leave them out."
    )
    stacks, notes = ([], []) if is_denoising else prepare_stacks(given, settings, masks)
    if truth is not None:
        require_overlap(truth, target_grid(stacks[0], settings.spacing_mm) if stacks else given[0].grid)
    yield Progress("prepare", 0, 1, note="\n".join(notes))
    if is_denoising:
        found = yield from denoise_volume_steps(given, settings, control)
    elif settings.method == "network":
        require(guide is None, "The method 'network' takes no guide; leave it out, or choose the method 'lattice'.")
        found = yield from _by_network(stacks, target_grid(stacks[0], settings.spacing_mm), settings, control)
    else:
        grid = target_grid(stacks[0], settings.spacing_mm)
        found = yield from _by_lattice(stacks, grid, settings, control, guide)
    notes, metrics = notes + found.pop("notes", []), found.pop("metrics")
    if truth is not None:
        measures, lines = measure_against(truth, found["volume"], found["baseline"])
        metrics, notes = metrics | measures, notes + lines
    fields = tuple(stack.bias_field() for stack in stacks if stack.bias is not None)
    if fields:
        metrics["bias_range"] = max(float(np.ptp(np.percentile(field.array, (1, 99)))) for field in fields)
    return SuperResolutionResult(
        **found,
        bias_fields=fields,
        notes=tuple(notes),
        settings=settings,
        metrics=metrics,
        seconds=time.perf_counter() - started,
    )


def target_grid(stack: Stack, spacing_mm: float | None) -> Grid:
    """The stack's field of view in isotropic voxels; an axis of one voxel (a 2-D image) stays as it is."""
    spacing = np.where(stack.grid.size_ijk > 1, spacing_mm or stack.finest_mm, stack.grid.spacing)
    return stack.grid.with_spacing(spacing.tolist())


def _by_lattice(
    stacks: list[Stack], grid: Grid, settings: SuperResolutionSettings, control: Control, guide: Volume | None
) -> Steps[dict[str, Any]]:
    """The fields of the result but for what the truth says."""
    solution = yield from solve_stacks_steps(stacks, grid, settings, control, guide)
    first = stacks[0].volume
    metrics = {
        "consistency_rmse_relative": solution.misfit.relative,
        "baseline_consistency_rmse_relative": solution.baseline_misfit.relative,
        "noise_relative": solution.noise,
    }
    notes = _motion_notes(stacks, solution)
    if solution.prior is not None:
        metrics["detail_gain_db"] = solution.prior.gain_db
        record = loop_record(solution.prior.loop)
        gain = f"{solution.prior.gain_db:.1f} dB nearer to slices that were held out than a cubic spline"
        notes += [*record.pop("notes"), f"Learned detail: {gain}."]
    else:
        record = {"device": solution.device}
    return {
        **record,
        "stop_reason": "stopped" if control.stopped else "iterations",
        "metrics": metrics,
        "notes": notes,
        "volume": first.with_array(solution.values, grid, f"{first.name} super-resolved"),
        "baseline": first.with_array(solution.baseline, grid, f"{first.name} B-spline"),
        "reconstruction": LatticeField(solution.values, grid),
        "poses": () if solution.motion is None else tuple(solution.motion.poses),
        "rejected": () if solution.motion is None else tuple(map(tuple, solution.motion.rejected)),
        "aligned": tuple(aligned_stacks(stacks, solution.motion, grid)) if settings.aligned_stacks else (),
        "uncertainty": None
        if solution.half_width is None
        else first.with_array(solution.half_width, grid, f"{first.name} uncertainty"),
        "slice_rmse": tuple(tuple(float(value) for value in each) for each in solution.misfit.rms),
    }


def _motion_notes(stacks: list[Stack], solution: LatticeSolution) -> list[str]:
    """Lines for the user on slices that were left out."""
    rejected = [] if solution.motion is None else solution.motion.rejected
    return [
        f"{stack.volume.label}: slices {', '.join(map(str, numbers))} fit nowhere and were left out (numbered from 0)."
        for stack, numbers in zip(stacks, rejected, strict=False)
        if numbers
    ]


def _by_network(
    stacks: list[Stack], grid: Grid, settings: SuperResolutionSettings, control: Control
) -> Steps[dict[str, Any]]:
    """The fields of the result but for what the truth says."""
    completed, loop = yield from fit_network_steps(stacks, settings, control)
    points = completed.field.points_per_chunk(settings.fit.max_memory_gb)
    splines = SplineMean([CubicSpline(stack.values, stack.grid) for stack in stacks])
    volume = yield from _sample_steps(completed, stacks[0], grid, points, "super-resolved")
    baseline = yield from _sample_steps(splines, stacks[0], grid, points, "B-spline")
    scale = float(completed.field.output_scale[0]) or 1.0
    metrics = {
        "consistency_rmse_relative": consistency_rmse(completed, stacks, points) / scale,
        "baseline_consistency_rmse_relative": consistency_rmse(splines, stacks, points) / scale,
    }
    record = loop_record(loop)
    return {
        **record, "notes": list(record["notes"]), "metrics": metrics, "volume": volume, "baseline": baseline,
        "reconstruction": completed,
    }  # fmt: skip


def _sample_steps(function: Function, stack: Stack, grid: Grid, points_per_chunk: int, suffix: str) -> Steps[Volume]:
    """The function on the grid, as a volume named after the stack."""
    values = np.empty(grid.voxel_count, np.float32)
    for part, points in grid.chunks(points_per_chunk):
        values[part] = function(points)
        yield Progress("sample", part.stop, grid.voxel_count)
    return stack.volume.with_array(values.reshape(grid.shape), grid, f"{stack.volume.name} {suffix}")
