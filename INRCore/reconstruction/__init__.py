"""Super-resolution of thick slices: a field fitted through the slice profile."""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .layout import StackLayout, layout_of_grids, layout_of_stacks
    from .result import SuperResolutionResult
    from .settings import SuperResolutionSettings
    from .task import super_resolve, super_resolve_steps

_HOMES = {
    "StackLayout": ".layout",
    "SuperResolutionResult": ".result",
    "SuperResolutionSettings": ".settings",
    "layout_of_grids": ".layout",
    "layout_of_stacks": ".layout",
    "super_resolve": ".task",
    "super_resolve_steps": ".task",
}
__all__ = [
    "StackLayout",
    "SuperResolutionResult",
    "SuperResolutionSettings",
    "layout_of_grids",
    "layout_of_stacks",
    "super_resolve",
    "super_resolve_steps",
]
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
