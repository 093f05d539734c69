"""Volumes cropped to a region of interest, wherever both are."""

import numpy as np
import pytest
import slicer
from grids import GRIDS, rotation
from scene_tools import HARD_GRIDS, add_volume, bent_parent, linear_parent, numbered, vtk_matrix

from INRCore.errors import InputError
from INRCore.scene import crop_to_region, fit_region, volume_from_node


def add_region(scene, center, size):
    """An ROI node filled by hand: a turned box about `center`."""
    region = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "Region")
    place = np.eye(4)
    place[:3, :3] = rotation(10, 20, 30)
    place[:3, 3] = center
    region.SetAndObserveObjectToNodeMatrix(vtk_matrix(place))
    region.SetSize(*size)
    return region


@pytest.fixture(params=HARD_GRIDS)
def node(request, scene):
    grid = GRIDS[request.param]
    return add_volume(scene, numbered(grid), grid)


def inside(region, point):
    """Whether Slicer says that a world point is in the region."""
    return region.IsPointInROIWorld(point)


def test_the_crop_holds_each_voxel_inside_the_region_at_its_place(node, scene):
    volume = volume_from_node(node)
    region = add_region(scene, volume.grid.center, (9, 8, 7))
    cropped = crop_to_region(volume, region)
    assert cropped.array.size < volume.array.size
    world = cropped.grid.points()
    kept = {tuple(np.round(point, 4)): value for point, value in zip(world, cropped.array.ravel(), strict=True)}
    all_points = volume.grid.points()
    for point, value in zip(all_points, volume.array.ravel(), strict=True):
        if inside(region, point):
            assert kept[tuple(np.round(point, 4))] == value
    assert cropped.grid.contains(volume.grid.center[None])[0]


@pytest.mark.parametrize("parent", ["none", "linear", "bent"])
def test_a_new_region_around_a_volume_keeps_all_of_it(node, parent, scene):
    if parent == "linear":
        linear_parent(scene, node)
    elif parent == "bent":
        bent_parent(scene, node, GRIDS["oblique"])
    region = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode")
    fit_region(region, node)
    volume = volume_from_node(node)
    assert crop_to_region(volume, region).grid.same_as(volume.grid)
    for corner in np.ndindex(2, 2, 2):
        assert inside(region, volume.grid.index_to_world(corner * (volume.grid.size_ijk - 1)))


def test_the_parent_transform_of_a_region_counts(scene):
    grid = GRIDS["oblique"]
    volume = volume_from_node(add_volume(scene, numbered(grid), grid))
    region = add_region(scene, grid.center - [0, 6, 0], (8, 4, 8))
    before = crop_to_region(volume, region)
    matrix = np.eye(4)
    matrix[:3, 3] = (0, 6, 0)
    linear_parent(scene, region, matrix)
    after = crop_to_region(volume, region)
    assert not after.grid.same_as(before.grid)
    assert after.grid.same_as(crop_to_region(volume, add_region(scene, grid.center, (8, 4, 8))).grid)


def test_a_region_beside_the_volume_or_without_size_is_refused(scene):
    grid = GRIDS["oblique"]
    volume = volume_from_node(add_volume(scene, numbered(grid), grid))
    with pytest.raises(InputError, match="beside"):
        crop_to_region(volume, add_region(scene, grid.center + 1000, (8, 8, 8)))
    with pytest.raises(InputError, match="no size"):
        crop_to_region(volume, scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "New"))
    with pytest.raises(InputError, match="region of interest"):
        crop_to_region(volume, slicer.vtkMRMLModelNode())
