"""Headers of NIfTI and MetaImage files: each variant at its place, each mistake explained."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest
from file_tools import assert_one_line_error

from INRCore.io import read_volume

VOXELS = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)


def _nifti(folder: Path, changes: dict[str, object], data: bytes = VOXELS.tobytes(), name: str = "made.nii") -> Path:
    header = nibabel.Nifti1Header()
    header["dim"], header["datatype"], header["bitpix"] = [3, 2, 3, 4, 1, 1, 1, 1], 2, 8
    header["pixdim"], header["magic"], header["vox_offset"] = [1, 1, 1, 1, 0, 0, 0, 0], b"n+1", 352
    for field, value in changes.items():
        header[field] = value
    content = header.binaryblock + bytes(4) + data
    (folder / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    return folder / name


HUGE = [3, 10_000, 10_000, 10_000, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dim": HUGE}, "cut short or its header is wrong"),
        ({"dim": [3, 2, 3, 5, 1, 1, 1, 1]}, "cut short or its header is wrong"),
        ({"dim": [3, 2, 0, 4, 1, 1, 1, 1]}, "impossible sizes"),
        ({"dim": [3, 2, -3, 4, 1, 1, 1, 1]}, "impossible sizes"),
        ({"dim": [9, 2, 3, 4, 1, 1, 1, 1]}, "9 dimensions"),
        ({"pixdim": [1, 0, 1, 1, 0, 0, 0, 0]}, "spacing of 0"),
        ({"pixdim": [1, -2, 1, 1, 0, 0, 0, 0], "qform_code": 1}, "spacing of -2"),
        ({"pixdim": [1, np.nan, 1, 1, 0, 0, 0, 0], "qform_code": 1}, "spacing of nan"),
        ({"quatern_b": np.nan, "qform_code": 1}, "qform is not finite"),
        ({"sform_code": 1}, "singular"),
        ({"sform_code": 1, "srow_x": [1, 0, 0, 0], "srow_y": [1, 0, 0, 0], "srow_z": [0, 0, 1, 0]}, "singular"),
        ({"sform_code": 1, "srow_x": [np.nan, 0, 0, 0]}, "finite"),
        ({"qform_code": 1, "qoffset_x": np.inf}, "finite"),
        ({"datatype": 32, "bitpix": 64}, "data type 32"),
        ({"datatype": 0}, "data type 0"),
        ({"vox_offset": 100}, "puts the voxels at byte 100"),
        ({"vox_offset": np.nan}, "puts the voxels at byte nan"),
        ({"vox_offset": 1e9}, "cut short or its header is wrong"),
        ({"magic": b"xyz"}, "not a NIfTI file"),
        ({"sizeof_hdr": 347}, "not a NIfTI file"),
    ],
)
def test_wrong_nifti_headers_are_explained(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    assert_one_line_error(_nifti(tmp_path, changes), message)


def test_compressed_nifti_files_are_bounded_by_what_is_stored(tmp_path: Path) -> None:
    huge = _nifti(tmp_path, {"dim": HUGE}, name="huge.nii.gz")
    assert_one_line_error(huge, "1,000,000,000,000 bytes of voxels")
    short = _nifti(tmp_path, {"dim": [3, 9, 9, 9, 1, 1, 1, 1]}, name="short.nii.gz")
    assert_one_line_error(short, "cut short: 24 of 729")


def test_an_image_half_is_found_and_missed(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Pair(VOXELS.T, np.diag([1, 2, 3, 1])), tmp_path / "pair.img")
    assert np.array_equal(read_volume(tmp_path / "pair.hdr").array, VOXELS)
    (tmp_path / "pair.img").rename(tmp_path / "other.img")
    assert_one_line_error(tmp_path / "pair.hdr", "other half of the pair, 'pair.img'")
    assert_one_line_error(tmp_path / "other.img", "other half of the pair, 'other.hdr'")


def test_an_analyze_file_is_refused_because_its_sides_are_unknown(tmp_path: Path) -> None:
    nibabel.save(nibabel.AnalyzeImage(VOXELS.T.astype(np.int16), np.eye(4)), tmp_path / "old.img")
    for name in ("old.img", "old.hdr"):
        assert_one_line_error(tmp_path / name, "does not say which side is left")


META = """ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = False
CompressedData = False
TransformMatrix = 1 0 0 0 1 0 0 0 1
Offset = 1 2 3
ElementSpacing = 2 3 4
DimSize = 2 3 4
ElementType = MET_UCHAR
ElementDataFile = LOCAL
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("NDims = 3", "NDims = 7", "'dimsize' needs 7"),
        ("NDims = 3", "NDims = three", "'ndims' needs 1"),
        ("DimSize = 2 3 4", "DimSize = 2 3", "'dimsize' needs 3"),
        ("DimSize = 2 3 4", "DimSize = 2 -3 4", "impossible sizes"),
        ("DimSize = 2 3 4", "DimSize = 2 3 5", "cut short or its header is wrong"),
        ("DimSize = 2 3 4", "DimSize = 10000 10000 10000", "cut short or its header is wrong"),
        ("ElementSpacing = 2 3 4", "ElementSpacing = 2 0 4", "spacing of 0"),
        ("ElementSpacing = 2 3 4", "ElementSpacing = 2 -1 4", "spacing of -1"),
        ("ElementSpacing = 2 3 4", "ElementSpacing = 2 nan 4", "3 finite numbers"),
        ("Offset = 1 2 3", "Offset = 1 2", "3 finite numbers"),
        ("1 0 0 0 1 0 0 0 1", "1 0 0 0 1 0 1 1 0", "[Bb]ad direction|singular"),
        ("1 0 0 0 1 0 0 0 1", "1 0 0 0 1 0", "9 finite numbers"),
        ("MET_UCHAR", "MET_STRING", "not a voxel type"),
        ("ElementType", "ElementNumberOfChannels = 5\nElementType", "cut short or its header is wrong"),
        ("ElementDataFile = LOCAL", "ElementDataFile = away.raw", "data file 'away.raw' is missing"),
        ("ElementDataFile = LOCAL", "", "not a MetaImage|not a header line"),
        ("CompressedData = False", "CompressedData = True\nCompressedDataSize = 9999", "cut short"),
        ("CompressedData = False", "CompressedData = True", "cannot be read|damaged"),
    ],
)
def test_wrong_metaimage_headers_are_explained(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert META.count(old) == 1
    path = tmp_path / "made.mha"
    path.write_bytes(META.encode() + VOXELS.tobytes())
    assert np.array_equal(read_volume(path).array, VOXELS)
    path.write_bytes(META.replace(old, new).encode() + VOXELS.tobytes())
    assert_one_line_error(path, message)


def test_text_voxels_of_a_metaimage_are_read(tmp_path: Path) -> None:
    text = META.replace("BinaryData = True", "BinaryData = False").replace("MET_UCHAR", "MET_SHORT")
    (tmp_path / "text.mha").write_text(text + " ".join(str(value) for value in VOXELS.ravel()) + "\n")
    assert np.array_equal(read_volume(tmp_path / "text.mha").array, VOXELS)


def test_entries_in_other_alphabets_do_not_stop_a_metaimage(tmp_path: Path) -> None:
    text = META.replace("NDims", "Gr\u00f6\u00dfe = \u00fc\nUnits = HU\nModality = MET_MOD_MR\nNDims")
    (tmp_path / "made.mha").write_bytes(text.encode("latin-1") + VOXELS.tobytes())
    volume = read_volume(tmp_path / "made.mha")
    assert (volume.units, volume.metadata) == ("HU", {"Modality": "MR"})
