"""Pictures by Slicer's displayable managers: right content, right way round."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vtk
from grids import GRIDS
from scene_tools import HARD_GRIDS
from scipy.ndimage import map_coordinates
from vtk.util.numpy_support import vtk_to_numpy

from INRCore.demo.pictures import slice_picture, threed_picture
from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.scene import displacement_to_transform_node, model_to_node, segmentation_to_node, volume_to_node
from INRCore.volume import Volume

VIEW_NODES = {"Axial": "Red", "Coronal": "Green", "Sagittal": "Yellow"}
SIZE = (200, 160)


def pixels(path: Path) -> np.ndarray:
    """(row from the top, column, 3) of a PNG."""
    reader = vtk.vtkPNGReader()
    reader.SetFileName(str(path))
    reader.Update()
    image = reader.GetOutput()
    width, height, _ = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)[::-1, :, :3].astype(float)


def wavy(kind: str) -> Volume:
    grid = Grid.from_parts((20, 24, 28), (2.0, 2.2, 2.5), (-40, 25, 110), GRIDS[kind].directions)
    points = grid.points().reshape(*grid.shape, 3) - grid.center
    return Volume((100 + 60 * np.sin(points / 9.0).sum(-1) + points @ [1.0, 0.5, 0.7]).astype(np.float32), grid)


@pytest.mark.parametrize("kind", HARD_GRIDS)
@pytest.mark.parametrize("orientation", ["Axial", "Coronal", "Sagittal"])
def test_a_slice_shows_the_voxels_at_their_place(
    slicer_app: Any, scene: Any, tmp_path: Path, kind: str, orientation: str
) -> None:
    volume = wavy(kind)
    node = volume_to_node(scene, volume, display_range=(-100, 300))
    slice_picture(slicer_app, node, tmp_path / "a.png", orientation=orientation, size=SIZE)  # type: ignore[arg-type]
    shown = pixels(tmp_path / "a.png")
    assert shown.shape == (SIZE[1], SIZE[0], 3)

    to_ras = scene.GetNodeByID(f"vtkMRMLSliceNode{VIEW_NODES[orientation]}").GetXYToRAS()
    matrix = np.array([[to_ras.GetElement(r, c) for c in range(4)] for r in range(4)])
    column, row = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1])[::-1])
    points = np.stack([column, row, 0 * row, 0 * row + 1], -1) @ matrix.T
    index = volume.grid.world_to_index(points[..., :3])
    values = map_coordinates(volume.array, np.moveaxis(index[..., ::-1], -1, 0), order=1, mode="nearest")
    inside = ((index > 0) & (index < volume.grid.size_ijk - 1)).all(-1)
    assert inside.mean() > 0.3  # the slice fills the picture
    truth = np.clip((values + 100) / 400, 0, 1) * 255
    assert truth[inside].std() > 20
    assert np.abs(shown[inside, 0] - truth[inside]).max() < 4


@pytest.mark.parametrize(
    ("orientation", "spot", "corner"),
    [
        ("Axial", (20, 20, 0), ("left", "top")),  # patient's right and front
        ("Coronal", (20, 0, 20), ("left", "top")),  # patient's right and head
        ("Sagittal", (0, 20, 20), ("left", "top")),  # patient's front and head: the nose points left
        ("Axial", (-20, -20, 0), ("right", "bottom")),
    ],
)
@pytest.mark.parametrize("flip", [1, -1])
def test_patient_right_is_on_the_left(
    slicer_app: Any, scene: Any, tmp_path: Path, orientation: str, spot: tuple, corner: tuple[str, str], flip: int
) -> None:
    grid = Grid.from_parts((31, 31, 31), (2, 2, 2), (-30 * flip, -30, -30), np.diag([flip, 1, 1]))
    distance = np.linalg.norm(grid.points().reshape(*grid.shape, 3) - spot, axis=-1)
    node = volume_to_node(scene, Volume(np.where(distance < 6, 100, 0).astype(np.int16), grid), display_range=(0, 100))
    slice_picture(slicer_app, node, tmp_path / "a.png", orientation=orientation, size=SIZE)  # type: ignore[arg-type]
    row, column = np.argwhere(pixels(tmp_path / "a.png")[..., 0] > 128).mean(axis=0)
    assert (column < SIZE[0] / 2) == (corner[0] == "left")
    assert (row < SIZE[1] / 2) == (corner[1] == "top")
    assert abs(column - SIZE[0] / 2) > 20
    assert abs(row - SIZE[1] / 2) > 20


def test_only_what_is_asked_for_is_drawn_over_the_slice(slicer_app: Any, scene: Any, tmp_path: Path) -> None:
    volume = wavy("oblique")
    grid = volume.grid
    node = volume_to_node(scene, volume, display_range=(-100, 300))
    near = np.linalg.norm(grid.points().reshape(*grid.shape, 3) - grid.center, axis=-1)
    labels = Volume((near < 15).astype(np.uint8), grid)
    segmentation = segmentation_to_node(scene, labels, None, names={1: "ball"}, colors={1: (1, 0, 0)})
    displacement = np.exp(-(near**2) / 200)[..., None] * [4.0, -3.0, 2.0]
    transform = displacement_to_transform_node(scene, displacement, grid)
    path = tmp_path / "a.png"

    slice_picture(slicer_app, node, path, size=SIZE)
    plain = pixels(path)
    assert np.ptp(plain, axis=-1).max() == 0  # grey: no overlay
    assert segmentation.GetDisplayNode().GetVisibility() == 1

    slice_picture(slicer_app, node, path, segmentation=segmentation, size=SIZE)
    red = pixels(path)[..., 0] - pixels(path)[..., 1]
    assert red[SIZE[1] // 2, SIZE[0] // 2] > 30
    assert red[5, 5] == 0
    assert 0.02 < (red > 5).mean() < 0.4

    slice_picture(slicer_app, node, path, transform=transform, size=SIZE)
    lines = np.abs(pixels(path) - plain).max(axis=-1) > 20
    assert 0.01 < lines.mean() < 0.4
    assert transform.GetDisplayNode().GetVisibility() == 0

    slice_picture(slicer_app, node, path, size=SIZE)
    np.testing.assert_array_equal(pixels(path), plain)


def test_a_foreground_is_blended_over_the_slice(slicer_app: Any, scene: Any, tmp_path: Path) -> None:
    volume = wavy("left-handed oblique")
    node = volume_to_node(scene, volume, display_range=(-100, 300))
    white = volume_to_node(scene, volume.with_array(np.full(volume.array.shape, 9.0)), display_range=(0, 1))
    slice_picture(slicer_app, node, tmp_path / "a.png", size=SIZE)
    slice_picture(slicer_app, node, tmp_path / "b.png", foreground=white, opacity=0.5, size=SIZE)
    before, after = pixels(tmp_path / "a.png"), pixels(tmp_path / "b.png")
    middle = (slice(60, 100), slice(80, 120), 0)
    np.testing.assert_allclose(after[middle], (before[middle] + 255) / 2, atol=3)


def test_the_slice_goes_through_the_point_asked_for(slicer_app: Any, scene: Any, tmp_path: Path) -> None:
    grid = Grid.from_parts((30, 30, 30), (2, 2, 2), (-29, -29, -29))
    array = np.repeat(np.arange(30, dtype=np.int16), 900).reshape(grid.shape)
    node = volume_to_node(scene, Volume(array, grid), display_range=(0, 30))
    slice_picture(slicer_app, node, tmp_path / "a.png", position=np.array([0, 0, 11.0]), size=SIZE)
    assert pixels(tmp_path / "a.png")[80, 100, 0] == pytest.approx(20 / 30 * 255, abs=2)


def test_translucent_surfaces_are_seen_in_3d(slicer_app: Any, scene: Any, tmp_path: Path) -> None:
    balls = {}
    for name, x, color in (("right", 30, (1, 0, 0)), ("left", -30, (0, 0, 1))):
        source = vtk.vtkSphereSource()
        source.SetCenter(x, 0, 0)
        source.SetRadius(20)
        source.SetThetaResolution(40)
        source.SetPhiResolution(40)
        source.Update()
        balls[name] = model_to_node(scene, source.GetOutput(), name=name, color=color, opacity=0.6)
    path = tmp_path / "a.png"
    threed_picture(slicer_app, path, size=(300, 200))
    both = pixels(path)
    red, blue = both[..., 0] - both[..., 2] > 40, both[..., 2] - both[..., 0] > 130
    assert red.mean() > 0.05
    assert blue.mean() > 0.05
    assert np.argwhere(red)[:, 1].mean() < 150 < np.argwhere(blue)[:, 1].mean()  # seen from the front: right is left

    threed_picture(slicer_app, path, direction="POSTERIOR", size=(300, 200))
    behind = pixels(path)
    assert np.argwhere(behind[..., 0] - behind[..., 2] > 40)[:, 1].mean() > 150

    threed_picture(slicer_app, path, nodes=[balls["right"]], size=(300, 200))
    alone = pixels(path)
    assert (alone[..., 2] - alone[..., 0] > 130).mean() < 0.001
    assert (alone[..., 0] - alone[..., 2] > 40).mean() > 0.2  # fitted to what is left
    assert balls["left"].GetDisplayNode().GetVisibility() == 1


def test_an_unknown_orientation_is_refused(slicer_app: Any, scene: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no orientation"):
        slice_picture(slicer_app, None, tmp_path / "a.png", orientation="axial")  # type: ignore[arg-type]
