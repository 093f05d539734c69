"""Dense grid pyramids sampled on lattices."""

import numpy as np
import pytest
import torch
from grid_fields import EVERY_GRID, INTERPOLATIONS, OBLIQUE, grid_field, turned_about
from grids import GRIDS, rotation

from INRCore.fields import Frame
from INRCore.fields.grid_lattice import SeparableLattice
from INRCore.geometry import Grid


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("name", [name for name in EVERY_GRID if name != "sheared"])
def test_lattices_along_the_frames_axes_give_what_points_give(name, interpolation):
    field = grid_field(EVERY_GRID[name], interpolation, outputs=2)
    for grid in (EVERY_GRID[name], turned_about(EVERY_GRID[name]), EVERY_GRID[name].with_spacing(0.8)):
        lattice = SeparableLattice.of(field.frame, grid)
        assert lattice is not None
        pointwise = field.evaluate(grid.points()).reshape(*grid.shape, 2)
        np.testing.assert_allclose(field.sample(grid), pointwise, rtol=0, atol=2e-4 * np.ptp(pointwise))
    whole = field.sample(EVERY_GRID[name])
    field.points_per_chunk = lambda *_, **__: 31  # type: ignore[method-assign]
    np.testing.assert_allclose(field.sample(EVERY_GRID[name]), whole, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("name", ["left-handed oblique", "flipped and permuted", "one slice"])
def test_derivatives_on_lattices_are_those_at_points_along_the_worlds_axes(name, interpolation):
    field = grid_field(EVERY_GRID[name], interpolation, outputs=2).double()
    grid = turned_about(EVERY_GRID[name])  # some of it lies beyond the box
    lattice, points = SeparableLattice.of(field.frame, grid), torch.tensor(grid.points())
    by_points, by_lattice = field.value_jacobian_hessian(points), field.value_jacobian_hessian(lattice)
    for found, expected in zip(by_lattice, by_points, strict=True):
        assert expected.abs().max() > 1e-3
        torch.testing.assert_close(found, expected)
    for found, expected in zip(field.value_and_jacobian(lattice), by_points, strict=False):
        torch.testing.assert_close(found, expected)
    loss, table = by_lattice[1].square().sum() + by_lattice[2].square().sum(), field.encoding.table
    other = by_points[1].square().sum() + by_points[2].square().sum()
    torch.testing.assert_close(torch.autograd.grad(loss, table)[0], torch.autograd.grad(other, table)[0])


def test_long_rows_are_upsampled_in_pieces():
    grid = Grid.from_parts((3, 4, 333), (1, 1, 1), (5, 6, 7))
    field = grid_field(grid, grid_finest=300)
    pointwise = field.evaluate(grid.points()).reshape(*grid.shape, 1)
    np.testing.assert_allclose(field.sample(grid), pointwise, rtol=0, atol=2e-4 * np.ptp(pointwise))


def test_oblique_and_sheared_grids_are_no_lattices_of_the_frame_and_are_sampled_point_by_point():
    field = grid_field(GRIDS["axial"])
    for grid in (GRIDS["oblique"].transformed(np.eye(4)), GRIDS["sheared"]):
        assert SeparableLattice.of(field.frame, grid) is None
        np.testing.assert_array_equal(field.sample(grid).reshape(-1, 1), field.evaluate(grid.points()))
    slightly = np.eye(4)
    slightly[:3, :3] = rotation(0, 0, 0.1)
    assert SeparableLattice.of(field.frame, GRIDS["axial"].transformed(slightly)) is None


def test_a_header_in_single_precision_still_makes_a_lattice_but_none_that_is_exact():
    grid = Grid((40, 50, 60), GRIDS["left-handed oblique"].ijk_to_world.astype(np.float32))
    field = grid_field(grid, outputs=2)
    assert SeparableLattice.of(field.frame, grid) is not None
    assert SeparableLattice.of(field.frame, grid, tolerance_voxels=1e-10) is None
    part = slice(None, None, 97)
    pointwise = field.evaluate(grid.points()[part])
    np.testing.assert_allclose(
        field.sample(grid).reshape(-1, 2)[part], pointwise, rtol=0, atol=1e-3 * np.ptp(pointwise)
    )


def test_the_gradient_of_a_lattice_is_that_of_its_points():
    field = grid_field(OBLIQUE, grid_features=3).double()
    change = torch.randn(OBLIQUE.voxel_count, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    parameters = list(field.parameters())
    by_points = torch.autograd.grad(field(torch.tensor(OBLIQUE.points())), parameters, change)
    by_lattice = torch.autograd.grad(field(SeparableLattice.of(field.frame, OBLIQUE)), parameters, change)
    for found, expected in zip(by_lattice, by_points, strict=True):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("points", [1, 25, 120, 250, 10_000])
def test_the_parts_of_a_lattice_are_all_of_it_in_order(points):
    lattice = SeparableLattice.of(Frame.of_grid(OBLIQUE), OBLIQUE)
    expected = 0
    for part, piece in lattice.parts(points):
        assert part.start == expected and part.stop - part.start == np.prod(piece.shape)
        k, j, i = np.unravel_index(part.start, OBLIQUE.shape)
        first = (lattice.positions[0][k], lattice.positions[1][j], lattice.positions[2][i])
        assert tuple(along[0] for along in piece.positions) == first
        expected = part.stop
    assert expected == OBLIQUE.voxel_count


@pytest.mark.parametrize("columns", [1, 97])
def test_a_lattice_of_one_point_along_an_axis_gives_what_its_points_give(columns):
    """97: pieces along i are 96 points long, and one is left."""
    field = grid_field(OBLIQUE)
    grid = OBLIQUE.with_size([columns, 3, 4])
    by_lattice = field.value_and_jacobian(SeparableLattice.of(field.frame, grid))
    by_points = field.value_and_jacobian(torch.tensor(grid.points(), dtype=torch.float32))
    for one, other in zip(by_lattice, by_points, strict=True):
        assert torch.allclose(one, other, atol=1e-4)
