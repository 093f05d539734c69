"""Deformation models: flows that never fold, inverses that lead back, pairs that say how sure they are, starts."""

import numpy as np
import pytest
import torch
from grids import GRIDS
from registration_phantom import (
    CENTER,
    FIXED_GRID,
    MOVING_GRID,
    constant_field,
    image,
    known_warp,
    points_of_the_object,
    small_settings,
    through,
    turned,
    warped_pair,
)
from scipy.linalg import expm

from INRCore.errors import InputError
from INRCore.fields import Field, FieldSettings, Frame
from INRCore.registration import register
from INRCore.registration.domain import Domain
from INRCore.registration.flow import enough_steps, expansion, integrate
from INRCore.registration.inversion import invert
from INRCore.registration.maps import MAPS
from INRCore.registration.models import VelocityModel, new_model
from INRCore.registration.sampled import SampledMap, inverse_of

SPLINES = FieldSettings(encoding="grid", grid_levels=3, grid_coarsest=3, grid_finest=10)
MODELS = {
    "displacement": {"model": "displacement"},
    "velocity": {"model": "velocity", "forbid_folding": True},
    "symmetric velocity": {"model": "velocity", "symmetric": True},
    "cycle": {"model": "cycle"},
    "spline displacement": {"field": SPLINES},
}


@pytest.fixture(scope="module", params=MODELS)
def recovered(request):
    """The phantom's warp after an affine map: moving(A y) = texture(y), so that phi(x) = A(x + u(x))."""
    fixed, moving = warped_pair()
    moved = moving.with_array(moving.array, moving.grid.transformed(turned()))
    fit = {"iterations": 200, **({"learning_rate": 0.03} if "spline" in request.param else {})}
    settings = small_settings(fit, **MODELS[request.param])
    return register(fixed, moved, settings, initial_transform=turned()), fixed, moved


# -- every model -------------------------------------------------------------------------------------------------------
def test_every_model_recovers_the_warp_from_an_affine_start_without_folding(recovered):
    result, *_ = recovered
    points = points_of_the_object()
    truth = through(turned(), points + known_warp(points))
    error = np.linalg.norm(result.transform_points(points) - truth, axis=-1)
    assert error.mean() < np.linalg.norm(known_warp(points), axis=-1).mean() / 3
    metrics = result.metrics
    assert metrics["folding_fraction"] == metrics["folding_fraction_sampled"] == 0
    assert metrics["similarity_before"] < metrics["similarity_initial"] < metrics["similarity_after"]
    assert result.jacobian.array.std() > 0.02


def test_the_way_there_and_back_ends_within_a_tenth_of_a_millimetre_of_its_start(recovered):
    result, *_ = recovered
    points = FIXED_GRID.points()[::7]
    there = result.transform_points(points)
    assert np.linalg.norm(result.transform_points_back(there) - points, axis=-1).max() < 0.01
    assert np.linalg.norm(there - points, axis=-1).min() > 1
    sampled = SampledMap(result.displacement, result.displacement_grid, result.affine).on()
    back = result.inverse.on()(sampled(points))
    errors = np.linalg.norm(back - points, axis=-1)
    assert errors.max() < 0.1
    metrics = result.metrics
    assert metrics["inverse_error_max_mm"] < 0.1
    assert metrics["inverse_error_mean_mm"] == pytest.approx(errors.mean(), rel=0.3)
    assert result.inverse_error.array.max() == pytest.approx(metrics["inverse_error_max_mm"])


def test_the_fixed_volume_warped_back_looks_like_the_moving_one(recovered):
    result, fixed, moved = recovered
    back = result.warp_back(fixed, moved.grid, background=0)
    inside = np.linalg.norm(moved.grid.points() - through(turned(), CENTER), axis=-1).reshape(moved.grid.shape) < 20
    expected = (moved.array.astype(float) - 40) / 1.7
    straight = SampledMap(0 * result.displacement, result.displacement_grid, np.eye(4))
    assert back.grid.same_as(moved.grid)
    error = np.abs(back.array - expected)[inside].mean()
    assert error < 0.25 * np.abs(expected[inside] - expected[inside].mean()).mean()
    assert np.abs(straight.on()(CENTER[None]) - CENTER).max() < 1e-5


def test_the_jacobian_is_that_of_the_map(recovered):
    result, *_ = recovered
    index = np.random.default_rng(0).integers(3, np.array(FIXED_GRID.size_ijk) - 3, (200, 3))
    points, step = FIXED_GRID.index_to_world(index), 0.05
    columns = [
        (result.map.displacement(points + step * axis) - result.map.displacement(points - step * axis)) / (2 * step)
        for axis in np.eye(3)
    ]
    determinant = np.linalg.det(np.eye(3) + np.stack(columns, -1))
    found = result.jacobian.array[index[:, 2], index[:, 1], index[:, 0]]
    assert np.abs(found - determinant).max() < 0.03 and determinant.std() > 0.03
    log = result.log_jacobian.array[index[:, 2], index[:, 1], index[:, 0]]
    assert np.allclose(np.exp(log), found, rtol=1e-4)


def test_the_sampled_grid_follows_the_map(recovered):
    result, *_ = recovered
    assert result.metrics["grid_error_max_mm"] < 0.15 * FIXED_GRID.spacing.min()
    assert all(np.all(face == 0) for face in (result.displacement[0], result.displacement[:, -1]))


def test_only_a_pair_of_fields_says_how_sure_it_is():
    result = register(*warped_pair(), small_settings({"iterations": 60}, model="cycle"))
    index = np.rint(FIXED_GRID.world_to_index(CENTER + 5)).astype(int)
    at = FIXED_GRID.index_to_world(index)[None]
    there = result.map.fields[0].evaluate(at)
    back = invert(result.map.fields[1].evaluate, at)[0]
    assert np.linalg.norm(there - back) == pytest.approx(result.map.uncertainty(at)[0], abs=1e-3)
    assert result.map.displacement(at) == pytest.approx((there + back) / 2, abs=1e-3)
    assert result.uncertainty.array[tuple(index[::-1])] == pytest.approx(result.map.uncertainty(at)[0], abs=0.02)
    assert result.metrics["uncertainty_mean_mm"] < result.metrics["uncertainty_p95_mm"]
    single = register(*warped_pair(), small_settings({"iterations": 12}))
    assert single.uncertainty is None and "uncertainty_mean_mm" not in single.metrics


def test_a_map_that_folds_says_so_and_a_flow_of_the_same_pair_does_not():
    fixed, moving = image(FIXED_GRID), image(MOVING_GRID, lambda x: CENTER + (x - CENTER) * (-1, 1, 1))
    notes = {}
    for model in ("displacement", "velocity"):
        settings = small_settings({"iterations": 60, "learning_rate": 1e-2}, model=model, hyperelastic_weight=0.0)
        result = register(fixed, moving, settings)
        notes[model] = [note for note in result.notes if "folds" in note]
        share = max(result.metrics["folding_fraction"], result.metrics["folding_fraction_sampled"])
        assert (share > 0) == (model == "displacement")
    assert "velocity" in notes["displacement"][0] and not notes["velocity"]


# -- flows -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("steps", "tolerance"), [(1, 1.5), (8, 1e-3)])
def test_the_flow_of_a_turning_velocity_is_a_rotation(steps, tolerance):
    spin = np.array([[0, -0.9, 0.3], [0.9, 0, -0.5], [-0.3, 0.5, 0]])
    points = np.random.default_rng(0).uniform(-50, 50, (100, 3))
    expected = points @ expm(spin).T
    assert np.abs(points + integrate(lambda x: x @ spin.T, points, steps) - expected).max() < tolerance
    back = expected + integrate(lambda x: x @ spin.T, expected, steps, -1.0)
    assert np.abs(back - points).max() < tolerance
    assert enough_steps(lambda x: x @ spin.T, points, 1e-2) == 4


def test_the_expansion_of_a_flow_is_the_exponential_of_its_divergence():
    growth = np.diag([0.5, -0.2, 0.4])
    found = expansion(lambda x: (x @ growth, np.full(len(x), 0.7)), np.ones((5, 3)), 4)
    assert found == pytest.approx(np.full(5, np.exp(0.7)))


def test_the_expansion_along_a_curved_path_is_the_determinant_of_its_flow():
    def velocity(x: np.ndarray) -> np.ndarray:
        return np.stack([np.sin(x[:, 1]) + 0.5 * x[:, 0], np.cos(2 * x[:, 0]), np.sin(x[:, 2] + x[:, 0])], -1)

    def with_divergence(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return velocity(x), 0.5 + np.cos(x[:, 2] + x[:, 0])

    points = np.random.default_rng(0).uniform(-2, 2, (200, 3))
    sides = [
        (integrate(velocity, points + s, 16) - integrate(velocity, points - s, 16)) / 2e-4 for s in 1e-4 * np.eye(3)
    ]
    measured = np.linalg.det(np.eye(3) + np.stack(sides, -1))
    for steps, tolerance in ((4, 2e-2), (16, 2e-4)):
        assert expansion(with_divergence, points, steps) == pytest.approx(measured, rel=tolerance)


@pytest.mark.parametrize("name", GRIDS)
def test_the_jacobian_of_a_domain_is_that_of_its_vectors_inside_and_where_they_go_on(name):
    grid = GRIDS[name]
    field = Field(FieldSettings(width=16, depth=2, omega_first=2.0), Frame.of_grid(grid), 3, output_scale=300.0)
    domain = Domain(grid, 0.0, 50.0, 10.0)
    around = grid.size_ijk - 0.5 + 10 / grid.spacing
    points = grid.index_to_world(np.random.default_rng(0).uniform(-0.5 - 10 / grid.spacing, around, (300, 3)))
    assert (domain.clamp_and_fade(points)[1] == 1).all() and not grid.contains(points).all()
    edges = np.abs(np.abs(grid.world_to_index(points) - (grid.size_ijk - 1) / 2) - grid.size_ijk / 2) * grid.spacing
    points = points[edges.min(-1) > 0.2]  # the slope jumps where the field of view ends
    sides = [(domain.vectors(field, points + s) - domain.vectors(field, points - s)) / 0.1 for s in 0.05 * np.eye(3)]
    found = domain.vectors_and_jacobian(field, points)[1]
    assert np.abs(found).max() > 0.05
    assert np.abs(found - np.stack(sides, -1)).max() < 0.02 * np.abs(found).max()


@pytest.mark.parametrize("field", [{"encoding": "hashgrid"}, {"encoding": "grid", "grid_interpolation": "trilinear"}])
def test_bending_is_refused_where_there_are_no_second_derivatives(field):
    with pytest.raises(InputError, match="second derivatives"):
        small_settings(field=FieldSettings(**field), bending_weight=1.0)
    small_settings(field=FieldSettings(encoding="grid"), bending_weight=1.0)


@pytest.mark.parametrize("name", GRIDS)
def test_a_wild_field_folds_as_a_displacement_and_never_as_a_velocity(name):
    grid = GRIDS[name]
    frame = Frame.of_grid(grid)
    field = Field(FieldSettings(width=24, depth=2, omega_first=4.0), frame, 3, output_scale=40 * frame.half_extent_mm)
    settings = small_settings(model="velocity")
    points = grid.index_to_world(np.random.default_rng(0).uniform(-0.5, grid.size_ijk - 0.5, (400, 3)))
    assert MAPS["displacement"].of([field], grid, settings).determinant(points).min() < 0
    flow = MAPS["velocity"].of([field], grid, settings)
    assert flow.determinant(points).min() > 0
    there = points + flow.displacement(points)
    assert np.abs(there + flow.inverse(there) - points).max() < 0.05
    steps = np.array([flow.displacement(points + 0.01 * axis) - flow.displacement(points - 0.01 * axis)
                      for axis in np.eye(3)]) / 0.02  # fmt: skip
    measured = np.linalg.det(np.eye(3) + steps.transpose(1, 2, 0))
    inner = grid.padded((-2, -2, -2)).contains(points) & grid.padded((-2, -2, -2)).contains(there)
    assert flow.determinant(points)[inner] == pytest.approx(measured[inner], rel=0.1, abs=0.02)


@pytest.mark.parametrize("name", GRIDS)
def test_the_flow_of_the_fit_is_the_flow_of_the_result(name):
    grid = GRIDS[name]
    field = Field(FieldSettings(width=16, depth=2, omega_first=2.0), Frame.of_grid(grid), 3, output_scale=3.0)
    settings = small_settings(model="velocity", velocity_steps=4)
    points = grid.index_to_world(np.random.default_rng(0).uniform(-0.5, grid.size_ijk - 0.5, (500, 3)))
    tensor = torch.as_tensor(points, dtype=torch.float32)
    model, found = VelocityModel(field, grid, settings), MAPS["velocity"].of([field], grid, settings)
    with torch.no_grad():
        there, back = model(tensor).numpy(), model.backward(tensor).numpy()
    assert np.linalg.norm(there, axis=-1).max() > 0.5
    assert np.abs(there - found.displacement(points)).max() < 2e-3
    assert np.abs(back - found.inverse(points)).max() < 2e-3


def test_the_grid_of_a_wild_map_does_not_outgrow_memory():
    field = constant_field(FIXED_GRID, (900.0, 0, 0))
    found = MAPS["displacement"].of([field], FIXED_GRID, small_settings(grid_spacing_mm=1.0))
    assert 10_000 < found.nodes.voxel_count <= 6_000_000
    assert np.all(found.displacement(found.nodes.corners) == 0)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_starts_as_the_identity(name):
    model = new_model(FIXED_GRID, small_settings(**MODELS[name]))
    points = torch.as_tensor(FIXED_GRID.points()[::50], dtype=torch.float32)
    assert model(points).abs().max() < 1e-2
    assert len(model.fields) == 1 + (name == "cycle")
    if model.both_ways:
        assert model.backward(points).abs().max() < 1e-2


# -- inverses ----------------------------------------------------------------------------------------------------------
def test_a_map_with_steep_slopes_is_inverted_and_one_that_folds_says_so():
    def folding(x):
        return 0.1 * x * x - x  # nothing comes to lie below 0

    def bearable(x):
        return np.stack([1.6 * x[:, 0] + 8 * np.sin(x[:, 1] / 6), 0.5 * np.sin(x[:, 0]), -0.4 * x[:, 2]], -1)

    points = np.random.default_rng(0).uniform(-9, 9, (300, 3))
    back, left = invert(bearable, points + bearable(points))
    assert left.max() < 1e-3 and np.abs(back + bearable(points)).max() < 5e-3
    folded, left = invert(folding, points)
    found = points + folded
    assert np.linalg.norm(found + folding(found) - points, axis=-1) == pytest.approx(left)
    assert np.array_equal(left < 1e-3, (points > 0).all(-1)) and left.max() > 5


@pytest.mark.parametrize("name", GRIDS)
def test_an_inverse_is_carried_by_the_affine_part(name):
    grid, matrix = GRIDS[name].padded((2, 2, 2)), turned((20, 30, -40))
    wave = 0.4 * np.sin((grid.points() - grid.center) @ np.array([[1, 2, 0], [0, 1, 1], [2, 0, 1]]) / 12)
    wave[np.abs(grid.world_to_index(grid.points()) - (grid.size_ijk - 1) / 2).max(-1) > 3] = 0
    forward = SampledMap(wave.reshape(*grid.shape, 3).astype(np.float32), grid, matrix)
    back = inverse_of(forward, None)
    points = grid.points()  # at the nodes themselves nothing is lost by interpolation between inverse nodes and back
    nodes = back.grid.points()
    there = forward.on()(back.on()(nodes))
    assert np.abs(there - nodes).max() < 5e-3
    assert np.abs(forward.on()(points) - through(matrix, points)).max() > 0.2
