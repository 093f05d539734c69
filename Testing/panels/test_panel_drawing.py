"""Neural Segmentation while somebody draws: going on from the last result, voxels of choice, names, overlaps."""

import json
from pathlib import Path

import numpy as np
import pytest
from grids import rotation
from panel_tools import a_volume, run_to_end

from INRCore.geometry import Grid
from INRCore.volume import Volume

SHAPE = (19, 22, 24)
GRID = Grid.from_parts(SHAPE, (1.0, 1.2, 1.6), (30, -12, 55), rotation(20, -15, 40) @ np.diag([1.0, 1.0, -1.0]))
"""Oblique, anisotropic, left-handed."""


def ball(radius, center=GRID.center):
    return (np.linalg.norm(GRID.points() - center, axis=1) < radius).reshape(SHAPE)


def draw(scene, array, names, node=None):
    from INRCore.scene import segmentation_to_node

    return segmentation_to_node(scene, Volume(array, GRID), None, node, names=names, name="Drawn")


def sparse(every):
    array = np.zeros(SHAPE, np.uint8)
    array[1::every] = ball(9)[1::every]
    return array


@pytest.fixture
def jobs(monkeypatch):
    """What the panels ask their workers for, as it is asked."""
    from INRCore.panel.logic import PanelLogic

    asked, prepare = [], PanelLogic.prepare

    def listening(self, request):
        prepared = prepare(self, request)
        asked.append(json.loads(prepared.job_file.read_text()))
        return prepared

    monkeypatch.setattr(PanelLogic, "prepare", listening)
    return asked


def test_after_one_more_slice_the_panel_goes_on_from_the_last_result(open_panel, scene, slicer_app, jobs):
    from INRCore.panel.reproduce import command_text

    array = sparse(4)
    node = draw(scene, array, {1: "Liver"})
    panel = open_panel("INRSegmentation")
    panel.ui.continueCheckBox.checked = True
    run_to_end(panel, slicer_app)
    assert "start" not in jobs[0]["inputs"]  # there is nothing yet to go on from
    array[11] = ball(9)[11]
    draw(scene, array, {1: "Liver"}, node)
    run_to_end(panel, slicer_app)
    assert "start" in jobs[1]["inputs"] and panel.ui.errorLabel.text == ""
    assert "last result" in panel.ui.statusLabel.text
    request = panel.resultSection._request
    assert Path(request.start).exists() and request.start != panel._memory.last
    command, folder = command_text(panel.logic, request)  # of the last run, not of the next
    assert f"--start '{folder}/start.npz'" in command
    panel.ui.continueCheckBox.checked = False
    assert panel.request().start == ""
    scene.Clear()
    assert not Path(request.start).exists() and panel._memory.last == ""


def test_a_start_that_is_gone_is_told(open_panel, scene, modules):
    from INRCore.errors import InputError

    node = draw(scene, sparse(4), {1: "Liver"})
    logic = modules["INRSegmentation"].INRSegmentationLogic()
    with pytest.raises(InputError, match="start without it"):
        logic.prepare(logic.request(node, {"labels": None}, start="/nowhere/state.npz"))


def test_curves_come_back_on_the_voxels_of_the_image_they_were_drawn_on(open_panel, scene, slicer_app):
    from INRCore.scene import volume_from_node, volume_to_node

    image = volume_to_node(scene, Volume(np.zeros(SHAPE, np.int16), GRID), name="CT")
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    for number, height in enumerate((-6, -2, 2, 6)):
        node = scene.AddNewNodeByClass("vtkMRMLMarkupsClosedCurveNode", f"Liver_{number}")
        flat = np.sqrt(81 - height**2) * np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1) + [0, 0, height]
        for position in GRID.center + flat:
            node.AddControlPoint(position.tolist())
    panel = open_panel("INRSegmentation")
    panel.ui.inputSelector.setCurrentNode(node)
    panel.ui.spacingSpinBox.value = 3
    panel.ui.geometrySelector.setCurrentNode(image)
    assert not panel.ui.spacingSpinBox.enabled and "spacing_mm" not in panel.request().settings
    panel.ui.distanceSelector.addNode()
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    distance = volume_from_node(panel.ui.distanceSelector.currentNode())
    assert distance.grid.same_as(GRID)
    assert (distance.array < 0)[ball(7)].all() and not (distance.array < 0)[~ball(13)].any()
    result = panel.ui.outputSelector.currentNode().GetSegmentation()
    assert result.GetNthSegment(0).GetName() == "Liver"
    lattice = result.GetNthSegment(0).GetRepresentation("Binary labelmap")
    assert lattice.GetSpacing() == pytest.approx(GRID.spacing)


def test_a_bent_geometry_is_refused_with_what_to_do(open_panel, scene, slicer_app):
    from scene_tools import bent_parent

    draw(scene, sparse(4), {1: "Liver"})
    panel = open_panel("INRSegmentation")
    bent_parent(scene, image := a_volume(scene, "CT"), GRID)
    panel.ui.geometrySelector.setCurrentNode(image)
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: panel.ui.errorLabel.text)
    assert "'CT' is bent by its parent transform" in panel.ui.errorLabel.text
    assert "harden" in panel.ui.errorLabel.text


def test_segments_are_called_by_their_names_in_all_that_is_said(open_panel, scene, slicer_app):
    array = np.zeros(SHAPE, np.uint8)
    array[1::4] = ball(40)[1::4]
    array[1::4, 8:14, 8:14] = 3
    draw(scene, array, {1: "Liver", 3: "Cyst"})
    panel = open_panel("INRSegmentation")
    panel.ui.slicesButton.click()
    assert "At the edge of the volume: 'Liver'." in panel.ui.slicesLabel.text
    run_to_end(panel, slicer_app)
    assert "At the edge of the volume: 'Liver'." in panel.ui.statusLabel.text
    assert "abel 1" not in panel.ui.statusLabel.text
    panel.ui.denseCheckBox.checked = True
    draw(scene, np.ones(SHAPE, np.uint8), {1: "Liver"}, panel.parameters.inputLabels)
    run_to_end(panel, slicer_app)
    assert "'Liver' fills the whole field of view" in panel.ui.errorLabel.text


def test_of_overlapping_segments_the_smaller_one_gets_what_they_share_and_that_is_said(open_panel, scene, slicer_app):
    import slicer

    from INRCore.scene import labels_from_segmentation_node, segmentation_to_node

    node = segmentation_to_node(scene, Volume(ball(5).astype(np.uint8), GRID), None, names={1: "Cyst"}, name="Drawn")
    other = segmentation_to_node(scene, Volume(ball(9).astype(np.uint8), GRID), None, names={1: "Liver"})
    node.GetSegmentation().CopySegmentFromSegmentation(other.GetSegmentation(), "Label_1")
    scene.RemoveNode(other)
    panel = open_panel("INRSegmentation")
    assert panel.parameters.inputLabels is node and node.GetSegmentation().GetNumberOfSegments() == 2
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    volume_ml = f"{ball(5).sum() * GRID.voxel_volume / 1000:.3g} ml"
    assert f"'Cyst' and 'Liver' overlap; the {volume_ml} that they share were taken as 'Cyst'." in (
        panel.ui.statusLabel.text
    )
    labels, names, _ = labels_from_segmentation_node(panel.ui.outputSelector.currentNode())
    values = {name: value for value, name in names.items()}
    assert (labels.array == values["Cyst"])[ball(4)].all()
    assert (labels.array == values["Liver"])[ball(8) & ~ball(6)].all()
    assert isinstance(node, slicer.vtkMRMLSegmentationNode) and node.GetSegmentation().GetNumberOfSegments() == 2
