"""Noise that crossing stacks do not share, told apart from detail that is as fine."""

import numpy as np
import pytest
from grids import GRIDS
from scipy import ndimage

from INRCore.reconstruction.crossing_noise import crossing_noise
from INRCore.reconstruction.lattice_operators import SliceGeometry
from INRCore.reconstruction.measured_stack import MeasuredStack
from INRCore.reconstruction.noise import noise_deviation

SIDE, FACTOR = 48, 4


def crossing_stacks(noise, shift=0.0, axes=(2, 1, 0)):
    """Means of four voxels of a patient full of white detail, on an oblique left-handed lattice, with noise of that
    deviation; `shift` moves the second stack, in voxels, from where its header says."""
    generator = np.random.default_rng(0)
    lattice = GRIDS["left-handed oblique"].with_spacing(0.9).with_size((SIDE, SIDE, SIDE))
    patient = 1 + ndimage.gaussian_filter(generator.normal(size=(SIDE, SIDE, SIDE)), 0.5)
    stacks = []
    for axis in axes:
        size = np.where(np.arange(3) == axis, SIDE // FACTOR, SIDE)
        moved = ndimage.shift(patient, (0, 0, shift), order=3, mode="mirror") if axis == axes[1] else patient
        first = np.moveaxis(moved, 2 - axis, 0).reshape(-1, FACTOR, SIDE, SIDE).mean(1)
        values = (first + noise * generator.normal(size=first.shape)).astype(np.float32)
        geometry = SliceGeometry(lattice.with_size(size.tolist()), axis, FACTOR * float(lattice.spacing[axis]))
        stacks.append(MeasuredStack(geometry, values, np.ones_like(values)))
    return stacks


@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_noise_that_stacks_do_not_share_is_told_from_detail_as_fine(noise):
    stacks = crossing_stacks(noise)
    assert noise_deviation(stacks[0].values) > 0.15
    assert crossing_noise(stacks) == pytest.approx(noise, rel=0.05)


def test_detail_that_all_stacks_saw_is_no_noise():
    assert crossing_noise(crossing_stacks(0.0)) < 0.02


def test_stacks_that_do_not_fit_count_as_noise():
    assert crossing_noise(crossing_stacks(0.0, shift=0.5)) > 0.05


def test_slices_that_moved_are_compared_where_they_were():
    """The same stacks, but the scanner's header is wrong by a shift and a turn that the poses set right."""
    angle = np.deg2rad(10)
    moved = np.eye(4)
    moved[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    moved[:3, 3] = (3, -2, 5)
    first, *others = crossing_stacks(0.1)
    elsewhere = SliceGeometry(first.geometry.grid.transformed(moved), 2, first.geometry.thickness_mm)
    poses = np.tile(np.linalg.inv(moved), (elsewhere.count, 1, 1))
    stack = MeasuredStack(elsewhere, first.values, first.weights, poses)
    for other in others:  # one at a time: other pairs would make up for one that finds nothing
        assert crossing_noise([stack, other]) == pytest.approx(0.1, rel=0.05)
    assert crossing_noise([MeasuredStack(elsewhere, first.values, first.weights), others[0]]) > 0.2


def test_pixels_that_were_not_measured_tell_nothing():
    stacks = crossing_stacks(0.1)
    for stack in stacks:
        stack.values[:, SIDE // 2 :] = 1
        stack.weights[:, SIDE // 2 :] = 0
    assert crossing_noise(stacks) == pytest.approx(0.1, rel=0.1)


def test_stacks_that_lie_one_way_or_hardly_meet_tell_nothing():
    first, second, _ = crossing_stacks(0.1)
    assert crossing_noise([first, first]) is None
    second.weights[:] = 0
    assert crossing_noise([first, second]) is None
