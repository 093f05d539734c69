"""What the user sees while a job runs: curves and a preview, through the real panel and the real worker."""

import numpy as np
import pytest
from panel_tools import MODULES, ready, run_to_end

FITTING = [name for name in MODULES if name != "INRCompression"]  # its usual codec fits nothing: no loss, no preview
LONG = 3000
"""Iterations: more than are waited for; every 150th is measured."""


def nodes_of(scene, kind):
    return [scene.GetNthNodeByClass(number, kind) for number in range(scene.GetNumberOfNodesByClass(kind))]


def previews(scene):
    return [node for node in nodes_of(scene, "vtkMRMLVolumeNode") if node.GetName() == "Preview"]


def charts(scene):
    return {node.GetName(): node for node in nodes_of(scene, "vtkMRMLPlotChartNode")}


def rows(chart):
    return chart.GetNthPlotSeriesNode(0).GetTableNode().GetNumberOfRows()


@pytest.fixture
def running(open_panel, scene, slicer_app, tmp_path):
    """Starts a long fit in the panel and waits for its preview."""

    def start(name):
        panel = ready(name, open_panel, scene, tmp_path)
        panel.ui.iterationsSpinBox.value = LONG
        panel.ui.applyButton.click()
        slicer_app.wait_until(lambda: previews(scene) or panel.ui.errorLabel.text)
        assert not panel.ui.errorLabel.text
        return panel

    return start


@pytest.mark.parametrize("name", FITTING)
def test_curves_and_a_preview_come_while_the_job_runs_and_the_preview_goes(name, running, views, scene, slicer_app):
    panel = running(name)
    (preview,) = previews(scene)
    layer = "Label" if name == "INRSegmentation" else "Foreground"
    assert all(getattr(view, f"Get{layer}VolumeID")() == preview.GetID() for view in views)
    low, high = preview.GetImageData().GetScalarRange()
    assert low < high
    assert not preview.GetSaveWithScene() and preview.GetHideFromEditors()

    title = panel.title
    slicer_app.wait_until(lambda: f"{title}: loss" in charts(scene))
    loss = charts(scene)[f"{title}: loss"]
    assert loss.GetYAxisLogScale()
    before = rows(loss)
    slicer_app.wait_until(lambda: rows(loss) > before)
    if name != "INRReconstruction":  # whose quality is not known before the end
        slicer_app.wait_until(lambda: f"{title}: quality" in charts(scene))

    slicer_app.wait_until(lambda: panel.ui.stopButton.enabled)
    panel.ui.stopButton.click()
    slicer_app.wait_until(lambda: panel.ui.applyButton.text == "Apply")
    assert not panel.ui.errorLabel.text
    assert not previews(scene)
    assert preview.GetID() not in {getattr(view, f"Get{layer}VolumeID")() for view in views}
    assert charts(scene)[f"{title}: loss"] is loss


def test_a_cancelled_job_leaves_neither_curves_nor_preview(running, views, scene):
    panel = running("INRRegistration")
    panel.ui.applyButton.click()
    assert not previews(scene) and not charts(scene)
    assert not nodes_of(scene, "vtkMRMLTableNode") and not nodes_of(scene, "vtkMRMLPlotSeriesNode")
    assert [view.GetForegroundVolumeID() for view in views] == [None, None]


def test_closing_the_scene_while_a_preview_is_shown_does_no_harm(running, views, scene):
    panel = running("INRRegistration")
    scene.Clear()
    assert not previews(scene) and not charts(scene)
    assert panel.ui.applyButton.text != "Cancel"


def test_the_next_run_draws_into_the_same_chart_and_undo_removes_it(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRReconstruction", open_panel, scene, tmp_path)
    run_to_end(panel, slicer_app)
    loss = charts(scene)[f"{panel.title}: loss"]
    table = loss.GetNthPlotSeriesNode(0).GetTableNode()
    iterations = [float(table.GetCellText(row, 0)) for row in range(table.GetNumberOfRows())]
    assert iterations[-1] == 20 and np.all(np.diff(iterations) > 0)
    count = scene.GetNumberOfNodes()
    run_to_end(panel, slicer_app)
    assert scene.GetNumberOfNodes() == count
    assert charts(scene)[f"{panel.title}: loss"] is loss
    panel.ui.undoButton.click()
    assert not charts(scene) and not nodes_of(scene, "vtkMRMLTableNode")


def test_a_preview_that_cannot_be_read_is_skipped(slicer_app, scene, tmp_path):
    from INRCore.panel.live import LiveView

    live = LiveView(scene, "Neural Segmentation", "segment", {})
    (tmp_path / "preview.nii").write_bytes(b"half of it")
    live.take({"event": "preview", "file": str(tmp_path / "preview.nii")})
    live.take({"event": "preview", "file": str(tmp_path / "gone.nii")})
    assert not previews(scene)


def test_the_scene_is_updated_at_most_five_times_a_second(slicer_app, scene):
    from INRCore.panel.live import LiveView

    live = LiveView(scene, "Neural Compression", "compress", {})
    progress = {"event": "progress", "stage": "fit", "iterations": 10_000, "losses": {"mse": 1.0}, "metrics": {}}
    live.take(progress | {"iteration": 1})
    updates = []
    live.chart.AddObserver("ModifiedEvent", lambda *_: updates.append(1))
    for iteration in range(2, 5000):
        live.take(progress | {"iteration": iteration})
    assert rows(live.chart) < 4999 and len(updates) < 20
    live.finish(completed=True)
    assert rows(live.chart) > 1000  # all of them, thinned out
