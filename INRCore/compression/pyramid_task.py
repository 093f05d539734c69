"""Compression by the codec 'pyramid': the step that gives what was asked for, then the file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import InputError
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..volume import Volume
from .inr_file import InrFile
from .pyramid_encoder import PyramidEncoder, Quantised
from .pyramid_format import pyramid_to_bytes
from .rate_control import StepSearch, Trial, falling_error
from .settings import CompressionSettings

_MOST_TRIALS = 9
_MOST_FILES = 6
_SIZE_TOLERANCE = 0.012
_DRAFT_TOLERANCE = 0.05
_SMALL_ENOUGH = 1 - 2 * _SIZE_TOLERANCE  # of a goal that no step comes nearer to
_PSNR_TOLERANCE = 0.008  # of the root of the inverse error: 0.07 dB
_SIZE_SLOPE, _PSNR_SLOPE = 1.3, 0.7


def pyramid_steps(
    volume: Volume, content: InrFile, settings: CompressionSettings, control: Control | None
) -> Steps[InrFile]:
    """The content of the file; yields progress of the stage 'quantise', a trial at a time.

    Raises `InputError` when the ratio asked for cannot be reached."""
    encoder = PyramidEncoder(volume, content, predict=True)
    control = control or Control()
    if settings.target_max_error is not None:
        yield Progress("quantise", 0, 1)
        quantised = encoder.quantised(encoder.bound_step(settings.target_max_error))
        yield Progress("residual", 0, 1)
        return encoder.file(quantised, settings.target_max_error)
    usual = volume.nbytes / settings.usual_ratio + encoder.overhead
    goal = volume.nbytes / settings.target_ratio if settings.target_ratio else usual
    if settings.target_psnr_db is not None:
        reached = yield from _search_psnr(encoder, settings.target_psnr_db, control)
        size_matters = settings.target_ratio is not None
        if reached is not None and not (size_matters and encoder.size(reached) > goal):
            return encoder.file(reached)
    return (yield from _search_size(encoder, goal, control))


def _search_size(encoder: PyramidEncoder, goal: float, control: Control) -> Steps[InrFile]:
    start = yield from _drafted(encoder, StepSearch(goal, encoder.usual_step, _SIZE_SLOPE), encoder.size)
    search: StepSearch[Quantised] = StepSearch(goal, start, _SIZE_SLOPE)
    for number in range(_MOST_TRIALS):
        yield Progress("quantise", number, _MOST_TRIALS, metrics=_sizes(search))
        quantised = encoder.quantised(search.next_step)
        step = encoder.limited(search.next_step)
        search.add(Trial(step, encoder.size(quantised), quantised))
        if search.done(_SIZE_TOLERANCE) or (control.stopped and search.best):
            break
        if encoder.limited(search.next_step) == step:
            break
    if search.best is None:
        smallest = encoder.size(quantised)
        raise InputError(
            f"{encoder.volume.label} cannot be compressed {encoder.volume.nbytes / goal:.4g}:1: the smallest file "
            f"gives {encoder.volume.nbytes / smallest:.3g}:1; ask for a lower ratio."
        )
    return (yield from _within(encoder, search, goal))


def _drafted(encoder: PyramidEncoder, search: StepSearch[None], measure: Callable[[Quantised], float]) -> Steps[float]:
    """The step where a search should begin, by drafts."""
    for _ in range(_MOST_TRIALS):
        yield Progress("quantise", 0, _MOST_TRIALS)
        step = encoder.limited(search.next_step)
        quantised = encoder.quantised(step, draft=True)
        if not quantised.draft:
            return step
        search.add(Trial(step, measure(quantised), None))
        if search.done(_DRAFT_TOLERANCE) or encoder.limited(search.next_step) == step:
            break
    return search.best.step if search.best else search.next_step


def _within(encoder: PyramidEncoder, search: StepSearch[Quantised], goal: float) -> Steps[InrFile]:
    """The file at about the best trial's step; the size of a trial is an estimate and knows no filters, so that a file
    above the goal, or one far below it, is made again."""
    assert search.best is not None
    quantised = search.best.result
    files: StepSearch[InrFile] = StepSearch(goal, search.best.step, _SIZE_SLOPE)
    for _ in range(_MOST_FILES):
        file = encoder.file(quantised)
        files.add(Trial(files.next_step, len(pyramid_to_bytes(file)), file))
        if files.done(_SIZE_TOLERANCE) or (files.best is not None and search.best.value < goal * _SMALL_ENOUGH):
            break
        yield Progress("quantise", _MOST_TRIALS, _MOST_TRIALS)
        quantised = encoder.quantised(files.next_step)
    return file if files.best is None else files.best.result


def _search_psnr(encoder: PyramidEncoder, target_db: float, control: Control) -> Steps[Quantised | None]:
    goal = falling_error(target_db)
    drafts: StepSearch[None] = StepSearch(goal, encoder.usual_step, _PSNR_SLOPE, at_least=True)
    start = yield from _drafted(encoder, drafts, lambda draft: falling_error_of(encoder, encoder.filtered(draft)))
    search: StepSearch[Quantised] = StepSearch(goal, start, _PSNR_SLOPE, at_least=True)
    for number in range(_MOST_TRIALS):
        yield Progress("quantise", number, _MOST_TRIALS)
        quantised = encoder.filtered(encoder.quantised(search.next_step))
        step = encoder.limited(search.next_step)
        search.add(Trial(step, falling_error_of(encoder, quantised), quantised))
        if search.done(_PSNR_TOLERANCE) or (control.stopped and search.best):
            break
        if encoder.limited(search.next_step) == step:
            break
    return search.best.result if search.best else None


def falling_error_of(encoder: PyramidEncoder, quantised: Quantised) -> float:
    """Range over root mean squared error of a trial, over the voxels that are numbers, as a reader will see it."""
    intensity, array = quantised.intensity, encoder.volume.array
    reach = intensity.high - intensity.low
    difference = intensity.stored(quantised.intensities(), array.dtype).astype(np.float64) - array
    squares = np.square(difference[np.isfinite(difference)])
    return float(reach / np.sqrt(max(squares.mean(), (reach * 1e-12) ** 2)))


def _sizes(search: StepSearch[Quantised]) -> dict[str, float]:
    return {"file_bytes": search.best.value} if search.best else {}
