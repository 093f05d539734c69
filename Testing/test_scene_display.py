"""Results as the user sees them: differences, Jacobians, uncertainty, check boards, side by side."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from grids import GRIDS
from scene_tools import HARD_GRIDS, add_volume, node_count
from test_scene_pictures import pixels

from INRCore.comparison import checkerboard, difference, on_grid
from INRCore.demo.pictures import slice_picture
from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.scene import (
    checkerboard_to_node,
    difference_to_node,
    save_scene,
    show_quantity,
    show_side_by_side,
    volume_to_node,
)
from INRCore.volume import Volume

GRID = Grid.from_parts((20, 24, 28), (2.0, 2.0, 2.0), (-27, -23, -19))
SIZE = (280, 240)


def ramp(grid: Grid, low: float, high: float) -> Volume:
    """From `low` at the patient's right, which is on the left of the picture, to `high` at the left."""
    x = grid.points()[:, 0].reshape(grid.shape)
    return Volume((high + (low - high) * (x - x.min()) / np.ptp(x)).astype(np.float32), grid)


def along_the_middle(path: Path, count: int = 5) -> np.ndarray:
    """(count, 3) colours from left to right, the outermost ones inside the volume."""
    picture = pixels(path)
    row = picture[SIZE[1] // 2]
    columns = np.flatnonzero(row.max(-1) > 0)
    return row[np.linspace(columns[0] + 6, columns[-1] - 6, count).astype(int)]


def shown(app: Any, scene: Any, volume: Volume, quantity: str, path: Path, count: int = 5) -> np.ndarray:
    node = volume_to_node(scene, volume, name=quantity, quantity=quantity)
    slice_picture(app, node, path, size=SIZE)
    return along_the_middle(path, count)


# -- colours and windows -----------------------------------------------------------------------------------------------
def test_a_difference_is_blue_below_zero_grey_at_zero_and_red_above(
    slicer_app: Any, scene: Any, tmp_path: Path
) -> None:
    node = volume_to_node(scene, ramp(GRID, -5, 12), quantity="difference")
    display = node.GetScalarVolumeDisplayNode()
    assert display.GetLevel() == pytest.approx(0)
    assert display.GetWindow() == pytest.approx(24, rel=0.07)

    colors = shown(slicer_app, scene, ramp(GRID, -9, 9), "difference", tmp_path / "difference.png")
    assert colors[0, 2] > colors[0, 0] + 80  # blue
    assert np.ptp(colors[2]) < 25 and colors[2].min() > 190  # grey
    assert colors[4, 0] > colors[4, 2] + 80  # red
    np.testing.assert_allclose(colors[1].mean(), colors[3].mean(), atol=30)  # alike on both sides


def test_shrinking_stretching_and_folding_have_colours_of_their_own(
    slicer_app: Any, scene: Any, tmp_path: Path
) -> None:
    volume = ramp(GRID, 0.02, 1.98)
    colors = shown(slicer_app, scene, volume, "jacobian", tmp_path / "jacobian.png")
    assert colors[0, 2] > colors[0, 0] + 80
    assert np.ptp(colors[2]) < 25 and colors[2].min() > 190
    assert colors[4, 0] > colors[4, 2] + 80
    yellow = (pixels(tmp_path / "jacobian.png")[..., :2].min(-1) - pixels(tmp_path / "jacobian.png")[..., 2]) > 150
    assert not yellow.any()

    middle = 10, 12
    volume.array[middle[0], middle[1] - 1 : middle[1] + 1, 13:15] = -0.01  # four folded voxels amid grey
    node = volume_to_node(scene, volume, quantity="jacobian")
    slice_picture(slicer_app, node, tmp_path / "folded.png", size=SIZE, position=GRID.index_to_world((14, 12, 10)))
    picture = pixels(tmp_path / "folded.png")
    yellow = picture[..., :2].min(-1) - picture[..., 2] > 150
    voxel = (SIZE[1] / 24) ** 2
    assert 0.7 < yellow.sum() / (4 * voxel) < 1.4


def test_uncertainty_is_dark_at_zero_and_brighter_the_larger(slicer_app: Any, scene: Any, tmp_path: Path) -> None:
    colors = shown(slicer_app, scene, ramp(GRID, 0.5, 30), "uncertainty", tmp_path / "uncertainty.png", 6)
    brightness = colors @ [0.299, 0.587, 0.114]
    assert (np.diff(brightness) > 15).all(), brightness


def test_the_window_of_a_map_is_chosen_inside_the_body_and_not_in_the_air(scene: Any) -> None:
    distance = np.linalg.norm(GRID.points() - GRID.center, axis=1).reshape(GRID.shape)
    body = add_volume(scene, np.where(distance < 12, 500, 0).astype(np.int16), GRID, name="body")
    unsure = Volume(np.where(distance < 18, 0.1 * distance, 90).astype(np.float32), GRID)
    alone, inside = (volume_to_node(scene, unsure, quantity="uncertainty", reference=node) for node in (None, body))
    assert alone.GetScalarVolumeDisplayNode().GetWindow() == pytest.approx(90)
    assert 1 < inside.GetScalarVolumeDisplayNode().GetWindow() < 1.9
    elsewhere = add_volume(scene, np.zeros((4, 5, 6), np.int16), GRID.with_size([6, 5, 4]), name="elsewhere")
    node = volume_to_node(scene, unsure, quantity="uncertainty", reference=elsewhere)
    assert node.GetScalarVolumeDisplayNode().GetWindow() == pytest.approx(90)


def test_a_signed_distance_is_blue_inside_and_red_outside(slicer_app: Any, scene: Any, tmp_path: Path) -> None:
    colors = shown(slicer_app, scene, ramp(GRID, -18, 18), "distance", tmp_path / "distance.png")
    assert colors[0, 2] > colors[0, 0] + 80 and colors[4, 0] > colors[4, 2] + 80


def test_colours_are_made_once_saved_with_the_scene_and_found_again(
    slicer_app: Any, scene: Any, tmp_path: Path
) -> None:
    first = volume_to_node(scene, ramp(GRID, -1, 1), name="first", quantity="difference")
    count = scene.GetNumberOfNodesByClass("vtkMRMLColorTableNode")
    second = volume_to_node(scene, ramp(GRID, -1, 1), name="second", quantity="difference")
    assert scene.GetNumberOfNodesByClass("vtkMRMLColorTableNode") == count
    assert second.GetDisplayNode().GetColorNode() is first.GetDisplayNode().GetColorNode()
    slice_picture(slicer_app, first, tmp_path / "before.png", size=SIZE)
    save_scene(scene, tmp_path / "scene.mrb")
    scene.Clear(False)
    scene.ReadFromMRB(str(tmp_path / "scene.mrb"))
    again = scene.GetFirstNodeByName("first")
    slice_picture(slicer_app, again, tmp_path / "after.png", size=SIZE)
    np.testing.assert_allclose(
        along_the_middle(tmp_path / "after.png"), along_the_middle(tmp_path / "before.png"), atol=3
    )
    volume_to_node(scene, ramp(GRID, -1, 1), quantity="difference")
    assert scene.GetNumberOfNodesByClass("vtkMRMLColorTableNode") == count


@pytest.mark.parametrize("quantity", ["difference", "uncertainty", "jacobian"])
@pytest.mark.parametrize("value", [0.0, np.nan])
def test_volumes_without_any_value_are_shown_too(scene: Any, quantity: str, value: float) -> None:
    node = volume_to_node(scene, Volume(np.full(GRID.shape, value, np.float32), GRID), quantity=quantity)
    assert node.GetScalarVolumeDisplayNode().GetWindow() > 0


def test_an_unknown_quantity_is_refused(scene: Any) -> None:
    with pytest.raises(InputError, match="no quantity"):
        show_quantity(scene, add_volume(scene, np.zeros(GRID.shape), GRID), "beauty")


def test_a_users_own_window_is_kept_when_a_result_is_updated(scene: Any) -> None:
    node = volume_to_node(scene, ramp(GRID, -1, 1), quantity="difference")
    node.GetScalarVolumeDisplayNode().SetWindowLevel(7, 3)
    volume_to_node(scene, ramp(GRID, -9, 9), node, quantity="difference")
    assert node.GetScalarVolumeDisplayNode().GetWindow() == 7


# -- two volumes -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", HARD_GRIDS)
def test_volumes_on_different_grids_are_compared_at_the_same_places(kind: str) -> None:
    """A linear function is the same on every grid."""
    fine = Grid.from_parts((20, 24, 28), (1.0, 1.1, 1.2), GRIDS[kind].origin, GRIDS[kind].directions)
    coarse = fine.with_spacing(2.1).padded((2, 2, 2))

    def linear(grid: Grid) -> Volume:
        values = grid.points() @ [0.3, -0.2, 0.5]
        return Volume(values.reshape(grid.shape).astype(np.float32), grid)

    result = difference(linear(fine), linear(coarse))
    assert np.abs(result.array).max() < 1e-3
    assert result.grid.same_as(fine)
    assert np.isnan(on_grid(linear(fine), coarse)[0, 0, 0])
    assert difference(linear(coarse), linear(fine)).array[0, 0, 0] == 0


def test_a_difference_has_the_sign_of_first_minus_second(scene: Any) -> None:
    first = add_volume(scene, np.full(GRID.shape, 7, np.uint8), GRID, name="first")
    second = add_volume(scene, np.full(GRID.shape, 9, np.uint8), GRID, name="second")
    node = difference_to_node(scene, first, second)
    assert node.GetImageData().GetScalarRange() == (-2, -2)
    assert node.GetName() == "first - second"
    count = node_count(scene)
    assert difference_to_node(scene, second, first, node) is node
    assert node.GetImageData().GetScalarRange() == (2, 2)
    assert node_count(scene) == count


def test_a_check_board_shows_cubes_of_both_at_equal_brightness(slicer_app: Any, scene: Any, tmp_path: Path) -> None:
    grid = Grid.from_parts((32, 32, 32), (1, 1, 2), (0, 0, 0))
    wave = 100 * np.sin(grid.points().reshape(*grid.shape, 3)[..., 0] / 5)
    board = checkerboard(Volume(wave, grid), Volume(1000 + 5 * wave, grid), tiles=8)
    np.testing.assert_allclose(board.array, wave, atol=1)  # the same picture, stretched alike
    first = add_volume(scene, np.zeros(grid.shape, np.float32), grid, name="first")
    ones = np.zeros(grid.shape, np.float32)
    ones[::2] = 1
    second = add_volume(scene, ones, grid, name="second")
    board_of_two = checkerboard(Volume(wave, grid), Volume(-wave, grid), tiles=8).array
    is_own = np.isclose(board_of_two, wave, atol=1)
    assert is_own[0, 0, 0] and not is_own[0, 0, 8 + 2] and is_own[0, 8 + 2, 8 + 2]  # 64 mm / 8 = 8 mm: 8 voxels
    assert not is_own[4, 0, 2]  # 4 voxels of 2 mm along k
    node = checkerboard_to_node(scene, first, second, tiles=4)
    assert node.GetName() == "first and second"


def test_side_by_side_shows_the_same_plane_of_both_in_two_linked_views(
    slicer_app: Any, scene: Any, tmp_path: Path
) -> None:
    left, right = (add_volume(scene, np.full(GRID.shape, v, np.uint8), GRID, name=str(v)) for v in (1, 2))
    for orientation in ("Axial", "Sagittal"):  # makes the views Red and Yellow
        slice_picture(slicer_app, left, tmp_path / "a.png", orientation=orientation, size=SIZE)  # type: ignore[arg-type]
    assert show_side_by_side(scene, left, right) is None
    red, yellow = (scene.GetNodeByID(f"vtkMRMLSliceCompositeNode{name}") for name in ("Red", "Yellow"))
    assert (red.GetBackgroundVolumeID(), red.GetForegroundVolumeID()) == (left.GetID(), right.GetID())

    layout = scene.AddNewNodeByClass("vtkMRMLLayoutNode")
    for arrangement in (layout.SlicerLayoutFourUpView, layout.SlicerLayoutSideBySideView):
        layout.AddLayoutDescription(arrangement, "<layout/>")
    layout.SetViewArrangement(layout.SlicerLayoutFourUpView)
    before = plane_of(scene, "Yellow")
    put_back = show_side_by_side(scene, left, right, slicer_app.app_logic)
    assert put_back is not None
    assert layout.GetViewArrangement() == layout.SlicerLayoutSideBySideView
    assert (red.GetBackgroundVolumeID(), yellow.GetBackgroundVolumeID()) == (left.GetID(), right.GetID())
    assert red.GetForegroundVolumeID() is None and red.GetLinkedControl() and yellow.GetLinkedControl()
    np.testing.assert_allclose(plane_of(scene, "Yellow"), plane_of(scene, "Red"))
    put_back()
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView
    np.testing.assert_allclose(plane_of(scene, "Yellow"), before)
    assert not yellow.GetLinkedControl()


def plane_of(scene: Any, view: str) -> np.ndarray:
    matrix = scene.GetNodeByID(f"vtkMRMLSliceNode{view}").GetSliceToRAS()
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
