"""DICOM series: every slice where its own header puts it, or one line that says why that is no volume."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_maker import (
    COLUMNS,
    DIRECTIONS,
    ORIGIN,
    ROWS,
    SPACING,
    slice_values,
    straight,
    write_enhanced,
    write_series,
    write_slice,
)
from file_tools import assert_one_line_error

from INRCore.io import read_volume
from INRCore.volume import Volume


def _assert_placed(volume: Volume, positions: np.ndarray, tolerance_mm: float = 1e-4) -> None:
    """Every voxel lies where position + i * rows + j * columns of its own slice says, and holds that slice's value."""
    assert volume.array.shape == (len(positions), ROWS, COLUMNS)
    for k, position in enumerate(positions):
        assert np.array_equal(volume.array[k], slice_values(k) - 1024)
        for i, j in ((0, 0), (COLUMNS - 1, 0), (0, ROWS - 1), (COLUMNS - 1, ROWS - 1)):
            lps = position + DIRECTIONS[:, 0] * SPACING[0] * i + DIRECTIONS[:, 1] * SPACING[1] * j
            assert np.abs(volume.grid.index_to_world(np.array([i, j, k])) - lps * [-1, -1, 1]).max() < tolerance_mm


def test_an_oblique_series_in_any_file_order_is_placed_and_in_hounsfield_units(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", straight(6), SliceThickness=3)
    volume = read_volume(tmp_path / "ct")
    _assert_placed(volume, straight(6))
    assert (volume.units, volume.array.dtype, volume.name) == ("HU", np.dtype(np.int16), "ct")
    assert volume.metadata == {"Modality": "CT", "SliceThickness": 3.0}
    assert "Secret" not in repr(volume)


def test_slices_listed_from_the_other_end_are_the_same_volume(tmp_path: Path) -> None:
    write_series(tmp_path / "up", straight(4))
    for k, path in enumerate(sorted((tmp_path / "up").iterdir())):
        shutil.copy(path, tmp_path / f"{9 - k}.dcm")
    shutil.rmtree(tmp_path / "up")
    _assert_placed(read_volume(tmp_path), straight(4))


def test_a_tilted_gantry_is_a_sheared_grid(tmp_path: Path) -> None:
    steps = 2.5 * DIRECTIONS[:, 2] + 0.9 * DIRECTIONS[:, 1]
    positions = ORIGIN + np.arange(6)[:, None] * steps
    write_series(tmp_path, positions)
    volume = read_volume(tmp_path)
    assert volume.grid.is_sheared
    _assert_placed(volume, positions)


def test_positions_rounded_to_a_tenth_of_a_millimetre_are_accepted(tmp_path: Path) -> None:
    positions = straight(40, 1.25)
    write_series(tmp_path, np.round(positions, 1))
    volume = read_volume(tmp_path)
    assert np.abs(volume.grid.spacing[2] - 1.25) < 2e-3
    assert np.abs(volume.grid.index_to_world(np.array([0, 0, 39])) - positions[39] * [-1, -1, 1]).max() < 0.06


def test_one_file_stands_for_its_series_among_several(tmp_path: Path) -> None:
    write_series(tmp_path, straight(4), "1.2.3")
    for k in range(3):
        write_slice(tmp_path / f"other{k}.dcm", straight(3, 5.0)[k], slice_values(k), "1.2.4")
    assert_one_line_error(tmp_path, r"2 series; .*series 1\.2\.3 \(CT, 4 slices, IM\d+\.dcm\); .*1\.2\.4 \(CT, 3")
    _assert_placed(read_volume(tmp_path / "IM003.dcm"), straight(4))
    _assert_placed(read_volume(tmp_path / "other1.dcm"), straight(3, 5.0))


def test_files_without_extension_in_subfolders_beside_other_files_are_found(tmp_path: Path) -> None:
    write_series(tmp_path, straight(4))
    (tmp_path / "A").mkdir()
    for number, path in enumerate(sorted(tmp_path.glob("*.dcm"))):
        path.rename(tmp_path / "A" / f"{number:08d}" if number % 2 else tmp_path / f"{number:08d}")
    (tmp_path / "README.txt").write_text("not an image")
    directory = pydicom.Dataset()
    directory.file_meta = pydicom.dataset.FileMetaDataset()
    directory.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    directory.file_meta.MediaStorageSOPClassUID = pydicom.uid.MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = "1.2.5"
    directory.FileSetID = "DISC"
    directory.save_as(tmp_path / "DICOMDIR", enforce_file_format=True)
    _assert_placed(read_volume(tmp_path), straight(4))
    assert read_volume(tmp_path / "00000000").array.shape[0] == 2  # only what lies in the same folder


def test_a_copied_slice_counts_once(tmp_path: Path) -> None:
    write_series(tmp_path, straight(4))
    shutil.copy(tmp_path / "IM003.dcm", tmp_path / "copy.dcm")
    _assert_placed(read_volume(tmp_path), straight(4))


def test_a_missing_slice_is_named_by_its_neighbours(tmp_path: Path) -> None:
    write_series(tmp_path, np.delete(straight(8), 3, axis=0))
    assert_one_line_error(tmp_path, r"gap of 5 mm between 'IM017.dcm' and 'IM024.dcm' .* 2.5 mm apart; about 1 slice")


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        (np.concatenate([straight(5), straight(5, 2.5)[4] + np.arange(1, 5)[:, None] * 3.5 * DIRECTIONS[:, 2]]),
         r"not evenly spaced in a row \(2.5 to 3.5 mm"),
        (straight(6) + np.arange(6)[:, None] ** 2 * 0.2 * DIRECTIONS[:, 0], "not evenly spaced in a row"),
        (straight(6) + np.array([0, 0, 0, 0.4, 0, 0])[:, None] * DIRECTIONS[:, 2], "not evenly spaced in a row"),
    ],
)  # fmt: skip
def test_slices_off_an_even_row_are_refused(tmp_path: Path, positions: np.ndarray, message: str) -> None:
    write_series(tmp_path, positions)
    assert_one_line_error(tmp_path, message)


def test_a_series_over_time_needs_a_frame(tmp_path: Path) -> None:
    for time in range(3):
        for k in range(4):
            path = tmp_path / f"{k}{2 - time}.dcm"
            write_slice(path, straight(4)[k], slice_values(k) + 50 * time, TemporalPositionIdentifier=time + 1)
    assert_one_line_error(tmp_path, r"has 3 frames; choose one with frame=0\.\.2")
    for time in range(3):
        volume = read_volume(tmp_path, frame=time)
        assert np.array_equal(volume.array[3], slice_values(3) + 50 * time - 1024)
    (tmp_path / "21.dcm").unlink()
    assert_one_line_error(tmp_path, "3 pictures lie at the place of .* but 2 at that of '2", frame=0)


def test_a_localizer_among_the_slices_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, straight(4))
    write_slice(tmp_path / "x.dcm", ORIGIN, slice_values(0), ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    assert_one_line_error(tmp_path, "different directions .*'x.dcm'.*localizer")


def test_slices_of_other_sizes_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path, straight(4))
    write_slice(tmp_path / "x.dcm", straight(5)[4], np.zeros((9, 9), np.int16))
    assert_one_line_error(tmp_path, "differ in size or pixel spacing")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"ImagePositionPatient": None}, "does not say where it lies"),
        ({"PixelSpacing": None}, "does not say how large its pixels are"),
        ({"PixelSpacing": [0, 1]}, "spacing of 0"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "at right angles"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 1]}, "damaged"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "MOSAIC"]}, "mosaic"),
    ],
)
def test_headers_that_give_no_place_are_explained(tmp_path: Path, entries: dict, message: str) -> None:
    write_series(tmp_path, straight(3), **entries)
    assert_one_line_error(tmp_path, message)


def test_a_single_slice_takes_its_thickness(tmp_path: Path) -> None:
    write_slice(tmp_path / "one.dcm", ORIGIN, slice_values(0), SliceThickness=4)
    volume = read_volume(tmp_path / "one.dcm")
    _assert_placed(volume, straight(1))
    assert np.allclose(volume.grid.spacing, [*SPACING, 4])
    assert np.allclose(volume.grid.directions[:, 2] * [-1, -1, 1], DIRECTIONS[:, 2])
    assert volume.name == "one"


def test_a_picture_without_a_place_is_put_at_zero_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "us.dcm"
    write_slice(path, ORIGIN, slice_values(0), ImagePositionPatient=None, ImageOrientationPatient=None, Modality="US")
    volume = read_volume(path)
    assert np.allclose(volume.grid.lps_affine, np.diag([*SPACING, 1, 1]))
    assert "does not say where it lies" in volume.metadata["placement_note"]
    assert volume.units == ""


def test_slopes_of_each_slice_are_applied(tmp_path: Path) -> None:
    for k in range(3):
        write_slice(tmp_path / f"{k}.dcm", straight(3)[k], slice_values(k), Modality="PT", Units="BQML",
                    RescaleSlope=1.0 if k == 0 else 0.25 * k, RescaleIntercept=0)  # fmt: skip
    volume = read_volume(tmp_path)
    assert (volume.units, volume.array.dtype) == ("BQML", np.dtype(np.float32))
    for k in range(3):
        assert np.allclose(volume.array[k], slice_values(k) * (1.0 if k == 0 else 0.25 * k))


def test_an_enhanced_multi_frame_file_is_placed_by_its_frames(tmp_path: Path) -> None:
    order = [2, 0, 3, 1]
    write_enhanced(tmp_path / "e.dcm", straight(4)[order], [slice_values(k) for k in order])
    _assert_placed(read_volume(tmp_path / "e.dcm"), straight(4))
    write_enhanced(tmp_path / "e.dcm", straight(4)[[0, 1, 3]], [slice_values(k) for k in (0, 1, 3)])
    assert_one_line_error(tmp_path / "e.dcm", "gap of 5 mm")


def test_frames_without_places_are_refused(tmp_path: Path) -> None:
    write_enhanced(tmp_path / "cine.dcm", straight(4), [slice_values(k) for k in range(4)])
    dataset = pydicom.dcmread(tmp_path / "cine.dcm")
    del dataset.PerFrameFunctionalGroupsSequence
    dataset.save_as(tmp_path / "cine.dcm")
    assert_one_line_error(tmp_path / "cine.dcm", "4 frames without a position for each")


def test_a_colour_slice_needs_a_component(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (ROWS, COLUMNS, 3)).astype(np.uint8)
    write_slice(tmp_path / "c.dcm", ORIGIN, slice_values(0), SamplesPerPixel=3, PhotometricInterpretation="RGB",
                PlanarConfiguration=0, BitsAllocated=8, BitsStored=8, HighBit=7, PixelRepresentation=0, Modality="OT",
                RescaleSlope=None, RescaleIntercept=None, PixelData=pixels.tobytes() + b"\0")  # fmt: skip
    assert_one_line_error(tmp_path / "c.dcm", "3 components")
    assert np.array_equal(read_volume(tmp_path / "c.dcm", component=1).array[0], pixels[..., 1])


def test_a_cut_slice_is_named(tmp_path: Path) -> None:
    write_series(tmp_path, straight(4))
    path = tmp_path / "IM017.dcm"
    content = path.read_bytes()
    for length in (200, len(content) // 2, len(content) - 60, len(content) - 2):
        path.write_bytes(content[:length])
        assert_one_line_error(path)
        with pytest.raises(ValueError, match="IM017"):
            read_volume(tmp_path)


def test_dicom_objects_that_are_no_images_are_ignored_or_named(tmp_path: Path) -> None:
    write_series(tmp_path, straight(3))
    write_slice(tmp_path / "report.dcm", ORIGIN, slice_values(0), "1.2.9", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11",
                Rows=None, Columns=None, PixelData=None)  # fmt: skip
    _assert_placed(read_volume(tmp_path), straight(3))
    assert_one_line_error(tmp_path / "report.dcm", "holds no DICOM image")
