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
from INRCore.volume import Volume

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

    coarse = slicer.util.loadNodeFromFile(str(saved[0]), "INRVolume", {"spacing": 3.0})
    assert min(coarse.GetSpacing()) > 2.5 and coarse.GetImageData().GetNumberOfPoints() < saved[1].array.size / 3
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


def test_volumes_and_labels_are_offered_the_format_and_never_before_lossless_ones(scene, files):
    volume = a_volume(scene)
    assert files.fileWriterExtensions(volume) == ("Neural compressed volume (.inr)",)
    assert files.writers[0].ask("canWriteObjectConfidence", float, volume) < 0.5
    others = ("vtkMRMLLabelMapVolumeNode", "vtkMRMLSegmentationNode", "vtkMRMLVectorVolumeNode", "vtkMRMLSequenceNode")
    for kind in others:
        assert files.fileWriterExtensions(scene.AddNewNodeByClass(kind)) == ("Neural compressed volume (.inr)",)
    assert files.fileWriterExtensions(scene.AddNewNodeByClass("vtkMRMLModelNode")) == ()


@pytest.mark.parametrize("kind", ["label map", "segmentation"])
def test_labels_come_back_exactly_with_their_names_and_colours(kind, scene, files, tmp_path):
    import slicer

    from INRCore.scene import labels_from_segmentation_node, segmentation_to_node, volume_from_node, volume_to_node

    grid = Grid.from_parts((9, 11, 13), (1, 2, 3), (5, -6, 7))
    _, j, i = np.indices(grid.shape)
    labels = Volume((2 * (i > 4) + 3 * (j > 6) * (i > 8)).astype(np.uint8), grid, "Organs")
    if kind == "label map":
        node = volume_to_node(scene, labels, label=True)
    else:
        node = segmentation_to_node(scene, labels, None, names={2: "Leber", 5: "Milz"}, colors={2: (1.0, 0.5, 0.0)})
    saved, messages = save(files, node, tmp_path / "a.inr")
    assert saved, messages
    opened = slicer.util.loadNodeFromFile(str(tmp_path / "a.inr"))
    assert opened.GetClassName() == node.GetClassName()
    if kind == "label map":
        after = volume_from_node(opened)
    else:
        after, names, colors = labels_from_segmentation_node(opened)
        assert set(names.values()) == {"Leber", "Milz"}
        assert colors[next(v for v, name in names.items() if name == "Leber")] == pytest.approx((1.0, 0.5, 0.0))
    index = after.grid.world_to_index(grid.points())  # the segmentation's own extent may be smaller
    inside = ((index > -0.5) & (index < after.grid.size_ijk - 0.5)).all(1)
    found = np.zeros(grid.voxel_count, int)
    a, b, c = np.rint(index[inside]).astype(int).T
    found[inside] = after.array[c, b, a]
    assert np.array_equal(found.reshape(grid.shape), labels.array)


def test_frames_open_as_a_sequence_and_components_as_one_vector_volume(scene, files, tmp_path):
    import slicer
    from vtkmodules.util.numpy_support import vtk_to_numpy

    from INRCore.compression import CompressionSettings, compress_series
    from INRCore.scene import volume_from_node

    grid = Grid.from_parts((9, 11, 13), (1, 2, 3), (5, -6, 7))
    volumes = [Volume((numbered(grid) % 200 + 10 * n).astype(np.int16), grid) for n in range(3)]
    for kind in ("frames", "components"):
        result = compress_series(volumes, kind, CompressionSettings(target_max_error=0))
        result.save(tmp_path / f"{kind}.inr")
    sequence = slicer.util.loadNodeFromFile(str(tmp_path / "frames.inr"))
    assert sequence.GetClassName() == "vtkMRMLSequenceNode" and sequence.GetNumberOfDataNodes() == 3
    assert np.array_equal(volume_from_node(sequence.GetNthDataNode(2)).array, volumes[2].array)
    vector = slicer.util.loadNodeFromFile(str(tmp_path / "components.inr"))
    voxels = vtk_to_numpy(vector.GetImageData().GetPointData().GetScalars()).reshape(*grid.shape, 3)
    assert all(np.array_equal(voxels[..., n], volumes[n].array) for n in range(3))


def test_a_sequence_is_saved_whole_where_it_is_seen_with_its_index(scene, files, tmp_path):
    import slicer

    from INRCore.io.series_index import SeriesIndex
    from INRCore.scene import series_from_node, series_to_node, shown_volume

    scene.RegisterNodeClass(slicer.vtkMRMLSequenceBrowserNode())  # as Slicer's module Sequences does
    index = SeriesIndex(("0", "2.5", "7.5"), "trigger delay", "ms")
    volumes = [Volume(numbered(GRID) + n, GRID, "beats", "HU", index.to_metadata()) for n in range(3)]
    sequence = series_to_node(scene, "frames", volumes, name="Beats")
    linear_parent(scene, shown_volume(sequence))
    saved, messages = save(files, sequence, tmp_path / "a.inr")
    assert saved, messages
    opened = slicer.util.loadNodeFromFile(str(tmp_path / "a.inr"))
    assert (opened.GetIndexName(), opened.GetIndexUnit(), opened.GetNthIndexValue(1)) == ("trigger delay", "ms", "2.5")
    (kind, before), (_, after) = series_from_node(sequence), series_from_node(opened)
    assert kind == "frames" and not before[2].grid.same_as(GRID)
    for one, other, original in zip(after, before, volumes, strict=True):
        assert one.grid.same_as(other.grid) and one.units == "HU" and np.array_equal(one.array, original.array)


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
