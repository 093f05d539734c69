"""The one fit loop of all tasks. Only the loop itself needs torch."""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .loop import FitLoop, Problem
    from .progress import Control, Progress, run_to_end
    from .settings import FitSettings

_HOMES = {
    "Control": ".progress",
    "FitLoop": ".loop",
    "FitSettings": ".settings",
    "Problem": ".loop",
    "Progress": ".progress",
    "run_to_end": ".progress",
}
__all__ = ["Control", "FitLoop", "FitSettings", "Problem", "Progress", "run_to_end"]
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
