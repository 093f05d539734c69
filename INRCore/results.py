"""What every task gives back besides its own outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fitting import FitLoop


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """Base of the tasks' results: everything needed to use and repeat a run, nothing of the GUI.

    settings: the task's settings dataclass as used; metrics: by their report names (README, "Report"); device: what was
    used and why; seconds: wall time of the task; stop_reason: 'iterations', 'target', 'plateau', 'time' or 'stopped';
    notes: lines the user should see; loss_history: (iteration, loss) of the main fit.
    """

    settings: Any
    metrics: dict[str, float]
    device: str
    seconds: float
    stop_reason: str = "iterations"
    notes: tuple[str, ...] = ()
    loss_history: tuple[tuple[int, float], ...] = ()


def loop_record(loop: FitLoop, *notes: str) -> dict[str, Any]:
    """The fields of a `TaskResult` that the fit loop knows: `SomeResult(**loop_record(loop), ...)`."""
    return {
        "device": loop.choice.reason,
        "stop_reason": loop.stop_reason,
        "notes": (*notes, *loop.notes),
        "loss_history": tuple(loop.loss_history),
    }
