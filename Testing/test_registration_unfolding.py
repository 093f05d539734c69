"""No voxel is out of the regularisers' sight; folds that a fit has left are taken out, and nothing else is moved."""

import numpy as np
import pytest
import torch
from grids import GRIDS
from registration_phantom import small_settings

from INRCore.fields import FieldSettings
from INRCore.geometry import Grid
from INRCore.registration.images import prepare_image
from INRCore.registration.lattice_batch import LatticeDraw
from INRCore.registration.models import new_model
from INRCore.registration.unfolding import unfold
from INRCore.volume import Volume

SPLINES = FieldSettings(encoding="grid", grid_levels=3, grid_coarsest=3, grid_finest=12)
GRID = Grid.from_parts((24, 26, 28), (2.2, 2.0, 2.6), (5, -60, 70), GRIDS["left-handed oblique"].directions)


def folded(model_name):
    """A model that folds about the middle of the image: one node of its finest splines pulls all to itself."""
    settings = small_settings(model=model_name, field=SPLINES, hyperelastic_weight=0.0, bending_weight=1.0)
    far = Volume((GRID.world_to_index(GRID.points())[:, 0] > 20).astype(np.uint8).reshape(GRID.shape), GRID)
    model = new_model(GRID, settings, far if model_name == "sliding" else None)
    encoding = model.fields[0].encoding
    level = encoding.pyramid.levels[-1]
    ni, nj, nk = level.nodes
    middle = level.start + (nk // 2 * nj + nj // 2) * ni + ni // 2
    with torch.no_grad():
        encoding.table[middle] += 40.0
    return model


def displacement(model):
    with torch.no_grad():
        return model(torch.as_tensor(GRID.points(), dtype=torch.float32)).numpy().astype(float)


def least_determinant(u):
    """By differences between voxels, (k, j, i)."""
    slopes = np.stack(np.gradient(u.reshape(*GRID.shape, 3), axis=(2, 1, 0)), -1)
    return np.linalg.det(np.eye(3) + slopes @ GRID.world_to_ijk[:3, :3])


@pytest.mark.parametrize("name", ["displacement", "sliding"])
def test_a_fold_is_taken_out_and_the_rest_of_the_map_stays(name):
    model = folded(name)
    before = displacement(model)
    assert (least_determinant(before) < 0).any()
    assert unfold(model, GRID) > 0
    after = displacement(model)
    assert least_determinant(after).min() > 0.12
    away = np.linalg.norm(before, axis=-1) < 0.01
    assert away.mean() > 0.3 and np.abs(after - before)[away].max() < 2.0
    assert np.median(np.linalg.norm(after - before, axis=-1)) < 0.05


def test_a_map_that_does_not_fold_is_left_as_it_is():
    settings = small_settings(field=SPLINES, hyperelastic_weight=0.0, bending_weight=1.0)
    model = new_model(GRID, settings)
    with torch.no_grad():
        model.fields[0].encoding.table.uniform_(-0.3, 0.3)
    before = displacement(model)
    assert np.linalg.norm(before, axis=-1).max() > 0.2
    assert unfold(model, GRID) == 0
    assert np.array_equal(before, displacement(model))


@pytest.mark.parametrize("changes", [{"model": "velocity"}, {"field": FieldSettings(width=16, depth=2)}])
def test_flows_and_networks_are_left_alone(changes):
    settings = small_settings(**{"field": SPLINES, "hyperelastic_weight": 0.01, **changes})
    assert unfold(new_model(GRID, settings), GRID) == 0


def test_regularisers_come_to_every_voxel_in_time():
    image = Volume(GRID.points()[:, 0].reshape(GRID.shape).astype(np.float32), GRID)
    model = new_model(GRID, small_settings(field=SPLINES, hyperelastic_weight=0.0, bending_weight=1.0))
    lattices = LatticeDraw.of(model, prepare_image(image, None, "fixed"))
    seen = [set(), set(), set()]
    for iteration in range(150):
        drawn = lattices.draw(600, 0, iteration)
        assert all(2 * few <= many + 1 for few, many in zip(drawn.thin.shape, drawn.lattice.shape, strict=True))
        for places, positions in zip(seen, drawn.thin.positions, strict=True):
            places.update(positions.round(6).tolist())
    assert [len(places) for places in seen] == list(GRID.shape)
