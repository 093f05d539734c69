"""Completion: what the field leaves unexplained of the slices, added by cubic splines.

A field fitted for seconds to minutes explains the large structures, with edges that are as sharp across the slices as
within them, but not yet every detail. The remainder, slices minus forward model of the field, is interpolated by the
spline of its stack and fed back until the sum reproduces the slices: iterated back-projection (Irani & Peleg, CVGIP:
Graphical Models and Image Processing 53(3), 1991) with the spline as the back-projection kernel. Where the field says
nothing the result is therefore the spline with its slice profile undone; the field can only add to that.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ..fields import Field
from ..fitting import Progress
from ..fitting.progress import Steps
from .baseline import CubicSpline, SplineMean
from .stacks import Stack

Function = Callable[[np.ndarray], np.ndarray]
"""(N, 3) RAS mm to (N) values."""
_CHECKED_VOXELS = 30_000


class CompletedField:
    """The reconstruction: field plus splines of what it left unexplained (None: the field alone)."""

    def __init__(self, field: Field, splines: SplineMean | None = None, max_memory_gb: float | None = None) -> None:
        self.field, self.splines, self.max_memory_gb = field, splines, max_memory_gb

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N) float32."""
        values = self.field.evaluate(points, self.max_memory_gb)[:, 0]
        return values if self.splines is None else values + self.splines(points)


def through_forward_model(function: Function, stack: Stack, numbers: np.ndarray) -> np.ndarray:
    """What the stack's scanner would measure of a function at the voxels with these numbers: (N) float32."""
    points, weights = (tensor.numpy() for tensor in stack.forward.nodes(torch.from_numpy(numbers)))
    return (function(points.reshape(-1, 3)).reshape(points.shape[:2]) * weights).sum(1)


def complete_steps(field: CompletedField, stacks: list[Stack], iterations: int, points: int) -> Steps[CompletedField]:
    """The field with the splines that complete it; `points` are evaluated at once. Expects a field without splines and
    forward models on the CPU."""
    if iterations == 0:
        return field
    unexplained = []
    for stack in stacks:
        rest = yield from _rest_steps(stack.values, field, stack, points)
        unexplained.append(rest)
    coefficients = unexplained
    for _ in range(1, iterations):
        splines = _spline_mean(coefficients, stacks)
        rests = []
        for target, stack in zip(unexplained, stacks, strict=True):
            rest = yield from _rest_steps(target, splines, stack, points)
            rests.append(rest)
        coefficients = [old + rest for old, rest in zip(coefficients, rests, strict=True)]
    return CompletedField(field.field, _spline_mean(coefficients, stacks), field.max_memory_gb)


def _rest_steps(target: np.ndarray, function: Function, stack: Stack, points: int) -> Steps[np.ndarray]:
    """(k, j, i) target minus forward model of the function; 0 where nothing was measured, so that the field is left as
    it is there."""
    numbers = np.arange(target.size) if stack.numbers is None else stack.numbers
    rest = np.zeros(target.size, np.float32)
    step = max(1, points // stack.forward.samples)
    for start in range(0, len(numbers), step):
        part = numbers[start : start + step]
        rest[part] = target.ravel()[part] - through_forward_model(function, stack, part)
        yield Progress("complete", min(start + step, len(numbers)), len(numbers))
    return rest.reshape(target.shape)


def _spline_mean(arrays: list[np.ndarray], stacks: list[Stack]) -> SplineMean:
    return SplineMean([CubicSpline(array, stack.grid) for array, stack in zip(arrays, stacks, strict=True)])


def consistency_rmse(function: Function, stacks: list[Stack], points: int) -> float:
    """Root mean square difference between the slices and the function seen through the forward models, in the images'
    units; over all measured voxels, or evenly spread ones of large stacks."""
    squares, count = 0.0, 0
    for stack in stacks:
        chosen = np.linspace(0, stack.measured_count - 1, min(_CHECKED_VOXELS, stack.measured_count)).astype(np.int64)
        numbers = chosen if stack.numbers is None else stack.numbers[chosen]
        step = max(1, points // stack.forward.samples)
        for start in range(0, len(numbers), step):
            part = numbers[start : start + step]
            error = stack.values.ravel()[part] - through_forward_model(function, stack, part).astype(np.float64)
            squares, count = squares + float(np.square(error).sum()), count + len(part)
    return float(np.sqrt(squares / count))
