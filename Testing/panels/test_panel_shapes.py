"""Neural Segmentation with curves, points and sparse segments: what goes in, what the panel says, what comes back."""

import numpy as np
import pytest
from grids import rotation
from panel_tools import points, run_to_end

from INRCore.geometry import Grid
from INRCore.volume import Volume

TURN = rotation(20, -15, 40)
SHAPE = (19, 22, 24)
GRID = Grid.from_parts(SHAPE, (1.0, 1.2, 1.6), (30, -12, 55), TURN @ np.diag([1.0, 1.0, -1.0]))
"""Oblique, anisotropic, left-handed."""
ENTRY = "Segmentation category~SCT^123037004^Anatomical Structure~SCT^10200004^Liver~^^~Anatomic codes~^^~^^"


def closed_curve(scene, name, height, color=(1, 0, 0)):
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    flat = np.sqrt(100 - height**2) * np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1) + [0, 0, height]
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsClosedCurveNode", name)
    for position in GRID.center + flat @ TURN.T:
        node.AddControlPoint(position.tolist())
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetSelectedColor(*color)
    return node


@pytest.fixture
def sparse(scene):
    """Two segments on every fourth slice, a third one empty; the first has a terminology entry."""
    import slicer

    from INRCore.scene import segmentation_to_node

    ball = (np.linalg.norm(GRID.points() - GRID.center, axis=1) < 9).reshape(SHAPE)
    array = np.zeros(SHAPE, np.uint8)
    array[1::4] = ball[1::4]
    array[9, 2:5, 2:5] = 2
    colors = {1: (0.8, 0.4, 0.2), 2: (0.1, 0.6, 0.9), 3: (0.5, 0.5, 0.5)}
    names = {1: "Liver", 2: "Cyst", 3: "Later"}
    node = segmentation_to_node(scene, Volume(array, GRID), None, names=names, colors=colors, name="Drawn")
    node.GetSegmentation().GetNthSegment(0).SetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), ENTRY)
    return node


def segments(node):
    from INRCore.scene.segmentations import segments_of

    return {segment.GetName(): segment for segment in segments_of(node.GetSegmentation())}


def cells(table, row):
    return [table.GetTable().GetValue(row, column).ToString() for column in range(table.GetNumberOfColumns())]


def test_sparse_segments_come_back_whole_with_all_that_is_known_of_them(sparse, open_panel, scene, slicer_app):
    import slicer
    from vtkmodules.vtkCommonCore import reference

    view = scene.AddNewNodeByClass("vtkMRMLSliceNode")
    panel = open_panel("INRSegmentation")
    ui = panel.ui
    assert not ui.nextSliceButton.enabled
    ui.slicesButton.click()
    assert "Across k: drawn 5, 9, 13; unknown 6-8, 10-12; beyond" in ui.slicesLabel.text
    ui.modelSelector.addNode()
    ui.emptySlicesLineEdit.text = "k15"
    run_to_end(panel, slicer_app)
    assert ui.errorLabel.text == ""
    assert "Empty and left out: Later" in ui.statusLabel.text

    made = segments(ui.outputSelector.currentNode())
    assert set(made) == {"Liver", "Cyst"}
    assert made["Liver"].GetColor() == pytest.approx((0.8, 0.4, 0.2), abs=0.01)
    entry = reference("")
    assert made["Liver"].GetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), entry) and str(entry) == ENTRY

    shapes, slices = (scene.GetFirstNodeByName(f"Neural Segmentation: {what}") for what in ("shapes", "slices"))
    assert cells(shapes, 0)[0] == "Liver" and float(cells(shapes, 0)[1]) == pytest.approx(3.05, rel=0.25)
    rows = [cells(slices, row) for row in range(slices.GetNumberOfRows())]
    assert ["k", "6-8", "unknown"] in [row[:3] for row in rows] and ["k", "15", "drawn, empty"] in [r[:3] for r in rows]
    assert next(row for row in rows if row[1] == "5")[4:] == ["Liver", "Cyst"]

    model = ui.modelSelector.currentNode()
    display = model.GetDisplayNode()
    assert display.GetScalarVisibility() and display.GetActiveScalarName() == "Uncertainty (mm)"
    assert display.GetColorNode().GetName().startswith("Uncertainty") and display.GetScalarRange()[1] > 0.5
    ui.colorModelCheckBox.click()
    assert not display.GetScalarVisibility()

    suggested = panel.sliceSection._next
    assert f"slice {suggested['number']} across {suggested['axis']}" in ui.slicesLabel.text
    ui.nextSliceButton.click()
    matrix = view.GetSliceToRAS()
    normal, place = ([matrix.GetElement(row, column) for row in range(3)] for column in (2, 3))
    assert abs(np.dot(normal, suggested["normal"])) == pytest.approx(1, abs=1e-6)
    index = GRID.world_to_index(np.array([place]))[0]
    assert index["ijk".index(suggested["axis"])] == pytest.approx(suggested["number"], abs=1e-3)

    ui.inputSelector.setCurrentNode(None)
    assert not ui.nextSliceButton.enabled and ui.slicesLabel.text == ""


def test_curves_of_one_folder_draw_shapes_named_and_coloured_like_them(open_panel, scene, slicer_app):
    from INRCore.scene import move_to_folder, result_folder

    curves = [
        closed_curve(scene, f"Liver_{number}", height, (0.2, 0.7, 0.3)) for number, height in enumerate((-6, 0, 6))
    ]
    elsewhere = closed_curve(scene, "Liver_9", 3)
    folder = result_folder(scene, None, "Drawn")
    for curve in curves:
        move_to_folder(scene, curve, folder)
    move_to_folder(scene, elsewhere, result_folder(scene, None, "Other"))
    panel = open_panel("INRSegmentation")
    panel.ui.inputSelector.setCurrentNode(curves[1])
    panel.ui.slicesButton.click()
    assert "Liver (3)" in panel.ui.slicesLabel.text
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    node = panel.ui.outputSelector.currentNode()
    assert segments(node)["Liver"].GetColor() == pytest.approx((0.2, 0.7, 0.3), abs=0.01)
    assert node.GetName() == "Liver_1 smooth"
    from INRCore.scene import labels_from_segmentation_node

    labels = labels_from_segmentation_node(node)[0]
    np.testing.assert_allclose(labels.grid.points()[labels.array.ravel() > 0].mean(0), GRID.center, atol=0.4)


def test_points_below_a_transform_and_models_are_shapes_too(open_panel, scene):
    import tempfile
    from pathlib import Path

    import vtk

    from INRCore.io.point_clouds import read_point_cloud
    from INRCore.panel.shape_inputs import export_shape
    from INRCore.scene import model_to_node
    from INRCore.scene.mrml import to_vtk_matrix

    around = np.random.default_rng(0).normal(size=(30, 3))
    node = points(scene, "Surface points", around)
    parent = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Table")
    matrix = np.eye(4)
    matrix[:3, 3] = 5, 6, 7
    parent.SetMatrixTransformToParent(to_vtk_matrix(matrix))
    node.SetAndObserveTransformNodeID(parent.GetID())
    panel = open_panel("INRSegmentation")
    panel.ui.inputSelector.setCurrentNode(node)
    assert panel.ui.applyButton.text == "Apply"
    sphere = vtk.vtkSphereSource()
    sphere.Update()
    with tempfile.TemporaryDirectory() as folder:
        found, normals = read_point_cloud(export_shape(node, Path(folder) / "points")[0])
        np.testing.assert_allclose(found, around + matrix[:3, 3], atol=1e-5)
        assert normals is None
        model = model_to_node(scene, sphere.GetOutput(), name="Ball")
        found, normals = read_point_cloud(export_shape(model, Path(folder) / "model")[0])
        assert ((found * normals).sum(1) > 0).all()


def test_an_image_and_its_pull_are_asked_for_and_repeated(sparse, open_panel, scene):
    from INRCore.scene import volume_to_node

    image = volume_to_node(scene, Volume(np.zeros(SHAPE, np.int16), GRID), name="CT")
    panel = open_panel("INRSegmentation")
    assert not panel.ui.imageWeightSlider.enabled and "image" not in panel.request().inputs
    panel.ui.imageSelector.setCurrentNode(image)
    panel.ui.imageWeightSlider.value = 0.75
    assert panel.ui.imageWeightSlider.enabled
    request = panel.request()
    assert request.inputs["image"] is image and request.settings["image_weight"] == 0.75
    from INRCore.panel.reproduce import command_text

    command = command_text(panel.logic, request)[0]
    assert "--image " in command and "image_weight=0.75" in command
