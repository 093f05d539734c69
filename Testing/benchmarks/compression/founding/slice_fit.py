"""One slice as the weights of a SIREN."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor

from INRCore.fields import Field, FieldSettings, Frame
from INRCore.fitting import FitLoop, FitSettings, Problem
from INRCore.fitting.draws import even_draw
from INRCore.geometry import Grid


class SliceProblem(Problem):
    """Mean squared error at pixels drawn evenly. image: (1, j, i) float scaled to -1 to 1."""

    module: Field

    def __init__(self, image: np.ndarray, grid: Grid, field: Field) -> None:
        self.module = field
        self._points = torch.from_numpy(grid.points().astype(np.float32))
        self._values = torch.from_numpy(image.reshape(-1, 1).astype(np.float32))

    def to(self, device: torch.device) -> None:
        super().to(device)
        self._points, self._values = self._points.to(device), self._values.to(device)

    def losses(self, points: int, generator: torch.Generator, iteration: int) -> dict[str, Tensor]:
        drawn = even_draw(len(self._values), points, generator.initial_seed(), iteration, self._values.device)
        return {"mse": (self.module(self._points[drawn]) - self._values[drawn]).square().mean()}


def fit_slice(image: np.ndarray, grid: Grid, depth: int, fit: FitSettings) -> tuple[np.ndarray, int, float]:
    """(j, i) float scaled to 0 to 1, as a SIREN of width 128 gives it back from float16 weights; the bytes of these
    weights; the processor seconds of the fit."""
    field = Field(FieldSettings(network="siren", width=128, depth=depth), Frame.of_grid(grid), seed=fit.seed)
    loop = FitLoop(SliceProblem(2 * image - 1, grid, field), fit)
    started = time.process_time()
    for _ in loop.run():
        pass
    seconds = time.process_time() - started
    with torch.no_grad():
        for parameter in field.parameters():
            parameter.copy_(parameter.half().float())
    return (field.sample(grid).reshape(image.shape) + 1) / 2, 2 * field.parameter_count, seconds
