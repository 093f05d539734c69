"""The method 'network': a neural field fitted through the slice profile, completed by splines."""

from __future__ import annotations

import numpy as np
import torch

from ..fields import Field, Frame
from ..fitting import Control, FitLoop
from ..fitting.progress import Steps
from .completion import CompletedField, complete_steps
from .problem import SuperResolutionProblem
from .settings import SuperResolutionSettings
from .stacks import Stack


def fit_network_steps(
    stacks: list[Stack], settings: SuperResolutionSettings, control: Control | None = None
) -> Steps[tuple[CompletedField, FitLoop]]:
    """A SIREN over patient space whose average over each slice profile is the measured voxel (as IREM, Wu et al.,
    MICCAI 2021, with the profile modelled as in NeSVoR, Xu et al., IEEE TMI 2023); splines add what is left over."""
    field, scale = _new_field(stacks, settings)
    loop = FitLoop(SuperResolutionProblem(field, stacks, scale, settings.samples), settings.fit, control)
    yield from loop.run()
    for stack in stacks:
        stack.forward.to(torch.device("cpu"))
    fitted = CompletedField(field, max_memory_gb=settings.fit.max_memory_gb)
    points = field.points_per_chunk(settings.fit.max_memory_gb)
    completed = yield from complete_steps(fitted, stacks, settings.completion_iterations, points)
    return completed, loop


def _new_field(stacks: list[Stack], settings: SuperResolutionSettings) -> tuple[Field, float]:
    """A field around the stacks whose outputs have their mean and deviation, and the unit of the loss. Constant slices
    have no deviation: the field is that constant from the start, and any unit will do."""
    values = np.concatenate([stack.measured() for stack in stacks]).astype(np.float64)
    mean, deviation = float(values.mean()), float(values.std())
    frame = Frame.of_grid(*(stack.grid for stack in stacks))
    field = Field(settings.field, frame, seed=settings.fit.seed, output_scale=deviation, output_offset=mean)
    return field, deviation or 1.0
