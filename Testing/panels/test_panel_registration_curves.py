"""The registration panel: curves, planes and other guides of a fit."""

import numpy as np
import pytest
from panel_tools import SHIFT, a_grid, a_segmentation, a_volume, below, points, ready, run_to_end

from INRCore.registration import load_registration_field


@pytest.mark.parametrize("kind", ["Curve", "Plane"])
def test_a_curve_or_a_plane_is_carried_over_as_such(kind, open_panel, scene, slicer_app, tmp_path):
    from INRCore.scene import points_from_markups

    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    ui, center = panel.ui, a_grid().center
    if kind == "Curve":
        node = a_curve(scene, "Carried", center + SHIFT + np.array([[-6, 0, 0], [0, 4, 1], [6, 0, 0]]))
    else:
        node = scene.AddNewNodeByClass("vtkMRMLMarkupsPlaneNode", "Carried")
        node.SetOriginWorld(center + SHIFT)
        node.SetAxesWorld([0, 1, 0], [0, 0, 1], [1, 0, 0])
        node.SetSizeWorld(14, 10)
    below(scene, [node], np.eye(4))
    ui.carriedPointsSelector.setCurrentNode(node)
    ui.outputPointsSelector.setCurrentNode(points(scene, "Points", [center]))
    assert ui.applyButton.text == "Choose a registered markup of the same kind"
    ui.outputPointsSelector.setCurrentNode(None)
    ui.fieldPathLineEdit.currentPath = str(tmp_path / "field.safetensors")
    run_to_end(panel, slicer_app)
    made = panel.parameters.outputPoints
    assert made is not None and made.GetClassName() == node.GetClassName(), ui.errorLabel.text
    assert made.GetName() == "Carried registered"
    back = load_registration_field(tmp_path / "field.safetensors").transform_points_back(points_from_markups(node))
    accuracy = 1e-3 if kind == "Curve" else 0.3  # a bent plane is made flat again
    np.testing.assert_allclose(points_from_markups(made), back, atol=accuracy)
    assert np.linalg.norm(back - points_from_markups(node), axis=1).mean() > 0.5


def a_curve(scene, name, positions, closed=False):
    node = scene.AddNewNodeByClass(f"vtkMRMLMarkups{'Closed' if closed else ''}CurveNode", name)
    for position in positions:
        node.AddControlPoint(list(position))
    return node


def test_what_guides_the_fit_is_asked_for_in_pairs_and_reaches_it(open_panel, scene, tmp_path, modules):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    ui, center = panel.ui, a_grid().center
    course = center + np.array([[-8, 0, 0], [0, 6, 0], [8, 0, 2]])
    given = {
        "Landmarks": lambda side, move: points(scene, side, [center + move, center + 5 + move]),
        "Labels": lambda side, move: a_segmentation(scene, side, "liver", (1, 0, 0)),
        "Curve": lambda side, move: a_curve(scene, side, course + move),
        "Second": lambda side, move: a_volume(scene, f"T2 {side}", shift=move[0]),
    }
    for what, make in given.items():
        getattr(ui, f"fixed{what}Selector").setCurrentNode(make("Fixed", 0 * SHIFT))
        assert "both volumes" in ui.applyButton.text
        getattr(ui, f"moving{what}Selector").setCurrentNode(make("Moving", SHIFT))
        assert ui.applyButton.text == "Apply"
    ui.rigidSelector.setCurrentNode(a_segmentation(scene, "Bones", "femur", (1, 1, 1)))
    ui.landmarksWeightSpinBox.value = 0.01
    request, losses = panel.request(), {}
    assert [len(request.inputs[role]) for role in ("fixed_channels", "moving_curves")] == [1, 1]
    panel.logic.run(request, lambda event: losses.update(event.get("losses", {})))
    assert {"similarity", "landmarks", "labels", "curves", "rigidity"} <= set(losses)


def test_curves_are_taken_as_they_are_drawn_in_the_world(scene):
    from INRCore.scene import curve_from_node

    corners = np.array([[0, 0, 0], [30, 0, 0], [30, 30, 0], [0, 30, 0]], float)
    for closed in (False, True):
        node = a_curve(scene, "Curve", corners, closed)
        turned = np.eye(4)
        turned[:3, :3], turned[:3, 3] = [[0, -1, 0], [1, 0, 0], [0, 0, 1]], (5, 6, 7)
        below(scene, [node], turned)
        curve = curve_from_node(node)
        ends = corners[[0, 0 if closed else 3]] @ turned[:3, :3].T + turned[:3, 3]
        np.testing.assert_allclose(curve[[0, -1]], ends, atol=1e-3)
        assert len(curve) > 20
        middle = (corners @ turned[:3, :3].T + turned[:3, 3])[1]
        assert np.linalg.norm(curve - middle, axis=1).min() < 0.5
