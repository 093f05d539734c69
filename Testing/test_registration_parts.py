"""The parts of a registration: where the displacement ends, masks, missing voxels, coarse images."""

import numpy as np
import pytest
import torch
from grids import GRIDS, rotation
from registration_phantom import (
    CENTER,
    FIXED_GRID,
    MOVING_GRID,
    constant_field,
    grid_around,
    half_mask,
    image,
    known_warp,
    small_settings,
)

from INRCore.fields import Field, FieldSettings, Frame
from INRCore.foreground import foreground
from INRCore.geometry import Grid
from INRCore.registration import register
from INRCore.registration.domain import cells_within, choose_spacing, make_domain
from INRCore.registration.images import prepare_image
from INRCore.registration.models import DisplacementModel
from INRCore.registration.problem import Pair, RegistrationProblem
from INRCore.registration.pyramid import smoothed
from INRCore.registration.sampled import DisplacementSampler, determinant_at_nodes, sample
from INRCore.volume import Volume


# -- where the displacement ends ---------------------------------------------------------------------------------------
def ended(field, grid, margin=None):
    """A constant field's domain, the grid it is sampled on and its displacement there."""
    cells = cells_within(grid, 2.0)
    domain = make_domain(grid, cells, margin, float(np.linalg.norm(field.output_offset)))
    nodes = domain.nodes(cells)
    return domain, nodes, sample(lambda points: domain.vectors(field, points), nodes)


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("margin", [None, 25.0])
def test_the_displacement_is_unchanged_inside_and_fades_to_nothing_without_folding(name, margin):
    grid, value = GRIDS[name], np.array([2.0, -1.0, 1.5])
    field = constant_field(grid, value)
    domain, nodes, displacement = ended(field, grid, margin)
    for face in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1], np.s_[:, :, 0], np.s_[:, :, -1]):
        assert np.all(displacement[face] == 0)
    inside = grid.index_to_world(np.random.default_rng(0).uniform(-0.5, grid.size_ijk - 0.5, (500, 3)))
    assert np.allclose(DisplacementSampler(displacement, nodes)(inside), value, atol=1e-4)
    assert determinant_at_nodes(displacement, nodes).min() > 0
    outside = grid.center + np.array([[500.0, 0, 0]])
    assert np.all(domain.vectors(field, outside) == 0)


@pytest.mark.parametrize("name", GRIDS)
def test_the_margin_grows_with_the_displacement_at_the_border_so_that_it_never_folds(name):
    field = constant_field(GRIDS[name], (14.0, -9.0, 11.0))
    _, nodes, displacement = ended(field, GRIDS[name])
    assert determinant_at_nodes(displacement, nodes).min() > 0


@pytest.mark.parametrize("name", GRIDS)
def test_the_determinant_at_the_nodes_is_that_of_a_known_map(name):
    grid = GRIDS[name]
    bend = np.array([[0.1, 0.2, 0.0], [-0.3, 0.05, 0.1], [0.0, 0.4, -0.2]])
    displacement = (grid.points() @ bend.T).reshape(*grid.shape, 3)
    expected = np.linalg.det(np.eye(3) + bend)
    assert determinant_at_nodes(displacement, grid) == pytest.approx(np.full(grid.shape, expected), rel=1e-5)


def test_a_curved_field_gets_a_finer_grid_and_a_straight_one_a_coarse_one():
    grid = Grid.from_parts((40, 40, 40), (1, 1, 1))
    wavy = Field(FieldSettings(width=16, depth=2), Frame.of_grid(grid), 3, output_scale=40.0)
    assert choose_spacing(constant_field(grid, (5, 0, 0)).evaluate, grid, 0.05) == 10
    assert 1 <= choose_spacing(wavy.evaluate, grid, 0.05) < 3


# -- masks and missing voxels ------------------------------------------------------------------------------------------
def loss_of(fixed, moving, fixed_mask=None, moving_mask=None, sigma=0.0, count=4000):
    pair = Pair(
        [(prepare_image(fixed, fixed_mask, "fixed"), prepare_image(moving, moving_mask, "moving"))], np.eye(4), 0
    )
    model = DisplacementModel(constant_field(fixed.grid, (0, 0, 0)))
    problem = RegistrationProblem(model, pair, small_settings(), sigma)
    problem.to(torch.device("cpu"))
    return problem.losses(count, torch.Generator().manual_seed(0), 0)["similarity"].item()


def spoiled_right(volume):
    array = volume.array.copy()
    right = (volume.grid.points()[:, 0] > CENTER[0] - 1).reshape(array.shape)
    array[right] = np.random.default_rng(0).uniform(0, 400, int(right.sum()))
    return volume.with_array(array)


@pytest.mark.parametrize("side", ["fixed", "moving"])
def test_what_lies_outside_a_mask_on_another_grid_does_not_count(side):
    pair = {"fixed": image(FIXED_GRID, lambda x: x + known_warp(x)), "moving": image(MOVING_GRID)}
    other = grid_around((50, 50, 50), (2, 2, 2), rotation(5, 50, 15))
    # The splines between voxels feel those a few voxels away, a quarter as much with every voxel.
    mask = {f"{side}_mask": half_mask(other, margin=14.0)}
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
