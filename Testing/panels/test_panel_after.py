"""After a run: repeat it from the console or a terminal, or take it back."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from panel_tools import a_volume, node_names, ready, run_to_end

from INRCore.command_line.from_job import arguments_of_job
from INRCore.command_line.parser import build_parser
from INRCore.command_line.to_job import job_from_arguments
from INRCore.io import read_volume
from INRCore.jobs import Job


def array(node):
    import slicer

    if node.IsA("vtkMRMLVolumeNode"):
        return np.array(slicer.util.arrayFromVolume(node))
    from INRCore.scene import labels_from_segmentation_node

    return labels_from_segmentation_node(node)[0].array


MAIN_RESULT = {"INRCompression": "outputVolume", "INRSegmentation": "outputSegmentation"}


def clipboard():
    import slicer

    return slicer.app.clipboard().text()


@pytest.mark.parametrize("name", ["INRCompression", "INRSegmentation"])
def test_a_run_can_be_repeated_from_console_and_terminal_and_then_taken_back(
    name, open_panel, scene, slicer_app, tmp_path
):
    import slicer

    panel = ready(name, open_panel, scene, tmp_path)
    panel.ui.seedSpinBox.value = 5
    names_before = node_names(scene)
    run_to_end(panel, slicer_app)
    result = getattr(panel.parameters, MAIN_RESULT[name])
    role = next(role for role, parameter in panel.outputs.items() if parameter == MAIN_RESULT[name])

    panel.ui.copyPythonButton.click()
    assert "Copied" in panel.ui.statusLabel.text
    names = {"slicer": slicer}
    exec(clipboard(), names)
    again = names["nodes"][role]
    assert again is not result
    assert np.array_equal(array(again), array(result))

    panel.ui.copyCommandButton.click()
    folder = Path(panel.ui.statusLabel.text.partition("The inputs are in ")[2].rstrip("."))
    script = tmp_path / "again.sh"
    script.write_text(clipboard())
    run = subprocess.run(["sh", "-e", str(script)], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert np.array_equal(read_volume(folder / f"{role}.nrrd").array, array(result))

    made_by_python = [node.GetName() for node in names["nodes"].values()]
    panel.ui.undoButton.click()
    assert not panel.ui.undoButton.enabled
    assert node_names(scene) == sorted([*names_before, *made_by_python])
    assert not [parameter for parameter in panel.outputs.values() if getattr(panel.parameters, parameter)]
    assert panel.ui.applyButton.text == "Apply"


def test_undo_gives_an_updated_node_its_content_back(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    output = a_volume(scene, "Mine", spacing=(3, 3, 3))
    before = array(output).copy()
    panel.ui.outputSelector.setCurrentNode(output)
    run_to_end(panel, slicer_app)
    assert array(output).shape != before.shape
    panel.ui.undoButton.click()
    assert np.array_equal(array(output), before)
    assert output.GetSpacing() == pytest.approx((3, 3, 3))
    assert panel.parameters.outputVolume is output


def test_a_run_whose_input_is_gone_cannot_be_copied(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    run_to_end(panel, slicer_app)
    scene.RemoveNode(scene.GetFirstNodeByName("MR"))
    panel.ui.copyPythonButton.click()
    assert "'MR' is no longer in the scene" in panel.ui.statusLabel.text


def test_two_nodes_of_one_name_are_told_apart_by_their_ids(modules, scene):
    from INRCore.panel.reproduce import python_text

    a_volume(scene, "MR")
    second = a_volume(scene, "Other")
    second.SetName("MR")
    logic = modules["INRReconstruction"].INRReconstructionLogic()
    text, _ = python_text(logic, logic.request([second], {"volume": None}))
    assert f"scene.GetNodeByID('{second.GetID()}')" in text


JOBS = {
    "compress": ({"volume": "a b.nrrd"}, {"file": "a.inr", "volume": "b.nrrd"}, {"target_ratio": 12.5}),
    "super-resolve": ({"volumes": ["a.nrrd", "b.nrrd"]}, {"volume": "c.nrrd", "baseline": "d.nrrd"}, {"spacing_mm": 1}),
    "register": (
        {"fixed": "f.nrrd", "moving": "m.nrrd", "fixed_landmarks": "f.csv", "moving_landmarks": "m.csv"}
        | {"fixed_channels": ["f2.nrrd", "f3.nrrd"], "moving_channels": ["m2.nrrd", "m3.nrrd"]}
        | {"initial_transform": "i.tfm", "carried_labels": "c.nrrd", "carried_model": "c.vtp"},
        {"volume": "v.nrrd", "transform": "t.h5", "jacobian": "j.nrrd", "inverse_transform": "b.h5"}
        | {"field": "f.safetensors", "log_jacobian": "l.nrrd", "labels": "s.nrrd", "model": "s.vtp"},
        {"initial": "rigid", "smoothing_voxels": [4.0, 0.0], "forbid_folding": True, "model": "velocity"},
    ),
    "estimate": ({"volume": "a.nrrd", "region": "r.nrrd"}, {"curve": "c.csv"}, {"region_max_error": 2.0}),
    "segment": ({"labels": "l.nrrd"}, {"labels": "s.nrrd", "model": "m.vtp"}, {"fit": {"iterations": 20}}),
}


@pytest.mark.parametrize("task", JOBS)
def test_a_job_as_command_line_is_read_as_the_same_job(task):
    inputs, outputs, settings = JOBS[task]
    job = Job(task, inputs, outputs, settings, "best", "cpu", 7, 2.5, True)
    words = arguments_of_job(job.to_dict())
    assert job_from_arguments(build_parser().parse_args(words)) == job
