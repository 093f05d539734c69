"""Samplers: compiled loops give what torch's gathers give, values and gradients, inside, outside and in thin images."""

import numpy as np
import pytest
import torch
from grids import GRIDS

from INRCore.fields.switch import is_compiled, use_engine
from INRCore.geometry import Grid
from INRCore.interpolation import CubicVectorSampler, ImageSampler

pytestmark = pytest.mark.skipif(not is_compiled(), reason="numba is not installed: there are no compiled loops")
SHAPES = [(7, 6, 5), (1, 6, 5), (7, 1, 2), (1, 1, 1)]


def a_grid(shape: tuple[int, int, int]) -> Grid:
    return Grid(shape, GRIDS["left-handed oblique"].ijk_to_world)


def points_around(grid: Grid, count: int = 40_003) -> torch.Tensor:
    """Inside and up to three voxels outside."""
    random = np.random.default_rng(0)
    index = random.uniform(-3, grid.size_ijk + 2, (count, 3))
    return torch.as_tensor(grid.index_to_world(index), dtype=torch.float32)


@pytest.mark.parametrize("shape", SHAPES)
def test_trilinear_values_and_gradients_are_those_of_torch(shape):
    grid = a_grid(shape)
    image = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    found = {}
    for engine in ("auto", "plain"):
        points = points_around(grid).requires_grad_()
        with use_engine(engine):
            values = ImageSampler(image, grid)(points)
        (values * torch.linspace(0, 1, len(values))).sum().backward()
        found[engine] = values.detach(), points.grad
    for got, expected in zip(found["auto"], found["plain"], strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=2e-4)
    assert found["plain"][0].std() > 0.1 or shape == (1, 1, 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_cubic_vectors_are_those_of_torch(shape):
    grid = a_grid(shape)
    vectors = np.random.default_rng(2).standard_normal((*shape, 3)).astype(np.float32)
    sampler, points = CubicVectorSampler(vectors, grid), points_around(grid)
    fast = sampler(points)
    with use_engine("plain"):
        torch.testing.assert_close(fast, sampler(points), rtol=1e-4, atol=2e-4)


def test_no_points_give_no_values_and_a_point_that_is_no_number_gives_none():
    grid = a_grid((3, 4, 5))
    sampler = ImageSampler(np.ones((3, 4, 5), np.float32), grid)
    assert sampler(torch.empty(0, 3)).shape == (0,)
    assert sampler(torch.full((1, 3), torch.nan)).isnan().all()
