"""Several volumes at one common step, which spends bytes where they help most."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..volume import Volume
from .inr_file import InrFile
from .pyramid_encoder import PyramidEncoder, Quantised
from .pyramid_task import falling_error_of
from .rate_control import StepSearch, Trial, falling_error
from .settings import CompressionSettings

_MOST_TRIALS = 7
_TOLERANCE = 0.015


def joint_steps(
    volumes: list[Volume],
    contents: list[InrFile],
    settings: CompressionSettings,
    raw_bytes: int,
    extent: float,
    control: Control | None,
) -> Steps[list[InrFile]]:
    """The files of all volumes. raw_bytes, extent: of what they were made of, which the targets speak of.

    A target PSNR holds unless the ratio asked for forbids it."""
    encoders = [PyramidEncoder(v, c) if c.intensity.scale else None for v, c in zip(volumes, contents, strict=True)]
    active = [encoder for encoder in encoders if encoder is not None]
    if not active:
        return contents
    goal = raw_bytes / (settings.target_ratio or settings.usual_ratio)
    trial: list[Quantised] | None = None
    if settings.target_psnr_db is not None:
        search = StepSearch[list[Quantised]](falling_error(settings.target_psnr_db), 0.05 * extent, 0.7, at_least=True)
        trial = yield from _search(search, active, lambda quantised: _falling(active, quantised, extent), control)
        if settings.target_ratio and _size(active, trial) > goal:
            trial = None
    if trial is None:
        search = StepSearch[list[Quantised]](goal, 0.05 * extent, 1.3)
        trial = yield from _search(search, active, lambda quantised: _size(active, quantised), control)
    found = iter([encoder.file(one) for encoder, one in zip(active, trial, strict=True)])
    return [content if encoder is None else next(found) for encoder, content in zip(encoders, contents, strict=True)]


def _search(
    search: StepSearch[list[Quantised]],
    encoders: list[PyramidEncoder],
    measure: Callable[[list[Quantised]], float],
    control: Control | None,
) -> Steps[list[Quantised]]:
    quantised: list[Quantised] = []
    for number in range(_MOST_TRIALS):
        yield Progress("quantise", number, _MOST_TRIALS)
        step = search.next_step
        quantised = [encoder.quantised(step) for encoder in encoders]
        search.add(Trial(step, measure(quantised), quantised))
        if search.done(_TOLERANCE) or (control is not None and control.stopped and search.best):
            break
    return search.best.result if search.best else quantised


def _size(encoders: list[PyramidEncoder], quantised: list[Quantised]) -> float:
    return sum(encoder.size(one) + 40 for encoder, one in zip(encoders, quantised, strict=True)) + 400


def _falling(encoders: list[PyramidEncoder], quantised: list[Quantised], extent: float) -> float:
    """Range over root mean squared error of all volumes together."""
    squares = [
        ((one.intensity.high - one.intensity.low) / falling_error_of(encoder, one)) ** 2
        for encoder, one in zip(encoders, quantised, strict=True)
    ]
    return extent / math.sqrt(max(float(np.mean(squares)), (extent * 1e-12) ** 2))
