"""Registration: known warps and rotations recovered, what is saved is what is shown, bad input refused."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from grids import GRIDS, rotation
from scipy.ndimage import map_coordinates

from INRCore.errors import InputError
from INRCore.fields import Field, FieldSettings, Frame
from INRCore.fitting import Control, FitSettings, run_to_end
from INRCore.geometry import Grid
from INRCore.registration import RegistrationSettings, register
from INRCore.registration.affine import align_steps
from INRCore.registration.deformation import DisplacementSampler, choose_spacing, make_domain, sample_displacement
from INRCore.registration.images import foreground, prepare_image
from INRCore.registration.problem import Pair, RegistrationProblem
from INRCore.registration.pyramid import smoothed
from INRCore.settings import PRESET_NAMES, load_preset
from INRCore.volume import Volume

CENTER = np.array([30.0, -20.0, 45.0])
RADIUS = 30.0


def grid_around(shape, spacing, directions, shift=(0, 0, 0)):
    """Grid with CENTER (+ shift) in its middle."""
    plain = Grid.from_parts(shape, spacing, (0, 0, 0), directions)
    return Grid.from_parts(shape, spacing, CENTER + shift - plain.center, directions)


FIXED_GRID = grid_around((20, 40, 44), (2.0, 1.9, 3.6), rotation(20, -15, 40) @ np.diag([1, 1, -1]))
MOVING_GRID = grid_around((34, 46, 26), (3.4, 1.8, 2.5), rotation(-35, 10, 100), (1, -1, 2))


def texture(points):
    """(N, 3) RAS mm to intensities: a ball with blobs in it, a different one at every place; 0 outside."""
    rng = np.random.default_rng(7)
    offset = points - CENTER
    value = 300 / (1 + np.exp((np.linalg.norm(offset, axis=-1) - RADIUS) / 1.0))
    for _ in range(40):
        middle, width, height = rng.uniform(-20, 20, 3), rng.uniform(3, 7), rng.uniform(-200, 300)
        value = value + height * np.exp(-((offset - middle) ** 2).sum(-1) / (2 * width**2))
    return value


def known_warp(points):
    """(N, 3) RAS mm to a smooth displacement in mm, mean about 3, at most about 6."""
    x, y, z = ((points - CENTER) / 16).T
    return 2.6 * np.stack([np.sin(y + 0.4) + 0.5 * z, np.cos(x) - 0.4 * np.sin(z), np.sin(x - y) + 0.3], -1)


def image(grid, mapping=lambda points: points, dtype=np.float32, name="image"):
    array = texture(mapping(grid.points())).reshape(grid.shape)
    return Volume(np.rint(array).astype(dtype) if np.dtype(dtype).kind == "i" else array.astype(dtype), grid, name)


def small_settings(fit=None, **changes):
    fit = {"iterations": 240, "points": 2048, "learning_rate": 2e-3, "device": "cpu", **(fit or {})}
    field = FieldSettings(width=48, depth=2, omega_first=8.0)
    values = {"field": field, "smoothing_voxels": (2.0, 0.0), "fit": FitSettings(**fit), **changes}
    return RegistrationSettings(**values)


def warped_pair():
    """fixed(x) = texture(x + u(x)) and moving(y) = 1.7 texture(y) + 40, so that phi(x) = x + u(x) exactly."""
    fixed = image(FIXED_GRID, lambda x: x + known_warp(x), name="fixed")
    moving = image(MOVING_GRID, name="moving")
    return fixed, moving.with_array(np.rint(1.7 * moving.array + 40).astype(np.int16))


def points_of_the_object(grid=FIXED_GRID):
    points = grid.points()
    return points[np.linalg.norm(points + known_warp(points) - CENTER, axis=-1) < RADIUS]


LANDMARKS = CENTER + np.random.default_rng(3).uniform(-14, 14, (12, 3))


@pytest.fixture(scope="module")
def recovered():
    fixed, moving = warped_pair()
    reports = []
    result = register(
        fixed, moving, small_settings(), fixed_landmarks=LANDMARKS, moving_landmarks=LANDMARKS + known_warp(LANDMARKS),
        on_progress=reports.append,
    )  # fmt: skip
    return result, fixed, moving, reports


# -- the method --------------------------------------------------------------------------------------------------------
def test_a_known_warp_between_two_oblique_grids_is_recovered_to_a_third_of_its_size(recovered):
    result, *_ = recovered
    points = points_of_the_object()
    truth = known_warp(points)
    error = np.linalg.norm(result.transform_points(points) - points - truth, axis=-1)
    size = np.linalg.norm(truth, axis=-1)
    assert size.mean() > 2.5
    assert error.mean() < size.mean() / 3
    assert np.percentile(error, 95) < size.mean() / 2
    metrics = result.metrics
    assert metrics["tre_before_mm"] == pytest.approx(np.linalg.norm(known_warp(LANDMARKS), axis=-1).mean())
    assert metrics["tre_after_mm"] < metrics["tre_before_mm"] / 3
    assert result.tre_per_point.mean() == pytest.approx(metrics["tre_after_mm"])
    assert metrics["similarity_after"] > max(0.97, metrics["similarity_before"] + 0.05)
    assert "similarity_initial" not in metrics
    assert metrics["folding_fraction"] == 0 and 0 < metrics["jacobian_min"] < 1 < metrics["jacobian_max"]


def test_the_warped_volume_looks_like_the_fixed_one_in_its_own_type(recovered):
    result, fixed, moving, _ = recovered
    assert result.warped.array.dtype == np.int16 and result.warped.grid.same_as(fixed.grid)
    inside = foreground(fixed) & (result.warped.array > moving.array.min())
    expected = 1.7 * fixed.array + 40
    before = np.abs(1.7 * texture(FIXED_GRID.points()).reshape(FIXED_GRID.shape) + 40 - expected)[inside].mean()
    assert np.abs(result.warped.array - expected)[inside].mean() < before / 3


def test_the_warped_volume_is_what_scipy_makes_of_the_saved_displacement(recovered):
    result, fixed, moving, _ = recovered
    points = fixed.grid.points()
    index = result.displacement_grid.world_to_index(points)[:, ::-1].T
    shift = [map_coordinates(result.displacement[..., c].astype(float), index, order=1) for c in range(3)]
    moved = points + np.stack(shift, -1)
    moved = moved @ result.affine[:3, :3].T + result.affine[:3, 3]
    looked_up = map_coordinates(
        moving.array.astype(float), moving.grid.world_to_index(moved)[:, ::-1].T, order=1, mode="nearest"
    )
    expected = np.where(moving.grid.contains(moved), looked_up, moving.array.min())
    difference = np.abs(result.warped.array.ravel() - expected)
    edge = np.abs(moving.grid.world_to_index(moved) - np.array([-0.5] * 3)).min(-1) < 1e-3
    edge |= np.abs(moving.grid.world_to_index(moved) - (moving.grid.size_ijk - 0.5)).min(-1) < 1e-3
    assert difference[~edge].max() < 0.55  # rounding to whole numbers, and single precision
    assert np.array_equal(result.warp(moving).array, result.warped.array)


def test_the_sampled_grid_follows_the_field(recovered):
    result, *_ = recovered
    assert result.metrics["grid_error_max_mm"] < 0.2 * FIXED_GRID.spacing.min()
    points = points_of_the_object()
    sampled = DisplacementSampler(result.displacement, result.displacement_grid)(points)
    difference = np.linalg.norm(result.transform_points(points) - points - sampled, axis=-1)
    assert np.percentile(difference, 95) < 0.05 * FIXED_GRID.spacing.min()


def test_the_jacobian_volume_is_the_determinant_of_finite_differences_of_the_map(recovered):
    result, *_ = recovered
    index = np.random.default_rng(0).integers(3, np.array(FIXED_GRID.size_ijk) - 3, (200, 3))
    points, step = FIXED_GRID.index_to_world(index), 0.05
    columns = [
        (result.transform_points(points + step * axis) - result.transform_points(points - step * axis)) / (2 * step)
        for axis in np.eye(3)
    ]
    determinant = np.linalg.det(np.stack(columns, -1))
    found = result.jacobian.array[index[:, 2], index[:, 1], index[:, 0]]
    assert np.abs(found - determinant).max() < 0.03 and determinant.std() > 0.03


def test_labels_are_carried_by_nearest_neighbour(recovered):
    result, fixed, *_ = recovered
    halves = np.where(MOVING_GRID.points()[:, 0] > CENTER[0], 7, 3).astype(np.uint8).reshape(MOVING_GRID.shape)
    labels = result.warp(Volume(halves, MOVING_GRID), interpolation="nearest")
    assert set(np.unique(labels.array)) <= {0, 3, 7} and labels.array.dtype == np.uint8
    mapped = result.transform_points(fixed.grid.points())
    well_inside = MOVING_GRID.padded((-1, -1, -1)).contains(mapped)
    clear = well_inside & (np.abs(mapped[:, 0] - CENTER[0]) > 4)
    assert np.array_equal(labels.array.ravel()[clear] == 7, mapped[clear, 0] > CENTER[0])
    with pytest.raises(InputError, match="cubic"):
        result.warp(labels, interpolation="cubic")


def test_progress_runs_through_all_stages_of_the_fit_and_the_sampling(recovered):
    result, *_, reports = recovered
    fit = [r for r in reports if r.stage == "fit"]
    assert [r.iteration for r in fit] == list(range(10, 241, 10)) and fit[0].iterations == 240
    assert all(a.elapsed_seconds <= b.elapsed_seconds for a, b in itertools.pairwise(fit))
    assert reports[-1].stage == "sample" and reports[-1].iteration == reports[-1].iterations
    assert {"similarity", "hyperelastic"} <= set(fit[0].losses)
    picture = fit[-1].preview()
    assert picture.ndim == 2 and picture.max() > 0.2
    assert [i for i, _ in result.loss_history] == [r.iteration for r in fit]


# -- where the displacement ends ---------------------------------------------------------------------------------------
def constant_field(grid, value):
    return Field(FieldSettings(width=8, depth=1), Frame.of_grid(grid), 3, output_scale=0.0, output_offset=value)


def differences_determinant(displacement, nodes):
    """det of the Jacobian of x + u(x) by differences of the samples, (k, j, i)."""
    gradient = np.stack(np.gradient(displacement.astype(float), axis=(2, 1, 0)), -1)
    return np.linalg.det(np.eye(3) + gradient @ np.linalg.inv(nodes.ijk_to_world[:3, :3]))


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("margin", [None, 25.0])
def test_the_displacement_is_unchanged_inside_and_fades_to_nothing_without_folding(name, margin):
    grid, value = GRIDS[name], np.array([2.0, -1.0, 1.5])
    field = constant_field(grid, value)
    domain, nodes = make_domain(field, grid, 2.0, margin)
    displacement, _ = sample_displacement(field, domain, nodes)
    for face in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1], np.s_[:, :, 0], np.s_[:, :, -1]):
        assert np.all(displacement[face] == 0)
    inside = grid.index_to_world(np.random.default_rng(0).uniform(-0.5, grid.size_ijk - 0.5, (500, 3)))
    assert np.allclose(DisplacementSampler(displacement, nodes)(inside), value, atol=1e-4)
    assert differences_determinant(displacement, nodes).min() > 0
    outside = grid.center + np.array([[500.0, 0, 0]])
    assert np.all(domain.displacement(field, outside) == 0)


@pytest.mark.parametrize("name", GRIDS)
def test_the_margin_grows_with_the_displacement_at_the_border_so_that_it_never_folds(name):
    field = constant_field(GRIDS[name], (14.0, -9.0, 11.0))
    domain, nodes = make_domain(field, GRIDS[name], 2.0, None)
    displacement, _ = sample_displacement(field, domain, nodes)
    assert differences_determinant(displacement, nodes).min() > 0


def test_a_curved_field_gets_a_finer_grid_and_a_straight_one_a_coarse_one():
    grid = Grid.from_parts((40, 40, 40), (1, 1, 1))
    wavy = Field(FieldSettings(width=16, depth=2), Frame.of_grid(grid), 3, output_scale=40.0)
    assert choose_spacing(constant_field(grid, (5, 0, 0)), grid, 0.05) == 10
    assert 1 <= choose_spacing(wavy, grid, 0.05) < 3


# -- initial alignment -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["rigid", "affine"])
@pytest.mark.parametrize("apart", [0, 400])
def test_a_known_rotation_and_shift_are_found_in_ras(kind, apart):
    turn = np.eye(4)
    turn[:3, :3] = rotation(12, -8, 20)
    turn[:3, 3] = CENTER - turn[:3, :3] @ CENTER + np.array([6.0, -4.0, 8.0])
    away = np.eye(4)
    away[:3, 3] = (apart, -apart / 2, 0)
    fixed = image(FIXED_GRID, lambda x: x @ turn[:3, :3].T + turn[:3, 3])
    moving = image(MOVING_GRID)
    moving = moving.with_array(moving.array, moving.grid.transformed(away))
    prepared = prepare_image(fixed, None, "fixed"), prepare_image(moving, None, "moving")
    found = run_to_end(align_steps(*prepared, kind))
    points = points_of_the_object()
    expected = points @ (away @ turn)[:3, :3].T + (away @ turn)[:3, 3]
    error = np.linalg.norm(points @ found[:3, :3].T + found[:3, 3] - expected, axis=-1)
    assert error.mean() < 0.5
    assert np.array_equal(found, run_to_end(align_steps(*prepared, kind)))


def test_the_deformation_is_found_on_top_of_the_initial_alignment():
    turn = np.eye(4)
    turn[:3, :3] = rotation(10, 5, -15)
    turn[:3, 3] = CENTER - turn[:3, :3] @ CENTER + np.array([30.0, 12.0, -9.0])
    moving = image(MOVING_GRID)
    moved = moving.with_array(moving.array, moving.grid.transformed(turn))
    fixed = image(FIXED_GRID, lambda x: x + known_warp(x))
    result = register(fixed, moved, small_settings(initial="rigid"))
    points = points_of_the_object()
    expected = (points + known_warp(points)) @ turn[:3, :3].T + turn[:3, 3]
    assert np.linalg.norm(result.transform_points(points) - expected, axis=-1).mean() < 1.0
    m = result.metrics
    assert m["similarity_before"] < m["similarity_initial"] < m["similarity_after"]
    assert m["displacement_mean_mm"] < 4


# -- masks and missing voxels ------------------------------------------------------------------------------------------
def loss_of(fixed, moving, fixed_mask=None, moving_mask=None, sigma=0.0, count=4000):
    pair = Pair(prepare_image(fixed, fixed_mask, "fixed"), prepare_image(moving, moving_mask, "moving"), np.eye(4), 0)
    problem = RegistrationProblem(constant_field(fixed.grid, (0, 0, 0)), pair, small_settings(), sigma)
    problem.to(torch.device("cpu"))
    return problem.losses(count, torch.Generator().manual_seed(0), 0)["similarity"].item()


def half_mask(grid, margin=0.0):
    """Everything to the left (x < CENTER - margin)."""
    return Volume((grid.points()[:, 0] < CENTER[0] - margin).astype(np.uint8).reshape(grid.shape), grid)


def spoiled_right(volume):
    array = volume.array.copy()
    right = (volume.grid.points()[:, 0] > CENTER[0] - 1).reshape(array.shape)
    array[right] = np.random.default_rng(0).uniform(0, 400, int(right.sum()))
    return volume.with_array(array)


@pytest.mark.parametrize("side", ["fixed", "moving"])
def test_what_lies_outside_a_mask_on_another_grid_does_not_count(side):
    pair = {"fixed": image(FIXED_GRID, lambda x: x + known_warp(x)), "moving": image(MOVING_GRID)}
    other = grid_around((50, 50, 50), (2, 2, 2), rotation(5, 50, 15))
    mask = {f"{side}_mask": half_mask(other, margin=6.0)}
    spoiled = {**pair, side: spoiled_right(pair[side])}
    # Percentiles of the region set the scale, so only the spoiled voxels themselves could make a difference.
    assert loss_of(**spoiled, **mask) == pytest.approx(loss_of(**pair, **mask), abs=1e-6)
    assert loss_of(**spoiled) > loss_of(**pair) + 0.1


def test_points_that_land_outside_the_moving_image_do_not_count():
    moving = image(MOVING_GRID)
    half = moving.cropped((0, 0, 0), (26, 22, 34))
    assert loss_of(image(FIXED_GRID), half) < 0.02


@pytest.mark.parametrize("name", GRIDS)
def test_a_mask_is_looked_up_at_its_place_in_the_world(name):
    grid = GRIDS[name]
    ramp = Volume(np.arange(grid.voxel_count, dtype=np.float32).reshape(grid.shape), grid)
    fine = Grid.from_parts((80, 80, 80), (0.6, 0.6, 0.6), grid.center - 24, np.eye(3))
    normal = np.array([0.5, -0.7, 0.3])
    mask = Volume(((fine.points() - grid.center) @ normal > 0).astype(np.uint8).reshape(fine.shape), fine)
    region = prepare_image(ramp, mask, "fixed").region
    height = ((grid.points() - grid.center) @ normal).reshape(grid.shape)
    sure = (np.abs(height) > 0.6) & fine.contains(grid.points()).reshape(grid.shape)
    assert np.array_equal(region[sure], height[sure] > 0) and 0.2 < region.mean() < 0.8


def test_voxels_that_are_not_numbers_are_left_out():
    fixed, moving = image(FIXED_GRID, lambda x: x + known_warp(x)), image(MOVING_GRID)
    holes_fixed, holes_moving = fixed.array.copy(), moving.array.copy()
    holes_fixed[8:12, 15:22, 18:25] = np.nan
    holes_moving[10:16, 20:26, 10:15] = np.inf
    holed = fixed.with_array(holes_fixed), moving.with_array(holes_moving)
    assert loss_of(*holed) == pytest.approx(loss_of(fixed, moving), abs=0.05)
    assert loss_of(*holed, sigma=4.0) == pytest.approx(loss_of(fixed, moving, sigma=4.0), abs=0.08)
    result = register(*holed, small_settings({"iterations": 20}))
    assert np.isfinite(result.displacement).all() and np.isfinite(result.metrics["similarity_after"])
    assert 0 < (~np.isfinite(result.warped.array)).mean() < 0.1


def test_the_foreground_is_the_object_with_its_holes_and_not_the_air():
    grid = Grid.from_parts((40, 50, 60), (1, 1, 1), (-30, -25, -20))
    distance = np.linalg.norm(grid.points(), axis=-1).reshape(grid.shape)
    body = np.where(distance < 15, 100.0, 0.0)
    body[distance < 8] = 0  # a lung
    noise = np.random.default_rng(0).normal(0, 3, grid.shape)
    region = foreground(Volume((body + noise).astype(np.float32), grid))
    assert region[distance < 15].all() and not region[distance > 20].any()
    assert foreground(Volume((100 + noise).astype(np.float32), grid)).mean() > 0.5


# -- coarse images -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", GRIDS)
def test_a_smoothed_image_stays_at_its_place(name):
    small = GRIDS[name]
    grid = small.with_size(small.size_ijk * 5 - 1)
    middle = grid.index_to_world((grid.size_ijk - 1) * [0.45, 0.55, 0.5])
    blob = np.exp(-((grid.points() - middle) ** 2).sum(-1) / 2 / (0.1 * small.spacing * small.size_ijk).min() ** 2)
    sigma = 2.2 * float(grid.spacing.min())
    values, thin = smoothed(blob.reshape(grid.shape).astype(np.float32), grid, sigma)
    assert thin.voxel_count < grid.voxel_count
    weight = values.ravel().astype(float)
    assert np.allclose(weight @ thin.points() / weight.sum(), middle, atol=0.1 * grid.spacing.min())


def test_missing_voxels_do_not_darken_their_neighbours_when_an_image_is_smoothed():
    grid, usable = Grid.from_parts((20, 22, 24), (1, 1, 2)), np.ones((20, 22, 24), bool)
    usable[8:10, 6:9, 10:12] = False
    values, _ = smoothed(np.where(usable, 5.0, 0.0).astype(np.float32), grid, 2.0, usable)
    assert values == pytest.approx(np.full(values.shape, 5), abs=1e-4)


# -- running -----------------------------------------------------------------------------------------------------------
def test_the_same_seed_repeats_a_registration_and_another_does_not():
    pair = warped_pair()
    runs = [register(*pair, small_settings({"iterations": 24, "seed": seed})) for seed in (4, 4, 5)]
    assert np.array_equal(runs[0].displacement, runs[1].displacement)
    assert runs[0].metrics == runs[1].metrics
    assert runs[0].metrics != runs[2].metrics


def test_stopping_half_way_gives_the_best_so_far():
    control, stages = Control(), []

    def stop_at_100(progress):
        stages.append(progress.stage)
        if progress.stage == "fit" and progress.iteration == 100:
            control.stop()

    result = register(*warped_pair(), small_settings(), on_progress=stop_at_100, control=control)
    assert result.stop_reason == "stopped" and result.loss_history[-1][0] == 101 and stages[-1] == "sample"
    assert result.metrics["similarity_after"] > result.metrics["similarity_before"]


def test_a_time_limit_holds_for_all_stages_together():
    settings = small_settings({"iterations": 100_000, "max_seconds": 2.0})
    result = register(*warped_pair(), settings)
    assert result.stop_reason == "time" and result.seconds < 20
    assert result.metrics["similarity_after"] > result.metrics["similarity_before"]


@pytest.mark.parametrize("changes", [
    {"similarity": "mse"}, {"jacobian_weight": 0.05, "hyperelastic_weight": 0.0}, {"bending_weight": 1.0},
])  # fmt: skip
def test_every_similarity_and_regulariser_recovers_the_warp(changes):
    fixed, moving = image(FIXED_GRID, lambda x: x + known_warp(x)), image(MOVING_GRID)
    result = register(fixed, moving, small_settings({"iterations": 160}, **changes))
    points = points_of_the_object()
    truth = known_warp(points)
    error = np.linalg.norm(result.transform_points(points) - points - truth, axis=-1).mean()
    assert error < np.linalg.norm(truth, axis=-1).mean() / 3


def test_a_stronger_regulariser_gives_a_stiffer_map():
    pair = warped_pair()
    ranges = []
    for weight in (0.001, 1.0):
        m = register(*pair, small_settings({"iterations": 100}, hyperelastic_weight=weight)).metrics
        ranges.append(m["jacobian_max"] - m["jacobian_min"])
    assert ranges[1] < 0.5 * ranges[0]


# -- bad input ---------------------------------------------------------------------------------------------------------
def slab(array, **changes):
    return Volume(np.asarray(array, np.float32), Grid.from_parts(np.shape(array), **changes))


RNG = np.random.default_rng(0)
GOOD = slab(RNG.uniform(0, 1, (8, 9, 10)))
POINTS = np.zeros((3, 3))


@pytest.mark.parametrize(("moving", "extra", "words"), [
    (slab(RNG.uniform(0, 1, (8, 9, 10)), origin=(500, 0, 0)), {}, "500 mm.*rigid"),
    (slab(RNG.uniform(0, 1, (1, 9, 10))), {}, "single slice"),
    (slab(np.full((8, 9, 10), 3.0)), {}, "same value everywhere"),
    (slab(np.full((8, 9, 10), np.nan)), {}, "no finite voxel"),
    (GOOD, {"fixed_mask": slab(np.zeros((8, 9, 10)))}, "fixed mask.*empty"),
    (GOOD, {"moving_mask": slab(np.ones((8, 9, 10)), origin=(900, 0, 0))}, "moving mask.*outside"),
    (GOOD, {"fixed_landmarks": POINTS}, "fixed image only"),
    (GOOD, {"fixed_landmarks": POINTS, "moving_landmarks": POINTS[:2]}, "3 fixed and 2 moving"),
    (GOOD, {"fixed_landmarks": POINTS[:, :2], "moving_landmarks": POINTS}, "fixed landmarks.*three"),
    (GOOD, {"fixed_landmarks": POINTS, "moving_landmarks": POINTS * np.nan}, "moving landmarks.*finite"),
])  # fmt: skip
def test_bad_input_is_refused_in_one_line_before_the_fit(moving, extra, words):
    with pytest.raises(InputError, match=words) as caught:
        register(GOOD, moving, small_settings(), on_progress=lambda p: pytest.fail("the fit began"), **extra)
    assert "\n" not in str(caught.value)


def test_masks_that_never_meet_are_refused():
    left, right = half_mask(FIXED_GRID, 8), half_mask(MOVING_GRID, -8)
    right = right.with_array(1 - right.array)
    with pytest.raises(InputError, match="do not overlap"):
        register(*warped_pair(), small_settings(), fixed_mask=left, moving_mask=right)


@pytest.mark.parametrize(("changes", "words"), [
    ({"initial": "demons"}, "affine, none, rigid"), ({"similarity": "ssd"}, "mse, ncc"),
    ({"model": "x"}, "displacement"),
    ({"smoothing_voxels": ()}, "smoothing_voxels"), ({"bending_weight": -1}, "bending_weight"),
    ({"field": FieldSettings(encoding="hashgrid"), "bending_weight": 1.0}, "second derivatives"),
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused(changes, words):
    with pytest.raises(InputError, match=words):
        RegistrationSettings(**changes)


def test_every_preset_loads_and_takes_longer_than_the_one_before():
    presets = [load_preset(RegistrationSettings, "registration", name) for name in PRESET_NAMES]
    costs = [p.fit.iterations * p.fit.points * p.field.width**2 for p in presets]
    assert costs[0] < costs[1] < costs[2]
    assert all(dataclasses.is_dataclass(p.field) and p.hyperelastic_weight > 0 for p in presets)


def test_thin_and_tiny_volumes_are_registered():
    grid = Grid.from_parts((2, 12, 14), (2, 2, 5), CENTER - [13, 11, 2.5])
    result = register(image(grid), image(grid), small_settings({"iterations": 12, "points": 256}))
    assert result.warped.array.shape == (2, 12, 14) and result.metrics["displacement_max_mm"] < 2
