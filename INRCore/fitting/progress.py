"""What a running fit tells and how it is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TypeVar

from ..volume import Volume

T = TypeVar("T")

FIRST_STAGE = "coarse"
"""Stage of a first answer that is there before the fit begins; its preview is shown at once."""


@dataclass(frozen=True)
class Progress:
    """State of a running task.

    stage: what is being done ("fit", "sample" ...); iteration of iterations; losses: weighted terms of the loss, means
    since the last report; metrics: latest measurements by their report names; times in seconds (eta None: unknown);
    note: a line for the user, usually empty; preview: call it with a number of voxels for the result so far on a coarse
    grid of about that many (None: the task has none at this stage).
    """

    stage: str
    iteration: int
    iterations: int
    losses: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    elapsed_seconds: float = 0.0
    eta_seconds: float | None = None
    note: str = ""
    preview: Callable[[int], Volume | None] | None = None


class Control:
    """Handed to a task by whoever drives it; `stop()` (from any thread or a signal handler) ends the fit at the next
    step, and the task finishes with the best field so far."""

    def __init__(self) -> None:
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True


Steps = Generator[Progress, None, T]
"""A running task: yields `Progress`, returns its result."""


def run_to_end(steps: Steps[T], on_progress: Callable[[Progress], None] | None = None) -> T:
    """Drives a task to its end, handing each progress report to `on_progress`, and returns the result."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            return stop.value
        if on_progress is not None:
            on_progress(progress)
