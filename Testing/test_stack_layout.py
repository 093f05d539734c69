"""How stacks lie: slice axis, thickness, plane, order and coverage, and their boxes in the scene."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vtk
from grids import GRIDS, rotation
from scene_tools import add_volume, linear_parent
from test_scene_pictures import pixels

from INRCore.demo.pictures import slice_picture, threed_picture
from INRCore.geometry import Grid
from INRCore.reconstruction import layout_of_stacks
from INRCore.reconstruction.layout import coverage, nearest_plane
from INRCore.scene import fields_of_view_to_nodes
from INRCore.scene.fields_of_view import box_of
from INRCore.volume import Volume

AXES = {"sagittal": 0, "coronal": 1, "axial": 2}


def stack(plane: str, tilt: float = 0.0, slices: int = 10, flip: int = 1, thickness: float = 4.0) -> Grid:
    """A stack of 40 x 40 pixels of 1 mm whose slices lie in the plane, tilted about the x (or z) axis, its array axes
    permuted so that the slices are not always along k."""
    normal = np.eye(3)[AXES[plane]]
    turn = rotation(tilt, 0, 0) if plane != "sagittal" else rotation(0, 0, tilt)
    others = [np.eye(3)[axis] for axis in range(3) if axis != AXES[plane]]
    columns = {"axial": [*others, normal], "coronal": [others[0], normal, others[1]], "sagittal": [normal, *others]}
    directions = turn @ np.stack(columns[plane], -1)
    slice_axis = {"axial": 2, "coronal": 1, "sagittal": 0}[plane]
    spacing, size = np.ones(3), np.full(3, 40)
    spacing[slice_axis], size[slice_axis] = thickness, slices
    directions[:, slice_axis] *= flip
    grid = Grid.from_parts(size[::-1].tolist(), spacing.tolist(), (0, 0, 0), directions)
    centred = np.eye(4)
    centred[:3, 3] = np.array([5, -10, 20]) - grid.center
    return grid.transformed(centred)


def volume(grid: Grid, **metadata: Any) -> Volume:
    return Volume(np.zeros(grid.shape, np.uint8), grid, metadata=metadata)


@pytest.mark.parametrize("plane", AXES)
@pytest.mark.parametrize("flip", [1, -1])
@pytest.mark.parametrize("tilt", [0.0, 2.0, 20.0])
def test_plane_tilt_and_slice_axis_are_found(plane: str, flip: int, tilt: float) -> None:
    (layout,) = layout_of_stacks([volume(stack(plane, tilt, flip=flip))])
    assert layout.slice_axis == {"axial": 2, "coronal": 1, "sagittal": 0}[plane]
    assert layout.plane == plane
    assert layout.tilt_degrees == pytest.approx(tilt, abs=1e-6)
    assert layout.orientation == (plane if tilt < 3 else f"oblique, 20 degrees from {plane}")
    assert (layout.slices, layout.in_plane_mm) == (10, pytest.approx(1))
    assert layout.distance_mm == layout.thickness_mm == pytest.approx(4)
    assert not layout.thickness_is_known
    assert layout.anisotropy == pytest.approx(4)


def test_a_diagonal_normal_is_45_degrees_from_its_planes() -> None:
    assert nearest_plane(np.array([0, 1, 1]))[1] == pytest.approx(45)
    assert nearest_plane(np.array([0, 0, -2])) == ("axial", pytest.approx(0, abs=1e-6))


def test_sheared_slices_are_as_far_apart_as_their_planes() -> None:
    grid = GRIDS["sheared"]
    (layout,) = layout_of_stacks([volume(grid)])
    first, second = grid.ijk_to_world[:3, 0], grid.ijk_to_world[:3, 1]
    volume_of_a_cell = abs(np.linalg.det(grid.ijk_to_world[:3, :3]))
    assert layout.distance_mm == pytest.approx(volume_of_a_cell / np.linalg.norm(np.cross(first, second)))
    assert layout.distance_mm < grid.spacing[2] - 0.05


def test_the_headers_thickness_counts_and_gaps_are_told() -> None:
    (layout,) = layout_of_stacks([volume(stack("axial"), SliceThickness=3.0)])
    assert layout.thickness_is_known and layout.thickness_mm == 3
    assert "3 mm thick, 1 mm apart" in layout.describe()
    (layout,) = layout_of_stacks([volume(stack("axial"), SliceThickness=5.0)])
    assert "overlapping by 1 mm" in layout.describe()
    (layout,) = layout_of_stacks([volume(stack("axial"), SliceThickness="unknown")])
    assert layout.thickness_mm == 4 and "taken from the spacing" in layout.describe()


def test_coverage_is_the_share_of_the_union() -> None:
    whole = Grid.from_parts((40, 40, 40))
    half, outside = whole.cropped((0, 0, 0), (40, 40, 20)), whole.transformed(np.eye(4) + np.eye(4, k=3) * 40)
    assert coverage([whole]) == [1.0]
    np.testing.assert_allclose(coverage([whole, half]), [1, 0.5], atol=0.03)
    np.testing.assert_allclose(coverage([whole, outside]), [0.5, 0.5], atol=0.03)
    turned = whole.transformed(np.array([[0.6, -0.8, 0, 12], [0.8, 0.6, 0, -9], [0, 0, 1, 0], [0, 0, 0, 1]]))
    low, high = coverage([whole, turned])
    assert low == pytest.approx(high, abs=0.03) and 0.6 < low < 0.95


@pytest.mark.parametrize("kind", GRIDS)
def test_one_stack_alone_covers_everything(kind: str) -> None:
    assert coverage([GRIDS[kind]]) == [1.0]


def test_the_stack_that_covers_most_comes_first_and_of_equal_ones_the_finest() -> None:
    small, thick, thin = stack("axial", slices=4), stack("coronal", thickness=5, slices=8), stack("sagittal")
    order = [layout.number for layout in layout_of_stacks([volume(small), volume(thick), volume(thin)])]
    assert order == [2, 1, 0]


# -- boxes -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", GRIDS)
def test_a_box_encloses_the_volume_of_the_voxels(kind: str) -> None:
    grid = GRIDS[kind]
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputData(box_of(grid))
    mass = vtk.vtkMassProperties()
    mass.SetInputConnection(triangles.GetOutputPort())
    mass.Update()
    assert mass.GetVolume() == pytest.approx(grid.voxel_volume * grid.voxel_count, rel=1e-5)


def test_boxes_are_shown_where_the_stacks_lie_in_the_world(slicer_app: Any, scene: Any, tmp_path: Path) -> None:
    grids = [stack("axial"), stack("sagittal", 20)]
    nodes = [add_volume(scene, np.zeros(grid.shape, np.uint8), grid, name=str(n)) for n, grid in enumerate(grids)]
    parent = linear_parent(scene, nodes[1])
    boxes = fields_of_view_to_nodes(scene, nodes)
    assert [box.GetName() for box in boxes] == ["0 field of view", "1 field of view"]
    matrix = vtk.vtkMatrix4x4()
    parent.GetMatrixTransformToWorld(matrix)
    world = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
    corners = grids[1].transformed(world).corners
    bounds = np.zeros(6)
    boxes[1].GetRASBounds(bounds)
    np.testing.assert_allclose(bounds, np.stack([corners.min(0), corners.max(0)], -1).ravel(), atol=1e-4)

    assert fields_of_view_to_nodes(scene, nodes, boxes) == boxes
    threed_picture(slicer_app, tmp_path / "boxes.png", size=(300, 240))
    slice_picture(slicer_app, nodes[0], tmp_path / "slice.png", segmentation=boxes[1], size=(300, 240))
    picture = pixels(tmp_path / "slice.png")
    assert (np.ptp(picture, axis=-1) > 50).sum() > 30  # the coloured outline of the other stack
