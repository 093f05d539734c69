"""What else than images a registration is fitted to: landmarks, curves, labels, rigid structures, no folding."""

import numpy as np
import pytest
from registration_phantom import (
    CENTER,
    FIXED_GRID,
    MOVING_GRID,
    grid_around,
    image,
    known_warp,
    points_of_the_object,
    small_settings,
)

from INRCore.errors import InputError
from INRCore.fields import FieldSettings
from INRCore.registration import Guides, register
from INRCore.registration.landmarks import Landmarks
from INRCore.volume import Volume

SPLINES = FieldSettings(encoding="grid", grid_levels=2, grid_coarsest=3, grid_finest=6)
RNG = np.random.default_rng(5)
LANDMARKS = CENTER + RNG.uniform(-16, 16, (30, 3))
START = np.array([[0, -1, 0, 60], [1, 0, 0, -10], [0, 0, 1, 7], [0, 0, 0, 1.0]])
"""A turn by a right angle, so that a term which forgets the affine part misses by centimetres."""


def settings(fit=None, **changes):
    fit = {"iterations": 80, "points": 1024, "learning_rate": 0.03, **(fit or {})}
    values = {"field": SPLINES, "smoothing_voxels": (0.0,), "hyperelastic_weight": 0.002, **changes}
    return small_settings(fit, **values)


def empty_pair():
    """Two images of noise that have nothing to do with each other: whatever is found comes from the guides."""
    moving_grid = MOVING_GRID.transformed(START)
    return tuple(
        Volume(np.random.default_rng(seed).uniform(0, 1, grid.shape).astype(np.float32), grid)
        for seed, grid in enumerate((FIXED_GRID, moving_grid))
    )


def through(points):
    return points @ START[:3, :3].T + START[:3, 3]


def truth(points):
    return through(points + known_warp(points))


def error_of(result, points=None):
    points = points_of_the_object()[::5] if points is None else points
    return np.linalg.norm(result.transform_points(points) - truth(points), axis=-1).mean()


def guided(changes=None, **known):
    return register(*empty_pair(), settings(**(changes or {})), initial_transform=START, **known)


# -- landmarks ---------------------------------------------------------------------------------------------------------
def test_landmarks_are_only_measured_unless_they_have_a_weight():
    pair = {"fixed_landmarks": LANDMARKS, "moving_landmarks": truth(LANDMARKS)}
    runs = [guided({"fit": {"iterations": 10}}, **known) for known in ({}, pair)]
    assert np.array_equal(runs[0].displacement, runs[1].displacement)
    assert "tre_after_mm" in runs[1].metrics and "tre_left_out_mm" not in runs[1].metrics


def test_fitted_landmarks_lead_and_a_fifth_of_them_is_left_out_and_measured():
    result = guided({"landmarks_weight": 0.1}, fixed_landmarks=LANDMARKS, moving_landmarks=truth(LANDMARKS))
    size = np.linalg.norm(known_warp(LANDMARKS), axis=-1).mean()
    metrics = result.metrics
    assert error_of(result, LANDMARKS) < size / 4
    assert metrics["tre_left_out_mm"] < size / 2
    left_out = ~Landmarks.of(LANDMARKS, truth(LANDMARKS), True, 0).fitted
    assert left_out.sum() == 6
    assert metrics["tre_left_out_mm"] == pytest.approx(result.tre_per_point[left_out].mean())
    assert metrics["tre_left_out_mm"] > result.tre_per_point[~left_out].mean()
    assert any("24 landmarks were fitted" in note and "6 left out" in note for note in result.notes)


def test_few_landmarks_are_all_fitted_and_the_report_says_that_their_error_is_no_accuracy():
    few = LANDMARKS[:6]
    result = guided({"landmarks_weight": 0.1, "fit": {"iterations": 10}}, fixed_landmarks=few,
                    moving_landmarks=truth(few))  # fmt: skip
    assert "tre_left_out_mm" not in result.metrics
    assert any("All 6 landmarks were fitted" in note for note in result.notes)


@pytest.mark.slow
def test_one_misplaced_landmark_does_not_pull_the_map():
    moved = truth(LANDMARKS)
    moved[0] += (60.0, 0, 0)
    result = guided({"landmarks_weight": 0.1}, fixed_landmarks=LANDMARKS, moving_landmarks=moved)
    assert error_of(result, LANDMARKS[1:]) < np.linalg.norm(known_warp(LANDMARKS), axis=-1).mean() / 2


# -- curves ------------------------------------------------------------------------------------------------------------
def helix(turns, count, phase=0.0):
    t = np.linspace(0, 1, count) + phase / count
    angle = 2 * np.pi * turns * t
    return CENTER + np.stack([14 * np.cos(angle), 14 * np.sin(angle), 26 * (t - 0.5)], -1)


@pytest.mark.slow
def test_curves_are_laid_on_each_other_whatever_their_points_are():
    fixed = [helix(3, 80), helix(-2, 60)]
    moving = [truth(helix(3, 133, 0.4)), truth(helix(-2, 97, 0.3))]
    result = guided({"curves_weight": 0.1}, guides=Guides(fixed_curves=fixed, moving_curves=moving))
    on_curves = np.concatenate([helix(3, 50, 0.2), helix(-2, 50, 0.1)])
    mapped, target = result.transform_points(on_curves), truth(np.concatenate([helix(3, 4000), helix(-2, 4000)]))
    distance = np.linalg.norm(mapped[:, None] - target, axis=-1).min(1)
    before = np.linalg.norm(through(on_curves)[:, None] - target, axis=-1).min(1)
    assert distance.mean() < before.mean() / 3


# -- labels ------------------------------------------------------------------------------------------------------------
def labels_on(grid, mapping, kept=(3, 7, 11)):
    """Three balls in a row, labels that need not be in order; `mapping` from the grid's points to the fixed side."""
    points = mapping(grid.points())
    return Volume(balls_at(points, kept).reshape(grid.shape), grid, "labels")


def balls_at(points, kept=(3, 7, 11)):
    """(N) labels of points of the moving side, but for the start."""
    result = np.zeros(len(points), np.int16)
    for label, middle in zip((3, 7, 11), ((-15, 0, 4), (4, 10, -6), (12, -10, 8)), strict=True):
        if label in kept:
            result[np.linalg.norm(points - CENTER - middle, axis=-1) < 8] = label
    return result


FIXED_LABELS = grid_around((36, 40, 44), (1.7, 1.8, 1.9), np.eye(3))
MOVING_LABELS = grid_around((40, 42, 40), (1.6, 1.7, 1.8), np.eye(3)).transformed(START)


def moving_side(points):
    """Points of the moving side to the fixed side, but for the warp."""
    return (points - START[:3, 3]) @ START[:3, :3]


def overlap_of(result):
    """Mean Dice, at the voxels of the fixed labels, of the balls of the moving side through the map."""
    fixed = labels_on(FIXED_LABELS, lambda x: x + known_warp(x)).array.ravel()
    found = balls_at(moving_side(result.transform_points(FIXED_LABELS.points())))
    return np.mean([2 * ((fixed == a) & (found == a)).sum() / ((fixed == a).sum() + (found == a).sum())
                    for a in (3, 7, 11)])  # fmt: skip


def test_labels_on_grids_of_their_own_are_laid_on_each_other():
    fixed = labels_on(FIXED_LABELS, lambda x: x + known_warp(x))
    moving = labels_on(MOVING_LABELS, moving_side)
    guides = Guides(fixed_labels=fixed, moving_labels=moving)
    before = overlap_of(guided({"labels_weight": 0.0, "fit": {"iterations": 1}}, guides=guides))
    after = overlap_of(guided(guides=guides))
    assert before < 0.75 and 1 - after < 0.5 * (1 - before)


def test_a_label_that_only_one_map_has_is_left_out():
    fixed = labels_on(FIXED_LABELS, lambda x: x + known_warp(x))
    moving = labels_on(MOVING_LABELS, moving_side, kept=(3, 7))
    result = guided({"fit": {"iterations": 20}}, guides=Guides(fixed_labels=fixed, moving_labels=moving))
    assert np.isfinite(result.displacement).all() and result.metrics["displacement_mean_mm"] > 0.2


# -- rigid structures --------------------------------------------------------------------------------------------------
def rigid_ball():
    near = np.linalg.norm(FIXED_LABELS.points() - CENTER - (4, 3, -2), axis=-1) < 12
    return Volume(near.astype(np.uint8).reshape(FIXED_LABELS.shape), FIXED_LABELS, "bone")


def stretch_in_the_ball(result):
    """Mean |J^T J - I| of the whole map in the ball, by differences."""
    points = FIXED_LABELS.points()[(rigid_ball().array > 0).ravel()][::7]
    sides = [result.transform_points(points + 0.5 * a) - result.transform_points(points - 0.5 * a) for a in np.eye(3)]
    jacobian = np.stack(sides, -1)
    return np.linalg.norm(jacobian.transpose(0, 2, 1) @ jacobian - np.eye(3), axis=(1, 2)).mean()


@pytest.mark.slow
@pytest.mark.parametrize("model", ["displacement", "velocity"])
def test_a_rigid_structure_is_not_bent_and_the_rest_still_fits(model):
    fixed, moving = image(FIXED_GRID, lambda x: x + known_warp(x)), image(MOVING_GRID)
    field = {"field": FieldSettings(width=32, depth=2, omega_first=6.0)} if model == "velocity" else {}
    fit = {"learning_rate": 3e-3} if model == "velocity" else {}
    found = []
    for guides in (None, Guides(rigid=rigid_ball())):
        changes = settings(fit, model=model, rigidity_weight=3.0, **field)
        found.append(register(fixed, moving, changes, guides=guides))
    free, held = (stretch_in_the_ball(result) for result in found)
    assert free > 0.1 and held < free / 4
    assert found[1].metrics["similarity_after"] > found[1].metrics["similarity_before"] + 0.03


def test_an_affine_start_that_is_not_rigid_is_undone_in_a_rigid_structure():
    grown = np.diag([1.1, 1.0, 1.0, 1.0])
    grown[:3, 3] = CENTER - grown[:3, :3] @ CENTER
    fixed = image(FIXED_GRID)
    result = register(fixed, fixed, settings(rigidity_weight=10.0), guides=Guides(rigid=rigid_ball()),
                      initial_transform=grown)  # fmt: skip
    assert stretch_in_the_ball(result) < 0.03


# -- folding -----------------------------------------------------------------------------------------------------------
def test_the_folding_barrier_keeps_a_map_from_folding_where_it_would():
    fixed, moving = image(FIXED_GRID), image(MOVING_GRID, lambda x: CENTER + (x - CENTER) * (-1, 1, 1))
    least = {}
    for weight in (0.0, 0.2):
        fit = {"iterations": 60, "points": 2048, "learning_rate": 1e-2, "device": "cpu"}
        changes = small_settings(fit, hyperelastic_weight=0.0, folding_weight=weight)
        least[weight] = register(fixed, moving, changes).metrics
    assert least[0.0]["folding_fraction"] > 0 and least[0.0]["jacobian_min"] < -0.01
    assert least[0.2]["folding_fraction"] == 0 and least[0.2]["jacobian_min"] > 0


# -- bad input ---------------------------------------------------------------------------------------------------------
def test_guides_that_do_not_fit_together_are_refused():
    labels = labels_on(FIXED_LABELS, lambda x: x)
    for make, words in (
        (lambda: Guides(fixed_labels=labels), "one of the images only"),
        (lambda: Guides(fixed_curves=[helix(1, 5)]), "1 fixed and 0 moving curves"),
        (lambda: Guides(fixed_curves=[helix(1, 1)], moving_curves=[helix(1, 5)]), "fixed curve 1.*2 or more"),
        (lambda: Guides(rigid=labels_on(FIXED_LABELS, lambda x: x, kept=())), "rigid.*empty"),
    ):
        with pytest.raises(InputError, match=words):
            make()
    others = labels.with_array(labels.array + (labels.array > 0))
    away = Volume(labels.array, labels.grid.transformed(np.block([[np.eye(3), np.full((3, 1), 900.0)], [0, 0, 0, 1]])))
    for guides, words in (
        (Guides(fixed_labels=labels, moving_labels=others), "no label in common"),
        (Guides(rigid=away), "outside the fixed image"),
    ):
        with pytest.raises(InputError, match=words):
            guided(guides=guides)
