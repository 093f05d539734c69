"""Sliding: two sides that move apart along a surface, the region inside a rib cage, what is saved of them."""

import numpy as np
import pytest
import torch
from command_tools import run
from grids import GRIDS
from registration_phantom import small_settings

from INRCore.errors import InputError
from INRCore.fields import FieldSettings
from INRCore.geometry import Grid
from INRCore.io import write_volume
from INRCore.registration import Guides, load_registration_field, register
from INRCore.registration.models import SlidingModel, new_model
from INRCore.registration.rib_cage import inside_rib_cage
from INRCore.volume import Volume

SPLINES = FieldSettings(encoding="grid", grid_levels=2, grid_coarsest=3, grid_finest=8)
SLIDING = {
    "model": "sliding",
    "field": SPLINES,
    "hyperelastic_weight": 0.0,
    "bending_weight": 5.0,
    "folding_weight": 0.02,
}
SLIDE_MM = 5.0
FIT = {"iterations": 90, "points": 3072, "learning_rate": 0.04}


def slab_pair(slide_mm=SLIDE_MM):
    """Texture that a plane through the middle of an oblique grid cuts in two: what lies on its far side has moved by
    `slide_mm` along the plane; (fixed, moving, region of the far side, voxels' (k, j, i, 3) true displacement)."""
    grid = Grid.from_parts((24, 28, 32), (2.5, 3, 4), (5, -60, 70), GRIDS["left-handed oblique"].directions)
    along, across = grid.directions[:, 1], grid.directions[:, 0]
    points = grid.points() - grid.center
    far = points @ across > 0
    u = np.where(far[:, None], slide_mm * along, 0.0)

    def texture(x):
        size = float((grid.size_ijk * grid.spacing).max())
        waves = np.array([[4, 2, 1], [-2, 4, 2], [1, -3, 4], [3, 3, -3]]) * 2 * np.pi / size
        return np.sin(x @ waves.T + np.arange(4)).sum(-1).astype(np.float32)

    fixed = Volume(texture(points + u).reshape(grid.shape), grid, "fixed")
    moving = Volume(texture(points).reshape(grid.shape), grid, "moving")
    region = Volume(far.reshape(grid.shape).astype(np.uint8), grid, "far side")
    return fixed, moving, region, u.reshape(*grid.shape, 3)


@pytest.fixture(scope="module")
def slid():
    fixed, moving, region, truth = slab_pair()
    settings = small_settings(FIT, **SLIDING)
    return register(fixed, moving, settings, guides=Guides(sliding=region)), region, truth


def error_beside(result, grid, truth):
    """Mean error in mm one to three voxels beside the surface."""
    i = np.indices(grid.shape)[2] - (grid.shape[2] - 1) / 2
    beside = ((abs(i) > 1) & (abs(i) < 4)).ravel()
    points = grid.points()[beside]
    found = result.transform_points(points) - points
    return float(np.linalg.norm(found - truth.reshape(-1, 3)[beside], axis=-1).mean())


def test_sides_slide_where_one_smooth_map_is_torn(slid):
    result, _, truth = slid
    fixed, moving, *_ = slab_pair()
    smooth = small_settings(FIT, **{**SLIDING, "model": "displacement"})
    alone = error_beside(register(fixed, moving, smooth), fixed.grid, truth)
    together = error_beside(result, fixed.grid, truth)
    assert together < 0.1 * SLIDE_MM and together < 0.4 * alone


def test_the_surface_neither_opens_nor_overlaps(slid):
    result, region, _ = slid
    grid = region.grid
    depth = result.map.fields[2].evaluate(grid.points())[:, 0]
    on = torch.as_tensor(grid.points()[np.abs(depth) < 2], dtype=torch.float32)
    gap = result.map.field.gap(on).detach().numpy()
    assert np.abs(gap).mean() < 0.06 * SLIDE_MM
    assert result.metrics["folding_fraction"] < 1e-3


def test_the_jacobian_counts_what_happens_in_the_layer():
    fixed, _, region, _ = slab_pair()
    model = new_model(fixed.grid, small_settings({"iterations": 2}, **SLIDING), region)
    assert isinstance(model, SlidingModel)
    with torch.no_grad():
        for seed, field in enumerate(model.fields):
            field.encoding.table.normal_(generator=torch.Generator().manual_seed(seed))
    places = fixed.grid.center + np.random.default_rng(0).uniform(-4, 4, (50, 3))
    model.double()
    x = torch.as_tensor(places)
    step = 1e-4
    sides = [
        (model(x + step * torch.eye(3)[a].double()) - model(x - step * torch.eye(3)[a].double())) / (2 * step)
        for a in range(3)
    ]
    numerical = torch.stack(sides, -1).detach()
    exact = model.slopes(x, 1.0)[1].detach()
    assert torch.allclose(exact, numerical, atol=1e-3 * float(numerical.abs().max()))
    assert float((exact - model.fields[0].value_and_jacobian(x)[1].detach()).abs().max()) > 0.05


def test_a_saved_field_slides_as_well(slid, tmp_path):
    result, region, _ = slid
    result.point_map.save(tmp_path / "sliding.inr")
    loaded = load_registration_field(tmp_path / "sliding.inr")
    points = region.grid.points()[::37]
    assert np.allclose(loaded.transform_points(points), result.transform_points(points), atol=1e-4)


def test_what_sliding_needs():
    fixed, moving, region, _ = slab_pair()
    settings = small_settings({"iterations": 2}, **SLIDING)
    with pytest.raises(InputError, match="chest CT in Hounsfield"):
        register(fixed, moving, settings)
    everywhere = region.with_array(np.ones_like(region.array))
    with pytest.raises(InputError, match="fills the fixed image"):
        register(fixed, moving, settings, guides=Guides(sliding=everywhere))
    with pytest.raises(InputError, match="only model = 'sliding'"):
        register(fixed, moving, small_settings({"iterations": 2}), guides=Guides(sliding=region))


def chest(shape=(50, 60, 70), spacing=5.0):
    """A CT of an elliptic chest with two lungs in the upper part, liver below, ribs at every third of the heights and a
    spine; and the true (k, j, i) inside of the wall."""
    grid = Grid.from_parts(shape, [spacing] * 3, [-170, -150, 40])
    x, y, z = (grid.points() - grid.center).T.reshape(3, *shape)
    wall = np.hypot(x / 130, y / 95)
    values = np.where(wall < 1.25, 40.0, -1000.0)
    inside = wall < 1
    lungs = inside & (z > -30) & (z < 90) & (abs(x) > 20) & (wall < 0.97)
    values[lungs] = -850
    values[(wall >= 1) & (wall < 1.1) & (np.sin(z / 5) > 0)] = 500
    spine = np.hypot(x, y + 85) < 18
    values[spine] = 400
    return Volume(values.astype(np.float32), grid, "chest"), inside & ~spine


def test_the_inside_of_a_rib_cage_is_found_from_lungs_and_ribs():
    image, truth = chest()
    found = inside_rib_cage(image)
    index = np.rint(found.grid.world_to_index(image.grid.points())).astype(int).clip(0, found.grid.size_ijk - 1)
    mine = found.array[index[:, 2], index[:, 1], index[:, 0]].reshape(truth.shape) > 0
    z = (image.grid.points()[:, 2] - image.grid.center[2]).reshape(truth.shape)
    liver, lungs = z < -40, (z > -20) & (z < 80)
    for part in (liver, lungs):
        overlap = 2 * (mine & truth & part).sum() / ((mine & part).sum() + (truth & part).sum())
        assert overlap > 0.93
    assert not mine[z > 105].any()


def test_the_command_takes_a_sliding_region(tmp_path):
    fixed, moving, region, truth = slab_pair()
    paths = {name: tmp_path / f"{name}.nrrd" for name in ("fixed", "moving", "region")}
    for name, volume in zip(paths, (fixed, moving, region), strict=True):
        write_volume(volume, paths[name])
    words = ["--model", "sliding", "--sliding", paths["region"], "--output-field", tmp_path / "f.safetensors"]
    words += [
        "--set",
        "initial=none",
        "--set",
        "fit.iterations=60",
        "--set",
        "choose_stiffness=false",
        "--device",
        "cpu",
        "--progress",
        "none",
    ]
    assert run("register", paths["fixed"], paths["moving"], *words) == 0
    field = load_registration_field(tmp_path / "f.safetensors")
    assert error_beside(field, fixed.grid, truth) < 0.3 * SLIDE_MM
    words[1] = "displacement"
    assert run("register", paths["fixed"], paths["moving"], *words, "--force") == 3
