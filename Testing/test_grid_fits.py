"""Dense grid pyramids: starts from an image, fits, files, settings."""

import json

import numpy as np
import pytest
import torch
from grid_fields import EVERY_GRID, INTERPOLATIONS, OBLIQUE, grid_field, psnr, smooth_image, turned_about
from grids import GRIDS, rotation

from INRCore.errors import InputError
from INRCore.fields import Field, FieldSettings, Frame, NumpyField
from INRCore.fields.grid_lattice import SeparableLattice
from INRCore.fields.grid_start import start_from_image
from INRCore.geometry import Grid


# -- fits ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [name for name in EVERY_GRID if name != "sheared"])
def test_a_field_that_starts_from_an_image_shows_every_voxel_where_it_is_in_the_patient(name):
    grid = EVERY_GRID[name]
    image = smooth_image(grid)
    field = grid_field(grid, grid_finest=64, grid_levels=2, network="relu")
    start_from_image(field, grid, image)
    shown = field(torch.tensor(grid.points(), dtype=torch.float32)).detach().numpy()[:, 0]
    assert psnr(shown, image.ravel()) > 60
    # In world coordinates, voxel by voxel.
    for index in ((0, 0, 0), tuple(n - 1 for n in grid.shape), (0, 2, 5)):
        place = grid.index_to_world(np.array(index[::-1], float))
        assert field.evaluate(place[None])[0, 0] == pytest.approx(image[index], abs=1e-2)


def test_a_start_finds_its_way_when_the_image_counts_its_axes_in_another_order_than_the_frame():
    grid = GRIDS["flipped and permuted"]
    settings = FieldSettings(encoding="grid", network="relu", width=8, depth=2, grid_levels=2, grid_finest=64)
    low, high = grid.corners.min(0), grid.corners.max(0)
    half = (high - low) / 2
    frame = Frame(tuple((low + half).tolist()), float(half.max()), tuple((half / half.max()).tolist()))
    field = Field(settings, frame)
    image = smooth_image(grid)
    start_from_image(field, grid, image)
    assert len(set(field.encoding.pyramid.levels[-1].nodes)) == 3  # no two axes could be exchanged unseen
    assert psnr(field.evaluate(grid.points())[:, 0], image.ravel()) > 50
    np.testing.assert_allclose(field.sample(grid).ravel(), field.evaluate(grid.points())[:, 0], atol=1e-4)


def test_a_start_with_few_nodes_is_the_least_squares_fit_and_needs_no_one_level_alone():
    grid = Grid.from_parts((20, 24, 28))
    image = smooth_image(grid) + 0.1 * np.random.default_rng(0).standard_normal(grid.shape).astype(np.float32)
    quality = {}
    for levels in (1, 3):
        field = grid_field(grid, grid_coarsest=8, grid_finest=8, grid_levels=levels, network="relu", depth=3)
        start_from_image(field, grid, image)
        quality[levels] = psnr(field.sample(grid)[..., 0], image)
    matrices = []
    pyramid, level = field.encoding.pyramid, field.encoding.pyramid.levels[-1]
    for axis, count in zip((2, 1, 0), grid.shape, strict=True):
        positions = np.linspace(pyramid.low[axis], pyramid.high[axis], count)
        matrix = pyramid.axis_matrix(level, axis, positions)[1]
        matrices.append(matrix @ np.linalg.pinv(matrix))
    best = np.einsum("ak,bj,ci,kji->abc", *matrices, image - image.mean()) + image.mean()
    assert quality[1] == pytest.approx(psnr(best, image), abs=0.01)
    assert quality[3] == pytest.approx(quality[1], abs=0.01)  # what is left is at right angles to the same splines


@pytest.mark.parametrize(("change", "message"), [
    ({"network": "siren"}, "relu"), ({"encoding": "none", "network": "relu"}, "encoding 'grid'"),
    ({"network": "relu", "width": 1}, "relu"),
])  # fmt: skip
def test_a_start_that_cannot_be_is_refused(change, message):
    field = Field(FieldSettings(**{"encoding": "grid", "grid_finest": 16, **change}), Frame.of_grid(OBLIQUE))
    with pytest.raises(InputError, match=message):
        start_from_image(field, OBLIQUE, smooth_image(OBLIQUE))


def test_a_start_from_other_axes_or_from_nan_is_refused():
    field = grid_field(OBLIQUE, network="relu")
    with pytest.raises(InputError, match="axes"):
        start_from_image(field, GRIDS["axial"], smooth_image(GRIDS["axial"]))
    with pytest.raises(InputError, match="finite"):
        start_from_image(field, OBLIQUE, np.full(OBLIQUE.shape, np.nan))


@pytest.mark.parametrize("by_lattice", [False, True])
@pytest.mark.parametrize(("interpolation", "least"), [("trilinear", 28), ("cubic", 28)])
def test_a_fit_by_adam_reaches_the_image_on_a_left_handed_oblique_grid(interpolation, least, by_lattice):
    grid = Grid.from_parts((16, 20, 24), (1.0, 0.9, 2.0), (8, -3, 40), OBLIQUE.directions)
    image = torch.from_numpy(smooth_image(grid))
    settings = FieldSettings(
        encoding="grid", network="relu", width=16, depth=1, grid_levels=3, grid_coarsest=4, grid_finest=16,
        grid_interpolation=interpolation,
    )  # fmt: skip
    field = Field(settings, Frame.of_grid(grid), seed=0)
    optimizer = torch.optim.Adam(field.parameters(), 3e-2, betas=(0.9, 0.99), eps=1e-15)
    generator = torch.Generator().manual_seed(0)
    every, places = SeparableLattice.of(field.frame, grid), torch.tensor(grid.points(), dtype=torch.float32)
    for step in range(120):
        optimizer.param_groups[0]["lr"] = 3e-2 * 0.03 ** (step / 120)
        if by_lattice:
            offsets = [int(torch.randint(2, (), generator=generator)) for _ in range(3)]
            lattice = every.every(2, tuple(offsets))
            error = field(lattice)[:, 0] - image[tuple(slice(o, None, 2) for o in offsets)].flatten()
        else:
            chosen = torch.randint(grid.voxel_count, (1024,), generator=generator)
            error = field(places[chosen])[:, 0] - image.flatten()[chosen]
        optimizer.zero_grad()
        error.square().mean().backward()
        optimizer.step()
    assert psnr(field.sample(grid)[..., 0], image.numpy()) > least


# -- files -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("name", EVERY_GRID)
def test_a_saved_field_gives_the_same_values_with_torch_and_with_numpy_alone(name, interpolation, tmp_path):
    grid = EVERY_GRID[name]
    field = grid_field(grid, interpolation, outputs=2, grid_features=3)
    field.save(tmp_path / "field.safetensors")
    loaded = Field.load(tmp_path / "field.safetensors")
    assert loaded.frame == field.frame
    np.testing.assert_array_equal(loaded.sample(grid), field.sample(grid))
    by_numpy = NumpyField.from_tensors(*field.to_tensors())
    assert by_numpy.parameter_count == field.parameter_count == sum(p.numel() for p in field.parameters())
    inside = turned_about(grid)
    oblique = Grid((4, 5, 6), grid.ijk_to_world @ np.vstack([np.c_[rotation(10, 20, 30), [2, 3, 1]], [0, 0, 0, 1]]))
    for target in (grid, inside, oblique):
        exact = field.double()(torch.tensor(target.points())).detach().numpy()
        for double, tolerance in ((True, 1e-10), (False, 1e-3)):
            found = np.concatenate([values for _, values in by_numpy.sample_values(target, double)])
            assert np.abs(found - exact).max() < tolerance * np.ptp(exact)
        assert np.abs(field.float().sample(target).reshape(-1, 2) - exact).max() < 1e-3 * np.ptp(exact)


def test_a_file_of_the_first_version_opens_with_a_cube_along_the_worlds_axes():
    field = Field(FieldSettings(width=8, depth=1), Frame((1.0, 2.0, 3.0), 40.0))
    tensors, metadata = field.to_tensors()
    about = json.loads(metadata["field"])
    assert about["frame"] == {"center_mm": [1.0, 2.0, 3.0], "half_extent_mm": 40.0}
    about["settings"] = {name: value for name, value in about["settings"].items() if not name.startswith("grid_")}
    old = {"format": "INRCore field 1", "field": json.dumps(about)}
    for reader in (Field, NumpyField):
        opened = reader.from_tensors(tensors, old)
        assert opened.frame == field.frame and opened.settings == field.settings
        assert opened.frame.box == (1.0, 1.0, 1.0) and opened.frame.axes is None
    with pytest.raises(InputError, match="no field of this version"):
        Field.from_tensors(tensors, {**metadata, "format": "INRCore field 3"})


@pytest.mark.parametrize("change", [
    {"axes": [[1, 0, 0], [0, 1, 0], [0, 0.1, 1]]}, {"axes": [[1, 0, 0], [0, 1, 0]]}, {"axes": 7},
    {"axes": [[float("nan"), 0, 0], [0, 1, 0], [0, 0, 1]]}, {"axes": [[2, 0, 0], [0, 2, 0], [0, 0, 2]]},
    {"box": [1, 0, 1]}, {"box": [1, 2, 1]}, {"box": [1, 1]}, {"box": [1, float("inf"), 1]}, {"box": "abc"},
    {"spacing_mm": [1, -1, 1]}, {"spacing_mm": [1]}, {"half_extent_mm": 0}, {"half_extent_mm": float("nan")},
    {"center_mm": [1, 2]}, {"unheard_of": 3}, {"center_mm": None}, {"spacing_mm": [1e-300, 1, 1]},
])  # fmt: skip
def test_a_damaged_frame_is_refused_by_both_readers(change):
    tensors, metadata = grid_field(OBLIQUE).to_tensors()
    about = json.loads(metadata["field"])
    about["frame"].update(change)
    for reader in (Field, NumpyField):
        with pytest.raises(InputError, match=r"damaged|do not fit") as error:
            reader.from_tensors(tensors, {**metadata, "field": json.dumps(about)}, "f.inr")
        assert "f.inr" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("change", [
    {"grid_finest": 4096, "grid_cells_per_sample": None}, {"grid_finest": 17}, {"grid_levels": 16},
    {"grid_features": 16}, {"grid_interpolation": "trilinear"}, {"grid_cells_per_sample": 0.5},
])  # fmt: skip
def test_a_header_that_promises_another_grid_is_refused_before_memory_is_taken(change):
    tensors, metadata = grid_field(Grid.from_parts((40, 40, 40)), grid_finest=16).to_tensors()
    about = json.loads(metadata["field"])
    if "grid_cells_per_sample" in change:
        about["settings"]["grid_finest"] = 4096
    about["settings"].update(change)
    for reader in (Field, NumpyField):
        with pytest.raises(InputError, match=r"do not fit|damaged|million parameters"):
            reader.from_tensors(tensors, {**metadata, "field": json.dumps(about)})


def test_a_grid_too_large_for_any_machine_is_refused_in_plain_words():
    settings = FieldSettings(encoding="grid", grid_finest=4096)
    with pytest.raises(InputError, match=r"million parameters.*lower grid_finest"):
        Field(settings, Frame((0, 0, 0), 100.0))


@pytest.mark.parametrize("change", [
    {"grid_interpolation": "quintic"}, {"grid_levels": 0}, {"grid_features": 99}, {"grid_coarsest": 70},
    {"grid_cells_per_sample": 0.0}, {"grid_finest": 5000},
])  # fmt: skip
def test_grid_settings_refuse_what_makes_no_sense(change):
    with pytest.raises(InputError, match=next(iter(change)).replace("grid_coarsest", "grid_finest")):
        FieldSettings(encoding="grid", **change)
