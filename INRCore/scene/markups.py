"""Markups of any kind (points, lines, angles, curves, planes) <-> the points that say where they are in the world."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from .landmarks import control_points_of, labels_of
from .mrml import Node, Scene, obtain_node, require_node, require_output
from .placement import place_beside

_PLANE = "vtkMRMLMarkupsPlaneNode"


def points_from_markups(node: Node) -> np.ndarray:
    """(n, 3) RAS mm of the control points of a markups node, all parent transforms applied; of a plane its middle and
    the middles of its sides: two along its first, two along its second axis. Raises `InputError` for another kind of
    node and for points that are not placed."""
    require_node(node, "vtkMRMLMarkupsNode", "markup")
    if not node.IsA(_PLANE):
        return control_points_of(node)
    if not node.GetIsPlaneValid():
        raise InputError(f"'{node.GetName()}' is not placed; place or delete it.")
    middle, axes = np.zeros(3), [np.zeros(3) for _ in range(3)]
    node.GetOriginWorld(middle)
    node.GetAxesWorld(*axes)
    reach = [axis * size / 2 for axis, size in zip(axes, node.GetSizeWorld(), strict=False)]
    return middle + np.array([0 * reach[0], -reach[0], reach[0], -reach[1], reach[1]])


def markups_point_count(node: Node) -> int:
    """How many points `points_from_markups` gives."""
    return 5 if node.IsA(_PLANE) else int(node.GetNumberOfControlPoints())


def markups_to_node(scene: Scene, points: np.ndarray, like: Node, node: Node | None = None, *, name: str) -> Node:
    """The markups node `like` with its points (as `points_from_markups` gives them) at other places: a copy of it, its
    look and its labels, standing in the world, or `node` of the same kind updated in place.

    A plane stays flat: it goes through the new middle along the lines between the opposite sides' middles, the second
    one made perpendicular. Raises `InputError` when the points have another number than those of `like`, or `node` is
    of another kind or scene.
    """
    require_node(like, "vtkMRMLMarkupsNode", "markup")
    require_output(scene, node, like.GetClassName(), "markup of the same kind as what is carried over")
    points = np.asarray(points, float)
    count = markups_point_count(like)
    if points.shape != (count, 3) or not np.isfinite(points).all():
        raise InputError(f"'{like.GetName()}' has {count} points; {len(points)} places were given for them.")
    is_new = node is None
    node = obtain_node(scene, node, like.GetClassName(), name)
    was_modifying = node.StartModify()
    if is_new:
        _look_alike(node, like)
    place = _place_plane if like.IsA(_PLANE) else _place_points
    place(node, points, like)
    node.EndModify(was_modifying)
    place_beside(scene, node, like)
    return node


def _place_points(node: Node, points: np.ndarray, like: Node) -> None:
    node.RemoveAllControlPoints()
    if like.IsA("vtkMRMLMarkupsCurveNode"):
        node.SetCurveType(like.GetCurveType())
    for position, label in zip(points, labels_of(like), strict=True):
        node.AddControlPoint(position.tolist(), label)


def _place_plane(node: Node, points: np.ndarray, like: Node) -> None:
    middle, *sides = points
    along, across = sides[1] - sides[0], sides[3] - sides[2]
    sizes = [float(np.linalg.norm(side)) for side in (along, across)]
    first = along / sizes[0]
    normal = np.cross(first, across)
    normal /= np.linalg.norm(normal)
    node.SetOriginWorld(middle)
    node.SetAxesWorld(first, np.cross(normal, first), normal)
    node.SetSizeWorld(*sizes)
    node.SetNthControlPointLabel(0, like.GetNthControlPointLabel(0))


def _look_alike(node: Node, like: Node) -> None:
    node.CreateDefaultDisplayNodes()
    if like.GetDisplayNode() is not None:
        node.GetDisplayNode().CopyContent(like.GetDisplayNode())
