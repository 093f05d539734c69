"""Opening and saving .inr files through the module's plugins, as Slicer's core asks them to."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import slicer_double
from grids import rotation
from scene_tools import add_volume, linear_parent, numbered

from INRCore.geometry import Grid

ROOT = Path(__file__).resolve().parents[1]
GRID = Grid.from_parts((9, 10, 12), (1, 1.5, 3), (40, -30, 20), rotation(20, -10, 35) @ np.diag([-1, 1, 1]))
QUICK = {"preset": "fast", "maximumError": 0}


@pytest.fixture(scope="module")
def slicer_app():
    with slicer_double.installed() as double:
        double.load_module(ROOT / "INRCompression" / "INRCompression.py")
        yield double


@pytest.fixture
def scene(slicer_app):
    slicer_app.scene.Clear()
    yield slicer_app.scene
    slicer_app.scene.Clear()


@pytest.fixture
def files(scene):
    """`slicer.app.coreIOManager()` with few iterations chosen in the panel."""
    import slicer

    from INRCompression import INRCompressionLogic

    panel = INRCompressionLogic().getParameterNode()
    panel.iterations, panel.ratio = 20, 0
    return slicer.app.coreIOManager()


def a_volume(scene, name="MR"):
    assert GRID.is_left_handed
    return add_volume(scene, numbered(GRID), GRID, name=name)


def save(files, node, path, **properties):
    """(whether it succeeded, the messages)."""
    import slicer

    messages = slicer.vtkMRMLMessageCollection()
    asked = {"nodeID": node.GetID(), "fileName": str(path), **QUICK, **properties}
    return files.saveNodes("INRVolume", asked, messages), messages.GetAllMessagesAsString()


def test_a_saved_volume_opens_where_it_was_seen_with_every_voxel(scene, files, tmp_path):
    import slicer

    from INRCore.scene import volume_from_node

    node = a_volume(scene)
    linear_parent(scene, node)
    saved, messages = save(files, node, tmp_path / "Ünder a transform.inr")
    assert saved, messages
    path = tmp_path / "Ünder a transform.inr"
    assert files.fileType(str(path)) == "INRVolume"
    opened = slicer.util.loadNodeFromFile(path)
    assert opened.GetName() == "Ünder a transform" and opened.GetParentTransformNode() is None
    before, after = volume_from_node(node), volume_from_node(opened)
    assert after.grid.same_as(before.grid) and after.array.dtype == np.int16
    assert np.array_equal(after.array, before.array)


def test_a_file_opens_under_the_name_asked_for(scene, files, tmp_path):
    import slicer

    assert save(files, a_volume(scene), tmp_path / "a.inr")[0]
    opened = slicer.util.loadNodeFromFile(str(tmp_path / "a.inr"), "INRVolume", {"name": "Head"})
    assert opened.GetName() == "Head" and opened.GetScalarVolumeDisplayNode() is not None


def test_the_ratio_asked_for_is_reached_and_else_the_panels_holds(scene, files, tmp_path):
    from INRCompression import INRCompressionLogic

    grid = Grid.from_parts((48, 48, 48))
    node = add_volume(scene, numbered(grid), grid)
    INRCompressionLogic().getParameterNode().ratio = 10
    for name, options, ratio in (("panel.inr", {}, 10), ("asked.inr", {"targetRatio": 20}, 20)):
        saved, messages = save(files, node, tmp_path / name, maximumError=None, **options)
        assert saved, messages
        size = (tmp_path / name).stat().st_size
        assert ratio <= 2 * grid.voxel_count / size < 1.5 * ratio


def test_export_writes_the_node_it_was_given_and_not_one_that_has_its_id(scene, files, tmp_path):
    import slicer

    from INRCore.scene import volume_from_node

    a_volume(scene, "first")
    other = a_volume(scene, "second")
    slicer.util.arrayFromVolume(other)[:] = 5
    assert files.exportNodes([other.GetID()], [str(tmp_path / "second.inr")], dict(QUICK), False)
    opened = slicer.util.loadNodeFromFile(str(tmp_path / "second.inr"))
    assert (volume_from_node(opened).array == 5).all()


def test_only_scalar_volumes_are_offered_the_format_and_never_before_lossless_ones(scene, files):
    volume = a_volume(scene)
    assert files.fileWriterExtensions(volume) == ("Neural compressed volume (.inr)",)
    assert files.writers[0].ask("canWriteObjectConfidence", float, volume) < 0.5
    for kind in ("vtkMRMLLabelMapVolumeNode", "vtkMRMLVectorVolumeNode", "vtkMRMLModelNode"):
        assert files.fileWriterExtensions(scene.AddNewNodeByClass(kind)) == ()


def test_what_is_no_inr_file_of_ours_is_refused_in_words(scene, files, tmp_path):
    import slicer

    foreign, damaged = tmp_path / "other.inr", tmp_path / "cut.inr"
    foreign.write_bytes(b"#INRIMAGE-4#{\n")
    assert save(files, a_volume(scene), damaged)[0]
    damaged.write_bytes(damaged.read_bytes()[:-20])
    count = scene.GetNumberOfNodes()
    for path, words in ((foreign, "is not an .inr file"), (damaged, "cut short or damaged")):
        with pytest.raises(RuntimeError, match=words):
            slicer.util.loadNodeFromFile(str(path))
    assert scene.GetNumberOfNodes() == count
    assert files.readers[0].ask("canLoadFileConfidence", float, str(foreign)) < 0.5
    assert files.fileType(str(tmp_path / "volume.nrrd")) == "NoFile"


def test_saving_says_what_keeps_it_from_writing(scene, files, tmp_path, monkeypatch):
    empty = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Empty")
    saved, messages = save(files, empty, tmp_path / "empty.inr")
    assert not saved and "'Empty' holds no image" in messages
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    saved, messages = save(files, a_volume(scene), tmp_path / "a.inr")
    assert not saved and "needs PyTorch" in messages
    assert list(tmp_path.iterdir()) == []
