"""What somebody in a hurry does: clicks twice, changes the input after a run, deletes nodes, bends volumes."""

import numpy as np
import pytest
from panel_tools import a_ball, a_grid, a_volume, node_names, ready, run_to_end
from scene_tools import bent_parent

from INRCore.volume import Volume


def test_a_double_click_on_apply_is_one_click(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    panel.ui.applyButton.click()
    panel.ui.applyButton.click()
    assert panel.ui.applyButton.text == "Cancel" and panel.isBusy()
    slicer_app.wait_until(lambda: not panel.isBusy(), 600)
    assert panel.parameters.outputVolume.GetName() == "MR super-resolved"


def test_results_of_another_input_are_left_alone(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    mine = a_volume(scene, "Mine")
    panel.ui.uncertaintySelector.setCurrentNode(mine)
    run_to_end(panel, slicer_app)
    first = panel.parameters.outputVolume
    run_to_end(panel, slicer_app)
    assert panel.parameters.outputVolume is first  # the same input updates it

    other = a_volume(scene, "CT", spacing=(1.5, 1.5, 3))
    panel.ui.inputSelector.setCurrentNode(other)
    assert panel.parameters.outputVolume is None
    assert panel.parameters.outputUncertainty is mine  # what the user chose stays chosen
    run_to_end(panel, slicer_app)
    assert panel.parameters.outputVolume.GetName() == "CT super-resolved"
    assert {"MR super-resolved", "CT super-resolved"} <= set(node_names(scene))


def test_results_that_come_after_another_input_was_chosen_are_no_outputs_for_it(
    open_panel, scene, slicer_app, tmp_path
):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    other = a_volume(scene, "CT", spacing=(1.5, 1.5, 3))
    panel.ui.applyButton.click()
    panel.ui.inputSelector.setCurrentNode(other)
    slicer_app.wait_until(lambda: not panel.isBusy(), 600)
    assert "MR super-resolved" in node_names(scene)
    assert panel.parameters.outputVolume is None


def test_a_choice_of_outputs_survives_entering_the_panel_again(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    run_to_end(panel, slicer_app)
    result = panel.parameters.outputVolume
    panel.exit()
    panel.enter()
    assert panel.parameters.outputVolume is result


def test_a_stack_below_a_bending_transform_is_refused_before_the_work(open_panel, scene, tmp_path):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    bent_parent(scene, panel.parameters.inputVolume, a_grid())
    panel.ui.spacingSpinBox.value = 1
    assert panel.ui.applyButton.text == "Take the volume off the transform that bends it, or harden it"
    panel.parameters.inputVolume.SetAndObserveTransformNodeID(None)
    panel.ui.spacingSpinBox.value = 2
    assert panel.ui.applyButton.text == "Apply"


def test_labels_below_a_bending_transform_come_with_a_note(open_panel, scene, slicer_app):
    ball = a_ball(scene, "Ball")
    bent_parent(scene, ball, a_grid())
    panel = open_panel("INRSegmentation")
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    assert "A transform bends 'Ball'" in panel.ui.statusLabel.text


def test_results_are_placed_though_the_node_they_belong_beside_is_deleted(scene):
    from INRCore.scene import place_beside, result_folder, volume_to_node

    gone = a_volume(scene, "Gone")
    scene.RemoveNode(gone)
    node = volume_to_node(scene, Volume(np.zeros((2, 2, 2), np.int16), a_grid().cropped((0, 0, 0), (2, 2, 2))))
    items = _hierarchy_items(scene)
    place_beside(scene, node, gone)
    result_folder(scene, gone, "Slices")
    assert _hierarchy_items(scene) == items + 1  # the folder alone, nothing for the deleted node


def _hierarchy_items(scene):
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    return hierarchy.GetNumberOfItems()


@pytest.mark.parametrize(("seconds", "text"), [(12, "about 12 s left"), (480, "about 8 min left")])
def test_the_time_left_is_told_in_seconds_or_minutes(seconds, text, slicer_app):
    from INRCore.panel.results import progress_text

    assert progress_text({"stage": "fit", "iteration": 1, "iterations": 1, "eta_seconds": seconds}) == f"Fit, {text}"
