"""From what the user asks for (a size, a PSNR) to the quantisation step that gives it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
_STEPS_PER_TRIAL = 3.0  # how far one trial may move the logarithm of the step
_SLOPES = (0.25, 6.0)


@dataclass(frozen=True)
class Trial(Generic[T]):
    """What a step gave: `value` is what is to be steered, `result` what made it."""

    step: float
    value: float
    result: T


class StepSearch(Generic[T]):
    """Finds the step at which a falling quantity reaches a goal, by secants of logarithms.

    Propose, try, add; `best` is the trial closest to the goal of those on its good side (at most the goal, or at least
    when `at_least`).
    """

    def __init__(self, goal: float, start: float, slope: float, at_least: bool = False) -> None:
        """slope: of -d log value / d log step, a first guess."""
        self._goal, self._slope, self._at_least = goal, slope, at_least
        self._trials: list[tuple[float, float]] = []
        self.best: Trial[T] | None = None
        self.next_step = start

    def add(self, trial: Trial[T]) -> None:
        """Takes a trial in and decides on `next_step`."""
        good = trial.value >= self._goal if self._at_least else trial.value <= self._goal
        if good and (self.best is None or abs(trial.value - self._goal) < abs(self.best.value - self._goal)):
            self.best = trial
        self._trials.append((math.log(trial.step), math.log(max(trial.value, 1e-12) / self._goal)))
        self.next_step = math.exp(self._proposed())

    def done(self, tolerance: float) -> bool:
        """Whether the best trial is within a share `tolerance` of the goal."""
        return self.best is not None and abs(self.best.value / self._goal - 1) <= tolerance

    def _proposed(self) -> float:
        here, miss = self._trials[-1]
        above = [t for t in self._trials if t[1] > 0]
        below = [t for t in self._trials if t[1] <= 0]
        aim = math.log1p(0.004 if self._at_least else -0.004)
        if above and below:
            (a, high), (b, low) = max(above), min(below)
            return a + (b - a) * min(max((high - aim) / (high - low), 0.03), 0.97)
        if len(self._trials) > 1:
            there, other = self._trials[-2]
            if there != here:
                self._slope = min(max((other - miss) / (here - there), _SLOPES[0]), _SLOPES[1])
        return here + min(max((miss - aim) / self._slope, -_STEPS_PER_TRIAL), _STEPS_PER_TRIAL)


def falling_error(psnr_db: float) -> float:
    """A PSNR as a quantity that falls with the step: the root of the inverse mean squared error."""
    return 10 ** (psnr_db / 20)
