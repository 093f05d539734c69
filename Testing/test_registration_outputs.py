"""What comes with a registration: the map as a file, what is carried over, and in which direction."""

import json

import numpy as np
import pytest
import vtk
from grids import GRIDS
from registration_phantom import FIXED_GRID, MOVING_GRID, known_warp, points_of_the_object, small_settings, warped_pair

from INRCore.errors import InputError
from INRCore.fields import Field, FieldSettings, Frame
from INRCore.metrics.deformation import displacement_error
from INRCore.registration import RegistrationField, load_registration_field, register
from INRCore.registration.maps import MAPS
from INRCore.registration.sampled import SampledMap, inverse_of, refined_inverse
from INRCore.registration.surfaces import carried_surface
from INRCore.registration.warping import warp
from INRCore.storage import load_tensors, save_tensors
from INRCore.volume import Volume

TURNED = np.eye(4)
TURNED[:3, :3] = [[0.98, -0.17, 0.02], [0.18, 0.97, -0.05], [0.0, 0.06, 1.01]]
TURNED[:3, 3] = (4, -7, 3)


def a_map(model, scale=4.0):
    """A map of random fields, some millimetres large, as after a fit: of a cycle about each other's inverses, of a
    sliding surface sides that hardly overlap."""
    frame = Frame.of_grid(FIXED_GRID)
    factors = {"cycle": (1, -1), "sliding": (1, 0.98, 1)}.get(model, (1,))
    fields = [
        Field(FieldSettings(width=16, depth=2, omega_first=3.0), frame, outputs, seed=1, output_scale=factor * scale)
        for outputs, factor in zip(MAPS[model].outputs, factors, strict=True)
    ]
    return MAPS[model].of(fields, FIXED_GRID, small_settings(model=model))


@pytest.fixture(scope="module")
def result():
    return register(*warped_pair(), small_settings({"iterations": 120}, model="velocity"))


# -- the map as a file -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("model", MAPS)
def test_a_saved_field_takes_every_point_where_it_went_before(model, tmp_path):
    field = RegistrationField(model, a_map(model), TURNED)
    field.save(tmp_path / "field.safetensors")
    again = load_registration_field(tmp_path / "field.safetensors")
    wide = FIXED_GRID.padded([20, 20, 10])
    points = wide.index_to_world(np.random.default_rng(0).uniform(-0.5, wide.size_ijk - 0.5, (500, 3)))
    moved = field.transform_points(points)
    assert np.linalg.norm(moved - points @ TURNED[:3, :3].T - TURNED[:3, 3], axis=1).max() > 1
    np.testing.assert_allclose(again.transform_points(points), moved, atol=1e-6)
    np.testing.assert_allclose(again.transform_points_back(moved), field.transform_points_back(moved), atol=1e-6)
    np.testing.assert_allclose(again.jacobian_determinant(points), field.jacobian_determinant(points), atol=1e-6)
    assert again.model == model and again.map.nodes.same_as(field.map.nodes)


def test_the_field_of_a_result_goes_through_a_file_and_becomes_its_transforms(result, tmp_path):
    result.point_map.save(tmp_path / "field.safetensors")
    field = load_registration_field(tmp_path / "field.safetensors")
    points = points_of_the_object()[::50]
    np.testing.assert_allclose(field.transform_points(points), result.transform_points(points), atol=1e-5)
    np.testing.assert_allclose(field.sampled().displacement, result.displacement, atol=1e-5)
    np.testing.assert_allclose(field.sampled_inverse().displacement, result.inverse.displacement, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda about: about.update(model="magic"), "magic"),
        (lambda about: about.update(model="cycle"), "has 2 fields, not 1"),
        (lambda about: about.update(fade_mm=float("nan")), "border"),
        (lambda about: about.update(affine=[[0] * 4] * 4), "row 0 0 0 1"),
        (lambda about: about["nodes"].update(shape=[10**5] * 3), "impossibly large"),
        (lambda about: about.pop("grid"), "grid"),
    ],
)
def test_a_damaged_field_file_is_refused_with_what_is_wrong(change, problem, tmp_path):
    path = tmp_path / "field.safetensors"
    RegistrationField("displacement", a_map("displacement"), TURNED).save(path)
    tensors, metadata = load_tensors(path)
    about = json.loads(metadata["registration"])
    change(about)
    save_tensors(path, tensors, {**metadata, "registration": json.dumps(about)}, force=True)
    with pytest.raises(InputError, match=problem):
        load_registration_field(path)


def test_another_tensor_file_is_no_registration(tmp_path):
    a_map("displacement").fields[0].save(tmp_path / "field.safetensors")
    with pytest.raises(InputError, match="holds no registration field"):
        load_registration_field(tmp_path / "field.safetensors")


@pytest.mark.parametrize("model", MAPS)
def test_the_inverse_of_the_inverse_leads_back_within_a_tenth_of_a_millimetre(model):
    field = RegistrationField(model, a_map(model), TURNED)
    there, back = field.sampled(), field.sampled_inverse()
    points = FIXED_GRID.points()[::23]
    assert np.linalg.norm(field.map.displacement(points), axis=1).max() > 1
    assert np.linalg.norm(back.on()(there.on()(points)) - points, axis=1).max() < 0.1
    assert np.linalg.norm(inverse_of(back, None).on()(points) - there.on()(points), axis=1).max() < 0.1


def test_an_inverse_that_bends_more_than_its_map_gets_finer_nodes(monkeypatch):
    """In the middle of the map lengths shrink to a third, so its inverse stretches them threefold."""
    nodes = FIXED_GRID.padded([8, 8, 8]).with_spacing(3.0)
    offset = nodes.points() - nodes.center
    push = -0.66 * offset * np.exp(-(offset**2).sum(-1, keepdims=True) / 72)
    forward = SampledMap(push.reshape(*nodes.shape, 3).astype(np.float32), nodes, TURNED)
    points = nodes.center + np.random.default_rng(0).uniform(-15, 15, (2000, 3))

    def error(back):
        return np.linalg.norm(back.on()(forward.on()(points)) - points, axis=1).max()

    coarse = inverse_of(forward, None)
    assert error(coarse) > 0.15
    assert error(refined_inverse(forward, coarse, error)) < 0.1
    assert refined_inverse(forward, coarse, lambda back: 0.09) is coarse
    monkeypatch.setattr("INRCore.registration.sampled._MOST_NODES", 400_000)
    assert 300_000 < refined_inverse(forward, coarse, lambda back: 1e3).grid.voxel_count < 440_000


# -- what is carried over --------------------------------------------------------------------------------------------
def test_points_and_surfaces_of_the_moving_image_come_onto_the_fixed_one(result):
    """moving = texture(y) and fixed = texture(x + u(x)), so that what is at x + u(x) in the moving image is at x."""
    fixed = points_of_the_object()[::40]
    moving = fixed + known_warp(fixed)
    before, _ = displacement_error(moving, fixed)
    after, _ = displacement_error(result.transform_points_back(moving), fixed)
    wrong_way, _ = displacement_error(result.transform_points(moving), fixed)
    assert before > 2.5 and after < 0.3 * before and wrong_way > before

    sphere = vtk.vtkSphereSource()
    sphere.SetCenter(*moving[100])
    sphere.SetRadius(3)
    sphere.Update()
    carried = carried_surface(sphere.GetOutput(), result.transform_points_back)
    np.testing.assert_allclose(carried.GetCenter(), result.transform_points_back(moving[100])[0], atol=0.7)
    assert carried.GetNumberOfPolys() == sphere.GetOutput().GetNumberOfPolys()
    assert carried.GetPointData().GetNormals() is not None


def shapes(points):
    """(N) labels 0, 3, 7 of two halves of an ellipsoid."""
    offset = (points - FIXED_GRID.center) / (14, 17, 20)
    return np.where((offset**2).sum(-1) < 1, np.where(offset[:, 0] < 0, 3, 7), 0).astype(np.int16)


@pytest.mark.parametrize("grid", [MOVING_GRID, *(GRIDS[n] for n in ("oblique", "left-handed oblique"))])
def test_labels_on_their_own_voxels_stay_as_they_are(grid):
    rng = np.random.default_rng(3)
    labels = Volume(rng.integers(0, 4, grid.shape).astype(np.uint8), grid)
    same = warp(labels, grid, grid.chunks(5000), "smooth")
    assert same.array.dtype == np.uint8
    np.testing.assert_array_equal(same.array, labels.array)
    one = labels.with_array(np.full(grid.shape, 2, np.uint8))
    np.testing.assert_array_equal(warp(one, grid, grid.chunks(5000), "smooth").array, 2)


def test_smoothly_carried_labels_lie_better_than_nearest_ones_and_leave_no_gaps():
    labels = Volume(shapes(MOVING_GRID.points()).reshape(MOVING_GRID.shape), MOVING_GRID)
    fine = FIXED_GRID.with_spacing(1.0)
    truth = shapes(fine.points() + known_warp(fine.points())).reshape(fine.shape)
    errors = {}
    for way in ("nearest", "smooth"):
        moved = ((part, points + known_warp(points)) for part, points in fine.chunks(100_000))
        found = warp(labels, fine, moved, way).array
        assert set(np.unique(found)) == {0, 3, 7}
        errors[way] = (found != truth).mean()
    assert errors["smooth"] < 0.75 * errors["nearest"] < 0.05


def test_an_image_is_not_carried_as_labels():
    fixed, moving = warped_pair()
    with pytest.raises(InputError, match="whole numbers"):
        warp(fixed, moving.grid, moving.grid.chunks(5000), "smooth")
    with pytest.raises(InputError, match="cubic"):
        warp(fixed, moving.grid, moving.grid.chunks(5000), "cubic")


def test_an_inverse_that_is_off_by_a_little_more_than_a_tenth_of_a_millimetre_gets_finer_nodes_too():
    forward = SampledMap(np.zeros((*FIXED_GRID.shape, 3), np.float32), FIXED_GRID, np.eye(4))
    inverse = inverse_of(forward, None)
    errors = iter([0.105, 0.101, 0.07])
    finer = refined_inverse(forward, inverse, lambda _: next(errors))
    assert next(errors, None) is None  # it went on until the error was small enough
    assert (finer.grid.size_ijk >= 1.2**2 * inverse.grid.size_ijk).all()
    assert refined_inverse(forward, inverse, lambda _: 0.099) is inverse
