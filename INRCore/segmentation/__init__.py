"""Segmentation: label maps and drawn slices as signed distance fields, closed surfaces, label maps on any grid."""

from .result import SegmentationResult
from .settings import SegmentationSettings
from .task import segment, segment_steps

__all__ = ["SegmentationResult", "SegmentationSettings", "segment", "segment_steps"]
