"""Time series, colours and vectors in one file; whole folders by one command."""

import json

import numpy as np
import pytest
from command_tools import run, write_head
from grids import GRIDS

from INRCore.compression import (
    CompressionSettings,
    compress,
    compress_series,
    inr_from_bytes,
    read_inr,
    read_inr_series,
)
from INRCore.compression.series_file import series_from_bytes
from INRCore.errors import InputError
from INRCore.io import read_volume, read_volumes, write_volume
from INRCore.volume import Volume

GRID = GRIDS["left-handed oblique"].with_size((24, 20, 16))


def frames(count=10, dtype=np.int16):
    """One structure whose brightness changes, a second one that comes and goes, noise of each frame's own."""
    index = np.moveaxis(np.indices(GRID.shape), 0, -1).astype(float)
    generator = np.random.default_rng(0)
    texture = np.cumsum(generator.normal(0, 30, GRID.shape), axis=2)
    bolus = np.exp(-(np.linalg.norm(index - [9, 12, 14], axis=-1) ** 2) / 30)
    found = []
    for number in range(count):
        array = 500 + texture * (1 + 0.2 * number / count) + 400 * np.sin(number / 2) * bolus
        array = np.clip(array + generator.normal(0, 2, GRID.shape), 0, 4000)
        found.append(Volume(np.rint(array).astype(dtype), GRID, "perfusion", "a.u.", {"modality": "MR"}))
    return found


def test_frames_that_look_alike_cost_much_less_together_than_each_alone():
    volumes, chosen = frames(), CompressionSettings(target_psnr_db=40)
    together = compress_series(volumes, "frames", chosen)
    alone = 5 * sum(len(compress(volumes[n], chosen).data) for n in (0, 6))
    assert 40 <= together.metrics["psnr_db"] < 41 and len(together.per_volume) == 10
    assert len(together.data) < 0.5 * alone
    decoded = together.series.volume(9)
    assert decoded.array.dtype == np.int16 and decoded.units == "a.u." and decoded.metadata == {"modality": "MR"}
    assert decoded.grid.same_as(GRID)
    error = decoded.array.astype(float) - volumes[9].array
    assert np.abs(error).max() == together.per_volume[9]["max_abs_error"]


@pytest.mark.parametrize("kind", ["frames", "components"])
def test_a_bound_holds_in_every_volume_and_a_size_for_the_whole_file(kind):
    volumes = frames(3)
    bounded = compress_series(volumes, kind, CompressionSettings(target_max_error=2))
    assert bounded.series.mixings is None and bounded.metrics["max_abs_error"] <= 2
    assert series_from_bytes(bounded.data).kind == kind
    sized = compress_series(volumes, kind, CompressionSettings(target_bytes=6000))
    assert 5000 < len(sized.data) <= 6000


def test_marked_voxels_and_labels_are_coded_each_on_its_own():
    volumes = frames(2, np.float32)
    volumes[1].array[3, 4, 5] = np.nan
    found = compress_series(volumes, "frames").series.volume(1).array
    assert np.isnan(found[3, 4, 5]) and np.isnan(found).sum() == 1
    labels = [v.with_array((v.array > 600).astype(np.uint8)) for v in frames(2)]
    result = compress_series(labels, "frames", CompressionSettings(codec="labels"))
    assert all(np.array_equal(result.series.volume(n).array, labels[n].array) for n in range(2))


def test_a_series_is_no_single_volume_and_a_file_cut_short_keeps_its_first_frames(tmp_path):
    result = compress_series(frames(10), "frames", CompressionSettings(target_ratio=8))
    result.save(tmp_path / "a.inr")
    with pytest.raises(InputError, match="holds 10 frames; choose one"):
        read_inr(tmp_path / "a.inr")
    assert read_inr_series(tmp_path / "a.inr").describe()["count"] == 10
    with pytest.raises(InputError, match=r"has no frame 10; it has 0\.\.9"):
        read_inr_series(tmp_path / "a.inr").volume(10)
    (tmp_path / "b.inr").write_bytes(result.data[:-60])
    series = read_inr_series(tmp_path / "b.inr")
    assert np.array_equal(series.volume(7).array, result.series.volume(7).array)
    assert not series.describe()["complete"]
    for length in range(len(result.data) // 2, len(result.data), 29):  # wherever it ends, also in the head of a member
        assert not series_from_bytes(result.data[:length]).describe()["complete"]
    generator, refused = np.random.default_rng(0), 0
    for _ in range(40):
        broken = bytearray(result.data)
        broken[generator.integers(2000)] ^= int(generator.integers(1, 256))
        try:
            series_from_bytes(bytes(broken)).volume(0)
        except InputError:
            refused += 1
    assert refused > 30
    with pytest.raises(InputError, match="holds 10 frames"):
        inr_from_bytes(result.data)


def test_the_command_takes_all_frames_and_gives_one_back(tmp_path):
    nrrd = pytest.importorskip("nrrd")
    volumes, lps = frames(3), GRID.lps_affine
    header = {
        "space": "left-posterior-superior",
        "space directions": np.vstack([np.full(3, np.nan), lps[:3, :3].T]),
        "space origin": lps[:3, 3],
        "kinds": ["list", "domain", "domain", "domain"],
    }
    array = np.stack([v.array for v in volumes], -1)
    nrrd.write(str(tmp_path / "a.nrrd"), array, header, index_order="C")
    report = tmp_path / "r.json"
    assert run("compress", tmp_path / "a.nrrd", tmp_path / "a.inr", "--max-error", "0", "--report", report) == 0
    assert len(json.loads(report.read_text())["volumes"]) == 3
    assert run("decompress", tmp_path / "a.inr", tmp_path / "b.nrrd", "--frame", 2) == 0
    back = read_volume(tmp_path / "b.nrrd")
    assert np.array_equal(back.array, volumes[2].array) and back.grid.same_as(GRID)
    assert run("decompress", tmp_path / "a.inr", tmp_path / "c.seq.nrrd") == 0
    kind, found = read_volumes(tmp_path / "c.seq.nrrd")
    assert kind == "frames" and all(np.array_equal(found[n].array, volumes[n].array) for n in range(3))
    assert run("decompress", tmp_path / "a.inr", tmp_path / "c.nii") == 4  # which has no room for an index
    assert run("decompress", tmp_path / "a.inr", tmp_path / "c.nrrd", "--spacing", 4) == 3
    assert run("info", tmp_path / "a.inr") == 0


def test_a_truncated_download_gives_a_coarse_volume_and_a_note(tmp_path):
    source = write_head(tmp_path / "a.nrrd")
    assert run("compress", source, tmp_path / "a.inr", "--psnr", 45) == 0
    (tmp_path / "cut.inr").write_bytes((tmp_path / "a.inr").read_bytes()[:-300])
    report = tmp_path / "r.json"
    assert run("decompress", tmp_path / "cut.inr", tmp_path / "b.nrrd", "--report", report) == 0
    assert "ends too early" in json.loads(report.read_text())["notes"][0]
    assert read_volume(tmp_path / "b.nrrd").array.shape == read_volume(source).array.shape


def test_a_folder_is_compressed_past_a_broken_file_and_the_table_says_what_happened(tmp_path, capsys):
    source, out, table = tmp_path / "scans", tmp_path / "packed", tmp_path / "t.csv"
    source.mkdir()
    write_head(source / "a.nrrd")
    (source / "b.nrrd").write_bytes(b"NRRD0004\nnonsense")
    write_volume(read_volume(source / "a.nrrd"), source / "c.nii.gz")
    write_volume(read_volume(source / "a.nrrd"), source / "c.mha")
    (source / "notes.txt").write_text("no volume")
    assert run("compress-folder", source, out, "--ratio", 8, "--table", table, "--progress", "none") == 3
    assert sorted(p.name for p in out.iterdir()) == ["a.inr", "c_mha.inr", "c_nii_gz.inr"]
    printed = capsys.readouterr().out
    assert "3 of 4 compressed" in printed and "b.nrrd" in printed
    rows = table.read_text().splitlines()
    assert len(rows) == 5 and rows[0].startswith("input,output,bytes,ratio,psnr_db,max_abs_error")
    assert run("compress-folder", tmp_path / "packed", tmp_path / "x") == 3  # nothing there to compress
