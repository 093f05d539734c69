"""`register`: from two volumes to the deformation between them."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import InputError
from ..fitting import Control, FitLoop, FitSettings, Progress, run_to_end
from ..fitting.progress import Steps
from ..settings import choose_settings, require
from ..volume import Volume
from .affine import align_steps
from .images import prepare_image
from .initial import checked_matrix
from .maps import fitted_map
from .models import Model, new_model
from .problem import Pair, RegistrationProblem
from .result import RegistrationResult
from .sampling import sample_steps
from .settings import RegistrationSettings


def register(
    fixed: Volume,
    moving: Volume,
    settings: RegistrationSettings | str | None = None,
    *,
    fixed_mask: Volume | None = None,
    moving_mask: Volume | None = None,
    fixed_landmarks: np.ndarray | None = None,
    moving_landmarks: np.ndarray | None = None,
    initial_transform: np.ndarray | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> RegistrationResult:
    """Finds phi(x) = affine(x + u(x)), from fixed to moving points (RAS mm), that makes moving(phi(x)) look like
    fixed(x), in the way of IDIR (Wolterink, Zwienenberg & Brune, MIDL 2022); what u is, settings.model says.

    Masks (any grid; nonzero = compare here) weight the loss and leave the images alone. Landmarks, (N, 3) RAS mm row by
    row the same places, are measured and never fitted. `initial_transform`: 4x4 RAS matrix that takes fixed to moving
    points, to start from (`matrix_of_transform_file` reads one); settings.initial other than 'none' improves it first.
    `settings`: an object or a preset's name (default 'balanced'). A stopped run returns the best field so far. Raises
    `InputError` for images of one slice, constant or not overlapping ones, empty masks, unequal landmarks, and an
    initial transform that is no invertible affine matrix.
    """
    steps = register_steps(
        fixed, moving, settings, control, fixed_mask=fixed_mask, moving_mask=moving_mask,
        fixed_landmarks=fixed_landmarks, moving_landmarks=moving_landmarks, initial_transform=initial_transform,
    )  # fmt: skip
    return run_to_end(steps, on_progress)


def register_steps(
    fixed: Volume,
    moving: Volume,
    settings: RegistrationSettings | str | None = None,
    control: Control | None = None,
    *,
    fixed_mask: Volume | None = None,
    moving_mask: Volume | None = None,
    fixed_landmarks: np.ndarray | None = None,
    moving_landmarks: np.ndarray | None = None,
    initial_transform: np.ndarray | None = None,
) -> Steps[RegistrationResult]:
    """`register` as a generator of progress reports that returns the result."""
    started = time.perf_counter()
    settings = choose_settings(RegistrationSettings, "registration", settings)
    control = control or Control()
    landmarks = _landmarks(fixed_landmarks, moving_landmarks)
    affine = checked_matrix(initial_transform)
    if settings.initial == "none" and not fixed.grid.transformed(affine).overlaps(moving.grid):
        raise InputError(
            f"The fixed image {fixed.label} and the moving image {moving.label} lie apart in space (centres "
            f"{np.linalg.norm(fixed.grid.center - moving.grid.center):.0f} mm from each other); choose "
            "initial = 'rigid' or 'affine', which brings them together first."
        )
    images = prepare_image(fixed, fixed_mask, "fixed"), prepare_image(moving, moving_mask, "moving")
    if settings.initial != "none":
        given = None if initial_transform is None else affine
        affine = yield from align_steps(*images, settings.initial, settings.fit.seed, control, given)
    pair = Pair(*images, affine, settings.fit.seed)
    model, record = yield from _fit_steps(pair, settings, control)
    fitted, aligned = fitted_map(model, fixed.grid, settings), not np.array_equal(affine, np.eye(4))
    outputs = yield from sample_steps(fitted, pair, settings, moving, landmarks, aligned)
    record["notes"] += _folding_notes(outputs["metrics"], settings)
    return RegistrationResult(
        **record, **outputs, settings=settings, affine=affine, fixed_grid=fixed.grid,
        seconds=time.perf_counter() - started,
    )  # fmt: skip


def _folding_notes(metrics: dict[str, float], settings: RegistrationSettings) -> tuple[str, ...]:
    """What to say when the saved map cannot be inverted everywhere."""
    share = max(metrics["folding_fraction"], metrics["folding_fraction_sampled"])
    if share == 0:
        return ()
    cure = (
        "choose a smaller grid_spacing_mm, for the flow itself does not fold."
        if settings.model == "velocity"
        else "choose model = 'velocity', which cannot, or a larger hyperelastic_weight."
    )
    return (f"The map folds at {100 * share:.2g} % of the places and has no inverse there; {cure}",)


def _landmarks(fixed: np.ndarray | None, moving: np.ndarray | None) -> tuple[np.ndarray, np.ndarray] | None:
    if fixed is None and moving is None:
        return None
    if fixed is None or moving is None:
        raise InputError(f"Landmarks are given for the {'moving' if fixed is None else 'fixed'} image only; give both.")
    pair = np.asarray(fixed, float), np.asarray(moving, float)
    for name, points in zip(("fixed", "moving"), pair, strict=True):
        good = points.ndim == 2 and points.shape[1:] == (3,) and len(points) > 0 and np.isfinite(points).all()
        require(good, f"The {name} landmarks must be rows of three finite numbers x, y, z (RAS mm).")
    counts = [len(points) for points in pair]
    require(
        counts[0] == counts[1],
        f"There are {counts[0]} fixed and {counts[1]} moving landmarks; row by row they must be the same places.",
    )
    return pair


# -- fit ---------------------------------------------------------------------------------------------------------------
def _fit_steps(pair: Pair, settings: RegistrationSettings, control: Control) -> Steps[tuple[Model, dict[str, Any]]]:
    """Fits stage by stage, coarse to fine. Each stage has a loop of its own, because losses of images smoothed
    differently cannot be compared and the loop keeps the parameters with the smallest."""
    model = new_model(pair.fixed.grid, settings)
    voxel = pair.fixed.grid.voxel_volume ** (1 / 3)
    history: list[tuple[int, float]] = []
    notes: list[str] = []
    elapsed = 0.0
    for stage, sigma in enumerate(settings.smoothing_voxels):
        fit, before = _stage_settings(settings, stage, elapsed)
        loop = FitLoop(RegistrationProblem(model, pair, settings, sigma * voxel), fit, control)
        for progress in loop.run():
            yield _in_whole(progress, before, settings.fit.iterations, elapsed)
        history += [(before + iteration, loss) for iteration, loss in loop.loss_history]
        notes += loop.notes
        elapsed += loop.elapsed
        if loop.stop_reason == "stopped":
            break
    record = {"device": loop.choice.reason, "stop_reason": loop.stop_reason}
    return model, {**record, "notes": tuple(notes), "loss_history": tuple(history)}


def _stage_settings(settings: RegistrationSettings, stage: int, elapsed: float) -> tuple[FitSettings, int]:
    """Settings of one stage's loop and the iterations of the stages before it."""
    fit, stages = settings.fit, len(settings.smoothing_voxels)
    before, after = (fit.iterations * n // stages for n in (stage, stage + 1))
    seconds = None if fit.max_seconds is None else max(0.1, (fit.max_seconds - elapsed) / (stages - stage))
    last = stage == stages - 1
    return dataclasses.replace(
        fit,
        iterations=after - before,
        max_seconds=seconds,
        target_loss=fit.target_loss if last else None,
        seed=(fit.seed + stage) % 2**63,
    ), before


def _in_whole(progress: Progress, before: int, iterations: int, elapsed: float) -> Progress:
    """A stage's report as a part of the whole fit."""
    done = before + progress.iteration
    total = elapsed + progress.elapsed_seconds
    return dataclasses.replace(
        progress,
        iteration=done,
        iterations=iterations,
        elapsed_seconds=total,
        eta_seconds=progress.eta_seconds and total / done * (iterations - done),
    )
