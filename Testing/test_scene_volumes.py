"""Volumes between MRML nodes and the RAS world."""

from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import vtk
from grids import GRIDS
from scene_tools import HARD_GRIDS, LINEAR, add_volume, bent_parent, linear_parent, numbered, world_point
from scipy.ndimage import map_coordinates

from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.io import read_volume
from INRCore.scene import open_scene, place_beside, result_folder, save_scene, volume_from_node, volume_to_node
from INRCore.volume import Volume

SHARED = Path(__file__).parents[2] / "shared" / "data"
PROBES = np.array([[0, 0, 0], [11, 0, 0], [0, 9, 0], [0, 0, 7], [5, 3, 2]])


def smooth(grid: Grid, center: np.ndarray | None = None) -> np.ndarray:
    """(k, j, i) float32: a blob in world coordinates, wide against the voxels."""
    points = grid.points().reshape(*grid.shape, 3)
    return np.exp(-((points - (grid.center if center is None else center)) ** 2).sum(-1) / 80).astype(np.float32)


@pytest.mark.parametrize("kind", HARD_GRIDS)
@pytest.mark.parametrize("has_parent", [False, True])
def test_a_volume_node_comes_out_where_slicer_shows_it(scene: Any, kind: str, has_parent: bool) -> None:
    node = add_volume(scene, numbered(GRIDS[kind]), GRIDS[kind])
    if has_parent:
        linear_parent(scene, node)
    volume = volume_from_node(node)
    np.testing.assert_array_equal(volume.array, numbered(GRIDS[kind]))
    assert volume.array.dtype == np.int16
    for ijk in PROBES:
        np.testing.assert_allclose(volume.grid.index_to_world(ijk), world_point(node, ijk), atol=1e-9)


def test_a_chain_of_parents_is_applied_in_its_order(scene: Any) -> None:
    grid = GRIDS["oblique"]
    node = add_volume(scene, numbered(grid), grid)
    inner = linear_parent(scene, node)
    linear_parent(scene, inner, np.diag([1.0, 1.0, 2.0, 1.0]))
    np.testing.assert_allclose(
        volume_from_node(node).grid.ijk_to_world, np.diag([1, 1, 2, 1]) @ LINEAR @ grid.ijk_to_world, atol=1e-9
    )


@pytest.mark.parametrize("kind", HARD_GRIDS)
def test_below_a_bending_parent_voxels_land_where_slicer_hardens_them(scene: Any, kind: str) -> None:
    grid = GRIDS[kind]
    node = add_volume(scene, smooth(grid), grid)
    parent = bent_parent(scene, node, grid)
    linear_parent(scene, parent)
    volume = volume_from_node(node)

    hardened = add_volume(scene, smooth(grid), grid, name="hardened")
    hardened.SetAndObserveTransformNodeID(parent.GetID())
    hardened.HardenTransform()
    expected = volume_from_node(hardened)
    assert volume.grid.same_as(expected.grid, 1e-6)
    np.testing.assert_allclose(volume.array, expected.array, atol=1e-6)


def test_below_a_bending_parent_the_centre_moves_as_points_do(scene: Any) -> None:
    grid = Grid.from_parts((24, 26, 28), (1, 1, 1.5), (-40, 25, 110), GRIDS["left-handed oblique"].directions)
    node = add_volume(scene, smooth(grid), grid)
    bent_parent(scene, node, grid, size_mm=5.0)
    volume = volume_from_node(node)
    brightest = volume.grid.points()[np.argmax(volume.array)]
    truth = world_point(node, (grid.size_ijk - 1) / 2)
    assert np.linalg.norm(truth - grid.center) == pytest.approx(5.0, abs=0.1)
    assert np.linalg.norm(brightest - truth) < 1.2
    at_truth = map_coordinates(volume.array, volume.grid.world_to_index(truth)[::-1, None], order=3)
    assert at_truth[0] == pytest.approx(1.0, abs=0.02)


def test_labels_below_a_bending_parent_are_never_mixed(scene: Any) -> None:
    grid = GRIDS["oblique"]
    labels = (np.arange(grid.voxel_count).reshape(grid.shape) % 2 * 7).astype(np.uint8)
    node = add_volume(scene, labels, grid, "vtkMRMLLabelMapVolumeNode")
    bent_parent(scene, node, grid)
    assert set(np.unique(volume_from_node(node).array)) == {0, 7}


@pytest.mark.parametrize("kind", HARD_GRIDS)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "int64", "float32", "float64"])
def test_a_volume_goes_into_the_scene_and_comes_back_the_same(scene: Any, kind: str, dtype: str) -> None:
    volume = Volume(numbered(GRIDS[kind]).astype(dtype), GRIDS[kind], name="result", units="HU")
    node = volume_to_node(scene, volume)
    for ijk in PROBES:
        np.testing.assert_allclose(world_point(node, ijk), GRIDS[kind].index_to_world(ijk), atol=1e-9)
        i, j, k = ijk.tolist()
        assert node.GetImageData().GetScalarComponentAsDouble(i, j, k, 0) == volume.array[k, j, i]
    back = volume_from_node(node)
    assert (back.array.dtype, back.units, back.name) == (volume.array.dtype, "HU", "result")
    np.testing.assert_array_equal(back.array, volume.array)


@pytest.mark.parametrize("dtype", ["bool", "float16", ">f4"])
def test_types_that_vtk_lacks_are_widened(scene: Any, dtype: str) -> None:
    values = (numbered(GRIDS["axial"]) % 2).astype(dtype)
    back = volume_from_node(volume_to_node(scene, Volume(values, GRIDS["axial"])))
    np.testing.assert_array_equal(back.array, values.astype(float))


def test_repeating_a_job_updates_the_same_node_and_adds_none(scene: Any) -> None:
    grid = GRIDS["oblique"]
    node = volume_to_node(scene, Volume(numbered(grid), grid))
    node.GetDisplayNode().SetAutoWindowLevel(False)
    node.GetDisplayNode().SetWindowLevel(123, 45)
    linear_parent(scene, node)
    before = (scene.GetNumberOfNodes(), node.GetID(), node.GetDisplayNode().GetID())

    other = GRIDS["left-handed oblique"]
    again = volume_to_node(scene, Volume(smooth(other), other), node, reference=add_reference(scene))
    assert again is node
    assert (scene.GetNumberOfNodes() - 2, node.GetID(), node.GetDisplayNode().GetID()) == before  # 2: the reference's
    assert (node.GetDisplayNode().GetWindow(), node.GetDisplayNode().GetLevel()) == (123, 45)
    assert node.GetTransformNodeID() is None
    np.testing.assert_allclose(world_point(node, [5, 3, 2]), other.index_to_world([5, 3, 2]), atol=1e-9)


def add_reference(scene: Any) -> Any:
    reference = add_volume(scene, numbered(GRIDS["axial"]), GRIDS["axial"], name="reference")
    display = reference.GetScalarVolumeDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(400, 40)
    display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeInvertedGrey")
    return reference


def test_a_new_volume_looks_like_its_reference(scene: Any) -> None:
    volume = Volume(numbered(GRIDS["axial"]), GRIDS["axial"])
    display = volume_to_node(scene, volume, reference=add_reference(scene)).GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel(), display.GetAutoWindowLevel()) == (400, 40, 0)
    assert display.GetColorNodeID() == "vtkMRMLColorTableNodeInvertedGrey"


def test_an_empty_output_node_that_a_user_made_gets_the_reference_look(scene: Any) -> None:
    chosen = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "chosen")
    volume_to_node(scene, Volume(numbered(GRIDS["axial"]), GRIDS["axial"]), chosen, reference=add_reference(scene))
    assert chosen.GetDisplayNode().GetWindow() == 400
    assert chosen.GetName() == "chosen"


def test_a_map_of_another_quantity_gets_its_own_range_and_colours(scene: Any) -> None:
    volume = Volume(smooth(GRIDS["axial"]), GRIDS["axial"], name="jacobian")
    node = volume_to_node(scene, volume, reference=add_reference(scene), quantity="jacobian")
    display = node.GetDisplayNode()
    assert display.GetWindowLevelMax() == 2
    assert display.GetColorNode().GetName() == "Jacobian"


def test_a_result_goes_into_the_study_of_its_reference(scene: Any) -> None:
    reference = add_reference(scene)
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    study = hierarchy.CreateStudyItem(hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "Patient"), "Study")
    place_beside(scene, reference, None)
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(reference), study)

    node = volume_to_node(scene, Volume(numbered(GRIDS["axial"]), GRIDS["axial"]), reference=reference)
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == study
    folder = result_folder(scene, reference, "Results")
    assert hierarchy.GetItemParent(folder) == study
    assert result_folder(scene, reference, "Results") == folder

    elsewhere = hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), "Mine")
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(node), elsewhere)
    volume_to_node(scene, Volume(numbered(GRIDS["axial"]), GRIDS["axial"]), node, reference=reference)
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == elsewhere


def test_what_cannot_be_used_is_refused_before_anything_changes(scene: Any) -> None:
    grid = GRIDS["axial"]
    empty = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    with pytest.raises(InputError, match="'empty' holds no image"):
        volume_from_node(empty)
    with pytest.raises(InputError, match="No scalar volume"):
        volume_from_node(None)
    with pytest.raises(InputError, match="not a scalar volume"):
        volume_from_node(scene.AddNewNodeByClass("vtkMRMLModelNode", "model"))
    colour = vtk.vtkImageData()
    colour.SetDimensions(2, 2, 2)
    colour.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
    photo = scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "photo")
    photo.SetAndObserveImageData(colour)
    with pytest.raises(InputError, match="3 values per voxel"):
        volume_from_node(photo)

    volume = Volume(smooth(grid), grid)
    labels = volume_to_node(scene, Volume(numbered(grid), grid), label=True)
    for call in (
        lambda: volume_to_node(scene, volume, labels),
        lambda: volume_to_node(scene, volume, labels, label=True),
        lambda: volume_to_node(scene, volume, photo),
    ):
        with pytest.raises(InputError):
            call()
    np.testing.assert_array_equal(volume_from_node(labels).array, numbered(grid))
    scene.RemoveNode(labels)
    with pytest.raises(InputError, match="not in this scene"):
        volume_to_node(scene, Volume(numbered(grid), grid), labels, label=True)


def test_a_transform_that_blows_the_image_up_is_refused(scene: Any) -> None:
    grid = GRIDS["axial"]
    node = add_volume(scene, numbered(grid), grid)
    bent_parent(scene, node, grid, size_mm=400.0)
    with pytest.raises(InputError, match="times its volume"):
        volume_from_node(node)


@pytest.mark.parametrize("parent_of", [linear_parent, lambda *a: bent_parent(*a, GRIDS["oblique"])])
def test_the_input_node_is_never_changed(scene: Any, parent_of: Any) -> None:
    grid = GRIDS["oblique"]
    node = add_volume(scene, numbered(grid), grid)
    parent = parent_of(scene, node)
    before = (node.GetMTime(), node.GetImageData().GetMTime(), parent.GetMTime())
    volume_from_node(node).array[:] = -1
    assert (node.GetMTime(), node.GetImageData().GetMTime(), parent.GetMTime()) == before
    assert node.GetImageData().GetScalarComponentAsDouble(3, 0, 0, 0) == 3


def test_a_bundle_keeps_volumes_and_their_parents(scene: Any, tmp_path: Any) -> None:
    grid = GRIDS["left-handed oblique"]
    volume = Volume(numbered(grid), grid, name="kept", units="HU")
    node = volume_to_node(scene, volume, reference=add_reference(scene))
    linear_parent(scene, node)
    truth = volume_from_node(node)
    save_scene(scene, tmp_path / "scene with ümlaut.mrb")
    assert [file.name for file in tmp_path.iterdir()] == ["scene with ümlaut.mrb"]

    inside = ZipFile(tmp_path / "scene with ümlaut.mrb").namelist()
    assert any(name.endswith("scene with ümlaut.mrml") for name in inside)

    scene.Clear(False)
    app = open_scene()
    assert app.io_manager.load_scene(tmp_path / "scene with ümlaut.mrb")
    loaded = app.scene.GetFirstNodeByName("kept")
    back = volume_from_node(loaded)
    assert loaded.GetParentTransformNode().GetName() == "linear"
    index = np.rint(back.grid.world_to_index(truth.grid.points())).astype(int)  # Slicer turns files right-handed
    np.testing.assert_allclose(back.grid.index_to_world(index), truth.grid.points(), atol=1e-4)
    np.testing.assert_array_equal(back.array[tuple(index.T[::-1])], truth.array.ravel())
    assert back.units == "HU"
    assert loaded.GetDisplayNode().GetWindow() == 400


@pytest.mark.skipif(not SHARED.exists(), reason="the collection of real volumes is not beside the repository")
@pytest.mark.parametrize("name", ["ASR", "IAL", "LAS", "LPS", "PIR", "RAS", "RPI", "SLP"])
def test_one_brain_in_eight_axis_orders_lies_where_slicer_loads_it(slicer_app: Any, scene: Any, name: str) -> None:
    path = SHARED / "odd" / "orientations" / f"{name}.nii.gz"
    ours = volume_from_node(volume_to_node(scene, read_volume(path)))
    slicers = volume_from_node(slicer_app.io_manager.load_volumes(str(path))[0])
    voxels = np.arange(0, ours.grid.voxel_count, 97)
    k, j, i = np.unravel_index(voxels, ours.grid.shape)
    index = slicers.grid.world_to_index(ours.grid.index_to_world(np.stack([i, j, k], -1)))
    assert np.abs(index - np.rint(index)).max() < 1e-3
    np.testing.assert_allclose(slicers.array[tuple(np.rint(index).astype(int).T[::-1])], ours.array.ravel()[voxels])
