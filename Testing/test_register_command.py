"""The command `register`: all its results, and what it says before the fit."""

import numpy as np
import pytest
import vtk
from command_tools import QUICK, run, write_head
from registration_phantom import MOVING_GRID, half_mask
from test_registration_similarities import other_contrast

from INRCore.io import read_landmarks, read_volume, write_landmarks, write_volume
from INRCore.io.surfaces import read_surface, write_surface
from INRCore.io.transforms import read_transform_displacement, write_linear_transform
from INRCore.registration import load_registration_field
from INRCore.volume import Volume


@pytest.fixture
def head(tmp_path):
    return write_head(tmp_path / "head.nrrd")


def test_a_registration_writes_all_its_results_and_carries_over_what_belongs_to_the_moving_volume(head, tmp_path):
    """From a given shift, with next to no fit: the results are those of the shift."""
    grid, shift = read_volume(head).grid, np.array([6.0, -4.0, 3.0])
    out, start = tmp_path / "out", np.eye(4)
    out.mkdir()
    start[:3, 3] = shift
    write_volume(
        read_volume(head).with_array(read_volume(head).array, grid.transformed(start)), tmp_path / "moving.nrrd"
    )
    write_linear_transform(start, tmp_path / "start.tfm")
    middle = grid.center + shift
    write_landmarks(middle[None], tmp_path / "points.csv")
    write_landmarks(grid.center[None], tmp_path / "fixed.csv")
    inside = np.linalg.norm(grid.transformed(start).points() - middle, axis=1).reshape(grid.shape) < 5
    write_volume(Volume(inside.astype(np.uint8), grid.transformed(start)), tmp_path / "labels.nrrd")
    sphere = vtk.vtkSphereSource()
    sphere.SetCenter(*middle)
    sphere.Update()
    write_surface(sphere.GetOutput(), tmp_path / "model.vtp")

    volumes = ("volume", "jacobian", "log-jacobian", "inverse-error", "uncertainty", "checkerboard", "labels")
    names = {name: f"{name}.nrrd" for name in volumes} | {"transform": "t.h5", "inverse-transform": "i.h5"}
    names |= {"field": "f.safetensors", "model": "m.vtp", "points": "p.csv", "landmark-errors": "e.csv"}
    words = [word for name, file in names.items() for word in (f"--output-{name}", out / file)]
    words += ["--carried-labels", tmp_path / "labels.nrrd", "--carried-model", tmp_path / "model.vtp"]
    words += ["--carried-points", tmp_path / "points.csv", "--initial-transform", tmp_path / "start.tfm"]
    words += ["--fixed-landmarks", tmp_path / "fixed.csv", "--moving-landmarks", tmp_path / "points.csv"]
    words += ["--model", "cycle", *QUICK, "--set", "fit.learning_rate=1e-7", "--progress", "none"]
    assert run("register", head, tmp_path / "moving.nrrd", *words) == 0

    def moved(name):
        return read_transform_displacement(out / names[name], grid).reshape(-1, 3)

    np.testing.assert_allclose(moved("transform"), np.tile(shift, (grid.voxel_count, 1)), atol=0.05)
    np.testing.assert_allclose(moved("inverse-transform"), np.tile(-shift, (grid.voxel_count, 1)), atol=0.05)
    field = load_registration_field(out / names["field"])
    np.testing.assert_allclose(field.transform_points(grid.center), middle[None], atol=0.05)
    there, back, quiet = out / "there.csv", out / "back.csv", ("--device", "cpu", "--progress", "none")
    assert run("map-points", out / names["field"], tmp_path / "fixed.csv", there, *quiet) == 0
    assert run("map-points", out / names["field"], there, back, "--back", *quiet) == 0
    np.testing.assert_allclose(read_landmarks(there), middle[None], atol=0.05)
    np.testing.assert_allclose(read_landmarks(back), grid.center[None], atol=0.01)
    np.testing.assert_allclose(read_landmarks(out / "p.csv"), grid.center[None], atol=0.05)
    np.testing.assert_allclose(read_surface(out / "m.vtp").GetCenter(), grid.center, atol=0.05)
    np.testing.assert_array_equal(read_volume(out / "labels.nrrd").array, inside)
    np.testing.assert_allclose(read_volume(out / "log-jacobian.nrrd").array, 0, atol=0.01)
    for name in ("inverse-error", "uncertainty"):
        assert 0 <= read_volume(out / f"{name}.nrrd").array.max() < 0.05
    header, first, mean = (out / "e.csv").read_text().split()
    assert header == "landmark,before_mm,after_mm" and mean == first.replace("1,", "mean,", 1)
    before, after = map(float, first.split(",")[1:])
    assert before == pytest.approx(np.linalg.norm(shift), abs=1e-3) and after < 0.05


@pytest.mark.parametrize(
    ("words", "problem", "code"),
    [
        (("--output-labels", "l.nrrd"), "no carried labels", 3),
        (("--output-model", "m.vtp"), "no surfaces", 3),
        (("--output-uncertainty", "u.nrrd"), "model = 'cycle'", 3),
        (("--output-transform", "t.abc"), ".h5", 4),
        (("--output-volume", "v.abc"), ".nrrd", 4),
        (("--output-volume", "v.nrrd", "--initial-transform", "nowhere.h5"), "no such file", 3),
        (("--output-volume", "v.nrrd", "--forbid-folding", "--model", "cycle"), "can fold", 3),
    ],
)
def test_what_a_registration_cannot_make_is_said_before_the_fit(head, words, problem, code, tmp_path, capsys):
    words = [tmp_path / word if "." in word else word for word in words]
    assert run("register", head, head, *words, "--progress", "none", "--set", "fit.iterations=1000000") == code
    assert problem in capsys.readouterr().err


# -- what users do by mistake: end to end, what they read -------------------------------------------------------------
def registered(fixed, moving, folder, capsys, *words):
    """The exit code and everything said."""
    paths = []
    for name, volume in (("fixed", fixed), ("moving", moving)):
        paths.append(folder / f"{name}.nrrd")
        write_volume(volume, paths[-1], force=True)
    quick = [*QUICK, "--set", "fit.iterations=4"]
    code = run("register", *paths, "--output-volume", folder / "v.nrrd", "--similarity", "ncc", *quick, *words)
    told = capsys.readouterr()
    return code, " ".join((told.out + told.err).split())


def test_volumes_that_lie_apart_and_images_of_one_slice_are_refused_with_what_helps(head, tmp_path, capsys):
    volume, away = read_volume(head), np.eye(4)
    away[0, 3] = 500
    code, told = registered(volume, volume.with_array(volume.array, volume.grid.transformed(away)), tmp_path, capsys)
    assert code == 3 and "lie apart in space" in told and "500 mm" in told and "'rigid' or 'affine'" in told
    flat = tmp_path / "flat"
    flat.mkdir()
    code, told = registered(volume.cropped((0, 0, 3), (24, 20, 4)), volume, flat, capsys)
    assert code == 3 and "single slice" in told
    assert not (flat / "v.nrrd").exists()


def test_exchanged_volumes_are_refused_where_that_shows_and_else_the_direction_is_said(head, tmp_path, capsys):
    volume, away = read_volume(head), np.eye(4)
    away[:3, 3] = (300, 0, 0)
    moving = volume.with_array(volume.array, volume.grid.transformed(away))
    write_linear_transform(away, tmp_path / "start.tfm")
    start = ("--initial-transform", tmp_path / "start.tfm")
    code, told = registered(moving, volume, tmp_path, capsys, *start, "--force")
    assert code == 3 and "exchange fixed and moving" in told
    code, told = registered(volume, moving, tmp_path, capsys, *start, "--force")
    assert code == 0
    assert told.index("The moving volume") < told.index("was brought onto the fixed volume")


def test_other_contrasts_for_a_correlation_and_a_mask_of_another_geometry_are_said(tmp_path, capsys):
    write_volume(half_mask(MOVING_GRID), tmp_path / "mask.nrrd")
    code, told = registered(*other_contrast(), tmp_path, capsys, "--fixed-mask", tmp_path / "mask.nrrd")
    assert code == 0
    assert "different contrasts" in told and "'lncc_squared'" in told
    assert "fixed mask" in told and "another geometry" in told
