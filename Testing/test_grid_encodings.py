"""Dense grid pyramids: exact derivatives, boxes along the image's axes."""

import numpy as np
import pytest
import torch
from grid_fields import EVERY_GRID, INTERPOLATIONS, OBLIQUE, SLICE, grid_field
from grids import GRIDS

from INRCore.fields import FieldSettings, Frame
from INRCore.fields.grid_levels import GridPyramid, node_weights
from INRCore.fields.grid_sums import weighted_rows
from INRCore.fields.jets import PAIRS
from INRCore.geometry import Grid


# -- derivatives -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("name", EVERY_GRID)
def test_derivatives_along_the_worlds_axes_equal_autograd_in_double_precision(name, interpolation):
    field = grid_field(EVERY_GRID[name], interpolation, outputs=2).double()
    # Some of the points lie outside the box.
    points = torch.tensor(EVERY_GRID[name].padded((1, 1, 1)).points()[::17] + 0.21).requires_grad_()
    value, jacobian, hessian = field.value_jacobian_hessian(points)
    torch.testing.assert_close(value, field(points))
    torch.testing.assert_close(field.value_and_jacobian(points)[1], jacobian)
    assert jacobian.abs().max() > 0.02 and hessian.abs().max() > 0.001
    for d in range(2):
        (gradient,) = torch.autograd.grad(value[:, d].sum(), points, create_graph=True)
        torch.testing.assert_close(jacobian[:, d], gradient)
        for p, (a, b) in enumerate(PAIRS):
            expected = torch.autograd.grad(gradient[:, a].sum(), points, retain_graph=True)[0][:, b]
            torch.testing.assert_close(hessian[:, d, p], expected)


def test_derivatives_equal_finite_differences_in_millimetres():
    field, step = grid_field(OBLIQUE).double(), 1e-4
    points = torch.tensor(OBLIQUE.padded((-1, -1, -1)).points()[::13] + 0.03)
    _, jacobian, hessian = field.value_jacobian_hessian(points)
    for axis in range(3):
        aside = torch.zeros(3, dtype=torch.float64)
        aside[axis] = step
        high, low = field(points + aside), field(points - aside)
        torch.testing.assert_close(jacobian[:, 0, axis], ((high - low) / (2 * step))[:, 0], rtol=1e-5, atol=1e-5)
        middle = PAIRS.index((axis, axis))
        curved = (high + low - 2 * field(points))[:, 0] / step**2
        torch.testing.assert_close(hessian[:, 0, middle], curved, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_only_cubic_features_have_derivatives_without_jumps(interpolation):
    field = grid_field(OBLIQUE, interpolation).double()
    level = field.encoding.pyramid.levels[-1]
    low, high = field.encoding.pyramid.low[0], field.encoding.pyramid.high[0]
    border = low + (high - low) * 2 / level.cells[0]  # between the second and the third cell
    places = torch.zeros(2, 3, dtype=torch.float64)
    places[:, 0] = torch.tensor([border - 1e-9, border + 1e-9], dtype=torch.float64)
    jet = field.encoding.jet(places, second=True)
    scale = jet.first.abs().max()
    first, second = ((part[:, 0] - part[:, 1]).abs().max() for part in (jet.first, jet.second))
    if interpolation == "cubic":
        assert first < 1e-6 * scale and second < 1e-6 * jet.second.abs().max()
    else:
        assert first > 1e-2 * scale


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_node_weights_sum_to_one_and_reproduce_a_straight_line(interpolation):
    t = np.linspace(0, 1, 11)
    for derivative, (total, line) in enumerate([(1, t), (0, 1), (0, 0)]):
        weights = node_weights(interpolation, t, derivative)
        nodes = np.arange(len(weights)) - (len(weights) - 2) / 2
        np.testing.assert_allclose(sum(weights), total, atol=1e-12)
        np.testing.assert_allclose(sum(w * n for w, n in zip(weights, nodes, strict=True)), line, atol=1e-12)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("sums", [1, 4])
def test_the_fast_gradient_of_the_sums_is_autograds(channels, sums):
    generator = torch.Generator().manual_seed(channels)
    table = torch.randn(50, channels, generator=generator, dtype=torch.float64).requires_grad_()
    rows = [torch.randint(50, (30, 8), generator=generator).int() for _ in range(2)]
    weights = [torch.randn(sums, 30, 8, generator=generator, dtype=torch.float64) for _ in range(2)]
    fast = weighted_rows(table, rows, weights)
    plain = weighted_rows(table, rows, [weight.clone().requires_grad_() for weight in weights])
    torch.testing.assert_close(fast, plain)
    change = torch.randn(fast.shape, generator=generator, dtype=torch.float64)
    expected = torch.autograd.grad(plain, table, change)[0]
    torch.testing.assert_close(torch.autograd.grad(fast, table, change)[0], expected)
    assert torch.equal(*(torch.autograd.grad(weighted_rows(table, rows, weights), table, change)[0] for _ in range(2)))


# -- where things are ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", EVERY_GRID)
def test_the_frame_of_one_grid_takes_its_axes_and_its_box_holds_it_tightly(name):
    grid = EVERY_GRID[name]
    frame = Frame.of_grid(grid)
    corners = grid.corners @ frame.world_to_frame[:3, :3].T + frame.world_to_frame[:3, 3]
    np.testing.assert_allclose(np.abs(corners).max(0), frame.box, atol=1e-9)
    torch.testing.assert_close(frame.normalise(torch.tensor(grid.corners)), torch.tensor(corners))
    unit = frame.world_to_frame[:3, :3] * frame.half_extent_mm
    np.testing.assert_allclose(unit @ unit.T, np.eye(3), atol=1e-12)  # the same scale along every axis
    if not grid.is_sheared:
        np.testing.assert_allclose(np.abs(corners), np.tile(frame.box, (8, 1)), atol=1e-9)
        np.testing.assert_allclose(unit @ grid.directions, np.eye(3), atol=1e-9)
        np.testing.assert_array_equal(frame.samples, grid.size_ijk)


def test_several_grids_are_framed_along_the_worlds_axes():
    frame = Frame.of_grid(GRIDS["oblique"], OBLIQUE, margin_mm=2)
    assert frame.axes is None and frame.spacing_mm is None
    corners = frame.normalise(torch.tensor(np.concatenate([GRIDS["oblique"].corners, OBLIQUE.corners])))
    margin = 2 / frame.half_extent_mm
    np.testing.assert_allclose(corners.abs().amax(0), np.array(frame.box) - margin, atol=1e-9)


def test_thick_slices_get_no_more_cells_than_the_data_has_steps_unless_cubes_are_asked_for():
    thick = Grid.from_parts((12, 256, 200), (1, 1, 10))
    sizes = {"encoding": "grid", "grid_levels": 2, "grid_coarsest": 16, "grid_finest": 128}
    finest = GridPyramid.of(FieldSettings(**sizes), Frame.of_grid(thick)).levels[-1]
    assert finest.cells == (100, 128, 11) and finest.nodes == (103, 131, 14)
    cubes = GridPyramid.of(FieldSettings(**sizes, grid_cells_per_sample=None), Frame.of_grid(thick)).levels[-1]
    assert cubes.cells == (100, 128, 55)
    # As many cells as the image allows: a node on every sample.
    many = GridPyramid.of(FieldSettings(**{**sizes, "grid_finest": 4000}), Frame.of_grid(thick)).levels[-1]
    assert many.cells == (199, 255, 11)
    cube = GridPyramid.of(FieldSettings(**sizes), Frame((0, 0, 0), 50.0)).levels[-1]
    assert cube.cells == (128, 128, 128)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_a_single_slice_has_one_layer_of_nodes_and_is_constant_across_it(interpolation):
    field = grid_field(SLICE, interpolation)
    assert all(level.nodes[2] == 1 for level in field.encoding.pyramid.levels)
    points = torch.tensor(SLICE.points()[::5], dtype=torch.float32)
    across = torch.tensor(SLICE.directions[:, 2], dtype=torch.float32)
    torch.testing.assert_close(field(points), field(points + 1.7 * across), rtol=1e-4, atol=1e-4)
    jacobian = field.value_and_jacobian(points)[1][:, 0]
    assert (jacobian @ across).abs().max() < 1e-4 * jacobian.abs().max()
    assert field(points).std() > 0.03


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_points_beyond_the_box_take_the_value_at_its_border(interpolation):
    encoding = grid_field(OBLIQUE, interpolation).encoding
    inside = torch.rand(40, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    low, high = torch.tensor(encoding.pyramid.low), torch.tensor(encoding.pyramid.high)
    border = torch.minimum(torch.maximum(inside, low), high)
    border[:, 0] = high[0]
    beyond = border.clone()
    beyond[:, 0] += 0.7
    torch.testing.assert_close(encoding(beyond), encoding(border), rtol=1e-4, atol=1e-5)
    assert encoding.jet(beyond, second=False).first[0].abs().max() == 0
