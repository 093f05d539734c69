"""Opening and saving .inr files through the module's plugins, as Slicer's core asks them to."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import slicer_double
from grids import rotation
from panel_tools import an_empty_scene
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
    with an_empty_scene(slicer_app) as empty:
        yield empty


@pytest.fixture
def files(scene):
    return the_files()


def the_files():
    """`slicer.app.coreIOManager()` with few iterations chosen in the panel."""
    import slicer

    from INRCompression import INRCompressionLogic

    panel = INRCompressionLogic().getParameterNode()
    panel.iterations, panel.ratio, panel.maximumError = 20, 0, -1
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


@pytest.fixture(scope="module")
def saved(slicer_app, tmp_path_factory):
    """An .inr file of a volume under a transform, and that volume in the world."""
    from INRCore.scene import volume_from_node

    node = a_volume(slicer_app.scene)
    linear_parent(slicer_app.scene, node)
    path = tmp_path_factory.mktemp("files") / "Ünder a transform.inr"
    written, messages = save(the_files(), node, path)
    assert written, messages
    return path, volume_from_node(node)


def test_a_saved_volume_opens_where_it_was_seen_with_every_voxel(saved, scene, files):
    import slicer

    from INRCore.scene import volume_from_node

    path, before = saved
    assert files.fileType(str(path)) == "INRVolume"
    opened = slicer.util.loadNodeFromFile(path)
    assert opened.GetName() == "Ünder a transform" and opened.GetParentTransformNode() is None
    after = volume_from_node(opened)
    assert after.grid.same_as(before.grid) and after.array.dtype == np.int16
    assert np.array_equal(after.array, before.array)


def test_a_file_opens_under_the_name_asked_for(saved, scene, files):
    import slicer

    opened = slicer.util.loadNodeFromFile(str(saved[0]), "INRVolume", {"name": "Head"})
    assert opened.GetName() == "Head" and opened.GetScalarVolumeDisplayNode() is not None


def test_a_file_opens_in_a_slicer_without_torch(saved, tmp_path):
    code = f"""
import sys
sys.modules["torch"] = None  # importing it fails from here on
sys.path[:0] = [{str(ROOT / "Testing")!r}, {str(ROOT)!r}]
import numpy as np, slicer, slicer_double
from pathlib import Path
with slicer_double.installed() as double:
    double.load_module(Path({str(ROOT / "INRCompression" / "INRCompression.py")!r}))
    node = slicer.util.loadNodeFromFile(sys.argv[1])
    np.save(sys.argv[2], slicer.util.arrayFromVolume(node))
"""
    command = [sys.executable, "-c", code, str(saved[0]), str(tmp_path / "opened.npy")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert np.array_equal(np.load(tmp_path / "opened.npy"), saved[1].array)


def test_the_ratio_asked_for_is_reached_and_else_the_panels_holds(scene, files, tmp_path):
    from INRCompression import INRCompressionLogic

    grid = Grid.from_parts((32, 32, 32))
    node = add_volume(scene, numbered(grid), grid)
    INRCompressionLogic().getParameterNode().ratio = 10
    for name, options, ratio in (("panel.inr", {}, 10), ("asked.inr", {"targetRatio": 20}, 20)):
        saved, messages = save(files, node, tmp_path / name, maximumError=None, **options)
        assert saved, messages
        size = (tmp_path / name).stat().st_size
        assert ratio <= 2 * grid.voxel_count / size < 1.5 * ratio


def test_export_writes_the_node_it_was_given_and_not_one_that_has_its_id(scene, files, tmp_path):
    import slicer

    from INRCompression import INRCompressionLogic
    from INRCore.scene import volume_from_node

    a_volume(scene, "first")
    other = a_volume(scene, "second")
    changed = slicer.util.arrayFromVolume(other)
    changed[:] = changed[::-1].copy()
    INRCompressionLogic().getParameterNode().maximumError = 0  # as if chosen in the panel
    assert files.exportNodes([other.GetID()], [str(tmp_path / "second.inr")], {"preset": "fast"}, False)
    opened = slicer.util.loadNodeFromFile(str(tmp_path / "second.inr"))
    assert np.array_equal(volume_from_node(opened).array, changed)


def test_only_scalar_volumes_are_offered_the_format_and_never_before_lossless_ones(scene, files):
    volume = a_volume(scene)
    assert files.fileWriterExtensions(volume) == ("Neural compressed volume (.inr)",)
    assert files.writers[0].ask("canWriteObjectConfidence", float, volume) < 0.5
    for kind in ("vtkMRMLLabelMapVolumeNode", "vtkMRMLVectorVolumeNode", "vtkMRMLModelNode"):
        assert files.fileWriterExtensions(scene.AddNewNodeByClass(kind)) == ()


def test_what_is_no_inr_file_of_ours_is_refused_in_words(saved, scene, files, tmp_path):
    import slicer

    foreign, damaged = tmp_path / "other.inr", tmp_path / "cut.inr"
    foreign.write_bytes(b"#INRIMAGE-4#{\n")
    damaged.write_bytes(saved[0].read_bytes()[:100])
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
