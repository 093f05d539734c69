"""Points, lines, angles, curves and planes carried over: of the same kind, with the same look, at the right place."""

from typing import Any

import numpy as np
import pytest
from scene_tools import LINEAR, linear_parent

from INRCore.errors import InputError
from INRCore.scene import curve_from_node, markups_to_node, points_from_markups

COUNTS = {"Fiducial": 4, "Line": 2, "Angle": 3, "Curve": 4, "ClosedCurve": 4}
PLACES = np.array([[10.0, -5, 3], [22, 4, 9], [15, 14, -6], [3, 8, 12]])
TWIST = np.array([[0.9, -0.4, 0.1], [0.35, 1.1, -0.2], [0.0, 0.25, 0.8]])


def bent(points: np.ndarray) -> np.ndarray:
    """A smooth map that is no affine one."""
    return points @ TWIST.T + [40, 0, -7] + 0.3 * np.sin(points[:, ::-1] / 5)


def a_markup(scene: Any, kind: str) -> Any:
    node = scene.AddNewNodeByClass(f"vtkMRMLMarkups{kind}Node", kind)
    for number, place in enumerate(PLACES[: COUNTS[kind]]):
        node.AddControlPoint(place.tolist(), f"place {number}")
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetSelectedColor(0.2, 0.4, 0.6)
    return node


def a_plane(scene: Any) -> Any:
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsPlaneNode", "Plane")
    node.SetOriginWorld(PLACES[0])
    node.SetAxesWorld([0, 0.6, 0.8], [0, -0.8, 0.6], [1, 0, 0])
    node.SetSizeWorld(30, 20)
    return node


@pytest.mark.parametrize("kind", COUNTS)
def test_a_markup_below_a_parent_is_carried_with_its_labels_and_look(scene: Any, kind: str) -> None:
    node = a_markup(scene, kind)
    linear_parent(scene, node)
    world = PLACES[: COUNTS[kind]] @ LINEAR[:3, :3].T + LINEAR[:3, 3]
    np.testing.assert_allclose(points_from_markups(node), world, atol=1e-9)
    moved = markups_to_node(scene, bent(world), node, name="moved")
    assert moved.GetClassName() == node.GetClassName() and moved.GetParentTransformNode() is None
    np.testing.assert_allclose(points_from_markups(moved), bent(world), atol=1e-9)
    assert moved.GetNthControlPointLabel(1) == "place 1"
    assert moved.GetDisplayNode().GetSelectedColor() == pytest.approx((0.2, 0.4, 0.6))
    count = scene.GetNumberOfNodes()
    assert markups_to_node(scene, world, node, moved, name="again") is moved
    assert scene.GetNumberOfNodes() == count
    np.testing.assert_allclose(points_from_markups(moved), world, atol=1e-9)


def test_a_straight_sided_curve_stays_straight_sided_and_follows_the_map(scene: Any) -> None:
    node = a_markup(scene, "ClosedCurve")
    node.SetCurveTypeToLinear()
    moved = markups_to_node(scene, bent(PLACES), node, name="moved")
    assert moved.GetCurveType() == node.GetCurveType()
    drawn = curve_from_node(moved)
    for place in bent(PLACES):
        assert np.linalg.norm(drawn - place, axis=1).min() < 0.5
    np.testing.assert_allclose(drawn[0], drawn[-1])


def test_a_plane_is_turned_and_stretched_as_an_affine_map_does_it(scene: Any) -> None:
    """The affine image of a plane is a plane, so its place, its normal and its sides are known."""
    node = a_plane(scene)
    linear_parent(scene, node, np.diag([1.0, -1.0, 1.0, 1.0]))  # a mirror: left-handed axes in the world
    points = points_from_markups(node)
    turned = np.array([[0, -0.6, 0.8], [0, 0.8, 0.6]]) * [[15], [10]]  # half its sides, mirrored
    corners = PLACES[0] * [1, -1, 1] + np.array([0 * turned[0], -turned[0], turned[0], -turned[1], turned[1]])
    np.testing.assert_allclose(points, corners, atol=1e-9)
    moved = markups_to_node(scene, points @ TWIST.T, node, name="moved")
    middle, axes = np.zeros(3), [np.zeros(3) for _ in range(3)]
    moved.GetOriginWorld(middle)
    moved.GetAxesWorld(*axes)
    sides = (points[2] - points[1], points[4] - points[3])
    normal = np.linalg.inv(TWIST).T @ np.cross(*sides)
    np.testing.assert_allclose(middle, TWIST @ points[0], atol=1e-9)
    assert abs(axes[2] @ normal) == pytest.approx(np.linalg.norm(normal))
    np.testing.assert_allclose(np.cross(axes[0], TWIST @ sides[0]), 0, atol=1e-9)
    expected = [np.linalg.norm(TWIST @ side) for side in sides]
    assert moved.GetSizeWorld() == pytest.approx(expected)


def test_what_is_not_placed_or_of_another_kind_is_refused(scene: Any) -> None:
    line = a_markup(scene, "Line")
    with pytest.raises(InputError, match="'Line' has 2 points; 4 places"):
        markups_to_node(scene, PLACES, line, name="moved")
    with pytest.raises(InputError, match="same kind"):
        markups_to_node(scene, PLACES[:2], line, a_markup(scene, "Angle"), name="moved")
    with pytest.raises(InputError, match="not placed"):
        points_from_markups(scene.AddNewNodeByClass("vtkMRMLMarkupsPlaneNode", "Nowhere"))
