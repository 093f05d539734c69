"""Output files appear whole or not at all and replace nothing by accident; landmarks in and out."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from grids import GRIDS, SHAPE

from INRCore.errors import InputError, OutputError
from INRCore.io import (
    atomic_path,
    check_volume_path,
    check_writable,
    read_landmarks,
    read_volume,
    write_landmarks,
    write_volume,
)
from INRCore.volume import Volume

FORMATS = ["nrrd", "nhdr", "nii", "nii.gz", "mha", "mhd"]
VOLUME = Volume(np.zeros(SHAPE, np.float32), GRIDS["oblique"])


@pytest.mark.parametrize("extension", FORMATS)
def test_nothing_is_overwritten_without_force(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"out.{extension}"
    path.write_text("precious")
    with pytest.raises(OutputError, match=r"exists already.*--force"):
        write_volume(VOLUME, path)
    assert path.read_text() == "precious"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    write_volume(VOLUME, path, force=True)
    assert read_volume(path).array.shape == VOLUME.array.shape


@pytest.mark.parametrize(("header", "data"), [("a.nhdr", "a.raw.gz"), ("a.mhd", "a.zraw")])
def test_the_data_file_beside_a_header_is_not_overwritten_either(tmp_path: Path, header: str, data: str) -> None:
    (tmp_path / data).write_text("precious")
    with pytest.raises(OutputError, match=f"{data}' exists already"):
        write_volume(VOLUME, tmp_path / header)
    assert (tmp_path / data).read_text() == "precious"
    assert not (tmp_path / header).exists()


@pytest.mark.parametrize("name", ["out.txt", "out", ".nrrd", "out.gz", "out.nii.zip"])
def test_an_unknown_extension_is_refused_before_anything_is_done(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"use one of \.nrrd"):
        check_volume_path(tmp_path / name)
    with pytest.raises(OutputError, match=r"use one of \.nrrd"):
        write_volume(VOLUME, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_and_a_folder_as_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        check_writable(tmp_path / "nowhere" / "out.nrrd")
    with pytest.raises(OutputError, match="is a folder"):
        check_writable(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a place where nobody, root included, may create files")
def test_an_unwritable_folder_is_refused() -> None:
    with pytest.raises(OutputError, match="cannot be written to"):
        check_writable("/proc/out.nrrd")


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, OSError])
def test_what_is_interrupted_leaves_nothing_behind(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "out.nrrd").write_text("old")

    def work() -> None:
        with atomic_path(tmp_path / "out.nrrd", force=True) as temporary:
            assert temporary.parent == tmp_path
            assert temporary.suffix == ".nrrd"
            temporary.write_text("half")
            raise error("no space left")

    with pytest.raises(OutputError if error is OSError else error):
        work()
    assert [file.name for file in tmp_path.iterdir()] == ["out.nrrd"]
    assert (tmp_path / "out.nrrd").read_text() == "old"


def test_an_atomic_path_keeps_double_extensions_and_follows_links(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link.seg.nrrd").symlink_to(tmp_path / "there" / "real.seg.nrrd")
    with atomic_path(tmp_path / "link.seg.nrrd") as temporary:
        assert temporary.name.endswith(".seg.nrrd")
        temporary.write_text("new")
    assert (tmp_path / "link.seg.nrrd").is_symlink()
    assert (tmp_path / "there" / "real.seg.nrrd").read_text() == "new"


def test_landmarks_survive_and_labels_are_ignored(tmp_path: Path) -> None:
    points = np.random.default_rng(5).uniform(-200, 200, (9, 3))
    write_landmarks(points, tmp_path / "points.csv")
    assert np.abs(read_landmarks(tmp_path / "points.csv") - points).max() < 1e-6
    with pytest.raises(OutputError, match="exists already"):
        write_landmarks(points, tmp_path / "points.csv")
    (tmp_path / "named.csv").write_text('\ufefflabel, Z ,x,y\ntip,3,1,2\n\n"a, b",6e0,4,5\n', encoding="utf-8")
    assert read_landmarks(tmp_path / "named.csv").tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must name the columns"),
        ("1,2,3\n4,5,6\n", "must name the columns"),
        ("x;y;z\n1;2;3\n", "must name the columns"),
        ("x,y\n1,2\n", "must name the columns"),
        ("x,y,z,x\n1,2,3,4\n", "must name the columns"),
        ("x,y,z\n", "holds no landmarks"),
        ("x,y,z\n1,2,three\n", r"landmark 1 \('1,2,three'\)"),
        ("x,y,z\n1,2,3\n1,2\n", "landmark 2"),
        ("x,y,z\n1,2,3,4\n", "landmark 1"),
        ("x,y,z\n1,nan,3\n", "landmark 1"),
    ],
)
def test_bad_landmarks_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_landmarks(tmp_path / "bad.csv")


def test_landmarks_that_are_missing_or_binary_are_named(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00x,y,z")
    for name in ("binary.csv", "missing.csv"):
        with pytest.raises(InputError, match=name):
            read_landmarks(tmp_path / name)
