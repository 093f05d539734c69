"""Splines as deformation models: batches on lattices, levels, flows and upsampling of splines."""

import numpy as np
import pytest
import torch
from grids import GRIDS
from registration_phantom import (
    FIXED_GRID,
    small_settings,
)

from INRCore.fields import FieldSettings
from INRCore.interpolation import CubicVectorSampler, ImageSampler
from INRCore.registration.images import prepare_image
from INRCore.registration.lattice_batch import LatticeDraw
from INRCore.registration.models import new_model
from INRCore.registration.upsampling import Upsampling
from INRCore.volume import Volume

SPLINES = FieldSettings(encoding="grid", grid_levels=3, grid_coarsest=3, grid_finest=10)


@pytest.mark.parametrize("name", GRIDS)
def test_a_batch_on_a_lattice_is_where_its_voxels_are_and_covers_the_region(name):
    grid = GRIDS[name].with_size(GRIDS[name].size_ijk * 2)
    rng = np.random.default_rng(0)
    half = (grid.points() - grid.center) @ (0.4, -0.5, 0.7) > 0
    mask = Volume(half.astype(np.uint8).reshape(grid.shape), grid)
    prepared = prepare_image(Volume(rng.uniform(0, 1, grid.shape).astype(np.float32), grid), mask, "fixed")
    model = new_model(grid, small_settings(field=SPLINES))
    draw = LatticeDraw.of(model, prepared)
    if grid.is_sheared:
        assert draw is None
        return
    with torch.no_grad():
        model.fields[0].encoding.table.normal_(generator=torch.Generator().manual_seed(0))
    seen = np.zeros(grid.shape, int)
    for iteration in range(400):
        batch = draw.draw(150, 3, iteration)
        i, j, k = batch.places.astype(int).T
        seen[k, j, i] += 1
        assert 50 <= len(i) <= 400
    assert np.array_equal(seen > 0, seen * half.reshape(grid.shape) > 0) and (seen[half.reshape(grid.shape)] > 0).all()
    at_voxels = model(torch.as_tensor(grid.index_to_world(batch.places), dtype=torch.float32))
    on_lattice = model.fields[0](batch.lattice)[torch.as_tensor(batch.chosen)]
    assert at_voxels.std() > 0.1
    assert torch.allclose(at_voxels, on_lattice, atol=1e-3)
    assert np.array_equal(batch.places, draw.draw(150, 3, 399).places)
    assert LatticeDraw.of(new_model(grid, small_settings(field=SPLINES, model="velocity")), prepared) is None


def test_a_spline_field_is_the_sum_of_its_levels_and_fitted_in_nothing_else():
    field = new_model(FIXED_GRID, small_settings(field=SPLINES)).fields[0]
    assert [name for name, p in field.named_parameters() if p.requires_grad] == ["encoding.table"]
    with torch.no_grad():
        field.encoding.table.normal_(generator=torch.Generator().manual_seed(0))
    points = torch.as_tensor(FIXED_GRID.points()[::100], dtype=torch.float32)
    levels = field.encoding(field.frame.normalise(points)).unflatten(-1, (3, 3))
    finer_move_less = torch.tensor([1.0, 0.5, 0.25])[:, None]
    assert torch.allclose(field(points), (levels * finer_move_less).sum(1) * field.output_scale, atol=1e-4)


def test_coarse_levels_are_fitted_before_fine_ones_and_in_the_end_all_count():
    model = new_model(FIXED_GRID, small_settings(field=SPLINES))
    encoding, points = model.fields[0].encoding, torch.as_tensor(FIXED_GRID.points()[::100], dtype=torch.float32)
    with torch.no_grad():
        encoding.table.normal_(generator=torch.Generator().manual_seed(0))
    for to_come, fitted in ((9, 1), (5, 1), (3, 2), (2, 2), (1, 3), (0, 3)):
        model.refine(to_come)
        encoding.table.grad = None
        model(points).square().sum().backward()
        sizes = [level.stop - level.start for level in encoding.pyramid.levels]
        moved = [bool(part.abs().sum() > 0) for part in encoding.table.grad.split(sizes)]
        assert moved == [True] * fitted + [False] * (3 - fitted)
    whole = model(points)
    model.refine(4)
    assert not torch.allclose(model(points), whole, atol=0.1)
    model.finish()
    assert torch.equal(model(points), whole)


@pytest.mark.parametrize("name", GRIDS)
def test_a_prepared_flow_is_that_of_the_splines_themselves(name):
    grid = GRIDS[name].with_size(GRIDS[name].size_ijk * 2)
    model = new_model(grid, small_settings(field=SPLINES, model="velocity", symmetric=True, velocity_steps=2))
    with torch.no_grad():
        model.fields[0].encoding.table.normal_(0, 0.5, generator=torch.Generator().manual_seed(0))
    points = torch.as_tensor(
        grid.index_to_world(np.random.default_rng(0).uniform(0, 10, (400, 3))), dtype=torch.float32
    )
    exact = model(points), model.backward(points)
    model.prepare()
    for found, expected in zip((model(points), model.backward(points)), exact, strict=True):
        assert (found - expected).norm(dim=-1).mean() < 0.05 * expected.norm(dim=-1).mean()
    if not grid.is_sheared:
        model(points).square().sum().backward()
        assert model.fields[0].encoding.table.grad.abs().sum() > 0
        assert not torch.equal(model(points), exact[0])
    model.finish()
    assert torch.equal(model(points), exact[0])


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("cubic", [True, False])
def test_upsampling_is_what_the_sampler_makes_of_every_voxel(name, cubic):
    grid = GRIDS[name]
    nodes = grid.with_size((5, 4, 6)).padded((1, 0, 2))
    values = np.random.default_rng(0).normal(size=(*nodes.shape, 3)).astype(np.float32)
    points = torch.as_tensor(grid.points(), dtype=torch.float32)
    if cubic:
        expected = CubicVectorSampler(values, nodes)(points).numpy()
    else:
        expected = np.stack([ImageSampler(values[..., a], nodes)(points).numpy() for a in range(3)], -1)
    upsampling = Upsampling(nodes, grid, cubic)
    assert upsampling.all(values, 1).reshape(-1, 3) == pytest.approx(expected, abs=1e-4)
    assert upsampling.all(values, 1) == pytest.approx(upsampling.all(values, 10**6), abs=1e-5)
    assert upsampling.all(values[..., 0], 250).shape == grid.shape
