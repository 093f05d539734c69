"""The compression panel: whole folders, and files opened as they are, coarser, or a box of them."""

import numpy as np
import pytest
from panel_tools import MANY, a_grid, a_volume
from scene_tools import linear_parent

from INRCore.compression import CompressionSettings, compress, compress_series, read_inr
from INRCore.io import write_volume
from INRCore.scene import volume_from_node


@pytest.fixture
def panel(open_panel):
    return open_panel("INRCompression")


def fill(scene, folder, count=2):
    """Volumes of the same ball and a file that is none."""
    folder.mkdir()
    volume = volume_from_node(a_volume(scene, "MR"))
    for number in range(count):
        write_volume(volume, folder / f"scan {number}.nrrd")
    (folder / "broken.nrrd").write_bytes(b"NRRD0004\nnonsense")
    return volume


def start(panel, source, target):
    panel.ui.sourceFolderLineEdit.currentPath = str(source)
    assert panel.ui.folderButton.text == "Choose a folder for the .inr files" and not panel.ui.folderButton.enabled
    panel.ui.targetFolderLineEdit.currentPath = str(target)
    assert panel.ui.folderButton.text == "Compress folder"
    panel.ui.folderButton.click()
    assert panel.ui.folderButton.text == "Cancel"


def listed(panel):
    cells, columns = panel.ui.folderTable, range(5)
    return {
        cells.item(row, 0).text(): [cells.item(row, column).text() for column in columns]
        for row in range(cells.rowCount)
    }


def test_a_folder_is_compressed_past_a_broken_file_and_nothing_is_overwritten_unasked(
    panel, scene, slicer_app, tmp_path
):
    volume = fill(scene, tmp_path / "scans")
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "scan 1.inr").write_bytes(b"keep me")
    panel.ui.maximumErrorSpinBox.value = 3
    start(panel, tmp_path / "scans", tmp_path / "packed")
    slicer_app.wait_until(lambda: panel.ui.folderButton.text != "Cancel", 300)
    assert panel.ui.folderLabel.text == "1 of 3 volumes compressed."
    rows = listed(panel)
    assert list(rows) == ["broken.nrrd", "scan 0.nrrd", "scan 1.nrrd"]
    assert "is damaged" in rows["broken.nrrd"][1] or "NRRD" in rows["broken.nrrd"][1]
    assert "exists already" in rows["scan 1.nrrd"][1] and float(rows["scan 0.nrrd"][4]) <= 3
    assert rows["scan 1.nrrd"][1] == "'scan 1.inr' exists already; choose another name or allow overwriting."
    assert str(tmp_path) not in rows["broken.nrrd"][1]
    assert (tmp_path / "packed" / "scan 1.inr").read_bytes() == b"keep me"
    decoded = read_inr(tmp_path / "packed" / "scan 0.inr").decompress()
    assert np.abs(decoded.array.astype(int) - volume.array).max() <= 3
    table = scene.GetFirstNodeByName("Neural Compression: files").GetTable()
    assert table.GetNumberOfRows() == 3 and table.GetColumnByName("Volume").GetValue(1) == "scan 0.nrrd"

    panel.ui.overwriteCheckBox.checked = True
    panel.ui.folderButton.click()
    slicer_app.wait_until(lambda: panel.ui.folderButton.text != "Cancel", 300)
    assert panel.ui.folderLabel.text == "2 of 3 volumes compressed."
    assert read_inr(tmp_path / "packed" / "scan 1.inr").grid.same_as(volume.grid)
    assert scene.GetNumberOfNodesByClass("vtkMRMLTableNode") == 1


def test_the_list_of_a_folder_fits_into_the_panel_whatever_went_wrong(panel):
    section = panel.folderSection
    done = {"bytes": "12345678", "ratio": "20.5", "psnr_db": "45.67", "max_abs_error": "123.4", "problem": ""}
    section._rows = [{"input": "a scan with a long name.nii.gz", **done}, {"input": "b", "problem": "What? " * 40}]
    section._list()
    table = panel.ui.folderTable
    table.resize(400, 200)
    table.horizontalHeader().resizeSections()
    assert sum(table.columnWidth(column) for column in range(5)) <= 400
    assert table.columnWidth(1) >= table.fontMetrics().horizontalAdvance("12,345,678")
    assert table.columnSpan(1, 1) == 4 and table.item(1, 1).toolTip() == table.item(1, 1).text()


def test_a_cancelled_folder_keeps_what_is_done_and_says_so(panel, scene, slicer_app, tmp_path):
    fill(scene, tmp_path / "scans", 1)
    panel.parameters.codec = type(panel.parameters.codec)("network")
    panel.ui.iterationsSpinBox.value = MANY  # the one volume takes forever; the broken one before it is listed
    start(panel, tmp_path / "scans", tmp_path / "packed")
    slicer_app.wait_until(lambda: "scan 0.nrrd (2 of 2): fit" in panel.ui.folderLabel.text, 300)
    panel.ui.folderButton.click()
    assert panel.ui.folderButton.text == "Compress folder"
    assert panel.ui.folderLabel.text.startswith("Cancelled; 0 of 1 volumes compressed before")
    assert list(listed(panel)) == ["broken.nrrd"] and list((tmp_path / "packed").iterdir()) == []


@pytest.fixture
def a_file(scene, tmp_path):
    volume = volume_from_node(a_volume(scene, "MR"))
    compress(volume, CompressionSettings(target_max_error=0)).save(tmp_path / "Scan.inr")
    scene.Clear()
    return volume, tmp_path / "Scan.inr"


def test_a_file_opens_coarser_and_finer_and_in_a_box(panel, scene, a_file, views):
    volume, path = a_file
    assert panel.ui.openButton.text == "Choose a file to open" and not panel.ui.openButton.enabled
    panel.ui.openPathLineEdit.currentPath = str(path)
    panel.ui.openButton.click()
    node = scene.GetFirstNodeByName("Scan")
    assert views[0].GetBackgroundVolumeID() == node.GetID()
    assert np.array_equal(volume_from_node(node).array, volume.array)
    assert panel.ui.openLabel.text == "Opened as 'Scan': 16 x 16 x 16 voxels of 2 x 2 x 2 mm."

    panel.ui.openSpacingSpinBox.value = 4
    panel.ui.openButton.click()
    assert panel.ui.openLabel.text == "Opened as 'Scan_1': 8 x 8 x 8 voxels of 4 x 4 x 4 mm."
    panel.ui.openSpacingSpinBox.value = 0
    box = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "Box")
    box.SetCenterWorld(*a_grid().center.tolist())
    box.SetSize(8, 6, 8)
    linear_parent(scene, box, np.eye(4))
    panel.ui.openRegionSelector.setCurrentNode(box)
    panel.ui.openButton.click()
    part = volume_from_node(scene.GetFirstNodeByName("Scan_2"))
    (i, j, k), _ = np.rint(volume.grid.world_to_index(part.grid.corners[[0, -1]]) + 0.5 - 1e-6).astype(int)
    assert part.array.size < volume.array.size / 8
    c, b, a = part.array.shape
    assert np.array_equal(part.array, volume.array[k : k + c, j : j + b, i : i + a])


def test_a_large_file_shows_a_coarse_picture_first_in_the_same_node(panel, scene, a_file, views, monkeypatch):
    import slicer

    monkeypatch.setattr("INRCore.panel.open_section._LARGE_VOXELS", 1000)
    seen = []
    monkeypatch.setattr(type(slicer.app), "processEvents", lambda self, flags: seen.append(sizes(scene)), raising=False)
    panel.ui.openPathLineEdit.currentPath = str(a_file[1])
    panel.ui.openButton.click()
    assert seen[0] == [4**3] and sizes(scene) == [16**3]
    assert np.array_equal(volume_from_node(scene.GetFirstNodeByName("Scan")).array, a_file[0].array)


def sizes(scene):
    nodes = [scene.GetNthNodeByClass(n, "vtkMRMLScalarVolumeNode") for n in range(1)]
    return [node.GetImageData().GetNumberOfPoints() for node in nodes]


def test_what_cannot_be_opened_is_said_and_a_series_opens_in_a_box(panel, scene, a_file, tmp_path):
    import slicer

    scene.RegisterNodeClass(slicer.vtkMRMLSequenceBrowserNode())  # as Slicer's module Sequences does
    volume, path = a_file
    compress_series([volume] * 3, "frames", CompressionSettings(target_max_error=0)).save(tmp_path / "Beats.inr")
    (tmp_path / "bad.inr").write_bytes(path.read_bytes()[:60])
    panel.ui.openPathLineEdit.currentPath = str(tmp_path / "bad.inr")
    panel.ui.openButton.click()
    assert "cut short or damaged" in panel.ui.openLabel.text and panel.ui.openButton.enabled
    panel.ui.openPathLineEdit.currentPath = str(tmp_path / "Beats.inr")
    panel.ui.openSpacingSpinBox.value = 4
    panel.ui.openButton.click()
    assert "holds 3 frames, which open on their own voxels only" in panel.ui.openLabel.text
    panel.ui.openSpacingSpinBox.value = 0
    panel.ui.openButton.click()
    assert scene.GetFirstNodeByClass("vtkMRMLSequenceNode").GetNumberOfDataNodes() == 3
    assert panel.ui.openLabel.text == "Opened as 'Beats': 16 x 16 x 16 voxels of 2 x 2 x 2 mm."
