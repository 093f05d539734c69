"""Segmentation: label maps and drawn slices as signed distance fields, closed surfaces, label maps on any grid."""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .result import SegmentationResult
    from .settings import SegmentationSettings
    from .task import segment, segment_contours, segment_points, segment_steps, segment_tubes

_HOMES = {
    "SegmentationResult": ".result",
    "SegmentationSettings": ".settings",
    "segment": ".task",
    "segment_contours": ".task",
    "segment_points": ".task",
    "segment_steps": ".task",
    "segment_tubes": ".task",
}
__all__ = [
    "SegmentationResult",
    "SegmentationSettings",
    "segment",
    "segment_contours",
    "segment_points",
    "segment_steps",
    "segment_tubes",
]
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
