"""Volumes keep their voxels and their place through every format, and other libraries agree about both."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK
from file_tools import without_pynrrd
from grids import GRIDS, SHAPE

from INRCore.geometry import Grid
from INRCore.io import read_volume, write_volume
from INRCore.volume import Volume

FORMATS = ["nrrd", "nhdr", "nii", "nii.gz", "mha", "mhd"]
TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]
PLAIN, OBLIQUE, MIRRORED = GRIDS["axial"], GRIDS["oblique"], GRIDS["left-handed oblique"]
MIRROR = np.diag([-1.0, 1.0, 1.0, 1.0])
ALL_GRIDS = {**GRIDS, "sheared left-handed": GRIDS["sheared"].transformed(MIRROR)}
STRAIGHT = [name for name in ALL_GRIDS if "sheared" not in name]


def _volume(grid: Grid, dtype: str = "float32") -> Volume:
    values = np.random.default_rng(3).uniform(0, 120, grid.shape)
    return Volume(values.astype(dtype), grid, name="phantom", units="HU", metadata={"Modality": "CT", "EchoTime": 2.5})


@pytest.fixture(params=["pynrrd", "SimpleITK"])
def nrrd_library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """NRRD through both libraries: inside Slicer there is no pynrrd."""
    if request.param == "SimpleITK":
        without_pynrrd(monkeypatch)
    return request.param


# -- round trips -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ALL_GRIDS)
@pytest.mark.parametrize("extension", FORMATS)
def test_every_voxel_keeps_its_place_and_value(tmp_path: Path, kind: str, extension: str) -> None:
    volume = _volume(ALL_GRIDS[kind])
    write_volume(volume, tmp_path / f"out.{extension}")
    back = read_volume(tmp_path / f"out.{extension}")
    assert np.array_equal(back.array, volume.array)
    assert np.abs(back.grid.points() - volume.grid.points()).max() < 1e-4
    assert back.name == "out"
    assert {path.name for path in tmp_path.iterdir()} <= {f"out.{extension}", "out.raw.gz", "out.zraw"}


@pytest.mark.parametrize("kind", ALL_GRIDS)
def test_nrrdwithout_pynrrd_is_the_same(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    volume = _volume(ALL_GRIDS[kind])
    write_volume(volume, tmp_path / "by_pynrrd.nrrd")
    without_pynrrd(monkeypatch)
    for extension in ("nrrd", "nhdr"):
        write_volume(volume, tmp_path / f"by_simpleitk.{extension}")
    read = {path.name: read_volume(path) for path in tmp_path.glob("by_*.n*")}
    assert len(read) == 3
    for back in read.values():
        assert np.array_equal(back.array, volume.array)
        assert np.abs(back.grid.points() - volume.grid.points()).max() < 1e-4
        assert (back.units, back.metadata["Modality"], back.metadata["EchoTime"]) == ("HU", "CT", 2.5)


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("dtype", TYPES)
def test_the_voxel_type_survives(tmp_path: Path, dtype: str, extension: str, nrrd_library: str) -> None:
    volume = _volume(OBLIQUE, dtype)
    write_volume(volume, tmp_path / f"out.{extension}")
    back = read_volume(tmp_path / f"out.{extension}")
    assert back.array.dtype == np.dtype(dtype)
    assert np.array_equal(back.array, volume.array)


@pytest.mark.parametrize("extension", FORMATS)
def test_nan_and_infinity_survive(tmp_path: Path, extension: str) -> None:
    volume = _volume(PLAIN)
    volume.array[0, 0, :3] = [np.nan, np.inf, -np.inf]
    write_volume(volume, tmp_path / f"out.{extension}")
    assert np.array_equal(read_volume(tmp_path / f"out.{extension}").array, volume.array, equal_nan=True)


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize(("given", "written"), [("bool", "uint8"), (">i2", "int16"), ("float16", "float32")])
def test_types_that_formats_lack_become_the_nearest(tmp_path: Path, given: str, written: str, extension: str) -> None:
    array = (np.arange(960).reshape(SHAPE) % 2).astype(given)
    write_volume(Volume(array, PLAIN), tmp_path / f"out.{extension}")
    back = read_volume(tmp_path / f"out.{extension}").array
    assert back.dtype == np.dtype(written)
    assert np.array_equal(back, array.astype(written))


@pytest.mark.parametrize("extension", ["nrrd", "nhdr", "mha", "mhd"])
def test_units_and_metadata_survive_but_assumptions_and_odd_text_do_not(tmp_path: Path, extension: str) -> None:
    notes = {"placement_note": "old", "Modality": "CT", "SliceThickness": 3.0, "KVP": "a\nb", "EchoTime": "µ"}
    volume = Volume(np.zeros(SHAPE, np.int16), OBLIQUE, units="HU", metadata=notes)
    write_volume(volume, tmp_path / f"out.{extension}")
    back = read_volume(tmp_path / f"out.{extension}")
    assert back.units == "HU"
    assert {key: back.metadata.get(key) for key in notes} == {
        "placement_note": None, "Modality": "CT", "SliceThickness": 3.0, "KVP": None, "EchoTime": None,
    }  # fmt: skip


@pytest.mark.parametrize("shape", [(1, 6, 7), (5, 1, 7), (5, 6, 1), (1, 1, 1)])
@pytest.mark.parametrize("extension", FORMATS)
def test_one_voxel_thick_axes_keep_their_spacing(tmp_path: Path, shape: tuple[int, int, int], extension: str) -> None:
    volume = _volume(Grid(shape, OBLIQUE.ijk_to_world))
    write_volume(volume, tmp_path / f"out.{extension}")
    back = read_volume(tmp_path / f"out.{extension}")
    assert back.grid.same_as(volume.grid)
    assert np.array_equal(back.array, volume.array)


def test_an_axis_too_long_for_nifti_1_is_written_as_nifti_2(tmp_path: Path) -> None:
    grid = Grid((1, 2, 40_000), OBLIQUE.ijk_to_world)
    write_volume(_volume(grid, "uint8"), tmp_path / "long.nii.gz")
    assert isinstance(nibabel.load(tmp_path / "long.nii.gz"), nibabel.Nifti2Image)
    assert read_volume(tmp_path / "long.nii.gz").grid.same_as(grid)


# -- other libraries -------------------------------------------------------------------------------------------------
def _simpleitk_points(path: Path) -> np.ndarray:
    """RAS mm of every voxel as SimpleITK places it, numbered like `Grid.points`."""
    image = SimpleITK.ReadImage(str(path))
    corner = np.array(image.TransformIndexToPhysicalPoint((0, 0, 0)))
    steps = [np.array(image.TransformIndexToPhysicalPoint(unit)) - corner for unit in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    k, j, i = np.unravel_index(np.arange(image.GetNumberOfPixels()), image.GetSize()[::-1])
    return (corner + np.stack([i, j, k], -1) @ np.array(steps)) * [-1, -1, 1]


@pytest.mark.parametrize("kind", ALL_GRIDS)
@pytest.mark.parametrize("extension", ["nrrd", "nhdr", "mha", "mhd", "nii", "nii.gz"])
def test_simpleitk_finds_what_we_write_where_we_put_it(tmp_path: Path, kind: str, extension: str) -> None:
    volume, path = _volume(ALL_GRIDS[kind]), tmp_path / f"out.{extension}"
    write_volume(volume, path)
    if "sheared" in kind and "nii" in extension:
        # ITK reads no sheared NIfTI; it must then say so, and not find a qform that says something else.
        with pytest.raises(RuntimeError, match="orthonormal"):
            SimpleITK.ReadImage(str(path))
        return
    assert np.array_equal(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))), volume.array)
    assert np.abs(_simpleitk_points(path) - volume.grid.points()).max() < 1e-3


@pytest.mark.parametrize("kind", STRAIGHT)
@pytest.mark.parametrize("extension", ["nrrd", "nhdr", "mha", "mhd", "nii", "nii.gz"])
def test_we_find_what_simpleitk_writes_where_it_put_it(
    tmp_path: Path, kind: str, extension: str, nrrd_library: str
) -> None:
    volume, path = _volume(ALL_GRIDS[kind]), tmp_path / f"out.{extension}"
    image = SimpleITK.GetImageFromArray(volume.array)
    lps = volume.grid.lps_affine
    image.SetSpacing(volume.grid.spacing.tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / volume.grid.spacing).ravel().tolist())
    SimpleITK.WriteImage(image, str(path))
    back = read_volume(path)
    assert np.array_equal(back.array, volume.array)
    assert np.abs(back.grid.points() - volume.grid.points()).max() < 1e-3


@pytest.mark.parametrize("kind", ALL_GRIDS)
def test_nibabel_agrees_about_nifti_both_ways(tmp_path: Path, kind: str) -> None:
    volume = _volume(ALL_GRIDS[kind], "int16")
    write_volume(volume, tmp_path / "ours.nii.gz")
    image = nibabel.load(tmp_path / "ours.nii.gz")
    assert np.array_equal(np.asanyarray(image.dataobj), volume.array.T)
    assert np.abs(image.affine - volume.grid.ijk_to_world).max() < 1e-4
    assert (image.get_qform(coded=True)[1], image.get_sform(coded=True)[1]) == (0 if "sheared" in kind else 1, 1)
    if "sheared" not in kind:
        assert np.abs(image.get_qform() - volume.grid.ijk_to_world).max() < 1e-4
    nibabel.save(nibabel.Nifti1Image(volume.array.T, volume.grid.ijk_to_world), tmp_path / "theirs.nii")
    theirs = read_volume(tmp_path / "theirs.nii")
    assert np.array_equal(theirs.array, volume.array)
    assert np.abs(theirs.grid.points() - volume.grid.points()).max() < 1e-4


@pytest.mark.parametrize("image_class", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("mirror", [False, True])
def test_a_qform_alone_places_the_image(tmp_path: Path, image_class: type, mirror: bool) -> None:
    grid = MIRRORED if mirror else OBLIQUE
    image = image_class(_volume(grid).array.T, None)
    image.set_qform(grid.ijk_to_world, 1)
    image.set_sform(None, 0)
    nibabel.save(image, tmp_path / "q.nii")
    assert np.abs(read_volume(tmp_path / "q.nii").grid.points() - grid.points()).max() < 1e-3


def test_the_sform_wins_and_a_qform_that_disagrees_is_told(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.zeros((12, 10, 8), np.uint8), OBLIQUE.ijk_to_world)
    image.set_qform(PLAIN.ijk_to_world, 1)
    nibabel.save(image, tmp_path / "both.nii")
    back = read_volume(tmp_path / "both.nii")
    assert back.grid.same_as(OBLIQUE)
    assert "qform differs" in back.metadata["placement_note"]


def test_nifti_without_any_form_is_placed_as_slicer_does(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.zeros((12, 10, 8), np.uint8), None)
    image.header.set_zooms((1, 2, 3))
    nibabel.save(image, tmp_path / "none.nii")
    back = read_volume(tmp_path / "none.nii")
    assert np.abs(back.grid.points() - _simpleitk_points(tmp_path / "none.nii")).max() < 1e-6
    assert "neither qform nor sform" in back.metadata["placement_note"]


@pytest.mark.parametrize(("unit", "millimetres"), [("meter", 1000.0), ("mm", 1.0), ("micron", 0.001), (0, 1.0)])
def test_nifti_lengths_in_other_units_become_millimetres(tmp_path: Path, unit: str | int, millimetres: float) -> None:
    for form in ("qform", "sform"):
        image = nibabel.Nifti1Image(np.zeros((12, 10, 8), np.uint8), None)
        getattr(image, f"set_{form}")(OBLIQUE.ijk_to_world, 1)
        image.header.set_xyzt_units(unit)
        nibabel.save(image, tmp_path / "unit.nii")
        expected = np.diag([millimetres] * 3 + [1]) @ OBLIQUE.ijk_to_world
        assert np.allclose(read_volume(tmp_path / "unit.nii").grid.ijk_to_world, expected, atol=1e-4 * millimetres)


@pytest.mark.parametrize(("slope", "intercept"), [(2.5, -3.0), (1.0, 7.0)])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32"])
def test_a_stored_scaling_is_applied(tmp_path: Path, slope: float, intercept: float, dtype: str) -> None:
    stored = _volume(PLAIN, dtype).array
    image = nibabel.Nifti1Image(stored.T, np.eye(4))
    image.header.set_slope_inter(slope, intercept)
    _save_as_stored(image, stored, tmp_path / "scaled.nii")
    back = read_volume(tmp_path / "scaled.nii").array
    assert back.dtype == np.float32
    assert np.allclose(back, stored * slope + intercept, rtol=1e-6)


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.0, 5.0), (np.nan, np.nan)])
def test_a_scaling_that_says_nothing_keeps_integers(tmp_path: Path, slope: float, intercept: float) -> None:
    stored = _volume(PLAIN, "int16").array
    image = nibabel.Nifti1Image(stored.T, np.eye(4))
    image.header["scl_slope"], image.header["scl_inter"] = slope, intercept
    _save_as_stored(image, stored, tmp_path / "labels.nii")
    assert read_volume(tmp_path / "labels.nii").array.dtype == np.int16


def _save_as_stored(image: nibabel.Nifti1Image, stored: np.ndarray, path: Path) -> None:
    """nibabel would divide by the slope; here the stored numbers are given."""
    image.header["magic"], image.header["vox_offset"] = b"n+1", 352
    path.write_bytes(image.header.binaryblock + bytes(4) + stored.tobytes())


@pytest.mark.parametrize("extension", ["nii", "img"])
def test_big_endian_nifti_becomes_native(tmp_path: Path, extension: str) -> None:
    volume = _volume(OBLIQUE, "int16")
    image_class = nibabel.Nifti1Pair if extension == "img" else nibabel.Nifti1Image
    header = image_class.header_class(endianness=">")
    header.set_data_dtype(">i2")
    nibabel.save(image_class(volume.array.T, volume.grid.ijk_to_world, header), tmp_path / f"big.{extension}")
    for name in ("big.hdr", "big.img") if extension == "img" else ("big.nii",):
        back = read_volume(tmp_path / name)
        assert back.array.dtype.isnative
        assert np.array_equal(back.array, volume.array)
        assert back.grid.same_as(volume.grid)
