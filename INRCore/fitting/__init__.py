"""The one fit loop of all tasks."""

from .loop import FitLoop, Problem
from .progress import Control, Progress, run_to_end
from .settings import FitSettings

__all__ = ["Control", "FitLoop", "FitSettings", "Problem", "Progress", "run_to_end"]
