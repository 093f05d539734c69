"""Cubic interpolation on a lattice equals cubic interpolation at its points."""

import numpy as np
import pytest
import torch
from grids import GRIDS

from INRCore.geometry import Grid
from INRCore.interpolation import CubicVectorSampler, cubic_on_lattice


def finer(grid: Grid, factors: tuple[float, float, float], shift: tuple[float, float, float]) -> Grid:
    """A lattice with the grid's axes, cells so many times as large, begun at an index, and reaching beyond the grid."""
    matrix = np.diag([*factors, 1.0])
    matrix[:3, 3] = shift
    return Grid((23, 14, 17), grid.ijk_to_world @ matrix)


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("factors", [(0.37, 0.61, 0.5), (0.8, -0.7, 0.4)])
def test_a_lattice_with_the_same_axes_gets_the_values_of_its_points(name, factors):
    grid = GRIDS[name]
    target = finer(grid, factors, (0.3, 8.9, -1.2))
    image = np.random.default_rng(0).standard_normal((*grid.shape, 3)).astype(np.float32)
    slices = cubic_on_lattice(image, grid, target)
    assert slices is not None
    points = torch.as_tensor(target.index_to_world(indices(target)), dtype=torch.float32)
    expected = CubicVectorSampler(image, grid)(points).numpy().reshape(*target.shape, 3)
    np.testing.assert_allclose(np.stack(list(slices)), expected, atol=2e-4)


def test_a_lattice_with_other_axes_is_refused():
    grid, other = GRIDS["axial"], GRIDS["oblique"]
    assert cubic_on_lattice(np.zeros((*grid.shape, 3), np.float32), grid, other) is None


def indices(grid: Grid) -> np.ndarray:
    """(N, 3) indices (i, j, k) of all voxels in C order of (k, j, i)."""
    k, j, i = np.indices(grid.shape).reshape(3, -1)
    return np.stack([i, j, k], -1)
