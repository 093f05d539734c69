"""The results of a registration in a real MRML scene: saved, reloaded and hardened they do what was computed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from grids import GRIDS, rotation
from registration_phantom import FIXED_GRID, MOVING_GRID, small_settings, warped_pair
from scene_tools import LINEAR, add_volume, linear_parent
from scipy.ndimage import map_coordinates
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

from INRCore.errors import InputError
from INRCore.io.transforms import write_displacement_transform
from INRCore.registration import SampledMap, register
from INRCore.registration.sampled import inverse_of
from INRCore.scene import (
    displacement_to_transform_node,
    labels_from_segmentation_node,
    make_inverse_of,
    open_scene,
    save_scene,
    segmentation_to_node,
    transform_node_from_file,
    transform_to_displacement,
    volume_from_node,
)
from INRCore.scene.mrml import slicer, transform_points
from INRCore.volume import Volume

RIGID = np.eye(4)
RIGID[:3, :3], RIGID[:3, 3] = rotation(25, -40, 15), (7, -80, 31)
START = np.eye(4)
START[:3, 3] = (1.5, -2.0, 1.0)


@pytest.fixture(scope="module")
def result():
    return register(*warped_pair(), small_settings(fit={"iterations": 120}), initial_transform=START)


def looked_up(volume, points):
    """(N) values of a volume at RAS points, NaN outside its outermost voxel centres."""
    index = volume.grid.world_to_index(points).T[::-1]
    return map_coordinates(volume.array.astype(float), index, order=1, cval=np.nan)


def test_saved_reloaded_and_hardened_the_transform_gives_the_same_warped_volume(
    result: Any, scene: Any, tmp_path: Path
) -> None:
    """The moving volume (stored elsewhere, brought to its place by a parent) below the transform, in a bundle."""
    _, moving = warped_pair()
    stored = add_volume(scene, moving.array, MOVING_GRID.transformed(np.linalg.inv(LINEAR)), name="moving")
    parent = linear_parent(scene, stored)
    np.testing.assert_allclose(volume_from_node(stored).grid.corners, MOVING_GRID.corners, atol=1e-6)
    path = tmp_path / "warp.h5"
    write_displacement_transform(path, result.displacement, result.displacement_grid, result.affine)
    transform = transform_node_from_file(scene, path, name="warp")
    parent.SetAndObserveTransformNodeID(transform.GetID())
    save_scene(scene, tmp_path / "scene.mrb")
    app = open_scene()
    assert app.io_manager.load_scene(tmp_path / "scene.mrb")

    fixed = FIXED_GRID.points()
    moved = fixed + transform_to_displacement(app.scene.GetFirstNodeByName("warp"), FIXED_GRID).reshape(-1, 3)
    ours, at_once = result.warped.array.ravel(), looked_up(moving, moved)
    seen = np.isfinite(at_once)
    assert seen.mean() > 0.5
    np.testing.assert_allclose(at_once[seen], ours[seen], atol=0.51)  # ours are rounded to whole numbers

    again = app.scene.GetFirstNodeByName("moving")
    again.HardenTransform()
    assert again.GetParentTransformNode() is None
    hardened = looked_up(volume_from_node(again), fixed)
    seen &= np.isfinite(hardened)
    effect = np.sqrt(np.mean((looked_up(moving, fixed) - ours)[seen & np.isfinite(looked_up(moving, fixed))] ** 2))
    # Hardening interpolates once more, on voxels of 1.8 to 3.4 mm.
    assert np.sqrt(np.mean((hardened - ours)[seen] ** 2)) < effect / 4


def test_the_inverse_node_is_the_inverse_that_slicer_finds(result: Any, scene: Any, tmp_path: Path) -> None:
    nodes = []
    for name, sampled in (("there", result.sampled), ("back", result.inverse)):
        write_displacement_transform(tmp_path / f"{name}.h5", sampled.displacement, sampled.grid, sampled.affine)
        nodes.append(transform_node_from_file(scene, tmp_path / f"{name}.h5", name=name))
    there, back = nodes
    there.Inverse()
    by_slicer, ours = (transform_to_displacement(node, MOVING_GRID.cropped((4, 6, 4), (22, 40, 30))) for node in nodes)
    assert np.linalg.norm(ours, axis=-1).max() > 3
    assert np.linalg.norm(by_slicer - ours, axis=-1).max() < 0.1
    there.Inverse()
    back.Inverse()
    again, forward = (transform_to_displacement(node, FIXED_GRID) for node in (back, there))
    assert np.linalg.norm(again - forward, axis=-1).max() < 0.1


def test_the_inverse_of_the_inverse_leads_back_below_a_parent_transform_too(
    result: Any, scene: Any, tmp_path: Path
) -> None:
    """Both nodes below one parent P: through P there P^-1 and P back P^-1, points of the oblique left-handed fixed grid
    come back; inverted by Slicer, each of the nodes is the other one."""
    nodes = []
    for name, sampled in (("there", result.sampled), ("back", result.inverse)):
        write_displacement_transform(tmp_path / f"{name}.h5", sampled.displacement, sampled.grid, sampled.affine)
        nodes.append(transform_node_from_file(scene, tmp_path / f"{name}.h5", name=name))
    there, back = nodes
    parent = linear_parent(scene, there, RIGID)
    back.SetAndObserveTransformNodeID(parent.GetID())
    points = FIXED_GRID.points()[::7] @ RIGID[:3, :3].T + RIGID[:3, 3]  # where the parent shows the fixed image

    def moved(node: Any, places: np.ndarray) -> np.ndarray:
        inner = places @ np.linalg.inv(RIGID)[:3, :3].T + np.linalg.inv(RIGID)[:3, 3]
        found = transform_points(node.GetTransformFromParent(), inner)
        chain = vtkGeneralTransform()
        slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(None, node, chain)
        np.testing.assert_allclose(transform_points(chain, places), found, atol=1e-6)
        return found @ RIGID[:3, :3].T + RIGID[:3, 3]

    reached = moved(there, points)
    assert np.linalg.norm(reached - points, axis=-1).mean() > 2
    assert np.linalg.norm(moved(back, reached) - points, axis=-1).max() < 0.1
    for node in nodes:
        node.Inverse()
    assert np.linalg.norm(moved(back, points) - reached, axis=-1).max() < 0.1
    assert np.linalg.norm(moved(there, reached) - points, axis=-1).max() < 0.1


def test_a_map_turned_round_is_its_inverse_where_it_squeezes_and_stays_so_when_saved(
    scene: Any, tmp_path: Path
) -> None:
    """In the middle of the map lengths shrink to a fifth: a grid on its nodes misses by more than a millimetre."""
    nodes = FIXED_GRID.padded([8, 8, 8]).with_spacing(3.0)
    offset = nodes.points() - nodes.center
    push = -0.8 * offset * np.exp(-(offset**2).sum(-1, keepdims=True) / 72)
    forward = SampledMap(push.reshape(*nodes.shape, 3).astype(np.float32), nodes, START)
    there = displacement_to_transform_node(scene, forward.displacement, nodes, name="there", affine=START)
    back = scene.AddNewNodeByClass("vtkMRMLTransformNode", "back")
    make_inverse_of(back, there)
    there.Inverse()
    there.Inverse()  # the copy has to stay what it is
    points = nodes.center + np.random.default_rng(0).uniform(-15, 15, (2000, 3))
    reached = transform_points(there.GetTransformFromParent(), points)
    assert np.linalg.norm(inverse_of(forward, None).on()(reached) - points, axis=1).max() > 1

    def worst(node: Any) -> float:
        return np.linalg.norm(transform_points(node.GetTransformFromParent(), reached) - points, axis=1).max()

    assert worst(back) < 0.02
    save_scene(scene, tmp_path / "scene.mrb")
    app = open_scene()
    assert app.io_manager.load_scene(tmp_path / "scene.mrb")
    again = app.scene.GetFirstNodeByName("back")
    assert worst(again) < 0.02
    again.Inverse()
    twice = transform_points(again.GetTransformFromParent(), points)
    assert np.linalg.norm(twice - reached, axis=1).max() < 0.02


def test_segments_get_the_values_of_their_namesakes_in_another_segmentation(scene: Any) -> None:
    grid = GRIDS["oblique"]
    array = np.zeros(grid.shape, np.uint8)
    array[1:4], array[5:7] = 1, 2
    node = segmentation_to_node(scene, Volume(array, grid), None, names={1: "liver", 2: "spleen"})
    labels, names, colors = labels_from_segmentation_node(node, numbers={4: "spleen", 9: "kidney"})
    assert names == {4: "spleen"} and set(colors) == {4}
    np.testing.assert_array_equal(labels.array[np.isin(labels.array, [0, 4], invert=True)], [])
    assert (labels.array == 4).sum() == (array == 2).sum()
    with pytest.raises(InputError, match="no segment called like one of the other"):
        labels_from_segmentation_node(node, numbers={9: "kidney"})
