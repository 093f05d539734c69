"""Motion between stacks and between slices: poses that are found, slices that fit nowhere."""

import numpy as np
import pytest
from grids import rotation
from phantoms import BrainLike, acquired, sampled
from scipy.ndimage import map_coordinates

from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.reconstruction import SuperResolutionSettings, super_resolve
from INRCore.reconstruction.aligned import aligned_stacks
from INRCore.reconstruction.lattice_operators import SliceGeometry
from INRCore.reconstruction.motion import Motion
from INRCore.reconstruction.poses import mean_pose, moved, small_motions
from INRCore.reconstruction.stacks import prepare_stacks
from INRCore.volume import Volume


def settings(**changes):
    return SuperResolutionSettings(fit=FitSettings(device="cpu"), **changes)


def thick_grid(axis, fine):
    size = fine.size_ijk.copy()
    size[axis] //= 4
    return fine.with_size(size.tolist())


def moved_stacks(seed=3, millimetres=1.2, degrees=1.5):
    """Three stacks of a head whose slices moved, and where they were."""
    generator = np.random.default_rng(seed)
    head, stacks, poses = BrainLike(radius=18), [], []
    fine = Grid.from_parts((40, 40, 40), (1, 1, 1), (-19.5, -19.5, -19.5))
    for axis in (2, 1, 0):
        grid = thick_grid(axis, fine=fine)
        slices, own = [], []
        for number in range(10):
            shift, turn = millimetres * generator.normal(size=3), np.radians(degrees) * generator.normal(size=3)
            change = np.concatenate([shift, turn])
            pose = small_motions(change[None], np.zeros((1, 3)))[0]
            start, stop = np.zeros(3, int), grid.size_ijk.copy()
            start[axis], stop[axis] = number, number + 1
            piece = grid.cropped(start.tolist(), stop.tolist())
            seen = acquired(lambda p, pose=pose: head(p @ pose[:3, :3].T + pose[:3, 3]), piece, axis, 4.0, nodes=8)
            slices.append(seen.array)
            own.append(pose)
        stacks.append(Volume(np.concatenate(slices, 2 - axis), grid, f"stack {axis}"))
        poses.append(np.stack(own))
    return stacks, poses, sampled(head, fine)


@pytest.fixture(scope="module")
def motion():
    return moved_stacks()


def pose_misses(found, wanted, stacks):
    """Distances by which slice centres are missed, mm, after the motion that all slices share was taken away."""
    centers = np.concatenate([
        SliceGeometry(stack.grid, int(np.argmax(stack.grid.spacing)), 4.0).centers() for stack in stacks
    ])  # fmt: skip
    found, wanted = np.concatenate(found), np.concatenate(wanted)
    shared = mean_pose(wanted @ np.linalg.inv(found), moved(found, centers[:, None])[:, 0])
    places = [moved(poses, centers[:, None])[:, 0] for poses in (wanted, shared @ found)]
    return np.linalg.norm(places[0] - places[1], axis=1)


def test_slices_that_moved_are_found(motion):
    stacks, poses, truth = motion
    still = [np.tile(np.eye(4), (10, 1, 1))] * 3
    before = pose_misses(still, poses, stacks)
    result = super_resolve(stacks, settings(motion="slices", uncertainty=False), truth=truth)
    after = pose_misses(result.poses, poses, stacks)
    # The outermost slices show next to nothing of the head.
    assert np.median(after) < 0.35 * np.median(before) and np.median(before) > 1.2
    assert result.metrics["psnr_db"] > result.metrics["baseline_psnr_db"] + 1
    assert np.abs(np.concatenate(result.poses).mean(0) - np.eye(4)).max() < 0.5


def test_a_slice_that_shows_something_else_is_rejected(motion):
    stacks = [stack.with_array(stack.array.copy()) for stack in motion[0]]
    stacks[1].array[:, 5] = stacks[1].array[::-1, 5] * 0.4
    result = super_resolve(stacks, settings(motion="slices", motion_rounds=1, uncertainty=False))
    assert 5 in result.rejected[1]
    assert any("slices" in note and "5" in note and "left out" in note for note in result.notes)


def test_a_stack_that_was_moved_as_a_whole_is_aligned():
    fine = Grid.from_parts((40, 40, 40), (1, 1, 1), (-19.5, -19.5, -19.5))
    head = BrainLike(radius=18)
    stacks = [acquired(head, thick_grid(axis, fine=fine), axis) for axis in (2, 1, 0)]
    turn = np.eye(4)
    turn[:3, :3], turn[:3, 3] = rotation(3, -2, 4), (2.0, -3.0, 1.5)
    shifted = stacks[1].with_array(stacks[1].array, stacks[1].grid.transformed(turn))
    result = super_resolve([stacks[0], shifted, stacks[2]], settings(motion="stacks", uncertainty=False))
    corners = shifted.grid.corners
    back = corners @ result.poses[1][0, :3, :3].T + result.poses[1][0, :3, 3]
    assert np.linalg.norm(back - stacks[1].grid.corners, axis=1).max() < 0.3
    assert np.linalg.norm(corners - stacks[1].grid.corners, axis=1).max() > 3


# -- aligned stacks ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_rigid", [True, False])
def test_aligned_stacks_show_the_object_where_the_poses_say(is_rigid):
    head, lattice = BrainLike(radius=13), Grid.from_parts((32, 32, 32), (1, 1, 1), (-15.5, -15.5, -15.5))
    grid = lattice.with_size((32, 32, 16))
    thick = acquired(head, grid)
    poses = small_motions(
        np.tile([3.0, -2.0, 1.0, 0.1, -0.05, 0.08], (16, 1)) * (1 if is_rigid else np.linspace(0.8, 1, 16)[:, None]),
        SliceGeometry(grid, 2, 2.0).centers(),
    )
    if is_rigid:
        poses[:] = poses[0]
    (stack,), _ = prepare_stacks([thick], settings())
    trust = np.ones(16)
    trust[5] = 0
    (aligned,) = aligned_stacks([stack], Motion([poses], [trust]), lattice)
    assert aligned.grid.same_as(grid.transformed(poses[0]) if is_rigid else lattice)
    # At the place where a pixel of slice 8 lies now stands what the slice has measured.
    points = grid.points().reshape(16, -1, 3)[8]
    near = np.linalg.norm(points, axis=1) < 11
    index = aligned.grid.world_to_index(moved(poses[8:9], points[None])[0]).T[::-1]
    shown = map_coordinates(aligned.array, index, order=1)
    agreement = np.corrcoef(shown[near], thick.array[8].ravel()[near])[0, 1]
    unmoved = map_coordinates(aligned.array, aligned.grid.world_to_index(points).T[::-1], order=1)
    assert agreement > 0.97 > np.corrcoef(unmoved[near], thick.array[8].ravel()[near])[0, 1] + 0.1
    if not is_rigid:
        assert aligned.array.min() == thick.array.min()
