"""Headers of NRRD files: each variant at its place, each mistake explained."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from file_tools import assert_one_line_error, read_both_ways, without_pynrrd

from INRCore.io import read_volume

VOXELS = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)


def _nrrd(
    folder: Path, *lines: str, data: bytes = VOXELS.tobytes(), encoding: str = "raw", kind: str = "uint8"
) -> Path:
    path = folder / "made.nrrd"
    path.write_bytes("\n".join(["NRRD0004", f"type: {kind}", f"encoding: {encoding}", *lines, "", ""]).encode() + data)
    return path


AXES = ("space directions: (1,0,0) (0,2,0.5) (0,0,3)", "space origin: (5,6,7)")
AXES_IN_SPACE = np.array([[1, 0, 0, 5], [0, 2, 0, 6], [0, 0.5, 3, 7], [0, 0, 0, 1.0]])
BASE = ("dimension: 3", "sizes: 2 3 4")


@pytest.mark.parametrize(
    ("space", "signs", "noted"),
    [
        ("space: right-anterior-superior", (1, 1, 1), False),
        ("space: RAS", (1, 1, 1), False),
        ("space: left-posterior-superior", (-1, -1, 1), False),
        ("space: LPS", (-1, -1, 1), False),
        ("space: LAS", (-1, 1, 1), False),
        ("space: left-anterior-superior", (-1, 1, 1), False),
        ("space: scanner-xyz", (-1, -1, 1), True),
        ("space: 3D-right-handed", (-1, -1, 1), True),
        ("space dimension: 3", (-1, -1, 1), True),
    ],
)
def test_each_nrrd_space_is_turned_to_ras(
    tmp_path: Path, space: str, signs: tuple[int, ...], noted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _nrrd(tmp_path, *BASE, space, *AXES)
    volume = read_both_ways(path, monkeypatch)
    assert np.allclose(volume.grid.ijk_to_world, np.diag([*signs, 1]) @ AXES_IN_SPACE)
    assert ("placement_note" in volume.metadata) == noted
    assert np.array_equal(volume.array, VOXELS)
    image = SimpleITK.ReadImage(str(path))  # as Slicer would place it
    far = np.array(image.TransformIndexToPhysicalPoint((1, 2, 3))) * [-1, -1, 1]
    assert np.allclose(volume.grid.index_to_world(np.array([1, 2, 3])), far, atol=1e-6)


@pytest.mark.parametrize(
    ("lines", "spacing", "origin"),
    [
        (["spacings: 1 2 3"], (1, 2, 3), (0, 0, 0)),
        ([], (1, 1, 1), (0, 0, 0)),
        (["spacings: 1 2 3", "axis mins: 5 6 7", "centerings: node node node"], (1, 2, 3), (5, 6, 7)),
        (["spacings: 1 2 3", "axis mins: 5 6 7", "centerings: cell cell cell"], (1, 2, 3), (5.5, 7, 8.5)),
        (["spacings: 1 2 3", "axis mins: 5 6 7"], (1, 2, 3), (5.5, 7, 8.5)),
    ],
)
def test_a_nrrd_without_directions_is_placed_as_slicer_does(
    tmp_path: Path, lines: list[str], spacing: tuple, origin: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _nrrd(tmp_path, *BASE, *lines)
    volume = read_both_ways(path, monkeypatch)
    image = SimpleITK.ReadImage(str(path))
    assert np.allclose(volume.grid.spacing, spacing)
    assert np.allclose(volume.grid.origin * [-1, -1, 1], origin)
    assert np.allclose(image.GetSpacing(), spacing)
    assert np.allclose(image.GetOrigin(), origin)
    assert "placement_note" in volume.metadata


def test_a_slice_in_space_keeps_its_plane(tmp_path: Path) -> None:
    path = _nrrd(tmp_path, "dimension: 2", "sizes: 6 4", "space: RAS", "space directions: (0,1,0) (0,0,2)",
                 "space origin: (1,2,3)")  # fmt: skip
    volume = read_volume(path)
    assert volume.array.shape == (1, 4, 6)
    assert np.allclose(volume.grid.ijk_to_world[:3], [[0, 0, 1, 1], [1, 0, 0, 2], [0, 2, 0, 3]])


@pytest.mark.parametrize("kinds", ["kinds: list domain domain domain", ""])
def test_a_list_axis_is_known_by_its_missing_direction(tmp_path: Path, kinds: str) -> None:
    lines = ["dimension: 4", "sizes: 3 2 2 2", "space: RAS", "space directions: none (1,0,0) (0,2,0) (0,0,3)"]
    path = _nrrd(tmp_path, *lines, *([kinds] if kinds else []))
    assert np.array_equal(read_volume(path, frame=1).array, VOXELS.reshape(2, 2, 2, 3)[..., 1])


def test_a_time_axis_of_a_four_dimensional_space_is_a_frame(tmp_path: Path) -> None:
    path = _nrrd(tmp_path, "dimension: 4", "space: right-anterior-superior-time", "sizes: 2 2 2 3",
                 "space directions: (1,0,0,0) (0,2,0,0) (0,0,3,0) (0,0,0,1)", "space origin: (1,2,3,0)")  # fmt: skip
    volume = read_volume(path, frame=2)
    assert np.array_equal(volume.array, VOXELS.reshape(3, 2, 2, 2)[2])
    assert np.allclose(volume.grid.ijk_to_world[:3], [[1, 0, 0, 1], [0, 2, 0, 2], [0, 0, 3, 3]])


def test_nrrd_units_and_measurement_frame_are_understood(tmp_path: Path) -> None:
    path = _nrrd(tmp_path, *BASE, "space: LPS", *AXES, 'space units: "cm" "cm" "cm"', "sample units: HU",
                 "measurement frame: (0,1,0) (-1,0,0) (0,0,1)", "Modality:=CT", "PatientName:=Somebody")  # fmt: skip
    volume = read_volume(path)
    assert np.allclose(volume.grid.lps_affine, np.diag([10, 10, 10, 1]) @ AXES_IN_SPACE)
    assert volume.units == "HU"
    # The columns of the frame are (0,1,0), (-1,0,0), (0,0,1) in LPS, so (0,-1,0), (1,0,0), (0,0,1) in RAS.
    expected = {"Modality": "CT", "space": "LPS", "measurement_frame": [[0, 1, 0], [-1, 0, 0], [0, 0, 1]]}
    assert volume.metadata == expected


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("raw", bytes),
        ("gzip", gzip.compress),
        ("gz", gzip.compress),
        ("bzip2", bz2.compress),
        ("ascii", lambda data: " ".join(str(int(v)) for v in np.frombuffer(data, ">i2")).encode()),
    ],
)
def test_every_nrrd_encoding_and_big_endian_voxels_are_read(
    tmp_path: Path, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    stored = (VOXELS.astype("i2") * 300).astype(">i2")
    path = _nrrd(tmp_path, *BASE, "space: LPS", *AXES, "endian: big", data=pack(stored.tobytes()),
                 encoding=encoding, kind="short")  # fmt: skip
    array = read_volume(path).array
    assert array.dtype == np.int16
    assert array.dtype.isnative
    assert np.array_equal(array, stored)


@pytest.mark.parametrize(
    ("skip", "before"), [("line skip: 2", b"one\ntwo\n"), ("byte skip: 5", b"12345"), ("byte skip: -1", b"abc")]
)
def test_raw_voxels_after_skips_are_found(
    tmp_path: Path, skip: str, before: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "detached.nhdr"
    path.write_text("\n".join(["NRRD0004", "type: uint8", "encoding: raw", *BASE, skip, "data file: voxels.raw", ""]))
    (tmp_path / "voxels.raw").write_bytes(before + VOXELS.tobytes())
    assert np.array_equal(read_both_ways(path, monkeypatch).array, VOXELS)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["dimension: 3", "sizes: 2 3"], "'dimension' and 'sizes'"),
        (["dimension: 3", "sizes: 2 3 x"], "'dimension' and 'sizes'"),
        (["sizes: 2 3 4"], "'dimension' and 'sizes'"),
        (["dimension: 3", "sizes: 2 3 0"], "impossible sizes"),
        (["dimension: 3", "sizes: 2 -3 4"], "impossible sizes"),
        (["dimension: 3", "sizes: 2 3 5"], "cut short or its header is wrong"),
        (["dimension: 3", "sizes: 2 3 3"], "claims 18 bytes of voxels but 24"),
        (["dimension: 3", "sizes: 10000 10000 10000"], "cut short or its header is wrong"),
        (["dimension: 3", "sizes: 99999999999999999999 3 4"], "cut short or its header is wrong"),
        (["dimension: 1", "sizes: 24"], "1 spatial axes"),
        ([*BASE, "spacings: 1 2"], "one entry for each axis"),
        ([*BASE, "spacings: 1 0 2"], "spacing of 0"),
        ([*BASE, "spacings: 1 -3 2"], "spacing of -3"),
        ([*BASE, "spacings: 1 nan 2"], "spacing of nan"),
        ([*BASE, "space: XYZ", *AXES], "unknown space 'xyz'"),
        ([*BASE, "space: LPS", "space directions: (1,0,0) (0,1,0)"], "one entry for each axis"),
        ([*BASE, "space: LPS", "space directions: (1,0,0) (0,1,0) (0,0,nan)"], "finite numbers"),
        ([*BASE, "space: LPS", "space directions: (1,0,0) (0,1,0) (0,0,x)"], "'x' in 'space directions'"),
        ([*BASE, "space: LPS", "space directions: (1,0,0) (0,1,0) (0,0,0)"], "singular"),
        ([*BASE, "space: LPS", "space directions: (1,0,0) (0,1,0) (1,1,0)"], "singular"),
        ([*BASE, "space: LPS", AXES[0], "space origin: (1,inf,3)"], "finite numbers"),
        ([*BASE, "byte skip: -5"], "impossible skip"),
        ([*BASE, "line skip: -1"], "impossible skip"),
        ([*BASE, "line skip: 999999999999"], "impossible skip"),
        ([*BASE, "byte skip: many"], "not a whole number"),
        ([*BASE, "data file: nowhere.raw"], "data file 'nowhere.raw' is missing"),
        ([*BASE, "data file: LIST"], "cannot be read"),
        ([*BASE, "no separator in this line"], "not a NRRD header line"),
        ([*BASE, 'space units: "mm" "cm" "mm"'], "different space units"),
    ],
)
@pytest.mark.parametrize("library", ["pynrrd", "SimpleITK"])
def test_wrong_nrrd_headers_are_explained(
    tmp_path: Path, lines: list[str], message: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if library == "SimpleITK":
        without_pynrrd(monkeypatch)
    assert_one_line_error(_nrrd(tmp_path, *lines), message)


@pytest.mark.parametrize(("kind", "encoding"), [("block", "raw"), ("float16", "raw"), ("uint8", "zip"), ("", "raw")])
def test_unknown_nrrd_types_and_encodings_are_explained(tmp_path: Path, kind: str, encoding: str) -> None:
    path = _nrrd(tmp_path, *BASE, kind=kind, encoding=encoding)
    assert_one_line_error(path, "not a number type|unknown NRRD encoding")


def test_several_data_files_are_read_through_simpleitk(tmp_path: Path) -> None:
    for k in range(4):
        (tmp_path / f"slice{k}.raw").write_bytes(VOXELS[k].tobytes())
    path = tmp_path / "list.nhdr"
    path.write_text("\n".join(["NRRD0004", "type: uint8", "encoding: raw", *BASE, "data file: slice%d.raw 0 3 1", ""]))
    assert np.array_equal(read_volume(path).array, VOXELS)
