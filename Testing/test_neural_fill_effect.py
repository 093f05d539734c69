"""The Segment Editor effect "Neural fill between slices", clicked through on a real segmentation node."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import slicer_double
from grids import rotation
from panel_tools import an_empty_scene
from scene_tools import linear_parent, vtk_matrix
from scipy.ndimage import distance_transform_edt

from INRCore.geometry import Grid

ROOT = Path(__file__).resolve().parents[1]
GRID = Grid.from_parts((25, 40, 36), (1, 1.2, 1.5), (20, -30, 40), rotation(20, -15, 40) @ np.diag([1, 1, -1]))
DRAWN = np.arange(0, 25, 6)
NAME = "Neural fill between slices"


def bent_tube():
    """(k, j, i) bool: a tube that wanders and changes its width from slice to slice."""
    k, j, i = np.indices(GRID.shape)
    return np.hypot(i - 14 - 5 * np.sin(k / 6), 1.2 * (j - 20 - 7 * np.cos(k / 7))) < 6 + 2 * np.sin(k / 5 + 1)


def rod():
    k, j, i = np.indices(GRID.shape)
    return np.hypot(i - 29, 1.2 * (j - 10 - k / 4)) < 4


def only_drawn(mask):
    kept = np.zeros_like(mask)
    kept[DRAWN] = mask[DRAWN]
    return kept


def linear_fill(mask):
    """Shape-based interpolation: signed distances within the drawn slices, linear between them."""
    distances = np.array([distance_transform_edt(s) - distance_transform_edt(~s) for s in mask[DRAWN]])
    heights = np.arange(len(mask))
    before = np.clip(np.searchsorted(DRAWN, heights, "right") - 1, 0, len(DRAWN) - 2)
    share = ((heights - DRAWN[before]) / 6)[:, None, None]
    return (1 - share) * distances[before] + share * distances[before + 1] > 0


def dice(first, second):
    return 2 * np.count_nonzero(first & second) / (np.count_nonzero(first) + np.count_nonzero(second))


@pytest.fixture(scope="module")
def slicer_app():
    with slicer_double.installed() as double:
        double.load_module(ROOT / "INRSegmentation" / "INRSegmentation.py")
        double.finish_startup()
        yield double


@pytest.fixture
def scene(slicer_app):
    with an_empty_scene(slicer_app) as empty:
        yield empty


def oriented_image(array):
    import slicer

    from INRCore.scene.mrml import fill_image

    image = fill_image(slicer.vtkOrientedImageData(), array.astype(np.uint8))
    image.SetImageToWorldMatrix(vtk_matrix(GRID.ijk_to_world))
    return image


def a_segmentation(scene, **masks):
    """Segments by name, below an oblique transform."""
    import slicer

    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Contours")
    node.CreateDefaultDisplayNodes()
    for name, mask in masks.items():
        segment = slicer.vtkSegment()
        segment.SetName(name)
        if mask is not None:
            segment.AddRepresentation("Binary labelmap", oriented_image(mask))
        node.GetSegmentation().AddSegment(segment, name)
    linear_parent(scene, node)
    return node


def array_of(node, name):
    """(k, j, i) bool of one segment on the whole grid."""
    import slicer

    from INRCore.scene.mrml import image_array

    image, placed = slicer.vtkOrientedImageData(), slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(name, image)
    reference = oriented_image(np.zeros(GRID.shape))
    slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(image, reference, placed)
    return image_array(placed) > 0


@pytest.fixture
def open_effect(scene):
    """The effect as the Segment Editor opens it: a clone of the registered one."""
    import slicer

    opened = []

    def open_one(node, iterations=30):
        (registered,) = slicer.qSlicerSegmentEditorEffectFactory.registered
        host = registered.self().clone()
        editor = scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
        editor.SetAndObserveSegmentationNode(node)
        host.activate(editor, oriented_image(np.zeros(GRID.shape)))
        host.setParameter("Iterations", iterations)
        opened.append(host.self())
        return host.self()

    yield open_one
    for effect in opened:
        effect.cleanup()


def start(effect, slicer_app):
    """Clicks and gives the number of the worker process."""
    effect.previewButton.click()
    assert is_shown(effect, effect.progressBar), effect.statusLabel.text
    slicer_app.wait_until(lambda: effect._queued.process is not None)
    assert "Waiting" not in effect.statusLabel.text  # nothing was in front
    return effect._queued.process.pid


def wait(effect, slicer_app):
    slicer_app.wait_until(lambda: effect._queued is None)


def is_shown(effect, widget):
    return widget.isVisibleTo(effect.scriptedEffect.optionsFrame())


def has_ended(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_effect_is_registered_under_its_name_with_an_icon_and_help(slicer_app, scene, open_effect):
    effect = open_effect(a_segmentation(scene, Tube=only_drawn(bent_tube())))
    assert effect.scriptedEffect.name == effect.scriptedEffect.title == NAME
    assert not effect.scriptedEffect.perSegment
    assert not effect.icon().isNull()
    assert "Drawn slices stay as they are" in effect.helpText()
    assert effect.scriptedEffect.integerParameter("AutoUpdate") == 0


def test_the_preview_fills_the_slices_better_than_linear_interpolation_of_shapes(slicer_app, scene, open_effect):
    truth = {"Tube": bent_tube(), "Rod": rod()}
    node = a_segmentation(scene, **{name: only_drawn(mask) for name, mask in truth.items()})
    effect = open_effect(node, iterations=250)
    start(effect, slicer_app)
    assert not effect.applyButton.enabled
    coarse = array_of(effect.getPreviewNode(), "Tube")  # there at once, before the worker has begun
    assert np.array_equal(coarse[DRAWN], truth["Tube"][DRAWN])
    assert dice(coarse, truth["Tube"]) > 0.9
    wait(effect, slicer_app)
    assert effect.statusLabel.text == ""
    for name, mask in truth.items():
        filled = array_of(effect.getPreviewNode(), name)
        assert np.array_equal(filled[DRAWN], mask[DRAWN])
        assert dice(filled, mask) > 0.93
    tube, filled = truth["Tube"], array_of(effect.getPreviewNode(), "Tube")
    # Slicer's "Fill between slices" (ITK's morphological contour interpolation) reaches 0.914 here.
    assert dice(filled, tube) > dice(linear_fill(tube), tube) + 0.01 > 0.93
    assert np.array_equal(array_of(node, "Tube"), only_drawn(truth["Tube"]))  # not applied yet
    before = array_of(effect.getPreviewNode(), "Tube")
    effect.applyButton.click()
    assert effect.getPreviewNode() is None
    assert np.array_equal(array_of(node, "Tube"), before)
    assert len(effect.scriptedEffect._double_undo_states) == 1


def test_cancel_ends_the_worker_and_update_starts_anew_with_a_surface_of_what_was_filled(
    slicer_app, scene, open_effect
):
    effect = open_effect(a_segmentation(scene, Rod=only_drawn(rod())))
    worker = start(effect, slicer_app)
    effect.cancelButton.click()
    assert has_ended(worker)
    assert effect.getPreviewNode() is None
    assert not is_shown(effect, effect.progressBar)
    start(effect, slicer_app)
    effect.previewShow3DButton.click()
    coarse = volume_of_surface(effect)
    effect.previewButton.click()
    wait(effect, slicer_app)
    assert volume_of_surface(effect) != pytest.approx(coarse, rel=1e-3)
    assert not is_shown(effect, effect.statusLabel)


def test_an_update_goes_on_from_the_last_fill_and_forgets_it_in_the_end(slicer_app, scene, open_effect):
    effect = open_effect(a_segmentation(scene, Tube=only_drawn(bent_tube())))
    start(effect, slicer_app)
    assert "start" not in inputs_of(effect)
    wait(effect, slicer_app)
    first = array_of(effect.getPreviewNode(), "Tube")
    start(effect, slicer_app)
    memory = Path(inputs_of(effect)["start"])
    assert memory.exists()
    wait(effect, slicer_app)
    assert np.array_equal(array_of(effect.getPreviewNode(), "Tube"), first)  # nothing has changed
    effect.cleanup()
    assert not memory.exists()


def inputs_of(effect):
    return json.loads(effect._files._job_file.read_text())["inputs"]


def volume_of_surface(effect):
    import vtk

    surface = vtk.vtkPolyData()
    effect.getPreviewNode().GetClosedSurfaceRepresentation("Rod", surface)
    mass = vtk.vtkMassProperties()
    mass.SetInputData(surface)
    return mass.GetVolume()


def test_what_cannot_be_filled_is_said_in_the_panel(slicer_app, scene, open_effect):
    for masks, words in (
        ({"Rod": rod()}, "draw the segments on at least two slices"),
        ({"Rod": None}, "draw on some slices first"),
        ({}, "visible segments are required"),
    ):
        effect = open_effect(a_segmentation(scene, **masks))
        effect.previewButton.click()
        wait(effect, slicer_app)
        assert words in effect.statusLabel.text
        assert effect.getPreviewNode() is None
        scene.Clear()


def test_a_worker_that_dies_is_explained_and_leaves_no_preview(slicer_app, scene, open_effect):
    effect = open_effect(a_segmentation(scene, Rod=only_drawn(rod())))
    os.kill(start(effect, slicer_app), 9)
    wait(effect, slicer_app)
    assert "was ended from outside or crashed" in effect.statusLabel.text
    assert effect.getPreviewNode() is None


def test_the_effect_needs_no_torch(slicer_app, scene, open_effect, tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    effect = open_effect(a_segmentation(scene, Rod=only_drawn(rod())))
    start(effect, slicer_app)
    wait(effect, slicer_app)
    assert effect.statusLabel.text == ""
    assert dice(array_of(effect.getPreviewNode(), "Rod"), rod()) > 0.9


def test_closing_the_scene_ends_the_worker(slicer_app, scene, open_effect):
    effect = open_effect(a_segmentation(scene, Rod=only_drawn(rod())))
    worker = start(effect, slicer_app)
    scene.Clear()
    assert has_ended(worker)


def test_the_quality_is_kept_with_the_segment_editors_parameters(slicer_app, scene, open_effect):
    effect = open_effect(a_segmentation(scene, Rod=only_drawn(rod())))
    assert effect.presetComboBox.currentText == "Fast preview"
    effect.presetComboBox.currentIndex = 2
    assert effect.scriptedEffect.parameter("Preset") == "best"
    effect.scriptedEffect.setParameter("Preset", "balanced")
    effect.updateGUIFromMRML()
    assert effect.presetComboBox.currentText == "Balanced"
