"""What a segment is, in the words of a terminology (DICOM codes): carried from the input's segments to the result's."""

from __future__ import annotations

from collections.abc import Mapping

from vtkmodules.vtkCommonCore import reference as vtk_reference

from .mrml import Node, slicer
from .segmentations import segment_label, segments_of


def terminology_of(node: Node, names: Mapping[int, str]) -> dict[int, str]:
    """Label value -> Slicer's terminology entry of the segment of that name, for those that have one."""
    if not node.IsA("vtkMRMLSegmentationNode"):
        return {}
    tag, found = slicer.vtkSegment.GetTerminologyEntryTagName(), {}
    for segment in segments_of(node.GetSegmentation()):
        text = vtk_reference("")
        if segment.GetTag(tag, text) and str(text):
            found[segment.GetName()] = str(text)
    return {value: found[name] for value, name in names.items() if name in found}


def give_terminology(node: Node, entries: Mapping[int, str]) -> None:
    """Sets the entries of those segments of a result that come from these label values."""
    for segment in segments_of(node.GetSegmentation()):
        entry = entries.get(segment_label(segment) or 0)
        if entry:
            segment.SetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), entry)
