"""Registration: known warps and rotations recovered, what is saved is what is shown, bad input refused."""

import dataclasses
import itertools

import numpy as np
import pytest
from grids import rotation
from registration_phantom import (
    CENTER,
    FIXED_GRID,
    MOVING_GRID,
    half_mask,
    image,
    known_warp,
    points_of_the_object,
    small_settings,
    texture,
    warped_pair,
)
from scipy.ndimage import map_coordinates
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersHybrid import vtkGridTransform

from INRCore.errors import InputError
from INRCore.fields import FieldSettings
from INRCore.fitting import Control, run_to_end
from INRCore.foreground import foreground
from INRCore.geometry import Grid
from INRCore.registration import RegistrationSettings, register
from INRCore.registration.affine import align_steps
from INRCore.registration.images import prepare_image
from INRCore.registration.sampled import DisplacementSampler
from INRCore.settings import PRESET_NAMES, load_preset
from INRCore.volume import Volume

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


def shift_by_vtk(result, points):
    """The displacement between its nodes as VTK, and so Slicer, interpolates it: on a grid of unit spacing."""
    image = vtkImageData()
    image.SetDimensions(*(int(n) for n in result.displacement_grid.size_ijk))
    image.GetPointData().SetScalars(numpy_to_vtk(result.displacement.reshape(-1, 3), deep=True))
    bend = vtkGridTransform()
    bend.SetDisplacementGridData(image)
    bend.SetInterpolationModeToCubic()
    index = result.displacement_grid.world_to_index(points)
    return np.array([bend.TransformPoint(*place) for place in index]) - index


def test_the_warped_volume_is_what_vtk_and_scipy_make_of_the_saved_displacement(recovered):
    result, fixed, moving, _ = recovered
    points = fixed.grid.points()
    moved = points + shift_by_vtk(result, points)
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
    picture = fit[-1].preview(1000).array
    assert 500 < picture.size <= 1000 and picture.max() > 0.2
    assert [i for i, _ in result.loss_history] == [r.iteration for r in fit]


# -- initial alignment -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "apart"), [("affine", 0), ("rigid", 400)])
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
    if kind == "rigid":
        assert np.array_equal(found, run_to_end(align_steps(*prepared, kind)))


def test_the_deformation_is_found_on_top_of_the_initial_alignment():
    turn = np.eye(4)
    turn[:3, :3] = rotation(10, 5, -15)
    turn[:3, 3] = CENTER - turn[:3, :3] @ CENTER + np.array([30.0, 12.0, -9.0])
    moving = image(MOVING_GRID)
    moved = moving.with_array(moving.array, moving.grid.transformed(turn))
    fixed = image(FIXED_GRID, lambda x: x + known_warp(x))
    result = register(fixed, moved, small_settings({"iterations": 140}, initial="rigid"))
    points = points_of_the_object()
    expected = (points + known_warp(points)) @ turn[:3, :3].T + turn[:3, 3]
    assert np.linalg.norm(result.transform_points(points) - expected, axis=-1).mean() < 1.0
    m = result.metrics
    assert m["similarity_before"] < m["similarity_initial"] < m["similarity_after"]
    assert m["displacement_mean_mm"] < 4


# -- running -----------------------------------------------------------------------------------------------------------
def test_the_same_seed_repeats_a_registration_and_another_does_not():
    pair = warped_pair()
    runs = [register(*pair, small_settings({"iterations": 8, "seed": seed})) for seed in (4, 4, 5)]
    assert np.array_equal(runs[0].displacement, runs[1].displacement)
    assert runs[0].metrics == runs[1].metrics
    assert runs[0].metrics != runs[2].metrics


def test_stopping_half_way_gives_the_best_so_far():
    control, stages = Control(), []

    def stop_at_40(progress):
        stages.append(progress.stage)
        if progress.stage == "fit" and progress.iteration == 40:
            control.stop()

    result = register(*warped_pair(), small_settings(), on_progress=stop_at_40, control=control)
    assert result.stop_reason == "stopped" and result.loss_history[-1][0] == 41 and stages[-1] == "sample"
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
    result = register(fixed, moving, small_settings({"iterations": 110}, **changes))
    points = points_of_the_object()
    truth = known_warp(points)
    error = np.linalg.norm(result.transform_points(points) - points - truth, axis=-1).mean()
    assert error < np.linalg.norm(truth, axis=-1).mean() / 3


def test_a_stronger_regulariser_gives_a_stiffer_map():
    pair = warped_pair()
    ranges = []
    for weight in (0.001, 1.0):
        m = register(*pair, small_settings({"iterations": 60}, hyperelastic_weight=weight)).metrics
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
    with pytest.raises(InputError, match="same part of it, or leave the moving mask out"):
        register(*warped_pair(), small_settings(), fixed_mask=left, moving_mask=right)


@pytest.mark.parametrize(("changes", "words"), [
    ({"initial": "demons"}, "affine, none, rigid"), ({"similarity": "ssd"}, "mse, ncc"),
    ({"model": "x"}, "cycle, displacement, sliding, velocity"), ({"forbid_folding": True}, "velocity"),
    ({"model": "cycle", "symmetric": True}, "velocity"), ({"model": "velocity", "velocity_steps": 0}, "velocity_steps"),
    ({"smoothing_voxels": ()}, "smoothing_voxels"), ({"bending_weight": -1}, "bending_weight"),
    ({"field": FieldSettings(encoding="hashgrid"), "bending_weight": 1.0}, "second derivatives"),
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused(changes, words):
    with pytest.raises(InputError, match=words):
        RegistrationSettings(**changes)


def test_every_preset_loads_and_takes_longer_than_the_one_before():
    presets = [load_preset(RegistrationSettings, "registration", name) for name in PRESET_NAMES]
    costs = [p.averaged_fits * p.fit.iterations * p.fit.points * p.field.width**2 for p in presets]
    assert costs[0] < costs[1] < costs[2]
    assert all(dataclasses.is_dataclass(p.field) and p.bending_weight > 0 and p.folding_weight > 0 for p in presets)


def test_thin_and_tiny_volumes_are_registered():
    grid = Grid.from_parts((2, 12, 14), (2, 2, 5), CENTER - [13, 11, 2.5])
    result = register(image(grid), image(grid), small_settings({"iterations": 12, "points": 256}))
    assert result.warped.array.shape == (2, 12, 14) and result.metrics["displacement_max_mm"] < 2
