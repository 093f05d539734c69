"""Several stacks in the reconstruction panel: how they lie, their boxes, their order, their slice thickness."""

import numpy as np
import pytest
from panel_tools import run_to_end

from INRCore.geometry import Grid
from INRCore.volume import Volume

AXIAL = Grid.from_parts((6, 24, 24), (2, 2, 8), (-23, -23, -20))
CORONAL = Grid.from_parts((6, 24, 24), (2, 2, 8), (-23, -20, 23), np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]))


@pytest.fixture
def stacks(scene):
    from INRCore.scene import volume_to_node

    def blob(grid):
        distance = np.linalg.norm(grid.points() - [4, -5, 3], axis=1)
        return Volume((1000 * np.exp(-((distance / 12) ** 2))).reshape(grid.shape).astype(np.int16), grid)

    half = AXIAL.cropped((0, 0, 0), (24, 24, 3))
    grids = {"Small": half, "Coronal": CORONAL, "Axial": AXIAL}
    return {name: volume_to_node(scene, blob(grid), name=name) for name, grid in grids.items()}


def boxes(scene):
    models = [
        scene.GetNthNodeByClass(n, "vtkMRMLModelNode") for n in range(scene.GetNumberOfNodesByClass("vtkMRMLModelNode"))
    ]
    return sorted(node.GetName() for node in models if node.GetName().endswith("field of view"))


def test_the_panel_says_how_the_stacks_lie(open_panel, stacks):
    panel = open_panel("INRReconstruction")
    slices = "axial: 3 slices, 8 mm thick (taken from the spacing), 2 mm in plane"
    assert panel.ui.stacksLabel.text == f"Small: {slices}"
    panel.ui.secondSelector.setCurrentNode(stacks["Coronal"])
    first, second = panel.ui.stacksLabel.text.splitlines()
    assert first.startswith("Coronal: coronal: 6 slices")
    assert second.startswith(f"Small: {slices}, ") and "% of the whole field of view" in second
    panel.ui.inputSelector.setCurrentNode(stacks["Coronal"])
    assert panel.ui.applyButton.text == "Choose each stack once"


def test_boxes_show_where_the_stacks_lie_and_go_again(open_panel, stacks, scene):
    panel = open_panel("INRReconstruction")
    panel.ui.secondSelector.setCurrentNode(stacks["Coronal"])
    panel.ui.fieldsOfViewButton.click()
    assert boxes(scene) == ["Coronal field of view", "Small field of view"]
    assert panel.ui.fieldsOfViewButton.checked
    panel.ui.fieldsOfViewButton.click()
    assert boxes(scene) == [] and not panel.ui.fieldsOfViewButton.checked
    panel.ui.fieldsOfViewButton.click()
    scene.Clear()
    panel.bindParameters()
    assert not panel.ui.fieldsOfViewButton.checked
    assert panel.ui.stacksLabel.text == "Nothing is known of the slices yet."


def test_several_stacks_are_reconstructed_on_the_field_of_view_of_the_one_that_covers_most(
    open_panel, stacks, scene, slicer_app
):
    panel = open_panel("INRReconstruction")
    panel.ui.secondSelector.setCurrentNode(stacks["Axial"])
    panel.ui.thirdSelector.setCurrentNode(stacks["Coronal"])
    panel.ui.thicknessSpinBox.value = 7
    run_to_end(panel, slicer_app)
    assert not panel.ui.errorLabel.text
    result = scene.GetFirstNodeByName("Axial super-resolved")
    assert result.GetSpacing() == pytest.approx((2, 2, 2))
    assert result.GetImageData().GetDimensions() == (24, 24, 24)
    assert "7 mm thick" in panel.ui.statusLabel.text
    assert "Coronal" in panel.ui.statusLabel.text and "Small" in panel.ui.statusLabel.text


def test_what_the_panel_says_of_motion_mask_and_guide_reaches_the_job(open_panel, stacks, scene):
    panel = open_panel("INRReconstruction")
    panel.ui.inputSelector.setCurrentNode(stacks["Axial"])
    panel.ui.motionComboBox.currentIndex = 2
    assert panel.ui.applyButton.text == "Choose a second stack to find motion with"
    panel.ui.secondSelector.setCurrentNode(stacks["Coronal"])
    panel.ui.guideSelector.setCurrentNode(stacks["Coronal"])
    assert panel.ui.applyButton.text == "Choose a guide other than the stacks"
    panel.ui.guideSelector.setCurrentNode(stacks["Small"])
    panel.ui.profileComboBox.currentIndex = 1
    request = panel.request()
    assert request.settings == {"profile": "gaussian", "motion": "slices"}
    assert request.inputs["guide"] is stacks["Small"] and "masks" not in request.inputs
    assert [node.GetName() for node in request.inputs["volumes"]] == ["Axial", "Coronal"]


def test_a_mask_motion_and_uncertainty_go_all_the_way(open_panel, stacks, scene, slicer_app):
    from INRCore.scene import volume_to_node

    inside = np.zeros(AXIAL.shape, np.uint8)
    inside[1:5, 4:20, 4:20] = 1
    mask = volume_to_node(scene, Volume(inside, AXIAL), name="Mask", label=True)
    panel = open_panel("INRReconstruction")
    panel.ui.inputSelector.setCurrentNode(stacks["Axial"])
    panel.ui.secondSelector.setCurrentNode(stacks["Coronal"])
    panel.ui.motionComboBox.currentIndex = 2
    panel.ui.maskSelector.setCurrentNode(mask)
    panel.ui.uncertaintySelector.addNode()
    run_to_end(panel, slicer_app)
    assert not panel.ui.errorLabel.text
    assert "outside of the mask" in panel.ui.statusLabel.text
    uncertainty = panel.ui.uncertaintySelector.currentNode()
    assert uncertainty.GetImageData().GetDimensions() == (24, 24, 24)
    assert uncertainty.GetImageData().GetScalarRange()[1] > 0


def test_aligned_stacks_the_table_of_slices_and_transforms_come_into_the_scene_and_go_again(
    open_panel, stacks, scene, slicer_app
):
    from INRCore.scene import volume_from_node

    def names(kind):
        nodes = [scene.GetNthNodeByClass(n, kind) for n in range(scene.GetNumberOfNodesByClass(kind))]
        return sorted(node.GetName() for node in nodes if not node.GetHideFromEditors())

    panel = open_panel("INRReconstruction")
    panel.ui.inputSelector.setCurrentNode(stacks["Axial"])
    panel.ui.secondSelector.setCurrentNode(stacks["Coronal"])
    panel.ui.motionComboBox.currentIndex = 1
    panel.ui.alignedCheckBox.checked = True
    panel.ui.transformsCheckBox.checked = True
    run_to_end(panel, slicer_app)
    assert not panel.ui.errorLabel.text
    aligned = {"Axial aligned", "Coronal aligned"}
    assert aligned <= set(names("vtkMRMLScalarVolumeNode"))
    assert names("vtkMRMLLinearTransformNode") == ["Axial transform", "Coronal transform"]
    # A stack below its transform lies where the aligned one does.
    moved = stacks["Coronal"]
    moved.SetAndObserveTransformNodeID(scene.GetFirstNodeByName("Coronal transform").GetID())
    there = volume_from_node(scene.GetFirstNodeByName("Coronal aligned")).grid
    np.testing.assert_allclose(volume_from_node(moved).grid.corners, there.corners, atol=1e-3)
    moved.SetAndObserveTransformNodeID(None)
    table = scene.GetFirstNodeByName("Neural Reconstruction: slices").GetTable()
    titles = [table.GetColumnName(column) for column in range(table.GetNumberOfColumns())]
    assert titles == ["Stack", "Slice", "Misfit (RMSE)", "Left out", "Shift (mm)", "Turn (degrees)"]
    assert table.GetNumberOfRows() == 12 and table.GetValue(6, 0).ToString() == "Coronal"
    # The slices one by one, into the same nodes where there are some.
    panel.ui.motionComboBox.currentIndex = 2
    run_to_end(panel, slicer_app)
    assert [name for name in names("vtkMRMLScalarVolumeNode") if "aligned" in name] == sorted(aligned)
    assert "Axial slice 3" in names("vtkMRMLLinearTransformNode")
    assert scene.GetFirstNodeByName("Axial aligned").GetImageData().GetDimensions() == (24, 24, 24)
    panel.ui.undoButton.click()
    assert "Axial slice 3" not in names("vtkMRMLLinearTransformNode")


def test_bias_fields_come_into_the_scene_where_their_stacks_lie(open_panel, stacks, scene, slicer_app):
    import slicer

    from INRCore.scene import volume_from_node

    shaded = slicer.util.arrayFromVolume(stacks["Coronal"])
    shaded[:] = (shaded * np.linspace(0.75, 1.25, shaded.shape[2])).astype(shaded.dtype)  # along i
    panel = open_panel("INRReconstruction")
    panel.ui.inputSelector.setCurrentNode(stacks["Axial"])
    panel.ui.secondSelector.setCurrentNode(stacks["Coronal"])
    panel.ui.biasComboBox.currentIndex = 1
    panel.ui.biasFieldsCheckBox.checked = True
    run_to_end(panel, slicer_app)
    assert not panel.ui.errorLabel.text
    fields = {name: scene.GetFirstNodeByName(f"{name} bias field") for name in ("Axial", "Coronal")}
    found = {name: volume_from_node(node) for name, node in fields.items()}
    assert all(found[name].grid.same_as(volume_from_node(stacks[name]).grid) for name in found)
    relative = found["Coronal"].array.mean((0, 1)) / found["Axial"].array.mean((0, 1))
    assert 1.2 < relative[18] / relative[5] < 1.4  # it was made 1.33
    display = fields["Coronal"].GetScalarVolumeDisplayNode()
    assert display.GetWindowLevelMin() + display.GetWindowLevelMax() == pytest.approx(2)


def test_the_panel_denoises_one_volume_and_asks_for_bias_fields(open_panel, stacks, scene, slicer_app):
    panel = open_panel("INRReconstruction")
    panel.ui.inputSelector.setCurrentNode(stacks["Axial"])
    panel.ui.biasComboBox.currentIndex = 1
    assert panel.ui.applyButton.text == "Choose a second stack to compare the brightness with"
    panel.ui.secondSelector.setCurrentNode(stacks["Coronal"])
    assert panel.request().settings == {"bias": "stacks"}
    panel.ui.biasFieldsCheckBox.checked = True
    assert {"bias_1", "bias_2"} < set(panel.request().outputs)
    panel.ui.biasComboBox.currentIndex = 0
    assert not panel.ui.biasFieldsCheckBox.enabled and set(panel.request().outputs) == {"volume"}
    panel.ui.aimComboBox.currentIndex = 1
    assert [node.GetName() for node in panel.request().inputs["volumes"]] == ["Axial"]
    run_to_end(panel, slicer_app)
    assert not panel.ui.errorLabel.text
    result = scene.GetFirstNodeByName("Axial denoised")
    assert result.GetSpacing() == pytest.approx((2, 2, 8)) and result.GetImageData().GetDimensions() == (24, 24, 6)
