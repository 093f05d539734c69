"""The four panels, driven as a user drives them: real .ui files on real Qt, a real MRML scene, the real worker."""

import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

import numpy as np
import pytest
import slicer_double

from INRCore.geometry import Grid
from INRCore.volume import Volume

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("INRCompression", "INRReconstruction", "INRRegistration", "INRSegmentation")
MANY = 1_000_000


@pytest.fixture(scope="module")
def slicer_app():
    with slicer_double.installed() as double:
        yield double


@pytest.fixture(scope="module")
def modules(slicer_app):
    return {name: slicer_app.load_module(ROOT / name / f"{name}.py") for name in MODULES}


@pytest.fixture
def scene(slicer_app):
    """An empty scene; afterwards no slot may have failed and no temporary file may be left."""
    import slicer

    slicer_app.scene.Clear()
    yield slicer_app.scene
    slicer_app.scene.Clear()
    errors, slicer_app.slot_errors[:] = list(slicer_app.slot_errors), []
    assert not errors
    assert not [path for path in Path(slicer.app.temporaryPath).iterdir() if path.name.startswith("inr_")]


@pytest.fixture
def open_panel(slicer_app, modules, scene):
    opened = []

    def open_one(name):
        panel = slicer_app.open_panel(modules[name])
        panel.enter()
        panel.ui.presetComboBox.currentIndex = 0
        panel.ui.deviceComboBox.currentIndex = 3
        panel.ui.iterationsSpinBox.value = 20
        opened.append(panel)
        return panel

    yield open_one
    for panel in opened:
        panel.cleanup()
        panel.parent.deleteLater()


def a_grid(spacing=(2, 2, 2)):
    cosine, sine = np.cos(0.4), np.sin(0.4)
    turned = np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
    return Grid.from_parts((16, 16, 16), spacing, (10, -20, 30), turned)


def a_volume(scene, name, shift=0.0, spacing=(2, 2, 2)):
    from INRCore.scene import volume_to_node

    grid = a_grid(spacing)
    distance = np.linalg.norm(grid.points() - grid.center - [shift, 0, 0], axis=1)
    array = (1000 * np.exp(-((distance / 12) ** 2))).reshape(grid.shape).astype(np.int16)
    return volume_to_node(scene, Volume(array, grid, name=name), name=name)


def a_ball(scene, name):
    from INRCore.scene import volume_to_node

    grid = a_grid()
    inside = np.linalg.norm(grid.points() - grid.center, axis=1) < 10
    labels = Volume(inside.reshape(grid.shape).astype(np.uint8), grid, name=name)
    return volume_to_node(scene, labels, name=name, label=True)


def points(scene, name, positions):
    from INRCore.scene import landmarks_to_node

    return landmarks_to_node(scene, np.asarray(positions, float), name=name)


def node_names(scene):
    kinds = ("vtkMRMLVolumeNode", "vtkMRMLTransformNode", "vtkMRMLSegmentationNode", "vtkMRMLModelNode")
    nodes = [scene.GetNthNodeByClass(i, kind) for kind in kinds for i in range(scene.GetNumberOfNodesByClass(kind))]
    return sorted(node.GetName() for node in nodes if not node.GetHideFromEditors())


def ready(name, open_panel, scene, tmp_path):
    """The panel with its inputs chosen, as far as Apply can be clicked."""
    if name == "INRRegistration":
        a_volume(scene, "Fixed")
        moving = a_volume(scene, "Moving", shift=3)
    elif name == "INRSegmentation":
        a_ball(scene, "Ball")
    else:
        a_volume(scene, "MR", spacing=(1.5, 1.5, 3))
    panel = open_panel(name)
    if name == "INRRegistration":
        panel.ui.movingSelector.setCurrentNode(moving)
    if name == "INRCompression":
        panel.ui.filePathLineEdit.currentPath = str(tmp_path / "MR.inr")
    assert panel.ui.applyButton.text == "Apply"
    return panel


def run_to_end(panel, slicer_app, seconds=120):
    panel.ui.applyButton.click()
    assert panel.ui.applyButton.text == "Cancel", panel.ui.errorLabel.text
    slicer_app.wait_until(lambda: panel.ui.applyButton.text != "Cancel", seconds)


def table(panel):
    cells = panel.ui.resultTable
    return {cells.item(row, 0).text(): cells.item(row, 1).text() for row in range(cells.rowCount)}


# -- building --------------------------------------------------------------------------------------------------------
def test_building_all_panels_imports_neither_torch_nor_the_libraries_that_slicer_lacks():
    code = f"""
import sys
sys.path[:0] = [{str(ROOT / "Testing")!r}, {str(ROOT)!r}]
import slicer_double
from pathlib import Path
with slicer_double.installed() as app:
    for name in {MODULES!r}:
        app.open_panel(app.load_module(Path({str(ROOT)!r}) / name / (name + ".py")))
    assert not app.slot_errors
print([name for name in ("torch", "nrrd", "nibabel", "rich", "SimpleITK") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip().splitlines()[-1:] == ["[]"], run.stderr


@pytest.mark.parametrize("name", MODULES)
def test_a_panel_opens_with_the_defaults_that_most_people_need(name, open_panel):
    panel = open_panel(name)
    assert panel.ui.advancedCollapsibleButton.collapsed
    assert [panel.ui.presetComboBox.itemText(i) for i in range(3)] == ["Fast preview", "Balanced", "Best quality"]
    assert not panel.ui.applyButton.enabled
    assert not panel.ui.progressBar.isVisibleTo(panel.parent)
    assert not panel.ui.stopButton.isVisibleTo(panel.parent)
    assert not panel.ui.resultsCollapsibleButton.isVisibleTo(panel.parent)


@pytest.mark.parametrize("name", MODULES)
def test_every_control_explains_itself(name, open_panel):
    ui = open_panel(name).ui
    kinds = ("qMRMLNodeComboBox", "QComboBox", "QSpinBox", "QDoubleSpinBox", "QPushButton", "ctkPathLineEdit")
    controls = [widget for widget in vars(ui).values() if widget.className() in kinds]
    assert len(controls) > 6
    assert not [widget.name for widget in controls if not widget.toolTip]


# -- what is missing -------------------------------------------------------------------------------------------------
def test_compression_says_what_is_missing(open_panel, scene, tmp_path):
    panel = open_panel("INRCompression")
    assert panel.ui.applyButton.text == "Choose a volume to compress"
    a_volume(scene, "MR")
    assert panel.ui.filePathLineEdit.currentPath.endswith("MR.inr")
    assert panel.ui.applyButton.text == "Apply"
    panel.ui.filePathLineEdit.currentPath = ""
    assert panel.ui.applyButton.text == "Choose where to write the .inr file"
    assert not panel.ui.applyButton.enabled


def test_a_suggested_file_never_exists_already_and_never_replaces_the_users_choice(open_panel, scene, tmp_path):
    panel = open_panel("INRCompression")
    scene.SetRootDirectory(str(tmp_path))
    (tmp_path / "A_B.inr").touch()
    a_volume(scene, "A/B")
    assert panel.ui.filePathLineEdit.currentPath == str(tmp_path / "A_B_2.inr")
    panel.ui.filePathLineEdit.currentPath = str(tmp_path / "mine.inr")
    panel.ui.inputSelector.setCurrentNode(a_volume(scene, "Other"))
    assert panel.ui.filePathLineEdit.currentPath == str(tmp_path / "mine.inr")


def test_reconstruction_says_what_is_missing(open_panel, scene):
    panel = open_panel("INRReconstruction")
    assert panel.ui.applyButton.text == "Choose a volume with thick slices"
    a_volume(scene, "MR")
    assert panel.ui.applyButton.text == "Apply"


def test_registration_says_what_is_missing(open_panel, scene):
    panel = open_panel("INRRegistration")
    assert panel.ui.applyButton.text == "Choose a fixed volume"
    fixed = a_volume(scene, "Fixed")
    assert panel.ui.applyButton.text == "Choose a moving volume"
    panel.ui.movingSelector.setCurrentNode(fixed)
    assert panel.ui.applyButton.text == "Choose two different volumes"
    panel.ui.movingSelector.setCurrentNode(a_volume(scene, "Moving"))
    assert panel.ui.applyButton.text == "Apply"
    panel.ui.fixedLandmarksSelector.setCurrentNode(points(scene, "F", [[0, 0, 0]]))
    assert panel.ui.applyButton.text == "Choose landmarks in both volumes or in none"


def test_segmentation_says_what_is_missing(open_panel, scene):
    panel = open_panel("INRSegmentation")
    assert panel.ui.applyButton.text == "Choose a segmentation or label map"
    a_volume(scene, "MR")  # an image is not a label map
    assert panel.ui.applyButton.text == "Choose a segmentation or label map"
    a_ball(scene, "Ball")
    assert panel.ui.applyButton.text == "Apply"


def test_an_input_cannot_be_the_output(open_panel, scene):
    volume = a_volume(scene, "MR")
    panel = open_panel("INRReconstruction")
    panel.ui.outputSelector.setCurrentNode(volume)
    assert panel.ui.applyButton.text == "Choose outputs other than the inputs"
    assert not panel.ui.applyButton.enabled


# -- running ---------------------------------------------------------------------------------------------------------
RESULTS = {
    "INRCompression": (["MR", "MR decompressed"], "PSNR"),
    "INRReconstruction": (["MR", "MR super-resolved"], "Misfit of cubic B-spline"),
    "INRRegistration": (["Fixed", "Moving", "Moving registered", "Moving to Fixed"], "Similarity after"),
    "INRSegmentation": (["Ball", "Ball smooth"], "Dice"),
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


def test_cancel_half_way_ends_the_worker_and_changes_nothing(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    count = scene.GetNumberOfNodes()
    panel.ui.iterationsSpinBox.value = MANY
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: panel.ui.progressBar.value or "/" in panel.ui.statusLabel.text)
    assert panel.ui.progressBar.isVisibleTo(panel.parent)
    worker = panel._job.process.pid
    begun = time.monotonic()
    panel.ui.applyButton.click()
    assert time.monotonic() - begun < 2
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert panel.ui.applyButton.text == "Apply"
    assert "Cancelled" in panel.ui.statusLabel.text
    assert not panel.ui.progressBar.isVisibleTo(panel.parent)
    assert scene.GetNumberOfNodes() == count


def test_stop_and_keep_gives_the_best_result_so_far(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    panel.ui.iterationsSpinBox.value = MANY
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: "/" in panel.ui.statusLabel.text)
    panel.ui.stopButton.click()
    assert not panel.ui.stopButton.enabled
    slicer_app.wait_until(lambda: panel.ui.applyButton.text == "Apply")
    assert panel.ui.errorLabel.text == ""
    assert "Moving registered" in node_names(scene)


def test_a_killed_worker_gives_a_message_and_leaves_no_nodes(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    count = scene.GetNumberOfNodes()
    panel.ui.iterationsSpinBox.value = MANY
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: "/" in panel.ui.statusLabel.text)
    os.kill(panel._job.process.pid, 9)
    slicer_app.wait_until(lambda: panel.ui.applyButton.text == "Apply")
    assert panel.ui.errorLabel.text.startswith("Error: The computation was ended from outside or crashed")
    assert panel.ui.errorLabel.isVisibleTo(panel.parent)
    assert scene.GetNumberOfNodes() == count


def test_an_input_that_cannot_be_used_gives_one_line_that_names_it(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRCompression", open_panel, scene, tmp_path)
    scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Nothing")
    panel.ui.inputSelector.setCurrentNode(scene.GetFirstNodeByName("Nothing"))
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: panel.ui.errorLabel.text)
    assert "'Nothing' holds no image" in panel.ui.errorLabel.text
    assert panel.ui.applyButton.text == "Apply"


def test_a_file_that_cannot_be_written_is_said_before_the_work_starts(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRCompression", open_panel, scene, tmp_path)
    panel.ui.filePathLineEdit.currentPath = str(tmp_path / "missing" / "MR.inr")
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: panel.ui.errorLabel.text)
    assert "does not exist" in panel.ui.errorLabel.text
    assert panel.ui.applyButton.text == "Apply"


def test_a_setting_out_of_range_comes_back_as_the_workers_message(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    panel.ui.memorySpinBox.value = 0.01
    panel.ui.memorySpinBox.minimum = 0
    panel.ui.memorySpinBox.decimals = 2
    panel.ui.memorySpinBox.value = 0.01
    run_to_end(panel, slicer_app)
    assert "The memory limit" in panel.ui.errorLabel.text


def test_closing_the_scene_ends_the_job(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    panel.ui.iterationsSpinBox.value = MANY
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: panel._job.process)
    worker = panel._job.process.pid
    scene.Clear()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert panel.ui.applyButton.text == "Choose a fixed volume"
    assert node_names(scene) == []


def test_unloading_the_module_ends_the_job_and_observes_no_more(open_panel, scene, slicer_app, tmp_path):
    import slicer

    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    panel.ui.iterationsSpinBox.value = MANY
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: panel._job.process)
    worker = panel._job.process.pid
    slicer.app.moduleManager().moduleAboutToBeUnloaded.emit("INRRegistration")
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert not panel.hasObserver(scene, scene.StartCloseEvent, panel.onSceneStartClose)


def test_nodes_deleted_while_the_job_runs_do_no_harm(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    output = panel.ui.outputSelector.addNode()
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: panel._job.process)
    scene.RemoveNode(scene.GetFirstNodeByName("Moving"))
    scene.RemoveNode(output)
    slicer_app.wait_until(lambda: panel.ui.applyButton.text != "Cancel")
    assert panel.ui.errorLabel.text == ""
    assert node_names(scene) == ["Fixed", "Moving registered", "Moving to Fixed"]


def test_a_result_that_cannot_be_loaded_leaves_no_half_results(modules, scene):
    from INRCore.errors import INRError
    from INRCore.io import write_volume
    from INRCore.scene import volume_from_node

    inputs = {"fixed": a_volume(scene, "Fixed"), "moving": a_volume(scene, "Moving")}
    logic = modules["INRRegistration"].INRRegistrationLogic()
    prepared = logic.prepare(logic.request(inputs, {"volume": None, "transform": None}))
    write_volume(volume_from_node(inputs["fixed"]), prepared.results["volume"].path)
    count = scene.GetNumberOfNodes()
    with pytest.raises(INRError), logic.change(prepared):
        logic.load(prepared)  # the transform's file is missing
    assert scene.GetNumberOfNodes() == count
    logic.discard(prepared)


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


# -- what runs inside Slicer -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", MODULES)
def test_the_modules_own_slicer_test_passes(name, modules, scene):
    suite = unittest.TestLoader().loadTestsFromModule(modules[name])
    outcome = unittest.TextTestRunner(verbosity=2).run(suite)
    assert outcome.testsRun == 1
    assert outcome.wasSuccessful(), [trace for _, trace in outcome.failures + outcome.errors]
    assert not outcome.skipped
