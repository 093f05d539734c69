"""Closed curves that draw a shape: Slicer's markups, and segmentations that hold contours (RTSTRUCT)."""

from __future__ import annotations

import numpy as np
from vtkmodules.vtkCommonCore import vtkIdList

from ..errors import InputError
from ..io.contours import Contours, base_name
from .landmarks import curve_from_node
from .mrml import Node, Scene, require_node, slicer, to_world, transform_points
from .segmentations import segments_of

CURVE_CLASS = "vtkMRMLMarkupsClosedCurveNode"
_PLANAR = "Planar contour"


def curves_beside(scene: Scene, node: Node) -> dict[str, list[Node]]:
    """The closed curve and those in the same folder of the subject hierarchy, by the name of the shape that they draw:
    their own without a number at its end, so that 'CC', 'CC_1' and 'CC_2' draw one shape."""
    require_node(node, CURVE_CLASS, "closed curve")
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    folder = _folder(hierarchy, node)
    count = scene.GetNumberOfNodesByClass(CURVE_CLASS)
    curves = [scene.GetNthNodeByClass(number, CURVE_CLASS) for number in range(count)]
    found: dict[str, list[Node]] = {}
    for curve in curves:
        if curve is node or _folder(hierarchy, curve) == folder:
            found.setdefault(base_name(curve.GetName() or ""), []).append(curve)
    return found


def contours_from_curve_node(scene: Scene, node: Node) -> Contours:
    """Curves in RAS mm, parent transforms applied, of all shapes drawn beside the node (see `curves_beside`)."""
    return {
        name: [curve_from_node(curve)[:-1] for curve in curves] for name, curves in curves_beside(scene, node).items()
    }


def holds_contours(node: Node) -> bool:
    """Whether a segmentation node is made of planar contours, as an RTSTRUCT loaded by SlicerRT is."""
    segmentation = node.GetSegmentation()
    return segmentation is not None and segmentation.GetSourceRepresentationName() == _PLANAR


def contours_from_segmentation_node(node: Node) -> Contours:
    """The closed contours of each segment in RAS mm, parent transforms applied. Raises `InputError` when there are
    none."""
    require_node(node, "vtkMRMLSegmentationNode", "segmentation")
    found: Contours = {}
    for segment in segments_of(node.GetSegmentation()):
        surface = segment.GetRepresentation(_PLANAR)
        curves = [] if surface is None else _cells(surface)
        if curves:
            found.setdefault(segment.GetName(), []).extend(transform_points(to_world(node), curve) for curve in curves)
    if not found:
        raise InputError(f"'{node.GetName()}' holds no contour; draw or import something first.")
    return found


def _folder(hierarchy: Node, node: Node) -> int:
    return hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node))


def _cells(surface: Node) -> list[np.ndarray]:
    """Points (N, 3) of each line or polygon, without the first one again at the end."""
    curves, members = [], vtkIdList()
    for cell in range(surface.GetNumberOfCells()):
        surface.GetCellPoints(cell, members)
        numbers = [members.GetId(place) for place in range(members.GetNumberOfIds())]
        if len(numbers) > 3 and numbers[0] == numbers[-1]:
            numbers = numbers[:-1]
        if len(numbers) >= 3:
            curves.append(np.array([surface.GetPoint(number) for number in numbers]))
    return curves
