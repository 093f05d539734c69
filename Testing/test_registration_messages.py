"""What a registration says, before the fit, about inputs that do not go together as they were given."""

import numpy as np
import pytest
from command_tools import run
from registration_phantom import (
    CENTER,
    FIXED_GRID,
    MOVING_GRID,
    half_mask,
    image,
    known_warp,
    small_settings,
    warped_pair,
)

from INRCore.command_line import show
from INRCore.errors import InputError
from INRCore.fitting import Progress
from INRCore.io import write_landmarks, write_volume
from INRCore.registration import register, register_steps
from INRCore.registration.agreement import agreement_of
from INRCore.registration.checks import outcome_notes, some_selected
from INRCore.volume import Volume

QUICK = {"iterations": 3, "points": 256}


def moved(matrix, volume):
    return volume.with_array(volume.array, volume.grid.transformed(matrix))


def shift(*mm):
    matrix = np.eye(4)
    matrix[:3, 3] = mm
    return matrix


def notes_before_the_fit(fixed, moving, **more):
    """What is told until the first step of the fit, where the run ends."""
    told = []
    for report in register_steps(fixed, moving, small_settings(QUICK), **more):
        if report.stage == "fit":
            return " ".join(told)
        told.append(report.note)
    raise AssertionError("there was no fit")


# -- masks -------------------------------------------------------------------------------------------------------------
def test_a_mask_of_another_geometry_is_taken_where_it_lies_and_that_is_said():
    fixed, moving = warped_pair()
    own = notes_before_the_fit(fixed, moving, fixed_mask=half_mask(FIXED_GRID))
    assert "geometry" not in own
    told = notes_before_the_fit(fixed, moving, fixed_mask=half_mask(MOVING_GRID))
    assert "fixed mask" in told and "another geometry" in told and MOVING_GRID.describe() in told
    everything = Volume(
        np.ones(MOVING_GRID.shape, np.uint8), MOVING_GRID.transformed(shift(40, 0, 0)), "drawn elsewhere"
    )
    told = notes_before_the_fit(fixed, moving, moving_mask=everything)
    beyond = 1 - MOVING_GRID.contains(everything.grid.points()).mean()
    assert f"{100 * beyond:.0f} % of it lies outside" in told and "drawn elsewhere" in told


@pytest.mark.parametrize("name", ["fixed", "moving"])
def test_the_places_of_a_mask_are_those_of_its_voxels_in_the_world(name):
    grid = {"fixed": FIXED_GRID, "moving": MOVING_GRID}[name]
    mask = half_mask(grid)
    np.testing.assert_allclose(some_selected(mask), grid.points()[mask.array.ravel() > 0], atol=1e-9)
    assert len(some_selected(mask.with_array(0 * mask.array))) == 0


def test_a_moving_mask_that_leaves_nothing_to_compare_is_named_as_the_cause():
    fixed, moving = warped_pair()
    corner = np.zeros(MOVING_GRID.shape, np.uint8)
    corner[:2, :2, :2] = 1
    with pytest.raises(InputError, match="moving mask"):
        register(fixed, moving, small_settings(QUICK), moving_mask=Volume(corner, MOVING_GRID))


def test_without_the_package_of_the_bar_what_is_told_is_still_printed(monkeypatch, capsys):
    monkeypatch.setattr(show, "find_spec", lambda name: None)
    with show.show_as("bar") as lines:
        for _ in range(2):
            lines.progress(Progress("check", 1, 1, note="looks wrong"))
        lines.result({"direction": "this onto that", "notes": ["a note"]})
    assert capsys.readouterr().err.splitlines()[1:] == ["looks wrong", "this onto that", "note: a note"]


# -- the start and the outcome -----------------------------------------------------------------------------------------
def test_images_that_have_nothing_in_common_are_told_from_those_of_one_body_part():
    fixed, moving = warped_pair()
    noise = moving.with_array(np.random.default_rng(0).normal(size=MOVING_GRID.shape).astype(np.float32))
    assert "hardly look alike" in notes_before_the_fit(fixed, noise)
    assert "initial = 'rigid' or 'affine'" in notes_before_the_fit(fixed, noise)
    negative = moving.with_array(moving.array.max() - moving.array)
    for other in (moving, negative):
        assert "hardly" not in notes_before_the_fit(fixed, other)


def test_an_image_registered_to_itself_is_noticed():
    fixed, moving = warped_pair()
    assert "nothing to find" in notes_before_the_fit(fixed, fixed.with_array(fixed.array))
    assert "nothing to find" not in notes_before_the_fit(fixed, moving)


def test_a_result_worse_than_its_start_is_told():
    better = {"similarity_before": 0.2, "similarity_initial": 0.6, "similarity_after": 0.7}
    assert outcome_notes(better) == ()
    told = outcome_notes({**better, "similarity_after": 0.5})
    assert len(told) == 1 and "less alike (correlation 0.600 before it, 0.500 after)" in told[0]
    assert outcome_notes({"similarity_before": 0.2, "similarity_after": 0.5}) == ()


# -- the direction -----------------------------------------------------------------------------------------------------
def test_an_initial_transform_of_the_other_direction_is_told_from_a_right_one():
    fixed, moving = image(FIXED_GRID, lambda x: x + known_warp(x)), image(MOVING_GRID)
    start = shift(10, -8, 6)
    told = notes_before_the_fit(fixed, moved(start, moving), initial_transform=np.linalg.inv(start))
    assert "wrong way" in told and "exchange fixed and moving" in told
    assert "wrong way" not in notes_before_the_fit(fixed, moved(start, moving), initial_transform=start)


def test_an_initial_transform_of_the_other_direction_that_leaves_no_overlap_is_refused_with_that_reason():
    fixed, moving = warped_pair()
    start = shift(400, 0, 0)
    with pytest.raises(InputError, match="its inverse brings them together"):
        register(fixed, moved(start, moving), small_settings(QUICK), initial_transform=np.linalg.inv(start))


def test_what_belongs_to_the_fixed_image_is_not_carried_over(tmp_path, capsys):
    start = shift(300, 0, 0)
    fixed, moving = warped_pair()
    write_volume(fixed, tmp_path / "fixed.nrrd")
    write_volume(moved(start, moving), tmp_path / "moving.nrrd")
    write_landmarks(CENTER + np.zeros((2, 3)), tmp_path / "points.csv")
    write_volume(half_mask(FIXED_GRID), tmp_path / "labels.nrrd")
    pair = tmp_path / "fixed.nrrd", tmp_path / "moving.nrrd"
    quiet = ("--initial", "rigid", "--preset", "fast", "--set", "fit.iterations=1000000", "--progress", "none")
    for kind, name in (("points", "points.csv"), ("labels", "labels.nrrd")):
        words = (f"--carried-{kind}", tmp_path / name, f"--output-{kind}", tmp_path / f"out_{name}")
        assert run("register", *pair, *words, *quiet) == 3
        assert "fixed and moving are swapped" in capsys.readouterr().err


# -- values ------------------------------------------------------------------------------------------------------------
def test_voxels_that_are_no_numbers_are_counted_for_the_user():
    fixed, moving = image(FIXED_GRID, lambda x: x + known_warp(x)), image(MOVING_GRID)
    holes = moving.array.copy()
    holes[:3] = np.nan
    told = notes_before_the_fit(fixed, moving.with_array(holes))
    assert f"{100 * 3 / len(holes):.2g} % of the voxels of the moving image" in told and "NaN" in told
    assert "NaN" not in notes_before_the_fit(fixed, moving)


def test_the_similarity_reported_across_contrasts_rises_where_the_correlation_falls():
    """A negative, brought to its place by an initial transform and left there: the correlation goes towards -1."""
    fixed, other = (image(grid.coarsened(6000)) for grid in (FIXED_GRID, MOVING_GRID))
    other = moved(shift(9, -7, 5), other.with_array(other.array.max() - other.array))
    found = {}
    for similarity in ("ncc", "lncc_squared"):
        settings = small_settings({**QUICK, "learning_rate": 1e-9}, similarity=similarity)
        metrics = register(fixed, other, settings, initial_transform=shift(9, -7, 5)).metrics
        found[similarity] = metrics["similarity_after"] - metrics["similarity_before"]
        assert metrics["similarity_initial"] == pytest.approx(metrics["similarity_after"], abs=0.02)
    assert found["lncc_squared"] > 0.1 and found["ncc"] < -0.1


def test_agreement_about_a_curve_equals_that_about_a_line_for_a_line_and_exceeds_it_for_a_parabola():
    rng = np.random.default_rng(0)
    a = rng.uniform(0, 1, 50_000)
    line = np.clip(0.2 + 0.5 * a + rng.normal(0, 0.1, a.size), 0, 1)
    assert agreement_of(a, line, "nmi") == pytest.approx(agreement_of(a, line, "ncc"), abs=0.01)
    assert agreement_of(a, line, "ncc") == pytest.approx(np.corrcoef(a, line)[0, 1], abs=1e-9)
    parabola = 4 * (a - 0.5) ** 2
    assert abs(agreement_of(a, parabola, "ncc")) < 0.02 and agreement_of(a, parabola, "nmi") > 0.65
    assert agreement_of(a, rng.uniform(0, 1, a.size), "nmi") < 0.05
    assert agreement_of(a, 0 * a, "nmi") == agreement_of(a, 0 * a, "ncc") == 0
