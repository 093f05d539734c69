"""The choice of stiffness and of sliding by voxels left out, images looked up between voxels."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from grids import GRIDS
from registration_phantom import FIXED_GRID, MOVING_GRID, known_warp, small_settings
from scipy import ndimage
from test_registration_sliding import chest

from INRCore.errors import InputError
from INRCore.fields import FieldSettings
from INRCore.fitting import Control, run_to_end
from INRCore.geometry import Grid
from INRCore.registration import Guides, register
from INRCore.registration.fit import averaged_fit_steps, fit_steps
from INRCore.registration.held_out import HeldOut
from INRCore.registration.images import prepare_image
from INRCore.registration.models import new_model
from INRCore.registration.problem import Pair
from INRCore.registration.pyramid import refined
from INRCore.registration.trials import simplest_that_is_enough, trial_steps
from INRCore.volume import Volume

SPLINES = FieldSettings(encoding="grid", grid_levels=3, grid_coarsest=3, grid_finest=16)
CHOOSING = {
    "field": SPLINES,
    "choose_stiffness": True,
    "similarity": "ncc_lncc",
    "bending_weight": 2.0,
    "hyperelastic_weight": 0.0,
}
FIT = {"iterations": 60, "points": 1500, "learning_rate": 0.04}


def noisy_pair(warp, noise):
    """fixed(x) = texture(x + warp(x)) and moving = texture, of fine random blobs, both with noise."""
    rng = np.random.default_rng(3)
    grid = Grid.from_parts((24, 26, 28), (2.2, 2.0, 2.6), (5, -60, 70), GRIDS["left-handed oblique"].directions)
    wide = grid.padded((6, 6, 6))
    values = ndimage.gaussian_filter(rng.normal(size=wide.shape), 1.3)
    coefficients = ndimage.spline_filter(values / values.std(), 3)

    def image(points):
        index = wide.world_to_index(points).T[::-1]
        seen = ndimage.map_coordinates(coefficients, index, order=3, prefilter=False, mode="nearest")
        return Volume((seen + rng.normal(0, noise, len(points))).reshape(grid.shape).astype(np.float32), grid)

    points = grid.points()
    return image(points + warp(points - grid.center)), image(points)


def prepared_pair(fixed, moving, affine=None):
    images = prepare_image(fixed, None, "fixed"), prepare_image(moving, None, "moving")
    return Pair([images], np.eye(4) if affine is None else affine, 0)


def slow_wave(points):
    return 2.0 * np.sin(points[:, [1, 2, 0]] / 30)


def quick_wave(points):
    return 2.2 * np.sin(points[:, [1, 2, 0]] / 5)


# -- between voxels ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", GRIDS)
def test_an_image_on_finer_voxels_stays_at_its_place_and_follows_it_better_than_lines(name):
    small = GRIDS[name]
    grid = small.with_size(small.size_ijk * 2)

    def wave(points, where):
        return np.sin(0.9 * (where.world_to_index(points) @ [0.8, 0.5, 0.6])).astype(np.float32)

    values, fine = refined(wave(grid.points(), grid).reshape(grid.shape), grid)
    assert fine.size_ijk.tolist() == (2 * grid.size_ijk).tolist()
    inner = tuple(slice(10, -10) for _ in range(3))
    truth = wave(fine.points(), grid).reshape(fine.shape)
    assert np.abs(values - truth)[inner].max() < 0.02
    index = grid.world_to_index(fine.points()).T[::-1]
    lines = ndimage.map_coordinates(wave(grid.points(), grid).reshape(grid.shape), index, order=1)
    assert np.abs(lines.reshape(fine.shape) - truth)[inner].max() > 0.05


def test_an_image_too_large_for_finer_voxels_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr("INRCore.registration.pyramid._MOST_REFINED_VOXELS", 1000)
    grid, values = GRIDS["oblique"], np.zeros(GRIDS["oblique"].shape, np.float32)
    same, on = refined(values, grid)
    assert same is values and on is grid


# -- held out ----------------------------------------------------------------------------------------------------------
def test_a_fit_sees_nothing_of_the_voxels_that_are_held_out():
    fixed, moving = noisy_pair(slow_wave, 0.1)
    pair, settings = prepared_pair(fixed, moving), small_settings(FIT, **CHOOSING)
    first = HeldOut(pair, settings)
    held = pair.fixed.region & ~first.pair.fixed.region
    assert 0.17 < held.sum() / pair.fixed.region.sum() < 0.23
    spoilt = np.where(held, 1 - pair.fixed.values, pair.fixed.values)
    other = Pair([(replace(pair.fixed, values=spoilt), pair.moving)], pair.affine, 0)
    second = HeldOut(other, settings)
    assert np.array_equal(first.pair.fixed.values, second.pair.fixed.values)
    model = new_model(pair.fixed.grid, settings)
    assert second.weights @ second.correlations(model) < first.weights @ first.correlations(model) - 0.2


def test_large_images_hold_out_no_more_than_they_need(monkeypatch):
    monkeypatch.setattr("INRCore.registration.held_out._MOST_VOXELS", 800)
    pair = prepared_pair(*noisy_pair(slow_wave, 0.1))
    found = HeldOut(pair, small_settings(FIT, **CHOOSING))
    held = pair.fixed.region.sum() - found.pair.fixed.region.sum()
    assert 400 < held < 1300 and 10 < found.blocks < 60


def test_an_affine_start_is_where_held_out_voxels_are_looked_up():
    fixed, moving = noisy_pair(lambda points: np.zeros_like(points), 0.0)
    shift = np.eye(4)
    shift[:3, 3] = 7, -5, 4
    moved = moving.with_array(moving.array, moving.grid.transformed(shift))
    settings = small_settings(FIT, **CHOOSING)
    found = HeldOut(prepared_pair(fixed, moved, shift), settings)
    assert found.weights @ found.correlations(new_model(fixed.grid, settings)) > 0.95


# -- choice ------------------------------------------------------------------------------------------------------------
def test_the_simplest_is_taken_unless_a_freer_one_is_clearly_better():
    rng = np.random.default_rng(0)
    base, weights = rng.uniform(0.5, 0.9, 400), np.full(400, 1 / 400)
    noise = rng.normal(0, 0.05, 400)
    noise -= noise.mean()
    assert simplest_that_is_enough([base, base + noise + 0.004], weights) == 0
    assert simplest_that_is_enough([base, base + noise + 0.006], weights) == 1
    assert simplest_that_is_enough([base, base - 0.1], weights) == 0
    assert simplest_that_is_enough([base, base + 0.1, base + 0.1], weights) == 1


@pytest.mark.parametrize(("warp", "levels"), [(slow_wave, 2), (quick_wave, 3)])
def test_a_slow_warp_gets_stiff_splines_and_a_quick_one_loose_ones(warp, levels):
    settings = small_settings({**FIT, "iterations": 180, "points": 2000}, **CHOOSING)
    pair = prepared_pair(*noisy_pair(warp, 0.6))
    chosen, begun, notes = run_to_end(trial_steps(pair, settings, Control(), Guides(), None))
    assert begun is None
    assert chosen.field.grid_levels == levels and not chosen.choose_stiffness
    assert chosen.bending_weight == (2 if levels == 3 else 10)
    assert chosen.fit == replace(settings.fit, iterations=180 if levels == 3 else 90)
    assert len(notes) == 1 and "foretold" in notes[0]


def test_the_mean_of_several_fits_is_the_map():
    fixed, moving = noisy_pair(slow_wave, 0.3)
    plain = small_settings({**FIT, "iterations": 8}, **{**CHOOSING, "choose_stiffness": False})
    pair, nothing = prepared_pair(fixed, moving), (Control(), Guides(), None)
    seeds = (0, 1000)
    single = [replace(plain, fit=replace(plain.fit, seed=seed)) for seed in seeds]
    models = [run_to_end(fit_steps(pair, one, *nothing))[0] for one in single]
    both = run_to_end(averaged_fit_steps(pair, replace(plain, averaged_fits=2), *nothing))[0]
    points = torch.as_tensor(fixed.grid.points()[::37], dtype=torch.float32)
    first, second = (model(points).detach() for model in models)
    assert (first - second).abs().max() > 1e-3
    assert torch.allclose(both(points).detach(), (first + second) / 2, atol=1e-4)


def test_a_fit_that_goes_on_from_its_trial_takes_fewer_steps_and_gets_nearer():
    pair = prepared_pair(*noisy_pair(quick_wave, 0.3))
    settings = small_settings({**FIT, "iterations": 40}, **CHOOSING, continue_trial=True)
    nothing = (Control(), Guides(), None)
    chosen, begun, _ = run_to_end(trial_steps(pair, settings, *nothing))
    assert begun is not None
    points = pair.fixed.grid.points()[pair.fixed.region.ravel()][::17]
    truth = torch.as_tensor(quick_wave(points - pair.fixed.grid.center))
    places = torch.as_tensor(points, dtype=torch.float32)

    def error(model):
        return float((model(places).detach() - truth).norm(dim=-1).mean())

    before = error(begun)
    model, record = run_to_end(averaged_fit_steps(pair, chosen, *nothing, begun=begun))
    first, *_, last = (iteration for iteration, _ in record["loss_history"])
    assert first > chosen.fit.iterations // 3 and last <= chosen.fit.iterations
    assert error(model) < 0.9 * before
    with pytest.raises(InputError, match="averaged begin anew"):
        replace(settings, averaged_fits=2)


def test_without_enough_voxels_to_leave_out_nothing_is_chosen():
    fixed, moving = noisy_pair(slow_wave, 0.1)
    small = [Volume(image.array[:8, :8, :8], image.grid.cropped((0, 0, 0), (8, 8, 8))) for image in (fixed, moving)]
    result = register(*small, small_settings({**FIT, "iterations": 2}, **CHOOSING))
    assert result.settings.field == SPLINES and not result.settings.choose_stiffness


# -- model -------------------------------------------------------------------------------------------------------------
def test_two_chest_scans_slide_by_themselves_and_other_images_do_not():
    image, _ = chest()
    settings = small_settings({"iterations": 2, "points": 500}, model="auto", field=SPLINES)
    assert register(image, image, settings).settings.model == "sliding"
    head = Volume((known_warp(FIXED_GRID.points())[:, 0].reshape(FIXED_GRID.shape)).astype(np.float32), FIXED_GRID)
    assert register(head, head, settings).settings.model == "displacement"
    region = Volume((MOVING_GRID.points()[:, 0] > 30).astype(np.uint8).reshape(MOVING_GRID.shape), MOVING_GRID)
    assert register(head, head, settings, guides=Guides(sliding=region)).settings.model == "sliding"
    with pytest.raises(InputError, match="sliding"):
        register(head, head, replace(settings, model="displacement"), guides=Guides(sliding=region))


@pytest.mark.parametrize(("slides", "model"), [(True, "sliding"), (False, "displacement")])
def test_a_rib_cage_slides_only_where_voxels_left_out_say_so(slides, model):
    """One side is moved along its surface, or all is moved smoothly."""

    def push(points):
        moved = np.zeros_like(points)
        side = points[:, 0] > 0 if slides else np.ones(len(points), bool)
        moved[side, 2] = 5 if slides else 2 * np.sin(points[side, 1] / 12)
        return moved

    pair = prepared_pair(*noisy_pair(push, 0.2))
    grid = pair.fixed.grid
    inside = (grid.points()[:, 0] > grid.center[0]).reshape(grid.shape)
    region = Volume(inside.astype(np.uint8), grid)
    settings = small_settings({**FIT, "points": 700}, **CHOOSING, model="sliding")
    chosen, _, notes = run_to_end(trial_steps(pair, settings, Control(), Guides(), None, region, True))
    assert chosen.model == model
    assert notes[0].startswith("Nothing slides" if model == "displacement" else "The rib cage slides")


@pytest.mark.parametrize("given", [True, False])
def test_only_a_region_that_was_found_is_doubted(given, monkeypatch):
    class BegunError(Exception):
        pass

    def trial_steps(*arguments):
        assert arguments[-1] is not given
        raise BegunError

    image, _ = chest()
    region = image.with_array((image.array < 0).astype(np.uint8), image.grid)
    monkeypatch.setattr("INRCore.registration.task.trial_steps", trial_steps)
    settings = small_settings(FIT, **CHOOSING, model="auto")
    with pytest.raises(BegunError):
        register(image, image, settings, guides=Guides(sliding=region if given else None))
