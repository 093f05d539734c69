"""Dense grid pyramids: exact derivatives, boxes along the image's axes, lattices, files, fits."""

import json

import numpy as np
import pytest
import torch
from grids import GRIDS, rotation

from INRCore.errors import InputError
from INRCore.fields import Field, FieldSettings, Frame, NumpyField
from INRCore.fields.grid_lattice import SeparableLattice
from INRCore.fields.grid_levels import GridPyramid, node_weights
from INRCore.fields.grid_start import start_from_image
from INRCore.fields.grid_sums import weighted_rows
from INRCore.fields.jets import PAIRS
from INRCore.geometry import Grid

INTERPOLATIONS = ("trilinear", "cubic")
OBLIQUE = GRIDS["left-handed oblique"]
SLICE = Grid.from_parts((1, 14, 18), (0.8, 1.1, 4.0), (30, -12, 7), rotation(35, 10, -20) @ np.diag([1, -1, 1]))
EVERY_GRID = {**GRIDS, "one slice": SLICE}


def grid_field(grid: Grid, interpolation: str = "cubic", outputs: int = 1, **changes) -> Field:
    """A field that is far from constant."""
    values = {"grid_levels": 3, "grid_coarsest": 4, "grid_finest": 16, "width": 8, "depth": 2, **changes}
    settings = FieldSettings(encoding="grid", omega_first=4.0, grid_interpolation=interpolation, **values)
    field = Field(settings, Frame.of_grid(grid), outputs, seed=3, output_scale=5.0, output_offset=1.5)
    with torch.no_grad():
        field.encoding.table.mul_(1e4)
    return field


def smooth_image(grid: Grid) -> np.ndarray:
    """(k, j, i): a pattern that no mirroring or exchange of axes leaves as it is."""
    k, j, i = (np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in grid.shape)
    waves = np.sin(3 * i)[None, None] + 0.7 * np.cos(2 * j + 0.5)[None, :, None] + 0.4 * np.sin(2 * k)[:, None, None]
    return (waves + 0.3 * i[None, None] * j[None, :, None] * k[:, None, None]).astype(np.float32)


def psnr(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(20 * np.log10(np.ptp(wanted)) - 10 * np.log10(np.square(found - wanted, dtype=np.float64).mean()))


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


# -- lattices --------------------------------------------------------------------------------------------------------
def turned_about(grid: Grid) -> Grid:
    """The same kind of lattice with its axes exchanged and mirrored, another spacing and another place."""
    affine = grid.ijk_to_world[:, [2, 0, 1, 3]] * [-0.7, 1.3, -0.9, 1]
    affine[:3, 3] = grid.center - affine[:3, :3] @ [3.13, 4.07, 5.61]  # no point on a node, where slopes jump
    return Grid((12, 9, 7), affine)


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
