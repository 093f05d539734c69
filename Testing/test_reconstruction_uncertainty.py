"""Intervals of a reconstruction: slices of twice the size, factors that hold on a truth, sums over whole voxels."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from grids import GRIDS
from phantoms import BrainLike, acquired, sampled
from scipy import ndimage

from INRCore.fitting import FitSettings, run_to_end
from INRCore.geometry import Grid
from INRCore.reconstruction import SuperResolutionSettings, super_resolve
from INRCore.reconstruction.detail_prior import learn_steps
from INRCore.reconstruction.fine_operator import FinePosedSlices
from INRCore.reconstruction.lattice_operators import SeparableSlices, SliceGeometry
from INRCore.reconstruction.lattice_weights import profile_weights
from INRCore.reconstruction.likeness import likeness
from INRCore.reconstruction.measured_stack import MeasuredStack
from INRCore.reconstruction.uncertainty import Scan, half_width_steps, halved
from INRCore.volume import Volume

CPU = torch.device("cpu")
FINE = Grid.from_parts((32, 32, 32), (1, 1, 1), (-15.5, -15.5, -15.5))
HEAD = BrainLike(radius=13)


def a_scan(lattice, factor, axis=2):
    """A stack of slices `factor` voxels thick on the lattice, nothing measured yet."""
    size = lattice.size_ijk.copy()
    size[axis] //= factor
    geometry = SliceGeometry(lattice.with_size(size.tolist()), axis, factor * float(lattice.spacing[axis]))
    values = np.zeros([geometry.grid.size_ijk[each] for each in geometry.axes], np.float32)
    return Scan.of(lattice, [MeasuredStack(geometry, values, np.ones_like(values))], CPU)


@pytest.mark.parametrize("name", ["left-handed oblique", "flipped and permuted"])
def test_a_halved_scan_sees_halved_voxels_as_the_scan_sees_the_voxels(name):
    lattice = GRIDS[name].with_size((24, 32, 32))
    scan = a_scan(lattice, 4)
    generator = torch.Generator().manual_seed(0)
    voxels = torch.randn(lattice.shape, generator=generator)
    seen = scan.measurements[0].operator.apply(voxels)
    assert seen.std() > 0.3
    coarse = scan.halved()
    again = coarse.measurements[0].operator.apply(halved(voxels))
    np.testing.assert_allclose(again.numpy(), halved(seen).numpy(), atol=1e-4)
    np.testing.assert_allclose(coarse.grid.center, lattice.center, atol=1e-5)
    assert a_scan(lattice.with_size((24, 32, 8)), 4).halved() is None


def test_the_middle_of_a_scan_sees_its_voxels_as_the_scan_does():
    lattice = GRIDS["left-handed oblique"].with_size((24, 32, 32))
    scan = a_scan(lattice, 4)
    voxels = torch.randn(lattice.shape, generator=torch.Generator().manual_seed(0))
    middle, part = scan.middle(voxels, 16)
    assert part.shape == middle.grid.shape == (16, 16, 16)
    np.testing.assert_allclose(middle.grid.center, lattice.center, atol=1e-5)
    # 2 .. 5 of 8 slices, 8 .. 23 of 32 rows, 4 .. 19 of 24 columns.
    seen, again = (each.measurements[0].operator.apply(known) for each, known in ((scan, voxels), (middle, part)))
    np.testing.assert_allclose(again.numpy(), seen[2:6, 8:24, 4:20].numpy(), atol=1e-5)


def test_slices_that_stayed_are_the_same_sums_of_voxels_at_poses_and_without():
    grid = FINE.with_size((32, 32, 8))
    geometry = SliceGeometry(grid, 2, 4.0)
    still = np.broadcast_to(np.eye(4), (geometry.count, 4, 4))
    shift = np.eye(4)
    shift[2, 3] = 1.0
    moved = np.broadcast_to(shift, (geometry.count, 4, 4))
    straight = SeparableSlices.of(geometry, FINE, CPU)
    smooth = torch.from_numpy(sampled(HEAD, FINE).array)
    smooth = smooth + 10 * torch.from_numpy(np.cos(np.pi * np.arange(32) * 0.75).astype(np.float32))[:, None, None]
    there = FinePosedSlices(geometry, FINE, still, CPU, 4).apply(smooth)
    inner = (slice(2, -2), slice(4, -4), slice(4, -4))
    assert (there - straight.apply(smooth))[inner].abs().mean() < 0.3
    next_to_it = FinePosedSlices(geometry, FINE, moved, CPU, 4).apply(smooth)
    assert (next_to_it - straight.apply(torch.roll(smooth, -1, 0)))[inner].abs().mean() < 0.3


def test_the_interval_is_as_wide_as_the_errors_of_a_solver_that_is_known():
    """A solver that misses every truth by noise of known size: 90 % of the errors are inside, whatever the size."""
    scan = a_scan(FINE, 4)
    truth = torch.randn(FINE.shape, generator=torch.Generator().manual_seed(1)) + 5
    for size in (0.1, 1.0):
        generator = torch.Generator().manual_seed(2)
        objects, misses = [truth, halved(truth)], [0.5, 1.0, 0.5]
        # In turn: the bootstrap, the coarse truth, the coarse bootstrap of what was found for it. A bootstrap is missed
        # by half as much as a truth is.

        def solve(again, size=size, generator=generator, objects=objects, misses=misses):
            known = objects.pop(0)
            found = known + size * misses.pop(0) * torch.randn(known.shape, generator=generator)
            objects += [found] * (len(misses) == 1)
            assert again.grid.shape == found.shape
            yield
            return found

        half_width = run_to_end(half_width_steps(scan, truth, 0.0, 0.0, solve))
        errors = size * torch.randn(FINE.shape, generator=torch.Generator().manual_seed(3))
        assert 0.85 < float((errors.abs() <= half_width).float().mean()) < 0.95


@pytest.mark.parametrize(("profile", "voxels_in_slice"), [("boxcar", 4), ("gaussian", 6.02)])
def test_the_interval_is_no_narrower_than_white_detail_that_the_result_lacks(profile, voxels_in_slice):
    """A solver that finds a smooth result again as it is, of a patient with white detail of deviation 0.8."""
    scan = a_scan(FINE, 4)
    geometry = replace(scan.stacks[0].geometry, profile=profile)
    scan = Scan.of(FINE, [replace(scan.stacks[0], geometry=geometry)], CPU)
    smooth = torch.full(FINE.shape, 5.0)

    def solve(again):
        yield
        return torch.full(again.grid.shape, 5.0)

    detail = 0.8 / voxels_in_slice**0.5
    half_width = run_to_end(half_width_steps(scan, smooth, 0.0, detail, solve))
    np.testing.assert_allclose(half_width.numpy(), 1.645 * 0.8, rtol=0.01)
    rough = smooth + 0.8 * torch.randn(FINE.shape, generator=torch.Generator().manual_seed(1))
    assert run_to_end(half_width_steps(scan, rough, 0.0, detail, solve_as(rough))).median() < 0.5


def solve_as(voxels):
    """A solver that always finds the same, at whatever resolution."""

    def solve(again):
        yield
        return voxels if again.grid.shape == tuple(voxels.shape) else halved(voxels)

    return solve


def test_the_interval_holds_on_a_truth_with_its_own_noise():
    truth = sampled(HEAD, FINE)
    noisy = truth.array + 6 * np.random.default_rng(0).normal(size=truth.array.shape).astype(np.float32)
    stacks = []
    for axis in (2, 1, 0):
        grid = acquired(HEAD, FINE.with_size(np.where(np.arange(3) == axis, 8, 32).tolist()), axis).grid
        array = np.moveaxis(noisy, 2 - axis, 0).reshape(8, 4, 32, 32).mean(1)
        stacks.append(Volume(np.ascontiguousarray(np.moveaxis(array, 0, 2 - axis)), grid, f"stack {axis}"))
    result = super_resolve(stacks, SuperResolutionSettings())
    inside = truth.array > 5
    covered = (np.abs(result.volume.array - noisy) <= result.uncertainty.array)[inside].mean()
    assert 0.8 < covered < 0.98


def test_as_much_detail_across_the_slices_as_within_them_is_seen():
    """Noise of the same smoothness along all axes is alike; smoother or rougher across the slices it is not."""
    noise = np.random.default_rng(0).normal(size=(192, 48, 48)).astype(np.float32)

    def of(*sigma):
        smooth = ndimage.gaussian_filter(noise, sigma, mode="wrap")
        thick = smooth.reshape(48, 4, 48, 48).mean(1) / smooth.std()
        images = [torch.from_numpy(np.ascontiguousarray(part)) for part in (thick, thick.swapaxes(1, 2))]
        return likeness([image + 5 for image in images], 4, 4.0, "boxcar")

    assert of(0, 0, 0) == pytest.approx(1, abs=0.05)
    assert of(2, 2, 2) == pytest.approx(1, abs=0.1)
    assert of(4, 2, 2) < 0.8 and of(2, 4, 4) > 1.25


def test_where_little_is_seen_both_directions_are_taken_for_alike():
    generator = torch.Generator().manual_seed(0)
    assert likeness([torch.randn(2, 48, 48, generator=generator) + 5], 4, 4.0, "boxcar") == 1
    assert likeness([torch.randn(48, 48, 48, generator=generator) - 9], 4, 4.0, "boxcar") == 1
    assert likeness([torch.full((48, 48, 48), 5.0)], 4, 4.0, "boxcar") == 1


@pytest.mark.parametrize("profile", ["boxcar", "gaussian"])
def test_the_interval_of_one_stack_holds_the_noise_of_thin_slices(profile):
    """Slices of nothing but noise: thin ones have much more of it than thick ones, and nothing tells it."""
    fine = np.random.default_rng(0).normal(size=(160, 48, 48)).astype(np.float32)
    thick = np.tensordot(profile_weights(4 * np.arange(40) + 1.5, 160, 4, profile), fine, 1).astype(np.float32)
    scale = thick.std()
    geometry = SliceGeometry(Grid.from_parts((48, 48, 40), (1, 1, 4), (0, 0, 0)), 2, 4.0, profile)
    fit = FitSettings(iterations=30, points=8192, learning_rate=2e-3, device="cpu")
    prior = run_to_end(learn_steps(geometry, thick / scale, 1.0, fit, mirrors=False))
    covered = np.abs(prior.values - fine / scale) <= prior.half_width
    assert 0.85 < covered.mean() < 0.95
