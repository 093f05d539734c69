"""From Apply to results in the scene."""

import time
import unittest

import numpy as np
import pytest
from panel_tools import MODULES, a_ball, a_grid, node_names, points, ready, run_to_end, table

RESULTS = {
    "INRCompression": (["MR", "MR decompressed"], "PSNR"),
    "INRReconstruction": (["MR", "MR super-resolved"], "Misfit of cubic B-spline"),
    "INRRegistration": (["Fixed", "Moving", "Moving registered", "Moving to Fixed"], "Similarity after"),
    "INRSegmentation": (["Ball", "Ball smooth"], "Dice with the input"),
}


@pytest.mark.parametrize("name", MODULES)
def test_apply_gives_results_in_the_scene_and_numbers_in_the_table(name, open_panel, scene, slicer_app, tmp_path):
    panel = ready(name, open_panel, scene, tmp_path)
    before = [np.array(node.GetImageData().GetPointData().GetScalars()) for node in inputs(scene)]
    run_to_end(panel, slicer_app)
    names, measure = RESULTS[name]
    assert panel.ui.errorLabel.text == ""
    assert node_names(scene) == names
    assert panel.ui.statusLabel.text.startswith("Done in")
    assert "inr_" not in panel.ui.statusLabel.text  # no temporary file is named
    assert measure in table(panel)
    assert panel.ui.applyButton.text == "Apply"
    created = [getattr(panel.parameters, name) for name in panel.outputs.values()]
    assert sorted(node.GetName() for node in created if node) == [n for n in names if n not in INPUT_NAMES]
    for node, array in zip(inputs(scene), before, strict=True):
        assert np.array_equal(np.array(node.GetImageData().GetPointData().GetScalars()), array)
    if name == "INRCompression":
        assert (tmp_path / "MR.inr").stat().st_size > 0


INPUT_NAMES = ("MR", "Fixed", "Moving", "Ball")


def inputs(scene):
    nodes = [scene.GetFirstNodeByName(name) for name in INPUT_NAMES]
    return [node for node in nodes if node is not None]


def test_the_optional_results_are_made_when_they_are_asked_for(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRSegmentation", open_panel, scene, tmp_path)
    model, distance = panel.ui.modelSelector.addNode(), panel.ui.distanceSelector.addNode()
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    bounds = np.zeros(6)
    model.GetBounds(bounds)
    middle = (bounds[::2] + bounds[1::2]) / 2
    assert np.abs(middle - a_grid().center).max() < 3  # the ball's place in the world
    assert distance.GetImageData().GetScalarRange()[0] < 0 < distance.GetImageData().GetScalarRange()[1]

    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    baseline = panel.ui.baselineSelector.addNode()
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    result = panel.ui.outputSelector.currentNode()
    assert baseline.GetImageData().GetDimensions() == result.GetImageData().GetDimensions()


def test_running_again_updates_the_same_nodes(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    run_to_end(panel, slicer_app)
    names, count = node_names(scene), scene.GetNumberOfNodes()
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    assert node_names(scene) == names
    assert scene.GetNumberOfNodes() == count


def test_masks_landmarks_and_the_jacobian_map_take_part(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    fixed = a_grid().center + np.array([[0, 0, 0], [5, 0, 0]])
    panel.ui.fixedLandmarksSelector.setCurrentNode(points(scene, "F", fixed))
    panel.ui.movingLandmarksSelector.setCurrentNode(points(scene, "M", fixed + np.array([3, 0, 0])))
    panel.ui.fixedMaskSelector.setCurrentNode(a_ball(scene, "Mask"))
    panel.ui.jacobianSelector.addNode()
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    assert table(panel)["Landmark error before"] == "3.00 mm"
    assert "Landmark error after" in table(panel)
    assert panel.ui.jacobianSelector.currentNode().GetImageData().GetScalarRange()[1] > 0


def test_a_segmentation_keeps_its_names_and_colours(open_panel, scene, slicer_app):
    from INRCore.scene import labels_from_segmentation_node, segmentation_to_node, volume_from_node

    ball = a_ball(scene, "Ball")
    labels = volume_from_node(ball)
    color = (0.25, 0.5, 0.75)
    segmentation_to_node(scene, labels, None, names={1: "Tumour"}, colors={1: color}, name="Drawn")
    scene.RemoveNode(ball)
    panel = open_panel("INRSegmentation")
    assert panel.ui.inputSelector.currentNode().GetName() == "Drawn"
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    _, names, colors = labels_from_segmentation_node(panel.ui.outputSelector.currentNode())
    assert names == {1: "Tumour"}
    assert colors[1] == pytest.approx(color, abs=0.01)


def test_apply_answers_at_once(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    panel.ui.applyButton.click()  # the first click also imports the library's readers
    panel.ui.applyButton.click()
    begun = time.monotonic()
    panel.ui.applyButton.click()
    assert time.monotonic() - begun < 0.2
    assert panel.ui.applyButton.text == "Cancel"


@pytest.mark.parametrize("name", MODULES)
def test_the_modules_own_slicer_test_passes(name, modules, scene):
    import slicer

    suite = unittest.TestLoader().loadTestsFromModule(modules[name])
    outcome = unittest.TextTestRunner(verbosity=2).run(suite)
    slicer.util.getModuleWidget(name).cleanup()
    assert outcome.testsRun > 1
    assert outcome.wasSuccessful(), [trace for _, trace in outcome.failures + outcome.errors]
    assert not outcome.skipped


def test_a_region_of_interest_crops_the_input_and_the_result_lies_in_it(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    region = panel.ui.regionSelector.addNode()
    whole = np.array(region.GetSize())
    assert whole == pytest.approx([24, 24, 48])  # it starts around the volume, along its axes
    region.SetSize(*(whole / 2))
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    result = panel.parameters.outputVolume
    size = np.multiply(result.GetImageData().GetDimensions(), result.GetSpacing())
    assert size == pytest.approx([12, 12, 24], abs=3)
    middle = [0.0] * 3
    bounds = np.zeros(6)
    result.GetRASBounds(bounds)
    region.GetCenterWorld(middle)
    assert (bounds[::2] + bounds[1::2]) / 2 == pytest.approx(middle, abs=2)
