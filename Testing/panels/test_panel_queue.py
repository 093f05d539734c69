"""Jobs of several panels: one after the other, each on what was on the screen at its Apply, none outliving Slicer."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from panel_tools import MANY, a_volume, click_later, node_names, ready, start_long, table

from INRCore.panel.worker import worker_environment


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def busy(open_panel, scene, slicer_app, tmp_path):
    """A registration that runs for long."""
    panel = ready("INRRegistration", open_panel, scene, tmp_path)
    start_long(panel, slicer_app)
    return panel


def test_a_second_job_waits_for_the_first_and_starts_when_that_ends(busy, open_panel, scene, slicer_app, tmp_path):
    second = ready("INRSegmentation", open_panel, scene, tmp_path)
    second.ui.applyButton.click()
    slicer_app.wait_until(lambda: "Waiting" in second.ui.statusLabel.text)
    assert second.ui.statusLabel.text == "Waiting for Neural Registration ..."
    assert second.ui.applyButton.text == "Cancel"
    busy.ui.applyButton.click()
    slicer_app.wait_until(lambda: second.ui.applyButton.text == "Apply")
    assert "Dice with the input" in table(second)


def test_a_waiting_job_can_be_cancelled(busy, open_panel, scene, slicer_app, tmp_path):
    second = ready("INRSegmentation", open_panel, scene, tmp_path)
    second.ui.applyButton.click()
    slicer_app.wait_until(lambda: "Waiting" in second.ui.statusLabel.text)
    click_later(second)
    assert second.ui.applyButton.text == "Apply"
    assert "Cancelled" in second.ui.statusLabel.text
    assert busy.ui.applyButton.text == "Cancel"


def test_a_waiting_job_works_on_what_was_there_at_apply(busy, open_panel, scene, slicer_app, tmp_path):
    second = ready("INRSegmentation", open_panel, scene, tmp_path)
    second.ui.applyButton.click()
    slicer_app.wait_until(lambda: "Waiting" in second.ui.statusLabel.text)
    scene.RemoveNode(scene.GetFirstNodeByName("Ball"))
    busy.ui.applyButton.click()
    slicer_app.wait_until(lambda: second.ui.applyButton.text != "Cancel")
    assert second.ui.errorLabel.text == ""
    assert "Ball smooth" in node_names(scene)


def test_quitting_slicer_ends_running_and_waiting_jobs(busy, open_panel, scene, slicer_app, tmp_path):
    import slicer

    second = ready("INRSegmentation", open_panel, scene, tmp_path)
    second.ui.applyButton.click()
    slicer_app.wait_until(lambda: "Waiting" in second.ui.statusLabel.text)
    worker = busy._job.process.pid
    slicer.app.aboutToQuit.emit()
    assert not is_alive(worker)
    assert [panel.ui.applyButton.text for panel in (busy, second)] == ["Apply", "Apply"]


def test_a_worker_ends_by_itself_when_slicer_is_killed(modules, scene):
    logic = modules["INRRegistration"].INRRegistrationLogic()
    inputs = {"fixed": a_volume(scene, "Fixed"), "moving": a_volume(scene, "Moving")}
    options = modules["INRRegistration"].RunOptions(device="cpu", iterations=MANY)
    prepared = logic.prepare(logic.request(inputs, {"volume": None}, options=options))
    code = (
        "import subprocess, sys\n"
        f"worker = subprocess.Popen({prepared.command!r}, stdin=subprocess.PIPE, stdout=sys.stdout)\n"
        "print(worker.pid, flush=True); worker.wait()"
    )
    environment = os.environ | worker_environment()
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment) as slicer:
        worker = int(slicer.stdout.readline())
        assert "progress" in slicer.stdout.readline()
        os.kill(slicer.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(worker)
    logic.discard(prepared)


def test_apply_answers_at_once_for_a_large_volume_and_cancel_within_two_seconds(
    open_panel, scene, slicer_app, tmp_path
):
    from INRCore.geometry import Grid
    from INRCore.scene import volume_to_node
    from INRCore.volume import Volume

    volume_to_node(scene, Volume(np.zeros((256, 512, 512), np.int16), Grid((256, 512, 512), np.eye(4))), name="CT")
    panel = open_panel("INRCompression")
    panel.ui.filePathLineEdit.currentPath = str(tmp_path / "CT.inr")
    begun = time.monotonic()
    panel.ui.applyButton.click()
    assert time.monotonic() - begun < 0.2
    assert panel.ui.applyButton.text == "Cancel"
    assert "Preparing" in panel.ui.statusLabel.text
    slicer_app.wait_until(lambda: panel._job.process)
    begun = time.monotonic()
    click_later(panel)
    assert panel.ui.applyButton.text == "Apply"
    assert time.monotonic() - begun < 2


def test_what_a_crashed_slicer_left_is_removed_after_a_week(slicer_app):
    import slicer

    from INRCore.panel.temporary import remove_leftovers

    old, new = (Path(slicer.app.temporaryPath) / f"inr_{name}" for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir()
    week_ago = time.time() - 8 * 24 * 3600
    os.utime(old, (week_ago, week_ago))
    remove_leftovers()
    assert (old.exists(), new.exists()) == (False, True)
    new.rmdir()
