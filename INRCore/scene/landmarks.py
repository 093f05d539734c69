"""Point list nodes <-> landmarks in the RAS world."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

from ..errors import InputError
from .mrml import Node, Scene, obtain_node, require_node, require_output, slicer, transform_points
from .placement import place_beside
from .tables import table_to_node

_CLASS = "vtkMRMLMarkupsFiducialNode"
_CURVE_CLASS, _CLOSED_CLASS = "vtkMRMLMarkupsCurveNode", "vtkMRMLMarkupsClosedCurveNode"


def landmarks_from_node(node: Node) -> np.ndarray:
    """(n, 3) RAS mm of the placed points of a point list, all parent transforms (bending ones too) applied.

    Raises `InputError` for another kind of node or a list in which some point is not placed (pairs would be shifted).
    """
    require_node(node, _CLASS, "point list")
    return control_points_of(node)


def control_points_of(node: Node) -> np.ndarray:
    """(n, 3) RAS mm of the control points of a markups node of any kind, likewise."""
    points = np.zeros((node.GetNumberOfControlPoints(), 3))
    for number in range(len(points)):
        if node.GetNthControlPointPositionStatus(number) != node.PositionDefined:
            label = node.GetNthControlPointLabel(number)
            raise InputError(f"'{node.GetName()}': the point '{label}' is not placed; place or delete it.")
        node.GetNthControlPointPositionWorld(number, points[number])
    return points


def curve_from_node(node: Node) -> np.ndarray:
    """(n, 3) RAS mm along an open or closed markups curve as Slicer draws it, all parent transforms applied; a closed
    one ends where it starts. Raises `InputError` for another kind of node or a curve of fewer than two points."""
    require_node(node, _CURVE_CLASS, "curve")
    drawn = node.GetCurvePointsWorld()
    if drawn is None or drawn.GetNumberOfPoints() < 2:
        raise InputError(f"'{node.GetName()}' has fewer than two placed points; draw the curve first.")
    points = vtk_to_numpy(drawn.GetData()).astype(float)
    is_open = node.IsA(_CLOSED_CLASS) and not np.allclose(points[0], points[-1])
    return np.vstack([points, points[:1]]) if is_open else points


def landmarks_to_node(
    scene: Scene,
    points: np.ndarray,
    node: Node | None = None,
    *,
    name: str = "Landmarks",
    labels: Sequence[str] | None = None,
    reference: Node | None = None,
) -> Node:
    """Shows (n, 3) RAS mm landmarks as a new point list, or updates `node` in place.

    `labels` are the points' names (numbers if not given). Raises `InputError` when shapes disagree, positions are not
    finite, or `node` is of another class or scene.
    """
    require_output(scene, node, _CLASS, "point list")
    points = np.asarray(points, dtype=float)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise InputError(f"Landmarks are finite (n, 3) positions in mm, not an array of shape {points.shape}.")
    names = [str(number + 1) for number in range(len(points))] if labels is None else list(labels)
    if len(names) != len(points):
        raise InputError(f"There are {len(points)} landmarks but {len(names)} labels.")

    is_new_display = node is None or node.GetDisplayNode() is None
    node = obtain_node(scene, node, _CLASS, name)
    was_modifying = node.StartModify()
    node.RemoveAllControlPoints()
    for position, text in zip(points, names, strict=True):
        node.AddControlPoint(position.tolist(), text)
    node.EndModify(was_modifying)
    if is_new_display:
        node.CreateDefaultDisplayNodes()
    place_beside(scene, node, reference)
    return node


def moved_landmarks_to_node(
    scene: Scene, landmarks: Node, transform: Node, node: Node | None = None, *, name: str | None = None
) -> Node:
    """The points of `landmarks` (on the moving volume) where a registration's `transform` node puts them, that is on
    the fixed volume; a new point list or `node` updated in place. The points keep their labels.

    The inverse of the deformation is found by Slicer to about 0.001 mm. Raises `InputError` for other kinds of nodes.
    """
    require_node(transform, "vtkMRMLTransformNode", "transform")
    points, to_world = landmarks_from_node(landmarks), vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(transform, None, to_world)
    return landmarks_to_node(
        scene,
        transform_points(to_world, points),
        node,
        name=name or f"{landmarks.GetName()} registered",
        labels=labels_of(landmarks),
        reference=landmarks,
    )


def landmark_errors_to_node(
    scene: Scene,
    before: Sequence[float],
    after: Sequence[float],
    node: Node | None = None,
    *,
    labels: Sequence[str] | None = None,
    name: str = "Landmark errors",
    reference: Node | None = None,
) -> Node:
    """Distances (mm) of landmark pairs before and after a registration, one row for each pair and one for the mean, as
    a new table node or `node` updated in place. Raises `InputError` when the counts disagree."""
    names = [str(number + 1) for number in range(len(before))] if labels is None else list(labels)
    columns = {"Before (mm)": _with_mean(before), "After (mm)": _with_mean(after)}
    return table_to_node(scene, {"Landmark": [*names, "Mean"], **columns}, node, name=name, reference=reference)


def _with_mean(errors: Sequence[float]) -> np.ndarray:
    return np.round([*errors, np.mean(errors)], 3)


def labels_of(node: Node) -> list[str]:
    """The labels of the points of a point list, in their order."""
    return [node.GetNthControlPointLabel(number) for number in range(node.GetNumberOfControlPoints())]
