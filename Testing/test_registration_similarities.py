"""Registration with every similarity, with several channels, and what it says about images that do not go together."""

import numpy as np
import pytest
import torch
from registration_phantom import (
    CENTER,
    FIXED_GRID,
    MOVING_GRID,
    half_mask,
    image,
    known_warp,
    points_of_the_object,
    small_settings,
)

from INRCore.errors import InputError
from INRCore.fields import FieldSettings
from INRCore.interpolation import ImageSampler
from INRCore.registration import register
from INRCore.registration.descriptors import described_alike
from INRCore.registration.images import prepare_image
from INRCore.registration.models import new_model
from INRCore.registration.problem import Pair, RegistrationProblem
from INRCore.registration.side import Side
from INRCore.registration.vectors import VectorSampler

SPLINES = FieldSettings(encoding="grid", grid_levels=3, grid_coarsest=3, grid_finest=10)
FIT = {"iterations": 100, "points": 2048, "learning_rate": 0.04}


def error_of(result, right_only=False):
    """Mean mm in the object, or in its half that is clearly to the right."""
    points = points_of_the_object()
    points = points[points[:, 0] > CENTER[0] + 6] if right_only else points
    return np.linalg.norm(result.transform_points(points) - points - known_warp(points), axis=-1).mean()


def size_of_the_warp():
    return np.linalg.norm(known_warp(points_of_the_object()), axis=-1).mean()


def splines(fit=None, **changes):
    return small_settings({**FIT, **(fit or {})}, **{"field": SPLINES, **changes})


def same_contrast():
    return image(FIXED_GRID, lambda x: x + known_warp(x), name="fixed"), image(MOVING_GRID, name="moving")


def other_contrast():
    """Dark and bright exchanged in the upper range of the moving image: no gain makes one of the other."""
    fixed, moving = same_contrast()
    return fixed, moving.with_array(-np.abs(moving.array - 250.0))


# -- similarities ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("similarity", "share"), [("ncc_lncc", 0.3), ("lncc_squared", 0.3), ("mind", 0.42), ("nmi", 0.3)]
)
def test_every_similarity_recovers_the_warp(similarity, share):
    assert error_of(register(*same_contrast(), splines(similarity=similarity))) < share * size_of_the_warp()


@pytest.mark.parametrize(("similarity", "share"), [("lncc_squared", 0.35), ("mind", 0.48), ("nmi", 0.35)])
def test_measures_for_different_contrasts_recover_the_warp_where_correlation_fails(similarity, share):
    assert error_of(register(*other_contrast(), splines(similarity=similarity))) < share * size_of_the_warp()


@pytest.mark.slow
def test_correlation_does_not_recover_the_warp_between_different_contrasts():
    assert error_of(register(*other_contrast(), splines())) > size_of_the_warp() / 1.5


def test_windows_see_the_edge_at_which_a_mask_ends():
    """A ball of one grey under a mask that is the ball: only what lies beyond the mask tells how it moved."""

    def ball(grid, shift):
        inside = np.linalg.norm(grid.points() - CENTER - shift, axis=-1) < 18
        return image(grid).with_array(inside.astype(np.float32).reshape(grid.shape))

    moved = np.array([3.0, -2.0, 2.0])
    fixed, moving = ball(FIXED_GRID, 0.0), ball(MOVING_GRID, moved)
    settings = splines({"iterations": 60}, similarity="lncc", smoothing_voxels=(0.0,))
    result = register(fixed, moving, settings, fixed_mask=fixed)
    points = CENTER + np.random.default_rng(0).normal(0, 6, (200, 3))
    # 0.66 mm without what lies beyond the mask, where interpolation at its rim is all there is to see.
    assert np.linalg.norm(result.transform_points(points) - points - moved, axis=-1).mean() < 0.5


@pytest.mark.slow
def test_windows_see_through_a_slow_change_of_brightness():
    fixed, moving = same_contrast()
    height = (moving.grid.points()[:, 0] - CENTER[0]).reshape(moving.grid.shape)
    shaded = moving.with_array((moving.array * np.exp(0.03 * height)).astype(np.float32))
    errors = {name: error_of(register(fixed, shaded, splines(similarity=name))) for name in ("ncc", "lncc")}
    assert errors["lncc"] < size_of_the_warp() / 2
    assert errors["lncc"] < 0.75 * errors["ncc"]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["velocity", "cycle"])
def test_windows_and_descriptors_work_both_ways(model):
    for similarity in ("lncc", "mind"):
        changes = {"model": model, "symmetric": model == "velocity", "similarity": similarity}
        result = register(*same_contrast(), small_settings({"iterations": 80, "points": 1536}, **changes))
        assert error_of(result) < size_of_the_warp() / 2
        assert result.metrics["folding_fraction"] == 0


@pytest.mark.parametrize(("changes", "back"), [
    ({}, False), ({"field": SPLINES}, False), ({"model": "velocity"}, False), ({"model": "velocity"}, True),
    ({"model": "velocity", "field": SPLINES}, True), ({"model": "cycle"}, False), ({"model": "cycle"}, True),
])  # fmt: skip
def test_the_slopes_of_a_model_are_those_of_finite_differences(changes, back):
    model = new_model(FIXED_GRID, small_settings(**changes))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for field in model.fields:
            weights = [p for p in field.parameters() if p.requires_grad and p.ndim == 2]
            weights[-1].normal_(0, 0.2, generator=generator)
    points = torch.as_tensor(points_of_the_object()[::150], dtype=torch.float32)
    way = model.backward if back else model
    with torch.no_grad():
        value, slope = model.slopes(points, 0.5, back)
        sides = [way(points + 0.5 * axis) - way(points - 0.5 * axis) for axis in torch.eye(3)]
    assert torch.allclose(value, way(points), atol=1e-4) and value.abs().max() > 0.05
    assert slope.abs().max() > 0.01
    assert torch.allclose(slope, torch.stack(sides, -1), atol=0.15 * float(slope.abs().max()))


def test_descriptors_of_both_images_lie_along_the_same_axes_and_at_their_places():
    """The same texture on two oblique grids, one of them moved away by the start: descriptors agree at the texture."""
    start = np.eye(4)
    start[:3, 3] = (40.0, -10.0, 5.0)
    fixed, moving = image(FIXED_GRID), image(MOVING_GRID)
    moved = moving.with_array(moving.array, moving.grid.transformed(start))
    sides = [
        Side(prepare_image(volume, None, "fixed"), np.arange(9), 0.0, placed)
        for volume, placed in ((fixed, np.eye(4)), (moved, np.linalg.inv(start)))
    ]
    samplers = described_alike(*sides, torch.device("cpu"), None)
    points = torch.as_tensor(points_of_the_object()[::20], dtype=torch.float32)
    a, b, aside = samplers[0](points), samplers[1](points), samplers[1](points + torch.tensor([9.0, 0, 0]))
    assert a.shape == (len(points), 12)
    assert (a - b).abs().mean() < 0.5 * (a - aside).abs().mean()


def test_vectors_between_voxels_are_interpolated_channel_by_channel():
    values = torch.rand(*FIXED_GRID.shape, 3, generator=torch.Generator().manual_seed(0))
    points = torch.as_tensor(points_of_the_object()[::50], dtype=torch.float32)
    found = VectorSampler(values.half(), FIXED_GRID, torch.device("cpu"))(points)
    for channel in range(3):
        expected = ImageSampler(values[..., channel].numpy(), FIXED_GRID)(points)
        assert torch.allclose(found[:, channel], expected, atol=1e-3)


@pytest.mark.parametrize("similarity", ["ncc", "lncc", "mind", "nmi", "mse"])
def test_a_point_outside_a_mask_of_either_image_counts_in_no_similarity(similarity):
    fixed, moving = same_contrast()
    left = half_mask(MOVING_GRID, margin=6.0)
    spoiled = moving.array.copy()
    spoiled[(MOVING_GRID.points()[:, 0] > CENTER[0] + 6).reshape(spoiled.shape)] = 123.0
    losses = []
    for volume in (moving, moving.with_array(spoiled)):
        images = prepare_image(fixed, None, "fixed"), prepare_image(volume, left, "moving")
        settings = small_settings(similarity=similarity)
        problem = RegistrationProblem(new_model(FIXED_GRID, settings), Pair([images], np.eye(4), 0), settings, 0.0)
        problem.to(torch.device("cpu"))
        losses.append(problem.losses(4000, torch.Generator().manual_seed(0), 0)["similarity"].item())
    assert losses[0] == pytest.approx(losses[1], abs=2e-3) and losses[0] > 0.01


# -- channels ----------------------------------------------------------------------------------------------------------
def half_shown(volume, right, mapping):
    """The volume with one half of its texture gone flat, the same half of the object in both images."""
    seen = (mapping(volume.grid.points())[:, 0] > CENTER[0]).reshape(volume.array.shape) == right
    return volume.with_array(np.where(seen, volume.array, 0).astype(np.float32))


@pytest.mark.slow
def test_channels_that_each_show_one_half_recover_the_whole_together():
    fixed, moving = same_contrast()
    sides = (fixed, lambda x: x + known_warp(x)), (moving, lambda x: x)
    channels = [[half_shown(volume, right, mapping) for right in (False, True)] for volume, mapping in sides]
    masks = {"fixed_mask": half_mask(FIXED_GRID, -60.0)}  # everywhere: the foreground would be that of one half
    both = error_of(register(*channels, splines(), **masks), right_only=True)
    left_only = error_of(register(channels[0][0], channels[1][0], splines(), **masks), right_only=True)
    assert both < 0.6 * left_only


@pytest.mark.slow
def test_each_channel_has_its_own_similarity_and_weight():
    (fixed, moving), (_, other) = same_contrast(), other_contrast()
    fine = splines(channel_similarities=("mse", "nmi"))
    assert error_of(register([fixed, fixed], [moving, other], fine)) < size_of_the_warp() / 3
    noise = moving.with_array(np.random.default_rng(0).uniform(0, 1, moving.array.shape).astype(np.float32))
    weights = splines({"iterations": 60}, channel_weights=(1.0, 0.0))
    alone = register([fixed, fixed], [moving, noise], weights).metrics
    assert alone == register(fixed, moving, splines({"iterations": 60})).metrics


@pytest.mark.parametrize(("channels", "changes", "words"), [
    ((2, 1), {}, "2 fixed and 1 moving volumes"), ((0, 0), {}, "0 fixed and 0 moving"),
    ((2, 2), {"channel_similarities": ("ncc",)}, "channel_similarities has 1 entries.*2 channels"),
    ((2, 2), {"channel_weights": (1.0, 1.0, 1.0)}, "channel_weights has 3 entries.*2 channels"),
])  # fmt: skip
def test_channels_that_do_not_pair_up_are_refused(channels, changes, words):
    fixed, moving = same_contrast()
    with pytest.raises(InputError, match=words):
        register([fixed] * channels[0], [moving] * channels[1], splines(**changes))


@pytest.mark.parametrize(("changes", "words"), [
    ({"channel_similarities": ("ncc", "ssd")}, "lncc"), ({"channel_weights": (0.0, 0.0)}, "above 0"),
    ({"channel_weights": (-1.0,)}, "channel_weights"),
])  # fmt: skip
def test_settings_of_channels_that_make_no_sense_are_refused(changes, words):
    with pytest.raises(InputError, match=words):
        small_settings(**changes)


# -- what looks wrong --------------------------------------------------------------------------------------------------
def notes_of(fixed, moving, **changes):
    return " ".join(register(fixed, moving, splines({"iterations": 3}, **changes)).notes)


def test_different_contrasts_given_to_a_correlation_are_noticed_and_those_of_one_are_not():
    assert "different contrasts" in notes_of(*other_contrast())
    assert "lncc_squared" in notes_of(*other_contrast(), similarity="lncc")
    assert "different contrasts" not in notes_of(*other_contrast(), similarity="nmi")
    assert "different contrasts" not in notes_of(*same_contrast())
    in_hounsfield = [volume.with_array(volume.as_float32() - 1000) for volume in other_contrast()]
    assert "different contrasts" not in notes_of(*in_hounsfield)  # two CTs, whose curve bends for other reasons


def test_a_note_comes_before_the_fit_and_the_result_says_which_was_brought_onto_which():
    reports = []
    result = register(*other_contrast(), splines({"iterations": 3}), on_progress=reports.append)
    fixed, moving = (volume.label for volume in other_contrast())
    assert result.direction.index(f"moving volume {moving}") < result.direction.index(f"fixed volume {fixed}")
    stages = [report.stage for report in reports]
    assert stages.index("check") < stages.index("fit")
    assert "different contrasts" in reports[stages.index("check")].note


def test_a_small_moving_image_is_noticed_and_a_whole_one_is_not():
    fixed, moving = same_contrast()
    assert "of the fixed region lies in the moving image" in notes_of(fixed, moving.cropped((16, 0, 0), (24, 46, 20)))
    assert "of the fixed region" not in notes_of(fixed, moving)


def test_landmarks_that_lie_in_each_others_image_are_refused_as_swapped():
    fixed, moving = same_contrast()
    away = np.eye(4)
    away[:3, 3] = (300.0, 0, 0)
    apart = moving.with_array(moving.array, moving.grid.transformed(away))
    points = CENTER + np.random.default_rng(0).uniform(-5, 5, (4, 3))
    known = {"fixed_landmarks": points + away[:3, 3], "moving_landmarks": points, "initial_transform": away}
    with pytest.raises(InputError, match="swapped"):
        register(fixed, apart, splines(), **known)


def test_a_mask_of_the_other_image_is_refused_with_a_hint():
    fixed, moving = same_contrast()
    away = np.eye(4)
    away[:3, 3] = (300.0, 0, 0)
    mask = half_mask(MOVING_GRID)
    with pytest.raises(InputError, match=r"fixed mask.*swapped"):
        register(fixed, moving, splines(), fixed_mask=mask.with_array(mask.array, mask.grid.transformed(away)))
