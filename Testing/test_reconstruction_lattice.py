"""Reconstruction on a lattice: operators, their adjoints, the solver, learned detail, several stacks."""

import numpy as np
import pytest
import torch
from grids import GRIDS, rotation
from phantoms import Blobs, BrainLike, acquired, sampled

from INRCore.errors import InputError
from INRCore.fitting import Control, FitSettings, run_to_end
from INRCore.geometry import Grid
from INRCore.metrics.image import psnr_db
from INRCore.reconstruction import SuperResolutionSettings, super_resolve, super_resolve_steps
from INRCore.reconstruction.lattice_operators import SeparableSlices
from INRCore.reconstruction.least_squares import Measurements, Regularity, solve_steps
from INRCore.reconstruction.noise import noise_deviation
from INRCore.reconstruction.stacks import prepare_stacks
from INRCore.volume import Volume

FINE = Grid.from_parts((32, 32, 32), (1, 1, 1), (-15.5, -15.5, -15.5))
HEAD = BrainLike(radius=13)
CPU = torch.device("cpu")


def settings(iterations=60, **changes):
    fit = FitSettings(iterations=iterations, points=8192, learning_rate=3e-3, device="cpu")
    return SuperResolutionSettings(**{"mirrors": False, "fit": fit, **changes})


def thick_grid(axis=2, factor=4, fine=FINE):
    size = fine.size_ijk.copy()
    size[axis] //= factor
    return fine.with_size(size.tolist())


# -- solver ------------------------------------------------------------------------------------------------------------
def test_less_total_variation_keeps_edges_and_removes_noise():
    step = torch.zeros(16, 16, 16)
    step[:, :, 8:] = 1
    noisy = step + 0.1 * torch.randn(step.shape, generator=torch.Generator().manual_seed(0))
    identity = SeparableSlices([None, None, None], [0, 1, 2])
    measured = [Measurements(identity, noisy, torch.ones_like(noisy))]
    smooth = run_to_end(solve_steps(measured, Regularity(0.1, 0.02), noisy, 6, 10))
    assert float((smooth - step).square().mean()) < 0.15 * float((noisy - step).square().mean())
    assert float(smooth[:, :, 8:].mean() - smooth[:, :, :8].mean()) > 0.95


def test_the_noise_of_a_picture_is_found():
    picture = sampled(HEAD, Grid.from_parts((4, 96, 96), (0.4, 0.4, 4), (-19, -19, -6))).array
    assert noise_deviation(picture) < 1.0
    for deviation in (4.0, 12.0):
        noisy = picture + deviation * np.random.default_rng(0).normal(size=picture.shape)
        assert noise_deviation(noisy) == pytest.approx(deviation, rel=0.15)


# -- results -----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def from_three():
    stacks = [acquired(HEAD, thick_grid(axis), axis) for axis in (2, 1, 0)]
    return super_resolve(stacks, settings(), truth=sampled(HEAD, FINE))


def test_three_stacks_are_far_better_than_the_mean_of_their_splines(from_three):
    assert from_three.metrics["psnr_db"] > from_three.metrics["baseline_psnr_db"] + 5
    assert from_three.metrics["consistency_rmse_relative"] < 0.03


def test_every_slice_is_accounted_for(from_three):
    assert [len(slices) for slices in from_three.slice_rmse] == [8, 8, 8]
    again = from_three.volume.array.reshape(8, 4, 32, 32).mean(1)
    thick = acquired(HEAD, thick_grid()).array
    by_hand = np.sqrt(np.mean((again - thick) ** 2, (1, 2)))
    np.testing.assert_allclose(from_three.slice_rmse[0], by_hand, rtol=0.02, atol=1e-3)


def test_the_function_behind_the_voxels_goes_through_them(from_three):
    points = FINE.points(5000, 5050)
    np.testing.assert_allclose(from_three.evaluate(points), from_three.volume.array.ravel()[5000:5050], atol=1e-2)
    oblique = Grid.from_parts((5, 6, 7), (2, 1, 1.5), (-3, 2, -4), rotation(10, 20, 30))
    np.testing.assert_allclose(
        from_three.sample(oblique).array.ravel(), from_three.evaluate(oblique.points()), atol=1e-3
    )


def test_noise_in_three_stacks_is_lowered():
    stacks = [acquired(HEAD, thick_grid(axis), axis, noise=8.0, seed=axis) for axis in (2, 1, 0)]
    metrics = super_resolve(stacks, settings(), truth=sampled(HEAD, FINE)).metrics
    assert metrics["psnr_db"] > metrics["baseline_psnr_db"] + 1.5


@pytest.mark.parametrize("name", GRIDS)
def test_structures_are_where_they_were_on_every_grid(name):
    axis = int(np.argmax(np.round(GRIDS[name].spacing, 6) + 1e-6 * np.arange(3)))
    shape = np.maximum(2, np.round(np.array([26.0, 30.0, 34.0]) / GRIDS[name].spacing)).astype(int)[::-1]
    grid = Grid(tuple(shape), GRIDS[name].ijk_to_world)
    index = (0.25 + 0.5 * np.random.default_rng(5).random((6, 3))) * (grid.size_ijk - 1)
    blobs = Blobs(grid.index_to_world(index), np.array([60, 90, 70, 100, 50, 80.0]), 2.2)
    result = super_resolve(acquired(blobs, grid, axis), settings(20))
    truth = sampled(blobs, result.volume.grid).array
    agreement = np.corrcoef(result.volume.array.ravel(), truth.ravel())[0, 1]
    assert agreement > 0.985
    for flipped in (0, 1, 2):
        assert np.corrcoef(np.flip(result.volume.array, flipped).ravel(), truth.ravel())[0, 1] < agreement - 0.1


def test_holes_take_no_part_and_constants_stay_constant():
    thick = acquired(HEAD, thick_grid())
    holes = thick.array.copy()
    holes[3, 10:13, 10:13] = np.nan
    result = super_resolve(thick.with_array(holes), settings(10), truth=sampled(HEAD, FINE))
    assert np.isfinite(result.volume.array).all() and any("9 voxels" in note for note in result.notes)
    flat = acquired(HEAD, thick_grid())
    constant = super_resolve(flat.with_array(np.full(flat.array.shape, 37, np.int16)), settings(5))
    np.testing.assert_allclose(constant.volume.array, 37, atol=1e-3)


def test_stopping_keeps_what_there_is_and_stages_are_told():
    control, stages = Control(), []

    def watch(progress):
        stages.append(progress.stage)
        if progress.stage == "solve":
            assert 3000 < progress.preview(4000).array.size <= 4000
            control.stop()

    stacks = [acquired(HEAD, thick_grid(axis), axis) for axis in (2, 1, 0)]
    result = super_resolve(stacks, settings(), truth=sampled(HEAD, FINE), on_progress=watch, control=control)
    assert stages.count("solve") == 1 and stages[-1] == "check"
    assert result.stop_reason == "stopped"
    assert result.metrics["psnr_db"] > result.metrics["baseline_psnr_db"]


def test_the_same_seed_gives_the_same_result():
    thick = acquired(HEAD, thick_grid())
    first, second = super_resolve(thick, settings(5)), super_resolve(thick, settings(5))
    np.testing.assert_array_equal(first.volume.array, second.volume.array)
    assert psnr_db(first.volume.array, first.baseline.array) < 80


# -- masks, guide, trust -----------------------------------------------------------------------------------------------
def test_slices_count_only_inside_the_mask():
    stacks = [acquired(HEAD, thick_grid(axis), axis) for axis in (2, 1, 0)]
    spoiled = [stack.with_array(stack.array.copy()) for stack in stacks]
    for stack in spoiled:
        outside = np.linalg.norm(stack.grid.points(), axis=1).reshape(stack.grid.shape) > 12
        stack.array[outside] = 150
    near = (np.linalg.norm(FINE.points(), axis=1) < 12).reshape(FINE.shape)
    mask = Volume(near.astype(np.uint8), FINE, "mask")
    truth = sampled(HEAD, FINE).array
    core = (np.linalg.norm(FINE.points(), axis=1) < 11).reshape(FINE.shape)
    quality = [
        psnr_db(truth, super_resolve(spoiled, settings(uncertainty=False), masks=masks).volume.array, mask=core)
        for masks in ((), (mask,), (mask, mask, mask))
    ]
    assert quality[1] > quality[0] + 1 and quality[1] == pytest.approx(quality[2])
    with pytest.raises(InputError, match="2 masks for 3 stacks"):
        super_resolve(stacks, settings(), masks=[mask, mask])
    elsewhere = Volume(mask.array, FINE.transformed(np.eye(4) + np.eye(4, k=3) * 200), "far")
    with pytest.raises(InputError, match="leaves nothing"):
        super_resolve(stacks, settings(), masks=[elsewhere])


def test_a_guide_of_another_contrast_helps_and_must_be_there():
    truth = sampled(HEAD, FINE)
    stack = acquired(HEAD, thick_grid(), noise=1.0)
    guide = truth.with_array(np.sin(truth.array / 40) * 100, name="guide")
    plain = super_resolve(stack, settings(detail=False), truth=truth).metrics["psnr_db"]
    guided = super_resolve(stack, settings(), guide=guide, truth=truth).metrics["psnr_db"]
    assert guided > plain + 0.5
    apart = guide.with_array(guide.array, FINE.transformed(np.eye(4) + np.eye(4, k=3) * 200))
    with pytest.raises(InputError, match="does not overlap"):
        super_resolve(stack, settings(), guide=apart)
    with pytest.raises(InputError, match="takes no guide"):
        super_resolve(stack, settings(method="network"), guide=guide)


def test_the_uncertainty_is_large_where_the_error_is(from_three):
    error = np.abs(from_three.volume.array - sampled(HEAD, FINE).array)
    half_width = from_three.uncertainty.array
    seen = sampled(HEAD, FINE).array > 5
    covered = (error <= half_width)[seen].mean()
    assert 0.75 < covered < 0.995
    sure, unsure = (half_width < np.quantile(half_width[seen], 0.3)), (half_width > np.quantile(half_width[seen], 0.7))
    assert error[seen & unsure].mean() > 1.5 * error[seen & sure].mean()
    assert super_resolve(acquired(HEAD, thick_grid()), settings(2, uncertainty=False)).uncertainty is None


def test_a_header_without_spacing_is_suspected_and_one_that_contradicts_the_data_refused():
    bare = Volume(np.random.default_rng(0).normal(size=(6, 40, 40)).astype(np.float32), Grid.from_parts((6, 40, 40)))
    (_,), notes = prepare_stacks([bare], settings())
    assert any("may lack the spacing" in note for note in notes)
    first, second = acquired(HEAD, thick_grid(2), 2), acquired(HEAD, thick_grid(1), 1)
    (_, _), notes = prepare_stacks([first, second], settings())
    assert not any("may lack" in note for note in notes)
    shift = np.eye(4)
    shift[:3, 3] = 9, -9, 9
    shifted = second.with_array(second.array, second.grid.transformed(shift))
    with pytest.raises(InputError, match="where their headers say"):
        prepare_stacks([first, shifted], settings())


@pytest.mark.parametrize("axes", [(2,), (1, 2), (0,)])
def test_a_header_that_turns_its_stack_over_is_named(axes):
    first, second = acquired(HEAD, thick_grid(2), 2), acquired(HEAD, thick_grid(1), 1)
    turned = second.with_array(np.ascontiguousarray(np.flip(second.array, axes)))
    names = " and ".join("kji"[axis] for axis in axes)
    noted = prepare_stacks([first, turned], settings())[1]
    assert any(f"mirrored along {names} (" in note and "check its header" in note for note in noted)
    swapped = second.with_array(np.ascontiguousarray(np.swapaxes(second.array, 0, 2)))
    assert any("with rows and columns swapped (" in note for note in prepare_stacks([first, swapped], settings())[1])
    assert not any("check its header" in note for note in prepare_stacks([first, second], settings())[1])


def test_a_picture_and_constant_stacks_are_named_before_long_work():
    picture = Volume(np.ones((1, 40, 40), np.float32), Grid.from_parts((1, 40, 40)), "picture")
    with pytest.raises(InputError, match="'picture' has only one slice"):
        super_resolve(picture, settings())
    first, second = acquired(HEAD, thick_grid(2), 2), acquired(HEAD, thick_grid(1), 1)
    constant = second.with_array(np.full(second.array.shape, 5, np.int16), name="flat")
    with pytest.raises(InputError, match="'flat' is constant"):
        super_resolve([first, constant], settings())
    progress = next(super_resolve_steps(constant, settings()))
    assert progress.stage == "prepare" and "is constant" in progress.note
