"""Super-resolution of thick slices: a field fitted through the slice profile."""

from .result import SuperResolutionResult
from .settings import SuperResolutionSettings
from .task import super_resolve, super_resolve_steps

__all__ = ["SuperResolutionResult", "SuperResolutionSettings", "super_resolve", "super_resolve_steps"]
