"""Displacement fields as transform nodes and files: Slicer must move every point as the registration meant it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vtk
from grids import GRIDS, rotation
from scene_tools import add_volume, linear_parent, vtk_matrix
from scipy.ndimage import map_coordinates

from INRCore.errors import InputError, OutputError
from INRCore.geometry import Grid
from INRCore.io.transforms import read_transform_displacement, write_displacement_transform
from INRCore.scene import (
    displacement_to_transform_node,
    open_scene,
    save_scene,
    transform_node_from_file,
    transform_to_displacement,
    volume_from_node,
)

KINDS = ["oblique", "left-handed oblique", "flipped and permuted", "sheared"]
AFFINE = np.eye(4)
AFFINE[:3, :3] = rotation(5, -8, 12) @ np.diag([1.05, 0.97, 1.02])
AFFINE[:3, 3] = (3, -6, 8)


def bump(points: np.ndarray, center: np.ndarray, width_mm: float = 6.0) -> np.ndarray:
    """(..., 3) mm: a smooth push of up to 2.7 mm in the middle, nothing at the border."""
    weight = np.exp(-((points - center) ** 2).sum(-1, keepdims=True) / (2 * width_mm**2))
    return weight * np.array([1.5, -2.0, 1.0])


def field_on(grid: Grid, width_mm: float = 6.0) -> np.ndarray:
    return bump(grid.points().reshape(*grid.shape, 3), grid.center, width_mm)


def intended(grid: Grid, affine: np.ndarray | None) -> np.ndarray:
    """(k, j, i, 3) mm: phi(x) - x with phi(x) = affine(x + u(x))."""
    points = grid.points().reshape(*grid.shape, 3)
    moved = points + field_on(grid)
    return (moved if affine is None else moved @ affine[:3, :3].T + affine[:3, 3]) - points


def load_with_slicer(scene: Any, path: Path) -> Any:
    import slicer

    storage = slicer.vtkMRMLTransformStorageNode()
    storage.SetFileName(str(path))
    node = scene.AddNewNodeByClass("vtkMRMLTransformNode", "loaded")
    assert storage.ReadData(node)
    return node


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("affine", [None, AFFINE], ids=["grid", "grid and affine"])
def test_the_node_moves_every_voxel_as_intended(scene: Any, kind: str, affine: np.ndarray | None) -> None:
    grid = GRIDS[kind]
    node = displacement_to_transform_node(scene, field_on(grid), grid, affine=affine)
    np.testing.assert_allclose(transform_to_displacement(node, grid), intended(grid, affine), atol=1e-9)


def test_single_precision_fields_are_kept_as_they_are(scene: Any) -> None:
    grid = GRIDS["sheared"]
    node = displacement_to_transform_node(scene, field_on(grid).astype(np.float32), grid)
    np.testing.assert_allclose(transform_to_displacement(node, grid), field_on(grid), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("affine", [None, AFFINE], ids=["grid", "grid and affine"])
@pytest.mark.parametrize("suffix", [".h5", ".tfm", ".txt", ".nrrd", ".mha", ".nii.gz"])
def test_slicer_loads_the_file_as_the_same_transform(
    scene: Any, tmp_path: Path, kind: str, affine: np.ndarray | None, suffix: str
) -> None:
    grid, path = GRIDS[kind], tmp_path / f"warp{suffix}"
    if suffix == ".nii.gz" and grid.is_sheared:
        with pytest.raises(OutputError, match="sheared"):
            write_displacement_transform(path, field_on(grid), grid, affine)
        assert not list(tmp_path.iterdir())
        return
    write_displacement_transform(path, field_on(grid), grid, affine)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    node = load_with_slicer(scene, path)
    np.testing.assert_allclose(transform_to_displacement(node, grid), intended(grid, affine), atol=1e-6)
    np.testing.assert_allclose(read_transform_displacement(path, grid), intended(grid, affine), atol=1e-5)


def test_the_affine_goes_on_outside_the_grid(scene: Any, tmp_path: Path) -> None:
    grid = GRIDS["oblique"]
    far = Grid.from_parts((2, 2, 2), (5, 5, 5), grid.center + 200)
    faded = np.zeros((*grid.shape, 3))
    write_displacement_transform(tmp_path / "warp.h5", faded, grid, AFFINE)
    for node in (
        displacement_to_transform_node(scene, faded, grid, affine=AFFINE),
        load_with_slicer(scene, tmp_path / "warp.h5"),
    ):
        points = far.points().reshape(2, 2, 2, 3)
        truth = points @ AFFINE[:3, :3].T + AFFINE[:3, 3] - points
        np.testing.assert_allclose(transform_to_displacement(node, far), truth, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("affine", [None, AFFINE], ids=["grid", "grid and affine"])
def test_resampled_by_slicer_the_moving_image_equals_our_warp(
    scene: Any, tmp_path: Path, kind: str, affine: np.ndarray | None
) -> None:
    """Slicer's own way: the moving image below the loaded transform, hardened, and read at the fixed voxels."""
    shape, directions = (20, 22, 24), GRIDS[kind].directions
    fixed = Grid.from_parts(shape, (1.2, 1.0, 1.5), (-10, 5, 20), directions)
    moving = Grid.from_parts((50, 50, 50), (1, 1, 1), fixed.center - 24.5)
    points = moving.points().reshape(*moving.shape, 3)
    image = (100 * np.sin(points / 4.0).sum(-1) + 3 * points[..., 0]).astype(np.float32)

    path = tmp_path / "warp.h5"
    write_displacement_transform(path, field_on(fixed), fixed, affine)
    node = add_volume(scene, image, moving, name="moving")
    node.SetAndObserveTransformNodeID(load_with_slicer(scene, path).GetID())
    node.HardenTransform()
    hardened = volume_from_node(node)
    shown = map_coordinates(hardened.array, hardened.grid.world_to_index(fixed.points()).T[::-1], order=1, cval=np.nan)

    looked_up = fixed.points() + intended(fixed, affine).reshape(-1, 3)
    ours = map_coordinates(image, moving.world_to_index(looked_up).T[::-1], order=1, cval=np.nan)
    inner = np.isfinite(ours) & np.isfinite(shown)
    inner &= np.abs(ours) > 0  # outside the moving image both are background
    assert inner.mean() > 0.5
    unwarped = map_coordinates(image, moving.world_to_index(fixed.points()).T[::-1], order=1, cval=np.nan)
    effect = np.sqrt(np.mean((shown - unwarped)[inner] ** 2))
    assert effect > 10
    assert np.sqrt(np.mean((shown - ours)[inner] ** 2)) < effect / 8  # two linear interpolations against one


def test_resampling_at_the_same_voxels_equals_our_warp_exactly(scene: Any) -> None:
    """vtkImageReslice driven by the node, onto the fixed grid itself: no second interpolation, so no excuse."""
    fixed, moving = GRIDS["left-handed oblique"], Grid.from_parts((40, 40, 40), (1, 1, 1), (-25, -50, 60))
    image = np.random.default_rng(0).normal(size=moving.shape).astype(np.float32)
    node = displacement_to_transform_node(scene, field_on(fixed), fixed, affine=AFFINE)
    lookup = vtk.vtkGeneralTransform()
    lookup.PostMultiply()
    lookup.Concatenate(vtk_matrix(fixed.ijk_to_world))
    lookup.Concatenate(node.GetTransformFromParent())
    lookup.Concatenate(vtk_matrix(moving.world_to_ijk))
    reslice = vtk.vtkImageReslice()
    volume = add_volume(scene, image, moving)
    reslice.SetInputData(volume.GetImageData())
    reslice.SetResliceTransform(lookup)
    reslice.SetInterpolationModeToLinear()
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputSpacing(1, 1, 1)
    reslice.SetOutputExtent(0, 11, 0, 9, 0, 7)
    reslice.SetBackgroundLevel(-99)
    reslice.Update()
    from vtk.util.numpy_support import vtk_to_numpy

    shown = vtk_to_numpy(reslice.GetOutput().GetPointData().GetScalars())
    looked_up = fixed.points() + intended(fixed, AFFINE).reshape(-1, 3)
    ours = map_coordinates(image, moving.world_to_index(looked_up).T[::-1], order=1, cval=-99)
    inner = (ours != -99) & (shown != -99)
    assert inner.sum() > 300
    np.testing.assert_allclose(shown[inner], ours[inner], atol=1e-4)


def test_points_between_voxels_follow_the_smooth_field(scene: Any, tmp_path: Path) -> None:
    grid = Grid.from_parts((24, 24, 24), (2, 2, 2), (-10, 20, 30), GRIDS["oblique"].directions)
    write_displacement_transform(tmp_path / "warp.h5", field_on(grid), grid)
    between = Grid.from_parts((40, 40, 40), (0.5, 0.5, 0.5), grid.center - 9.87)
    truth = bump(between.points().reshape(40, 40, 40, 3), grid.center)
    for node in (
        displacement_to_transform_node(scene, field_on(grid), grid),
        load_with_slicer(scene, tmp_path / "warp.h5"),
    ):
        assert np.abs(transform_to_displacement(node, between) - truth).max() < 0.03


@pytest.mark.parametrize("affine", [None, AFFINE], ids=["grid", "grid and affine"])
def test_a_bundle_keeps_the_transform_and_what_is_below_it(
    scene: Any, tmp_path: Path, affine: np.ndarray | None
) -> None:
    grid = GRIDS["left-handed oblique"]
    node = displacement_to_transform_node(scene, field_on(grid), grid, name="warp", affine=affine)
    moving = add_volume(scene, np.ones(grid.shape, np.int16), grid, name="moving")
    moving.SetAndObserveTransformNodeID(node.GetID())
    save_scene(scene, tmp_path / "scene.mrb")
    app = open_scene()
    assert app.io_manager.load_scene(tmp_path / "scene.mrb")
    loaded = app.scene.GetFirstNodeByName("warp")
    np.testing.assert_allclose(transform_to_displacement(loaded, grid), intended(grid, affine), atol=1e-6)
    assert app.scene.GetFirstNodeByName("moving").GetParentTransformNode() is loaded


def test_repeating_a_job_updates_the_same_transform_node(scene: Any) -> None:
    grid, other = GRIDS["oblique"], GRIDS["sheared"]
    node = displacement_to_transform_node(scene, field_on(grid), grid)
    before = (scene.GetNumberOfNodes(), node.GetID())
    assert displacement_to_transform_node(scene, field_on(other), other, node, affine=AFFINE) is node
    assert (scene.GetNumberOfNodes(), node.GetID()) == before
    np.testing.assert_allclose(transform_to_displacement(node, other), intended(other, AFFINE), atol=1e-9)
    displacement_to_transform_node(scene, field_on(grid), grid, node)
    np.testing.assert_allclose(transform_to_displacement(node, grid), intended(grid, None), atol=1e-9)


@pytest.mark.parametrize("suffix", [".h5", ".nrrd"])
def test_a_transform_file_is_loaded_into_the_chosen_node(
    scene: Any, tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    grid, path = GRIDS["left-handed oblique"], tmp_path / f"warp{suffix}"
    write_displacement_transform(path, field_on(grid), grid, AFFINE)
    node = transform_node_from_file(scene, path, name="loaded")
    np.testing.assert_allclose(transform_to_displacement(node, grid), intended(grid, AFFINE), atol=1e-6)
    linear_parent(scene, node)
    write_displacement_transform(path, field_on(grid), grid, force=True)
    before = (scene.GetNumberOfNodes(), node.GetID())
    assert transform_node_from_file(scene, path, node) is node
    assert (scene.GetNumberOfNodes(), node.GetID()) == before
    np.testing.assert_allclose(transform_to_displacement(node, grid), field_on(grid), atol=1e-6)

    path.write_text("no transform")
    with pytest.raises(InputError, match="cannot be read as a transform") as caught:
        transform_node_from_file(scene, path, node)
    assert len(str(caught.value).splitlines()) == 1
    np.testing.assert_allclose(transform_to_displacement(node, grid), field_on(grid), atol=1e-6)
    assert "ERR" not in "".join(capfd.readouterr())


def test_an_output_below_a_transform_is_taken_out(scene: Any) -> None:
    grid = GRIDS["oblique"]
    node = displacement_to_transform_node(scene, field_on(grid), grid)
    linear_parent(scene, node)
    displacement_to_transform_node(scene, field_on(grid), grid, node)
    np.testing.assert_allclose(transform_to_displacement(node, grid), field_on(grid), atol=1e-9)


def test_slicer_can_invert_the_transform(scene: Any) -> None:
    grid = Grid.from_parts((24, 24, 24), (1.5, 1.5, 1.5), (0, 0, 0), GRIDS["left-handed oblique"].directions)
    node = displacement_to_transform_node(scene, field_on(grid), grid, affine=AFFINE)
    there, back = [0.0] * 3, [0.0] * 3
    node.GetTransformFromParent().TransformPoint(grid.center + 3, there)
    node.GetTransformToParent().TransformPoint(there, back)
    assert np.linalg.norm(np.array(there) - grid.center - 3) > 3
    np.testing.assert_allclose(back, grid.center + 3, atol=0.005)


def test_what_cannot_be_used_is_refused_before_anything_changes(scene: Any, tmp_path: Path) -> None:
    grid = GRIDS["axial"]
    good, path = field_on(grid), tmp_path / "warp.h5"
    broken = good.copy()
    broken[0, 0, 0, 0] = np.nan
    before = scene.GetNumberOfNodes()
    for field, affine in ((good[..., :2], None), (broken, None), (good, np.zeros((4, 4)))):
        with pytest.raises(InputError):
            displacement_to_transform_node(scene, field, grid, affine=affine)
        with pytest.raises(InputError):
            write_displacement_transform(path, field, grid, affine)
    assert scene.GetNumberOfNodes() == before
    linear = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "linear")
    with pytest.raises(InputError, match="cannot hold a displacement"):
        displacement_to_transform_node(scene, good, grid, linear)
    with pytest.raises(OutputError, match="kind of file"):
        write_displacement_transform(tmp_path / "warp.vtp", good, grid)
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_displacement_transform(path, good, grid)
    assert path.read_text() == "mine"
    with pytest.raises(InputError, match="cannot be read"):
        read_transform_displacement(path, grid)
    with pytest.raises(InputError, match="no such file"):
        read_transform_displacement(tmp_path / "none.h5", grid)
