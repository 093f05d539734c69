"""The compression panel: what is asked for, what it will cost, a region that is kept better."""

from dataclasses import replace

import numpy as np
import pytest
from panel_tools import a_ball, a_grid, a_volume, ready, run_to_end, table
from scene_tools import linear_parent

from INRCore.errors import InputError

TARGETS = {
    "ratioSpinBox": (12.5, {"target_ratio": 12.5}),
    "megabytesSpinBox": (0.25, {"target_bytes": 250_000}),
    "psnrSpinBox": (41, {"target_psnr_db": 41}),
    "maximumErrorSpinBox": (0, {"target_max_error": 0}),
}


def test_an_upsampler_and_dicom_entries_reach_the_job(open_panel, scene, tmp_path, monkeypatch):
    import slicer

    panel = ready("INRCompression", open_panel, scene, tmp_path)
    assert not panel.ui.upsamplerLineEdit.enabled
    panel.parameters.codec = type(panel.parameters.codec)("upsampled")
    assert panel.ui.upsamplerLineEdit.enabled and "upsampler" in panel.ui.applyButton.toolTip
    panel.ui.upsamplerLineEdit.currentPath = "model.safetensors"
    panel.ui.keptTagsLineEdit.text = "KVP, StudyDescription,"
    panel.ui.embedUpsamplerCheckBox.checked = True
    assert panel.request().settings == {
        "codec": "upsampled",
        "upsampler": "model.safetensors",
        "embed_upsampler": True,
        "keep_tags": ["KVP", "StudyDescription"],
    }
    with pytest.raises(InputError, match="not loaded from DICOM"):
        panel.logic.job_in(tmp_path, panel.request())
    panel.parameters.inputVolume.SetAttribute("DICOM.instanceUIDs", "1.2 1.3")
    files = {"1.2": "/database/1.dcm"}
    database = type("Database", (), {"fileForInstance": lambda self, uid: files.get(uid, "")})()
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    (tmp_path / "again").mkdir()
    assert panel.logic.job_in(tmp_path / "again", panel.request())["inputs"]["dicom"] == "/database/1.dcm"


@pytest.mark.parametrize("widget", TARGETS)
def test_every_target_reaches_the_job(widget, open_panel, scene, tmp_path):
    panel = ready("INRCompression", open_panel, scene, tmp_path)
    value, settings = TARGETS[widget]
    getattr(panel.ui, widget).value = value
    assert panel.request().settings == settings


def test_a_region_brings_its_quality_along_and_only_then(open_panel, scene, tmp_path):
    panel = ready("INRCompression", open_panel, scene, tmp_path)
    panel.ui.regionErrorSpinBox.value = 2
    assert panel.request().settings == {} and set(panel.request().inputs) == {"volume"}
    panel.ui.keptRegionSelector.setCurrentNode(a_ball(scene, "Ball"))
    assert panel.request().settings == {"region_max_error": 2} and "region" in panel.request().inputs
    panel.ui.regionPsnrSpinBox.value = 45
    assert panel.request().settings == {"region_psnr_db": 45}


def test_estimate_says_size_and_quality_and_draws_them(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRCompression", open_panel, scene, tmp_path)
    panel.ui.ratioSpinBox.value = 8
    assert not panel.ui.ratePictureLabel.isVisibleTo(panel.parent)
    panel.ui.estimateButton.click()
    assert not panel.ui.estimateButton.enabled
    slicer_app.wait_until(lambda: panel.ui.estimateButton.enabled, 120)
    assert panel.ui.rateLabel.text.startswith("About 1.0") and "(8:1)" in panel.ui.rateLabel.text
    picture = panel.ui.ratePictureLabel.pixmap
    image = picture.toImage()
    colors = {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(image.height())}
    assert len(colors) > 5  # a curve, a point, letters
    panel.ui.ratioSpinBox.value = 4  # the point moves along the curve
    assert "(4:1)" in panel.ui.rateLabel.text and panel.ui.ratePictureLabel.pixmap.toImage() != image
    panel.ui.maximumErrorSpinBox.value = 3  # which no curve tells
    assert panel.ui.rateLabel.text == "" and not panel.ui.ratePictureLabel.isVisibleTo(panel.parent)
    scene.Clear()
    assert panel.ui.rateLabel.text == "" and not panel.ui.ratePictureLabel.isVisibleTo(panel.parent)


def test_a_refused_estimate_says_why(open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRCompression", open_panel, scene, tmp_path)
    node = panel.parameters.inputVolume
    node.GetImageData().AllocateScalars(11, 1)  # VTK_DOUBLE
    voxels = np.asarray(node.GetImageData().GetPointData().GetScalars())
    voxels[:] = np.nan
    panel.ui.estimateButton.click()
    slicer_app.wait_until(lambda: panel.ui.estimateButton.enabled, 120)
    assert "no finite voxel" in panel.ui.rateLabel.text and "inr_" not in panel.ui.rateLabel.text


@pytest.mark.parametrize("kind", ["label map", "box"])
def test_a_region_is_exact_in_the_result_and_its_numbers_are_shown(kind, open_panel, scene, slicer_app, tmp_path):
    panel = ready("INRCompression", open_panel, scene, tmp_path)
    if kind == "box":
        region = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "Box")
        region.SetCenterWorld(*a_grid((1.5, 1.5, 3)).center.tolist())
        region.SetSize(9, 9, 9)
    else:
        region = a_ball(scene, "Ball")
    panel.ui.keptRegionSelector.setCurrentNode(region)
    panel.ui.ratioSpinBox.value = 10
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    cells = table(panel)
    assert cells["Largest error in the region"] == "0" and float(cells["Largest error"]) > 0
    assert 0.1 < float(cells["Share of the region"].rstrip("%")) < 60
    assert panel.parameters.keptRegion is region


def series(scene, kind):
    """Three frames or colours of a ball that moves, in a node that is shown below a transform."""
    import slicer

    from INRCore.io.series_index import SeriesIndex
    from INRCore.scene import series_to_node, shown_volume, volume_from_node

    scene.RegisterNodeClass(slicer.vtkMRMLSequenceBrowserNode())  # as Slicer's module Sequences does
    nodes = [a_volume(scene, f"part {n}", shift=2 * n) for n in range(3)]
    metadata = SeriesIndex(("0", "40", "80"), "time", "ms").to_metadata()
    volumes = [replace(volume_from_node(node), metadata=metadata) for node in nodes]
    for node in nodes:
        scene.RemoveNode(node)
    node = series_to_node(scene, kind, volumes, name="Beats")
    linear_parent(scene, shown_volume(node))
    return node


@pytest.mark.parametrize("kind", ["frames", "components"])
def test_a_sequence_and_colours_are_compressed_whole_and_come_back_to_their_place(
    kind, open_panel, scene, slicer_app, tmp_path, views
):
    from INRCore.compression import read_inr_series
    from INRCore.scene import series_from_node, shown_volume

    node = series(scene, kind)
    panel = open_panel("INRCompression")
    panel.ui.inputSelector.setCurrentNode(node)
    panel.ui.filePathLineEdit.currentPath = str(tmp_path / "a.inr")
    panel.ui.maximumErrorSpinBox.value = 2
    assert panel.parameters.inputVolume is node and not panel.ui.estimateButton.enabled
    panel.ui.keptRegionSelector.setCurrentNode(a_ball(scene, "Ball"))
    assert "no region that is kept better" in panel.ui.applyButton.toolTip
    panel.ui.keptRegionSelector.setCurrentNode(None)
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""
    assert float(table(panel)["Largest error"]) <= 2
    assert len(read_inr_series(tmp_path / "a.inr")) == 3
    result = panel.parameters.outputVolume
    assert result.GetClassName() == node.GetClassName() and result.GetName() == "Beats decompressed"
    assert views[0].GetBackgroundVolumeID() == shown_volume(result).GetID()
    (_, before), (found, after) = series_from_node(node), series_from_node(result)
    assert found == kind and before[0].metadata == after[0].metadata
    for one, other in zip(before, after, strict=True):
        assert one.grid.same_as(other.grid) and np.abs(one.array.astype(int) - other.array).max() <= 2
    run_to_end(panel, slicer_app)
    assert panel.parameters.outputVolume is result  # updated, not made again
