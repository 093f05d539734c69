"""Compression by the codec 'pyramid' end to end: targets, bounds, places, coarse and truncated reading."""

import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from compression_cases import noise, phantom
from grids import GRIDS

from INRCore.compression import (
    CompressionSettings,
    compress,
    decompress,
    inr_from_bytes,
    inr_to_bytes,
    pyramid_encoder,
    read_inr,
)
from INRCore.compression.stored_pyramid import FILTERS_KEY
from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.metrics.image import max_abs_error, psnr_db
from INRCore.volume import Volume

ROOT = Path(__file__).resolve().parents[1]


def pyramid(**targets):
    return CompressionSettings(**targets)


@pytest.fixture
def a_large_phantom(monkeypatch):
    """Large enough for tiles, which begin with fewer voxels than usual; with noise that no slice tells of another."""
    monkeypatch.setattr(pyramid_encoder, "_UNTILED_VOXELS", 1 << 19)
    volume = phantom(Grid.from_parts((64, 70, 202), (1, 1, 1)))
    noise = np.random.default_rng(8).normal(0, 60, volume.array.shape)
    return volume.with_array((volume.array + noise).astype(np.int16))


@pytest.mark.parametrize(("ratio", "least"), [(8, 50), (16, 42), (40, 31)])
def test_a_ratio_is_kept_and_filled(ratio, least):
    volume = phantom()
    result = compress(volume, pyramid(target_ratio=ratio))
    assert ratio <= result.metrics["compression_ratio"] < 1.06 * ratio
    assert result.metrics["psnr_db"] > least
    assert result.metrics["psnr_db"] == pytest.approx(psnr_db(volume.array, decompress(result.file).array))


def test_a_ratio_beyond_reach_is_refused_with_the_one_in_reach():
    with pytest.raises(InputError, match=r"cannot be compressed 500:1.*gives \d"):
        compress(phantom(), pyramid(target_ratio=500))


@pytest.mark.parametrize("target", [30, 42, 55])
def test_a_psnr_is_reached_and_hardly_more(target):
    result = compress(phantom(), pyramid(target_psnr_db=target))
    assert target <= result.metrics["psnr_db"] < target + 0.4 and not result.notes
    both = compress(phantom(), pyramid(target_psnr_db=55, target_ratio=20))
    assert both.metrics["compression_ratio"] >= 20 and "not the 55 dB" in both.notes[0]


HARD = {
    "noise": noise("int16"),
    "wide noise": noise("int64"),
    "bits": noise("bool"),
    "one voxel": np.full((1, 1, 1), 7, np.int16),
    "thin": noise("int16", (1, 40, 30)),
    "a line": noise("uint8", (1, 1, 77)),
    "constant": np.full((9, 9, 9), -5, np.int32),
    "labels": (np.indices((20, 21, 22)).sum(0) // 9 % 5).astype(np.uint8),
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("bound", [0, 1, 10])
def test_no_voxel_is_off_by_more_than_the_bound(name, bound):
    volume = Volume(HARD[name], Grid.from_parts(HARD[name].shape))
    result = compress(volume, pyramid(target_max_error=bound))
    assert max_abs_error(volume.array, decompress(inr_from_bytes(result.data)).array) <= bound


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("bound", [0.5, 20])
def test_the_bound_holds_for_real_numbers_with_holes(dtype, bound):
    array = noise(dtype, (12, 13, 14))
    array[2:6, 3:9, 4:8], array[0, 0, 0], array[1, 1, 1] = np.nan, np.inf, -np.inf
    volume = Volume(array, Grid.from_parts(array.shape))
    found = compress(volume, pyramid(target_max_error=bound)).volume.array
    finite = np.isfinite(array)
    assert np.array_equal(np.isnan(found), np.isnan(array)) and found[0, 0, 0] == np.inf and found[1, 1, 1] == -np.inf
    assert np.abs(found[finite].astype(float) - array[finite]).max() <= bound


def test_exact_is_smaller_than_gzip_where_there_is_structure():
    volume = phantom(Grid.from_parts((24, 60, 64), (1, 1, 1)))
    rough = volume.array + np.random.default_rng(0).normal(0, 4, volume.array.shape)
    result = compress(volume.with_array(np.rint(rough).astype(np.int16)), pyramid(target_max_error=0))
    assert result.metrics["max_abs_error"] == 0 and result.metrics["ratio_against_gzip_nrrd"] > 1.2


def test_holes_cost_little():
    volume = phantom(dtype=np.float32)
    holed = volume.array.copy()
    holed[:, :12] = np.nan
    whole, with_holes = (compress(volume.with_array(a), pyramid(target_psnr_db=38)) for a in (volume.array, holed))
    assert with_holes.metrics["file_bytes"] < 1.4 * whole.metrics["file_bytes"]


@pytest.mark.parametrize("name", GRIDS)
def test_structure_stays_at_its_place_on_any_grid(name):
    grid = GRIDS[name].with_size((32, 28, 24))
    volume = phantom(grid, np.float32)
    file = compress(volume, pyramid(target_psnr_db=60)).file
    other = Grid(
        grid.shape, grid.ijk_to_world @ np.array([[1, 0, 0, 0.4], [0, 1, 0, -0.3], [0, 0, 1, 0.2], [0, 0, 0, 1]])
    )
    found = decompress(file, grid=other).array[2:-2, 2:-2, 2:-2]
    i, j, k = 0.4, -0.3, 0.2
    weights = [(dk, dj, di) for dk in (0, 1) for dj in (0, 1) for di in (0, 1)]
    expected = 0
    for dk, dj, di in weights:
        share = (k if dk else 1 - k) * (-j if dj else 1 + j) * (i if di else 1 - i)
        expected = expected + share * np.roll(volume.array, (-dk, dj, -di), (0, 1, 2))
    assert psnr_db(expected[2:-2, 2:-2, 2:-2], found, 1000) > 48


def test_a_coarser_volume_reads_only_the_coarse_parts_and_lies_at_its_place(a_large_phantom, tmp_path):
    volume = a_large_phantom
    path = tmp_path / "a.inr"
    compress(volume, pyramid(target_ratio=10)).save(path)
    file = read_inr(path)
    asked = []
    watched = replace(file, pyramid=replace(file.pyramid, parts=Watched(file.pyramid.parts, asked)))
    coarse = watched.decompress(spacing=4)
    assert {key[1] for key in asked} == {255, *range(2, len(file.pyramid.levels))}
    smooth = decompress(file, spacing=4)
    assert np.array_equal(coarse.array, smooth.array) and np.allclose(coarse.grid.spacing, 4, rtol=0.03)
    weights = volume.array.astype(float)
    center = (volume.grid.points() * weights.reshape(-1)[:, None]).sum(0) / weights.sum()
    weights = coarse.array.astype(float)
    found = (coarse.grid.points() * weights.reshape(-1)[:, None]).sum(0) / weights.sum()
    assert np.abs(found - center).max() < 0.3


class Watched(dict):
    def __init__(self, parts, asked):
        super().__init__(parts)
        self._asked = asked

    def __getitem__(self, key):
        self._asked.append(key)
        return super().__getitem__(key)


def test_a_region_is_exact_and_reads_only_its_tiles(a_large_phantom):
    volume = a_large_phantom
    file = compress(volume, pyramid(target_ratio=10)).file
    region = volume.grid.cropped((0, 0, 0), (60, 70, 64))
    asked = []
    watched = replace(file, pyramid=replace(file.pyramid, parts=Watched(file.pyramid.parts, asked)))
    found = watched.decompress(grid=region).array
    assert np.array_equal(found, file.decompress().array[:64, :70, :60])
    assert FILTERS_KEY in file.pyramid.parts
    assert ("L", 0, 0) in asked and ("L", 0, 1) not in asked


def test_a_file_cut_short_gives_a_coarser_volume_and_says_so(tmp_path):
    volume = phantom()
    data = compress(volume, pyramid(target_ratio=8)).data
    psnrs = []
    for share in (0.3, 0.6, 0.9):
        (tmp_path / "a.inr").write_bytes(data[: int(len(data) * share)])
        file = read_inr(tmp_path / "a.inr")
        assert not file.describe()["complete"]
        with pytest.warns(UserWarning, match="ends too early"):
            psnrs.append(psnr_db(volume.array, file.decompress().array))
    assert 15 < psnrs[0] <= psnrs[1] <= psnrs[2]
    with pytest.raises(InputError, match="cut short"):
        inr_from_bytes(data[:150])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decompress(inr_from_bytes(data))


def test_bytes_files_and_descriptions_agree(tmp_path):
    source = phantom()
    volume = Volume(source.array, source.grid, "Kopf 3", "ms", {"modality": "MR", "Größe": [1, 2.5], "odd": np.nan})
    result = compress(volume, pyramid())
    result.save(tmp_path / "a.inr")
    file = read_inr(tmp_path / "a.inr")
    assert inr_to_bytes(file) == inr_to_bytes(result.file) == result.data == (tmp_path / "a.inr").read_bytes()
    decoded = file.decompress()
    assert (decoded.name, decoded.units) == ("Kopf 3", "ms")
    assert decoded.metadata == {"modality": "MR", "Größe": [1, 2.5], "odd": "nan"}
    assert np.array_equal(decoded.grid.ijk_to_world, volume.grid.ijk_to_world)
    assert file.describe()["field"].startswith("pyramid") and file.describe()["bytes"] == len(result.data)


def test_the_same_volume_gives_the_same_bytes():
    assert compress(phantom(), pyramid()).data == compress(phantom(), pyramid()).data


def test_a_python_without_torch_reads_the_same_voxels(tmp_path):
    result = compress(phantom(), pyramid())
    result.save(tmp_path / "a.inr")
    script = (
        "import sys; sys.modules['torch'] = None; import numpy as np; from INRCore.compression import read_inr;"
        "np.save(sys.argv[2], read_inr(sys.argv[1]).decompress().array)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a.inr"), str(tmp_path / "a.npy")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert np.array_equal(np.load(tmp_path / "a.npy"), result.volume.array)
