"""Unusual files are read at the right place; damaged ones give one line that names the file, never a traceback."""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK
from file_tools import SHARED, assert_one_line_error, needs_shared, read_both_ways
from scipy.ndimage import map_coordinates

from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.io import read_volume, write_volume
from INRCore.volume import Volume

ORIENTATIONS = ["ASR", "IAL", "LAS", "LPS", "PIR", "RAS", "RPI", "SLP"]


# -- the real files --------------------------------------------------------------------------------------------------
@needs_shared
def test_one_brain_in_eight_orders_is_in_one_place() -> None:
    """The same world point has the same value in all of them, and the centre of mass does not move."""
    brains = {name: read_volume(SHARED / "odd" / "orientations" / f"{name}.nii.gz") for name in ORIENTATIONS}
    reference = brains["RAS"]
    points = reference.grid.points()[::7]
    values = _sample(reference, points)
    centre = _centre_of_mass(reference)
    assert np.std(values) > 10
    for name, brain in brains.items():
        assert np.linalg.norm(_centre_of_mass(brain) - centre) < 0.1, name
        assert np.abs(_sample(brain, points) - values).max() < 1e-2, name
    assert sum(brain.grid.is_left_handed for brain in brains.values()) == 2


def _sample(volume: Volume, points: np.ndarray) -> np.ndarray:
    indices = volume.grid.world_to_index(points)
    return map_coordinates(volume.array.astype(float), indices.T[::-1], order=1, mode="nearest")


def _centre_of_mass(volume: Volume) -> np.ndarray:
    weights = volume.array.ravel().astype(float)
    return weights @ volume.grid.points() / weights.sum()


@needs_shared
@pytest.mark.parametrize("name", ["odd_ct_pitch", "odd_shear", "big", "avg152T1_LR_nifti2", "odd_4d_mpld_asl"])
def test_odd_nifti_files_agree_with_nibabel(name: str) -> None:
    image = nibabel.load(SHARED / "odd" / f"{name}.nii.gz")
    series = len(image.shape) == 4
    volume = read_volume(SHARED / "odd" / f"{name}.nii.gz", frame=17 if series else None)
    expected = np.asanyarray(image.dataobj[..., 17] if series else image.dataobj).T
    assert volume.array.dtype.isnative
    assert np.allclose(volume.array, expected, atol=1e-3)
    assert np.abs(volume.grid.ijk_to_world - image.affine).max() < 1e-4
    assert volume.grid.is_sheared == (name == "odd_shear")


@needs_shared
def test_the_five_dimensional_nifti_names_its_components_and_gives_each() -> None:
    path = SHARED / "odd" / "5D_small.nii"
    assert_one_line_error(path, r"3 components; choose one with component=0\.\.2")
    image = nibabel.load(path)
    for component in range(3):
        array = read_volume(path, component=component).array
        assert np.allclose(array, np.asanyarray(image.dataobj)[..., 0, component].T, atol=1e-5)


@needs_shared
def test_skipped_lines_before_compressed_voxels_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    ball = read_both_ways(SHARED / "odd" / "BallBinary30x30x30_gz_lineskip.nrrd", monkeypatch)
    stored = np.fromfile(SHARED / "broken" / "BallBinary30x30x30.raw", "<i2").reshape(30, 30, 30)
    assert np.array_equal(ball.array, stored)


@needs_shared
@pytest.mark.parametrize("shift", ["Border20", "Shifted13x17y"])
def test_two_dimensional_slices_turned_by_thirty_degrees_agree(shift: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"BrainProtonDensitySlice{shift}DirectionPlus30"
    nrrd_slice = read_both_ways(SHARED / "odd" / f"{name}.nhdr", monkeypatch)
    assert nrrd_slice.array.shape == (1, 257, 221)
    angle = math.radians(30)
    assert np.allclose(nrrd_slice.grid.lps_affine[:3, 0], [math.cos(angle), math.sin(angle), 0], atol=1e-6)
    assert np.isclose(nrrd_slice.grid.spacing[2], 1.0)
    path = SHARED / "odd" / f"{name}.mhd"
    if shift == "Border20":
        assert_one_line_error(path, "data file 'BrainProtonDensitySliceBorder20.zraw' is missing")
        return
    # The direction columns of a MetaImage are written one after the other, so +30 there is -30 in the NRRD; both
    # readers must agree with SimpleITK about that.
    image = SimpleITK.ReadImage(str(path))
    volume = read_volume(path)
    assert np.array_equal(volume.array, nrrd_slice.array)
    end = image.TransformIndexToPhysicalPoint((220, 256))
    assert np.allclose(volume.grid.index_to_world(np.array([220, 256, 0])), [-end[0], -end[1], 0], atol=1e-4)


@needs_shared
def test_the_real_dicom_series_is_at_its_place_and_in_order() -> None:
    volume = read_volume(SHARED / "dicom_head_ct")
    assert volume.array.shape == (93, 64, 64)
    assert volume.array.dtype == np.int16
    assert np.allclose(volume.grid.lps_affine, np.diag([3.2, 3.2, 1.5, 1]), atol=1e-9)
    tenth = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(SHARED / "dicom_head_ct" / "CTHead10.dcm")))
    assert np.array_equal(volume.array[9], tenth[0])
    by_file = read_volume(SHARED / "dicom_head_ct" / "CTHead33.dcm")
    assert np.array_equal(by_file.array, volume.array)
    assert by_file.grid.same_as(volume.grid)


@needs_shared
def test_a_tilted_gantry_gives_the_sheared_grid_that_the_headers_describe() -> None:
    volume = read_volume(SHARED / "broken" / "gantrytilting")
    assert volume.units == "HU"
    assert volume.grid.is_sheared
    first = np.array([-106.791015625, -256.61886606561, -61.951915066986])
    down = np.array([0, 0.970295726276, -0.2419218956])
    for k in range(4):
        for j in (0, 511):
            expected = first + [0, 0, 5.0 * k] + j * 0.41796875 * down
            assert np.allclose(volume.grid.index_to_world(np.array([0, j, k])) * [-1, -1, 1], expected, atol=1e-5)


@needs_shared
def test_two_slices_are_enough_when_their_places_say_so() -> None:
    volume = read_volume(SHARED / "broken" / "slicecount" / "001")
    truth = read_volume(SHARED / "broken" / "slicecount" / "001_ground_truth.nii.gz")
    points = truth.grid.points()
    assert np.abs(_sample(volume, points) - truth.array.ravel()).max() < 0.01  # the truth's affine is float32
    assert volume.grid.contains(points).all()


@needs_shared
def test_the_broken_files_say_what_is_wrong() -> None:
    assert_one_line_error(SHARED / "broken" / "not-nifti.nii", "not a NIfTI file")
    assert_one_line_error(SHARED / "broken" / "BallBinary30x30x30_byteskip_minus_five.nhdr", "skip .*-5 bytes")
    assert_one_line_error(SHARED / "broken" / "BallBinary30x30x30.raw", "of no known kind")
    assert_one_line_error(SHARED / "broken", r"holds 2 series; .*CT, 4 slices.*MR, 2 slices")
    assert_one_line_error(SHARED / "odd" / "orientations", "holds no DICOM images")


# -- any file --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("extension", ["nrrd", "nhdr", "nii", "nii.gz", "hdr", "mha", "mhd", "png", "tif", "dcm"])
def test_missing_empty_and_foreign_files_are_named(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"a.{extension}"
    assert_one_line_error(path, "does not exist")
    path.write_bytes(b"")
    assert_one_line_error(path, "is empty")
    path.write_bytes(b"<html>404 Not Found</html>\n" * 30)
    assert_one_line_error(path)
    path.write_bytes(bytes(2000))
    assert_one_line_error(path)


def test_folders_without_images_and_unknown_extensions_are_named(tmp_path: Path) -> None:
    assert_one_line_error(tmp_path, "holds no DICOM images")
    (tmp_path / "notes.txt").write_text("hello")
    assert_one_line_error(tmp_path, "holds no DICOM images")
    assert_one_line_error(tmp_path / "notes.txt", r"of no known kind; known are .*\.nrrd")


@pytest.mark.parametrize("extension", ["nrrd", "nii", "nii.gz", "mha"])
def test_a_file_cut_anywhere_is_an_error_and_never_a_volume(tmp_path: Path, extension: str) -> None:
    volume = Volume(np.random.default_rng(0).normal(size=(6, 7, 8)).astype(np.float32), Grid.from_parts((6, 7, 8)))
    write_volume(volume, tmp_path / f"whole.{extension}")
    content = (tmp_path / f"whole.{extension}").read_bytes()
    path = tmp_path / f"cut.{extension}"
    for length in np.unique(np.linspace(1, len(content) - 40, 60).astype(int)):
        path.write_bytes(content[:length])
        assert_one_line_error(path)


@pytest.mark.parametrize("extension", ["nrrd", "nii.gz", "mha"])
def test_voxels_that_do_not_match_their_checksum_are_refused(tmp_path: Path, extension: str) -> None:
    damaged = bytearray(_small_file(tmp_path, extension))
    damaged[-6] ^= 1  # in the checksum, so that everything unpacks
    path = tmp_path / f"damaged.{extension}"
    path.write_bytes(damaged)
    assert_one_line_error(path)


@pytest.mark.parametrize("extension", ["nrrd", "nii", "nii.gz", "mha", "raw.mha", "raw.nrrd"])
def test_damaged_bytes_give_a_volume_or_one_line(tmp_path: Path, extension: str) -> None:
    """Three hundred random damages of each format, headers first; the process must survive SimpleITK as well."""
    random = np.random.default_rng(zlib.crc32(extension.encode()))
    content = _small_file(tmp_path, extension)
    path, errors = tmp_path / f"damaged.{extension}", 0
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(random.integers(1, 5)):
            place = int(random.integers(0, min(len(damaged), 360 if random.random() < 0.8 else len(damaged))))
            damaged[place] = int(random.choice([0, 32, 45, 48, 57, 127, 255, random.integers(0, 256)]))
        if random.random() < 0.1:
            del damaged[int(random.integers(0, len(damaged))) :]
        path.write_bytes(damaged)
        try:
            volume = read_volume(path)
        except InputError as error:
            errors += 1
            assert "\n" not in str(error)
            assert path.name in str(error)
        else:
            assert np.isfinite(volume.grid.ijk_to_world).all()
    assert errors > 20


def _small_file(folder: Path, extension: str) -> bytes:
    volume = Volume(np.arange(210, dtype=np.int16).reshape(5, 6, 7), Grid.from_parts((5, 6, 7), (1, 2, 3), (4, 5, 6)))
    path = folder / f"whole.{extension}"
    if extension.startswith("raw"):
        image = SimpleITK.GetImageFromArray(volume.array)
        SimpleITK.WriteImage(image, str(path), useCompression=False)
    else:
        write_volume(volume, path)
    return path.read_bytes()


def test_a_nifti_with_a_wild_header_is_survived(tmp_path: Path) -> None:
    """Each number of the header set to extremes, one after the other."""
    whole, path = _small_file(tmp_path, "nii"), tmp_path / "wild.nii"
    for place in range(0, 348, 2):
        for value in (-1, 0, 32767):
            path.write_bytes(whole[:place] + struct.pack("<h", value) + whole[place + 2 :])
            try:
                read_volume(path)
            except InputError as error:
                assert "wild.nii" in str(error)
