"""What the segmentation panel takes: any node that tells of a shape, to a file; and what it says of it. No Qt here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Union

import slicer
from slicer.i18n import tr as _

from .files import LabelTable, Node, export_node, overlap_notes

CURVE = "vtkMRMLMarkupsClosedCurveNode"
_IMAGE = "vtkMRMLScalarVolumeNode"
_LABEL_MAP = "vtkMRMLLabelMapVolumeNode"
_FEWEST_POINTS = 10
# `A | B` would do in Slicer 5.10, but not in those before it
ShapeNode = Union[  # noqa: UP007
    slicer.vtkMRMLSegmentationNode,
    slicer.vtkMRMLLabelMapVolumeNode,
    slicer.vtkMRMLScalarVolumeNode,
    slicer.vtkMRMLMarkupsClosedCurveNode,
    slicer.vtkMRMLMarkupsFiducialNode,
    slicer.vtkMRMLModelNode,
    None,
]
"""The kinds of nodes that tell of a shape."""


def export_shape(node: Node, stem: Path) -> tuple[Path, LabelTable]:
    """Writes a node to the path `stem` plus an extension: labels as a volume, closed curves (with all in the same
    folder) and contours as one table of curves, points and models as points. The table says how segments are called
    and coloured, and has a note on those that are empty. Raises `InputError` or `OutputError`."""
    from ..io.contours import write_contours
    from ..scene.contours import contours_from_curve_node, contours_from_segmentation_node, holds_contours

    if node.IsA(CURVE):
        contours, table = contours_from_curve_node(slicer.mrmlScene, node), LabelTable()
    elif node.IsA("vtkMRMLSegmentationNode") and holds_contours(node):
        contours, table = contours_from_segmentation_node(node), LabelTable()
    else:
        path, table = export_node(node, stem)
        _tell_empty(node, table, path)
        _tell_bent(node, table)
        return path, table
    path = stem.with_name(f"{stem.name}.csv")
    write_contours(contours, path)
    names = dict(enumerate(contours, start=1))
    return path, LabelTable(names, _colors(node, names), _terminology(node, names))


def export_geometry(volume: Node, stem: Path) -> Path:
    """Writes where the voxels of a volume node are, without what they hold, to the path `stem` plus an extension.
    Raises `InputError` for a volume below a bending transform."""
    import numpy as np

    from ..io import write_volume
    from ..scene import reference_grid
    from ..volume import Volume

    grid, path = reference_grid(volume), stem.with_name(f"{stem.name}.nrrd")
    write_volume(Volume(np.zeros(grid.shape, np.uint8), grid), path)
    return path


def what_is_wrong(node: Node) -> str:
    """Why a node cannot be fitted, in a few words, as far as a glance shows; empty when nothing is wrong."""
    if node is None:
        return _("Choose what to make shapes of")
    if node.GetClassName() == _IMAGE:
        image = node.GetImageData()
        low, high = image.GetScalarRange() if image is not None else (0, 0)
        if low < 0 or high > 1 or image.GetScalarTypeAsString() not in ("float", "double"):
            return _("An image is no shape: choose labels, or probabilities from 0 to 1")
    if node.IsA("vtkMRMLMarkupsFiducialNode") and node.GetNumberOfControlPoints() < _FEWEST_POINTS:
        return _("Place ten points or more on the surface")
    return ""


def describe_shape(node: Node, settings: dict[str, Any]) -> str:
    """What a node will be read as: which slices count as drawn, what is outside and what unknown; or how many curves
    and points there are. Raises `InputError` with what is wrong."""
    from ..scene import labels_from_segmentation_node, volume_from_node
    from ..scene.contours import contours_from_segmentation_node, curves_beside, holds_contours
    from ..segmentation.given import check_given
    from ..segmentation.names import errors_with_names, with_names
    from ..segmentation.settings import SegmentationSettings
    from ..settings import from_dict

    if node.IsA(CURVE):
        counts = {name: len(curves) for name, curves in curves_beside(slicer.mrmlScene, node).items()}
        return _count(_("Closed curves of the same folder: {counts}."), counts)
    if node.IsA("vtkMRMLMarkupsNode"):
        return _("{count} points of a surface.").format(count=node.GetNumberOfControlPoints())
    if node.IsA("vtkMRMLModelNode"):
        count = node.GetPolyData().GetNumberOfPoints() if node.GetPolyData() is not None else 0
        return _("A model with {count} points.").format(count=count)
    if node.IsA("vtkMRMLSegmentationNode") and holds_contours(node):
        counts = {name: len(curves) for name, curves in contours_from_segmentation_node(node).items()}
        return _count(_("Planar contours: {counts}."), counts)
    is_segmentation = node.IsA("vtkMRMLSegmentationNode")
    notes, names = list[str](), dict[int, str]()
    if is_segmentation:
        volume, names, _colors = labels_from_segmentation_node(node, on_overlap=overlap_notes(notes))
    else:
        volume = volume_from_node(node)
    with errors_with_names(names):
        given = check_given(volume, from_dict(SegmentationSettings, settings))
    if given.slices is None and given.levels is None:
        notes.append(_("All slices count as drawn: every voxel without a label is outside."))
    return "\n".join([*notes, *(with_names(note, names) for note in given.notes)])


def show_uncertainty(model: Node, shown: bool) -> None:
    """Colours a result's surface by its uncertainty, or no longer; models without one stay as they are."""
    from ..scene.models import color_by_uncertainty

    color_by_uncertainty(model, shown)


def _count(text: str, counts: dict[str, int]) -> str:
    return text.format(counts=", ".join(f"{name} ({count})" for name, count in counts.items()))


def _tell_empty(node: Node, table: LabelTable, path: Path) -> None:
    """Segments that hold nothing are left out, which is said."""
    import numpy as np

    from ..io import read_volume
    from ..scene.terminology import terminology_of

    if not table.names:
        return
    present = set(np.unique(read_volume(path).array).tolist())
    empty = [name for value, name in table.names.items() if value not in present]
    table.names = {value: name for value, name in table.names.items() if value in present}
    table.terminology = terminology_of(node, table.names)
    if empty:
        table.notes.append(_("Empty and left out: {names}.").format(names=", ".join(empty)))


def _tell_bent(node: Node, table: LabelTable) -> None:
    """Slices of labels that were resampled are no longer the ones that were drawn, which is said."""
    from ..scene.mrml import world_matrix

    if world_matrix(node) is None and not node.IsA("vtkMRMLModelNode") and not node.IsA("vtkMRMLMarkupsNode"):
        text = _(
            "A transform bends '{name}', so its labels were resampled, and slices drawn on it are not recognised as "
            "such; take it off the transform if only some slices are drawn."
        )
        table.notes.append(text.format(name=node.GetName()))


def _colors(node: Node, names: dict[int, str]) -> dict[int, tuple[float, float, float]]:
    """Colours of segments, or those in which curves are drawn."""
    from ..scene.contours import curves_beside
    from ..scene.segmentations import segments_of

    if node.IsA(CURVE):
        first = {name: curves[0].GetDisplayNode() for name, curves in curves_beside(slicer.mrmlScene, node).items()}
        known = {name: display.GetSelectedColor() for name, display in first.items() if display is not None}
    else:
        known = {segment.GetName(): segment.GetColor() for segment in segments_of(node.GetSegmentation())}
    return {value: known[name] for value, name in names.items() if name in known}


def _terminology(node: Node, names: dict[int, str]) -> dict[int, str]:
    from ..scene.terminology import terminology_of

    return terminology_of(node, names) if node.IsA("vtkMRMLSegmentationNode") else {}
