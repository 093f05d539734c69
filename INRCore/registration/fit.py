"""The fit of one model to a pair of images, stage by stage."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from ..fitting import Control, FitLoop, FitSettings, Progress
from ..fitting.progress import Steps
from ..volume import Volume
from .guides import Guides, terms_of
from .landmarks import Landmarks
from .models import Model, SlidingModel, new_model
from .problem import Pair, RegistrationProblem
from .settings import RegistrationSettings
from .sliding import SlipTerm

_SEEDS_APART = 1000
"""Stages count up from a fit's seed."""


def fit_steps(
    pair: Pair,
    settings: RegistrationSettings,
    control: Control,
    guides: Guides,
    landmarks: Landmarks | None,
    sliding: Volume | None = None,
    stage_name: str = "fit",
    begun: Model | None = None,
) -> Steps[tuple[Model, dict[str, Any]]]:
    """Fits stage by stage, coarse to fine, and returns the model and what a result records of the fit. Each stage has a
    loop of its own, because losses of images smoothed differently cannot be compared and the loop keeps the parameters
    with the smallest. `sliding`: the region of the model 'sliding'; `stage_name`: of the progress reports; `begun`: a
    model to go on with, by the later half of the stages."""
    stages = len(settings.smoothing_voxels)
    model = new_model(pair.fixed.grid, settings, sliding) if begun is None else begun
    voxel = pair.fixed.grid.voxel_volume ** (1 / 3)
    history: list[tuple[int, float]] = []
    notes: list[str] = []
    elapsed = 0.0
    for stage in range(0 if begun is None else stages // 2, stages):
        sigma = settings.smoothing_voxels[stage]
        fit, before = _stage_settings(settings, stage, elapsed)
        model.refine(stages - 1 - stage)
        terms = terms_of(guides, landmarks, pair.fixed, pair.affine, settings, sigma * voxel)
        if isinstance(model, SlidingModel) and settings.slip_weight:
            terms["slip"] = settings.slip_weight, SlipTerm(model.field, pair.fixed.grid)
        loop = FitLoop(RegistrationProblem(model, pair, settings, sigma * voxel, terms), fit, control, stage_name)
        for progress in loop.run():
            yield _in_whole(progress, before, settings.fit.iterations, elapsed)
        history += [(before + iteration, loss) for iteration, loss in loop.loss_history]
        notes += loop.notes
        elapsed += loop.elapsed
        if loop.stop_reason == "stopped":
            break
    model.finish()
    record = {"device": loop.choice.reason, "stop_reason": loop.stop_reason}
    return model, {**record, "notes": tuple(notes), "loss_history": tuple(history)}


def averaged_fit_steps(
    pair: Pair,
    settings: RegistrationSettings,
    control: Control,
    guides: Guides,
    landmarks: Landmarks | None,
    sliding: Volume | None = None,
    begun: Model | None = None,
) -> Steps[tuple[Model, dict[str, Any]]]:
    """`fit_steps` with `settings.averaged_fits` seeds, the mean of whose parameters is the map: what each made of its
    own samples averages out. The record is that of the last, with all notes. `begun`: where one fit goes on."""
    if begun is not None:
        return (yield from fit_steps(pair, settings, control, guides, landmarks, sliding, begun=begun))
    count, seconds = settings.averaged_fits, settings.fit.max_seconds
    states, notes = [], list[str]()
    for number in range(count):
        fit = dataclasses.replace(
            settings.fit,
            seed=(settings.fit.seed + _SEEDS_APART * number) % 2**63,
            max_seconds=seconds and seconds / count,
        )
        one = dataclasses.replace(settings, fit=fit)
        model, record = yield from fit_steps(pair, one, control, guides, landmarks, sliding)
        states.append(model.state_dict())
        notes += record["notes"]
        if control.stopped:
            break
    whole = states[:-1] if control.stopped and len(states) > 1 else states
    mean = {name: torch.stack([state[name] for state in whole]).mean(0) for name in whole[0]}
    model.load_state_dict(mean)
    return model, {**record, "notes": tuple(notes)}


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
