"""Segmentation nodes from label maps and surfaces in the RAS world (the way back is in segmentation_labels.py)."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping

import numpy as np
from vtkmodules.vtkCommonCore import reference as vtk_reference
from vtkmodules.vtkCommonDataModel import vtkDataObject, vtkPolyData

from ..errors import InputError
from ..volume import Volume
from .mrml import Node, Scene, fill_image, obtain_node, require_output, slicer, to_vtk_matrix, world_matrix
from .placement import place_beside

LABELMAP = "Binary labelmap"
SURFACE = "Closed surface"
REFERENCE_GEOMETRY = "Reference image geometry"
_TAG = "INRCore.Label"
_GOLDEN_RATIO = 0.618034

Color = tuple[float, float, float]


def segmentation_to_node(
    scene: Scene,
    labels: Volume | None,
    surfaces: Mapping[int, vtkPolyData] | None,
    node: Node | None = None,
    *,
    names: Mapping[int, str],
    colors: Mapping[int, Color] | None = None,
    reference: Node | None = None,
    name: str = "Segmentation",
) -> Node:
    """Shows labels as a new segmentation node, or updates the one made by an earlier call in place.

    `labels` holds whole numbers, 0 is background; `surfaces` the closed surface of each label in RAS mm (made from the
    label map by Slicer when not given). With labels, the label map is the source representation, which the Segment
    Editor edits and Slicer saves; with surfaces alone, they are. `names` and `colors` (r, g, b from 0 to 1) go by label
    value. The geometry of `reference` is set as the node's reference geometry, and the node goes into its study folder.

    A segment keeps its ID, name and colour as long as its label value exists. Raises `InputError`, before anything is
    changed, for labels that are not whole positive numbers, nothing to show, or a node that is of another class or
    scene or holds segments that were not made here (they would be lost).
    """
    require_output(scene, node, "vtkMRMLSegmentationNode", "segmentation")
    _refuse_strange_segments(node)
    representations = _representations(labels, surfaces, names)

    is_new_display = node is None or node.GetDisplayNode() is None
    node = obtain_node(scene, node, "vtkMRMLSegmentationNode", name)
    _set_reference_geometry(node, labels, reference)
    _replace_segments(node.GetSegmentation(), representations, names, colors or {}, LABELMAP if labels else SURFACE)
    if is_new_display:
        _choose_display(node)
    if not surfaces:
        node.GetSegmentation().CreateRepresentation(SURFACE, True)
    place_beside(scene, node, reference)
    return node


def segments_of(segmentation: Node) -> list[Node]:
    """The segments in their order; none for a node that never held any."""
    count = 0 if segmentation is None else segmentation.GetNumberOfSegments()
    return [segmentation.GetNthSegment(number) for number in range(count)]


def segment_label(segment: Node) -> int | None:
    """The label value from which a segment was made here, or None."""
    text = vtk_reference("")
    return int(str(text)) if segment.GetTag(_TAG, text) and str(text).isdigit() else None


def _refuse_strange_segments(node: Node) -> None:
    for segment in segments_of(node.GetSegmentation()) if node is not None else []:
        if segment_label(segment) is None:
            raise InputError(
                f"'{node.GetName()}' has a segment '{segment.GetName()}' of its own, which would be lost; "
                "choose a new segmentation as output."
            )


def _representations(
    labels: Volume | None, surfaces: Mapping[int, vtkPolyData] | None, names: Mapping[int, str]
) -> dict[int, dict[str, vtkDataObject]]:
    """Label value -> representation name -> data. All segments share one image and have the same representations, which
    Slicer asks for; a label without surface gets an empty one."""
    values = set(names) | set(surfaces or {})
    shared = None
    if labels is not None:
        if not labels.is_integer:
            raise InputError(f"{labels.label}: a label map needs whole numbers, not {labels.array.dtype}.")
        values |= {int(value) for value in np.unique(labels.array)} - {0}
        shared = slicer.vtkOrientedImageData()
        fill_image(shared, _compact(labels.array))
        shared.SetImageToWorldMatrix(to_vtk_matrix(labels.grid.ijk_to_world))
    if not values or (labels is None and not surfaces):
        raise InputError("There is no label to show: the label map is empty and there are no surfaces.")
    if min(values) < 1:
        raise InputError(f"Label values are positive whole numbers; {min(values)} is not.")

    result: dict[int, dict[str, vtkDataObject]] = {}
    for value in sorted(values):
        result[value] = {} if shared is None else {LABELMAP: shared}
        if surfaces:
            surface = vtkPolyData()
            surface.DeepCopy(surfaces.get(value, vtkPolyData()))
            result[value][SURFACE] = surface
    return result


def _compact(array: np.ndarray) -> np.ndarray:
    """Labels in the smallest of the types that Slicer's segmentations use."""
    low, high = int(array.min(initial=0)), int(array.max(initial=0))
    for dtype in (np.uint8, np.int16, np.int32):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return array.astype(dtype)
    raise InputError(f"Label values up to {high} are too large for a segmentation.")


def _replace_segments(
    segmentation: Node,
    representations: Mapping[int, Mapping[str, vtkDataObject]],
    names: Mapping[int, str],
    colors: Mapping[int, Color],
    source: str,
) -> None:
    """Swaps the segments' data, one by one, so that IDs and with them the display of each segment stay."""
    existing = {
        segment_label(segment): segmentation.GetSegmentIdBySegment(segment) for segment in segments_of(segmentation)
    }
    segmentation.SetSourceRepresentationName(source)
    for value, segment_id in existing.items():
        if value not in representations:
            segmentation.RemoveSegment(segment_id)
    for value, data in representations.items():
        is_known = value in existing
        segment = segmentation.GetSegment(existing[value]) if is_known else slicer.vtkSegment()
        segment.RemoveAllRepresentations()
        segment.SetLabelValue(value)
        for representation, data_object in data.items():
            segment.AddRepresentation(representation, data_object)
        if not is_known:
            segment.SetName(names.get(value, f"Label {value}"))
            segment.SetColor(*colors.get(value, _distinct_color(value)))
            segment.SetTag(_TAG, str(value))
            segmentation.AddSegment(segment, segmentation.GenerateUniqueSegmentID(f"Label_{value}"))


def _set_reference_geometry(node: Node, labels: Volume | None, reference: Node | None) -> None:
    """The reference volume's geometry, unless it is bent in the world; then the label map's."""
    has_volume = reference is not None and reference.IsA("vtkMRMLScalarVolumeNode") and reference.GetImageData()
    if has_volume and world_matrix(reference) is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
    elif labels is not None:
        extent = [bound for size in labels.grid.size_ijk for bound in (0, int(size) - 1)]
        geometry = slicer.vtkSegmentationConverter.SerializeImageGeometry(
            to_vtk_matrix(labels.grid.ijk_to_world), extent
        )
        node.GetSegmentation().SetConversionParameter(REFERENCE_GEOMETRY, geometry)


def _choose_display(node: Node) -> None:
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetOpacity3D(0.6)
    display.SetOpacity2DFill(0.3)
    display.SetOpacity2DOutline(1.0)
    display.SetPreferredDisplayRepresentationName3D(SURFACE)


def _distinct_color(value: int) -> Color:
    """Hues in steps of the golden ratio: neighbouring labels differ well, and a label keeps its colour."""
    return colorsys.hsv_to_rgb(value * _GOLDEN_RATIO % 1.0, 0.65, 0.95)
