"""After a run: ways to look at the result, tables, landmarks, the plot."""

import numpy as np
import pytest
from panel_tools import a_grid, points, ready, run_to_end


def nodes_of(scene, kind):
    return [scene.GetNthNodeByClass(number, kind) for number in range(scene.GetNumberOfNodesByClass(kind))]


def named(scene, name):
    node = scene.GetFirstNodeByName(name)
    assert node is not None, sorted(node.GetName() or "" for node in nodes_of(scene, "vtkMRMLStorableNode"))
    return node


@pytest.fixture
def compare(slicer_app):
    def choose(panel, text):
        box = panel.ui.compareComboBox
        box.setCurrentIndex(box.findText(text))
        box.activated.emit(box.currentIndex)

    return choose


def shown(view):
    return view.GetBackgroundVolumeID(), view.GetForegroundVolumeID()


def test_a_registration_can_be_looked_at_in_all_ways(open_panel, scene, slicer_app, tmp_path, views, compare):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    run_to_end(panel, slicer_app)
    fixed, result = named(scene, "Fixed").GetID(), named(scene, "Moving registered").GetID()
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    assert panel.ui.compareComboBox.currentText == "Faded over the input"
    assert shown(views[0]) == (fixed, result) and views[0].GetForegroundOpacity() == 0.5

    compare(panel, "Side by side with the input")
    assert layout.GetViewArrangement() == layout.SlicerLayoutSideBySideView
    assert [shown(view) for view in views] == [(fixed, None), (result, None)]

    compare(panel, "Difference from the input")
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView
    difference = named(scene, "Moving registered - Fixed")
    assert shown(views[1]) == (difference.GetID(), None)
    low, high = difference.GetImageData().GetScalarRange()
    assert low < 0 < high
    assert difference.GetScalarVolumeDisplayNode().GetLevel() == pytest.approx(0)

    compare(panel, "Check board with the input")
    assert views[0].GetBackgroundVolumeID() == named(scene, "Moving registered and Fixed").GetID()
    compare(panel, "Result alone")
    assert shown(views[0]) == (result, None)

    count, before = scene.GetNumberOfNodes(), difference.GetImageData().GetMTime()
    panel.ui.seedSpinBox.value = 3
    run_to_end(panel, slicer_app)
    assert scene.GetNumberOfNodes() == count
    assert difference.GetImageData().GetMTime() > before  # it belongs to the new result

    compare(panel, "Side by side with the input")
    panel.ui.undoButton.click()
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView
    assert scene.GetFirstNodeByName("Moving registered - Fixed") is None
    assert not panel.ui.compareComboBox.isVisibleTo(panel.parent)


def test_measures_and_landmark_errors_come_as_tables_and_landmarks_are_carried_over(
    open_panel, scene, slicer_app, tmp_path
):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    fixed = a_grid().center + np.array([[0, 0, 0], [5, 0, 0], [0, 6, 2]])
    panel.ui.fixedLandmarksSelector.setCurrentNode(points(scene, "F", fixed))
    panel.ui.movingLandmarksSelector.setCurrentNode(points(scene, "M", fixed + np.array([3, 0, 0])))
    run_to_end(panel, slicer_app)
    assert not panel.ui.errorLabel.text
    measures = named(scene, "Neural Registration: measures")
    rows = {measures.GetCellText(row, 0): measures.GetCellText(row, 1) for row in range(measures.GetNumberOfRows())}
    assert rows["Landmark error before"] == "3.00 mm"
    errors = named(scene, "Neural Registration: landmark errors")
    assert [float(errors.GetCellText(row, 1)) for row in range(4)] == [3, 3, 3, 3]
    mean = float(errors.GetCellText(3, 2))
    assert f"{mean:.2f} mm" == rows["Landmark error after"]

    moved = named(scene, "M registered")
    found = np.array([moved.GetNthControlPointPositionWorld(number) for number in range(3)])
    distances = np.linalg.norm(found - fixed, axis=1)
    assert distances.mean() == pytest.approx(mean, abs=0.3)

    count = scene.GetNumberOfNodes()
    run_to_end(panel, slicer_app)
    assert scene.GetNumberOfNodes() == count
    panel.ui.undoButton.click()
    for name in ("Neural Registration: measures", "Neural Registration: landmark errors", "M registered"):
        assert scene.GetFirstNodeByName(name) is None


def test_the_plot_is_shown_when_asked_for(open_panel, scene, slicer_app, tmp_path, views):
    plot_view = scene.GetFirstNodeByClass("vtkMRMLPlotViewNode")
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    panel = ready("INRSegmentation", open_panel, scene, tmp_path)
    run_to_end(panel, slicer_app)
    assert not panel.ui.compareComboBox.isVisibleTo(panel.parent)  # a segmentation lies over its input anyway
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView
    panel.ui.plotButton.click()
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpPlotView
    assert plot_view.GetPlotChartNode().GetName() == "Neural Segmentation: loss"


def test_an_input_that_is_deleted_while_the_job_runs_does_not_keep_its_result_from_being_shown(
    open_panel, scene, slicer_app, tmp_path, views, compare
):
    panel = ready("INRCompression", open_panel, scene, tmp_path)
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: "/" in panel.ui.statusLabel.text or panel.ui.applyButton.text != "Cancel")
    scene.RemoveNode(named(scene, "MR"))
    slicer_app.wait_until(lambda: panel.ui.applyButton.text != "Cancel")
    result = named(scene, "MR decompressed")
    assert shown(views[0]) == (result.GetID(), None)
    compare(panel, "Difference from the input")
    assert "not there any more" in panel.ui.statusLabel.text
