"""The operators of a lattice, what slices see of its voxels and the way back, and the solver."""

import numpy as np
import pytest
import torch
from grids import GRIDS, rotation
from phantoms import Blobs, BrainLike, acquired, sampled

from INRCore.fitting import run_to_end
from INRCore.geometry import Grid
from INRCore.reconstruction.fine_operator import FinePosedSlices
from INRCore.reconstruction.lattice_operators import PosedSlices, SeparableSlices, SliceGeometry
from INRCore.reconstruction.lattice_weights import point_weights, profile_weights, spline_weights
from INRCore.reconstruction.least_squares import Measurements, Regularity, solve_steps
from INRCore.reconstruction.slices import slice_distance
from INRCore.reconstruction.stack_operator import operator_of_slices

FINE = Grid.from_parts((32, 32, 32), (1, 1, 1), (-15.5, -15.5, -15.5))
HEAD = BrainLike(radius=13)
CPU = torch.device("cpu")


# -- weights -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("profile", ["boxcar", "gaussian"])
def test_profile_weights_are_shares_with_the_profiles_moments(profile):
    weights = profile_weights(np.array([19.5, 20.2]), 40, 4.0, profile)
    np.testing.assert_allclose(weights.sum(1), 1)
    np.testing.assert_allclose(weights @ np.arange(40), [19.5, 20.2], atol=0.02)
    variance = weights @ np.arange(40) ** 2 - (weights @ np.arange(40)) ** 2
    expected = {"boxcar": 4**2 / 12, "gaussian": (4 / 2.3548) ** 2}[profile]
    # A lattice value stands for its voxel's mean, which widens what is seen by a voxel or less.
    assert (variance >= expected - 0.1).all() and (variance <= expected + 0.2).all()


def test_the_mean_of_four_thin_slices_is_the_thick_one():
    weights = profile_weights(np.array([1.5, 5.5]), 8, 4.0, "boxcar")
    np.testing.assert_allclose(weights, np.kron(np.eye(2), np.full(4, 0.25)), atol=1e-12)


def test_point_and_spline_weights_go_through_the_values_and_follow_a_slope():
    positions = np.array([3.0, 4.25, 6.5])
    for weights in (point_weights(positions, 12), spline_weights(positions, 12)):
        np.testing.assert_allclose(weights @ np.ones(12), 1, atol=1e-6)
        np.testing.assert_allclose(weights @ np.arange(12.0), positions, atol=0.02)
        np.testing.assert_allclose(weights[0], np.eye(12)[3], atol=1e-6)


# -- operators ---------------------------------------------------------------------------------------------------------
def operators(name):
    """A separable and a posed operator of a thick stack on the grid of that name, on a lattice along its axes."""
    grid = GRIDS[name]
    axis = int(np.argmax(np.round(grid.spacing, 6) + 1e-6 * np.arange(3)))
    geometry = SliceGeometry(grid, axis, float(grid.spacing[axis]))
    lattice = grid.with_spacing(float(grid.spacing.min()))
    still = np.broadcast_to(np.eye(4), (geometry.count, 4, 4))
    return (
        SeparableSlices.of(geometry, lattice, CPU),
        PosedSlices(geometry, lattice, still, CPU),
        FinePosedSlices(geometry, lattice, still, CPU, 2),
        geometry,
        lattice,
    )


@pytest.mark.parametrize("name", [name for name in GRIDS if name != "sheared"])
def test_the_way_back_is_the_transposed_way(name):
    *kinds, _, lattice = operators(name)
    for operator in kinds:
        generator = torch.Generator().manual_seed(0)
        voxels = torch.randn(lattice.shape, generator=generator)
        seen = operator.apply(voxels)
        measured = torch.randn(seen.shape, generator=generator)
        there, back = float((seen * measured).sum()), float((voxels * operator.adjoint(measured)).sum())
        assert there == pytest.approx(back, rel=1e-3, abs=1e-2)


def test_slices_anywhere_of_a_small_lattice_see_detail_as_straight_ones_do():
    grid = Grid.from_parts((24, 20, 5), (1, 1, 4), (0, 0, 0))
    geometry, lattice = SliceGeometry(grid, 2, 4.0), grid.with_spacing(1.0)
    still = np.broadcast_to(np.eye(4), (geometry.count, 4, 4))
    voxels = torch.randn(lattice.shape, generator=torch.Generator().manual_seed(0))  # as fine as can be
    wanted = SeparableSlices.of(geometry, lattice, CPU).apply(voxels)
    chosen = operator_of_slices(geometry, lattice, still, CPU)
    coarser = FinePosedSlices(geometry, lattice, still, CPU, 2)
    missed, usual = (float((each.apply(voxels) - wanted).square().mean().sqrt()) for each in (chosen, coarser))
    assert missed < 0.05 * float(wanted.square().mean().sqrt()) and missed < 0.5 * usual


@pytest.mark.parametrize("name", GRIDS)
def test_a_lattice_of_an_object_is_seen_as_the_scanner_sees_the_object(name):
    axis = operators(name)[3].slice_axis
    grid = Grid((14, 16, 18), GRIDS[name].ijk_to_world)
    geometry = SliceGeometry(grid, axis, slice_distance(grid, axis))
    lattice = grid.with_spacing(float(grid.spacing.min()))
    blob = Blobs(grid.center[None] + 0.3, np.array([50.0]), 3.0)
    still = np.broadcast_to(np.eye(4), (geometry.count, 4, 4))
    expected = geometry.slices_first(acquired(blob, grid, geometry.slice_axis).array)
    voxels = torch.from_numpy(sampled(blob, lattice).array)
    for operator in (
        SeparableSlices.of(geometry, lattice, CPU),
        PosedSlices(geometry, lattice, still, CPU),
        FinePosedSlices(geometry, lattice, still, CPU, 2),
    ):
        if operator is not None:
            assert np.abs(operator.apply(voxels).numpy() - expected).max() < 1.5
    assert (SeparableSlices.of(geometry, lattice, CPU) is None) == (name == "sheared")


def test_a_pose_takes_a_slice_to_where_it_was_in_the_patient():
    grid = FINE.with_size((32, 32, 8))
    geometry = SliceGeometry(grid, 2, 4.0)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation(4, -3, 6), (1.0, -2.0, 0.7)
    poses = np.stack([pose] * geometry.count)
    voxels = torch.from_numpy(sampled(HEAD, FINE).array)
    seen = operator_of_slices(geometry, FINE, poses, CPU).apply(voxels).numpy()
    moved = acquired(lambda points: HEAD(points @ pose[:3, :3].T + pose[:3, 3]), grid).array
    inner = (slice(2, 6), slice(8, 24), slice(8, 24))
    still = operator_of_slices(geometry, FINE, None, CPU).apply(voxels).numpy()
    assert np.abs(seen - moved)[inner].mean() < 2.5 < np.abs(still - moved)[inner].mean() / 4


# -- solver
def test_the_solver_finds_the_minimum_of_a_quadratic():
    operator = operators("oblique")[0]
    shape = operators("oblique")[4].shape
    wanted = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    seen = operator.apply(wanted)
    expected = torch.zeros(shape)
    regularity = Regularity(expected=expected, expected_weight=0.5)
    found = run_to_end(solve_steps([Measurements(operator, seen, torch.ones_like(seen))], regularity, wanted, 1, 60))
    gradient = operator.adjoint(operator.apply(found) - seen) + 0.5 * found
    assert float(gradient.abs().max()) < 1e-3 < float(found.abs().max())
