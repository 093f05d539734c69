"""The Segment Editor effect "Neural fill between slices".

Slicer takes an effect's class from the loaded module that is called like the folder of the effect's file: this package.
"""

from .SegmentEditorEffect import SegmentEditorEffect, register_effect

__all__ = ["SegmentEditorEffect", "register_effect"]
