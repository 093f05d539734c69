"""Runs that do not reach their end: cancelled, killed, without disk, without nodes, without a scene."""

import contextlib
import os
import resource
import time

import pytest
from panel_tools import MANY, a_volume, node_names, ready, run_to_end, start_long


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


# -- disk ------------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def files_up_to(size):
    """No file of this process, and of those that it starts meanwhile, can grow beyond `size` bytes."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def on_a_full_disk(monkeypatch, owner, name, size):
    """Lets the method run with hardly any room."""
    method = getattr(owner, name)

    def cramped(*args):
        with files_up_to(size):
            return method(*args)

    monkeypatch.setattr(owner, name, cramped)


def test_no_room_for_the_inputs_is_told_with_what_to_do(open_panel, scene, slicer_app, tmp_path, monkeypatch):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    on_a_full_disk(monkeypatch, panel.logic, "prepare", 1000)
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: panel.ui.errorLabel.text)
    assert "temporary folder" in panel.ui.errorLabel.text
    assert "free some space" in panel.ui.errorLabel.text
    assert panel.ui.applyButton.text == "Apply"


def test_a_temporary_folder_that_is_gone_is_told(open_panel, scene, slicer_app, tmp_path, monkeypatch):
    import slicer

    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    monkeypatch.setattr(slicer.app, "temporaryPath", str(tmp_path / "gone"))
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: panel.ui.errorLabel.text)
    assert "Application Settings" in panel.ui.errorLabel.text
    monkeypatch.undo()


def test_no_room_for_the_results_of_the_worker_leaves_the_scene_as_it_was(
    open_panel, scene, slicer_app, tmp_path, monkeypatch
):
    from INRCore.panel.process import JobProcess

    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    count = scene.GetNumberOfNodes()
    on_a_full_disk(monkeypatch, JobProcess, "start", 5000)
    run_to_end(panel, slicer_app)
    assert "could not be written" in panel.ui.errorLabel.text
    assert "inr_" not in panel.ui.errorLabel.text
    assert scene.GetNumberOfNodes() == count


def test_no_room_for_the_compressed_file_leaves_the_scene_as_it_was(
    open_panel, scene, slicer_app, tmp_path, monkeypatch
):
    panel = ready("INRCompression", open_panel, scene, tmp_path)
    count = scene.GetNumberOfNodes()
    on_a_full_disk(monkeypatch, panel.logic, "load", 100)
    run_to_end(panel, slicer_app)
    assert "could not be written" in panel.ui.errorLabel.text
    assert not (tmp_path / "MR.inr").exists()
    assert scene.GetNumberOfNodes() == count


# -- telling ---------------------------------------------------------------------------------------------------------
def test_the_details_of_an_error_are_folded_below_it(open_panel, scene, slicer_app, tmp_path, monkeypatch):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    assert not panel.ui.detailsCollapsibleButton.isVisibleTo(panel.parent)
    monkeypatch.setattr(panel.logic, "prepare", lambda request: 1 / 0)
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: panel.ui.errorLabel.text)
    assert "ZeroDivisionError" in panel.ui.errorLabel.text
    assert panel.ui.detailsCollapsibleButton.isVisibleTo(panel.parent)
    assert panel.ui.detailsCollapsibleButton.collapsed
    assert "Traceback" in panel.ui.detailsText.plainText


def test_a_finished_job_is_told_in_the_status_bar_while_another_module_is_shown(
    open_panel, scene, slicer_app, tmp_path, monkeypatch
):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "showStatusMessage", lambda text, duration=0: told.append(text))
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    panel.ui.applyButton.click()
    panel.exit()
    slicer_app.wait_until(lambda: told)
    assert told == ["Neural Reconstruction: done"]
    assert panel.parameters.outputVolume.GetName() == "MR super-resolved"
    panel.enter()
    assert panel.ui.outputSelector.currentNode().GetName() == "MR super-resolved"


def test_reloading_the_module_ends_its_job(open_panel, scene, slicer_app, tmp_path):
    import slicer

    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    start_long(panel, slicer_app)
    worker = panel._job.process.pid
    slicer.util.reloadScriptedModule("INRRegistration")
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    fresh = slicer.modules.INRRegistrationWidget
    assert fresh.ui.applyButton.text == "Apply"
    fresh.cleanup()
