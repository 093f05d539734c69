"""Volumes larger than the memory allowed: boxes that overlap, coded one after another."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from compression_cases import phantom
from damaged_files import mutated, survives

from INRCore.compression import CompressionSettings, compress, decompress, inr_from_bytes, mosaic
from INRCore.geometry import Grid

ROOT = Path(__file__).resolve().parents[1]
GRID = Grid.from_parts((36, 32, 28), (1.1, 1.2, 1.5), (30, -20, 15))
VOXELS = 16_000  # in a box; the volume has 32,256


@pytest.fixture(autouse=True, scope="module")
def small_boxes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("INRCore.compression.task._most_voxels", lambda settings: VOXELS)
        yield


@pytest.fixture(scope="module")
def compressed(small_boxes):
    """A phantom of four boxes at 12:1."""
    volume = phantom(GRID)
    return volume, compress(volume, CompressionSettings(target_ratio=12))


@pytest.mark.parametrize("shape", [(40, 44, 52), (1, 400, 300), (300, 20, 20), (512, 512, 275)])
def test_boxes_fill_the_volume_and_fit_into_the_memory_allowed(shape):
    boxes = mosaic.cut_boxes(shape, 30_000 if shape[0] < 512 else 4e6)
    assert all(
        np.prod([part.stop - part.start for part in box]) <= (30_000 if shape[0] < 512 else 4e6) for box in boxes
    )
    hits = np.zeros(shape, np.uint8)
    for box in boxes:
        hits[box] += 1
    assert hits.min() == 1 and hits.max() <= 8
    assert (hits > 1).mean() < 0.7 and len(boxes) > 1


def test_a_large_volume_comes_back_at_the_size_asked_for_and_as_good(compressed):
    volume, result = compressed
    assert len(result.file.mosaic) > 1 and result.file.describe()["field"].endswith("boxes, a pyramid each")
    assert 0.93 * volume.nbytes / 12 < len(result.data) <= volume.nbytes / 12
    assert np.array_equal(decompress(inr_from_bytes(result.data)).array, result.volume.array)
    assert result.metrics["psnr_db"] > 30


def test_where_boxes_meet_the_error_does_not_jump():
    """Voxel to voxel, errors differ little more there than elsewhere; without fading it is four to five times as much.
    In noise no seam would be seen, so these are waves."""
    k, j, i = np.indices(GRID.shape) / 9.0
    waves = 500 + 150 * np.sin(k) * np.sin(1.3 * j) + 100 * np.sin(0.9 * i + k)
    volume = phantom(GRID).with_array(np.rint(waves).astype(np.int16))
    result = compress(volume, CompressionSettings(target_ratio=20))
    error = result.volume.array.astype(float) - volume.array
    boxes = [mosaic.box_in(result.file, member) for member in result.file.mosaic]
    seams = 0
    for axis in range(3):
        jumps = np.abs(np.diff(np.moveaxis(error, axis, 0), axis=0)).mean((1, 2))
        for start in {box[axis].start for box in boxes} - {0}:
            seams += 1
            assert jumps[start - 1 : start + mosaic.OVERLAP].max() < 1.8 * np.median(jumps)
    assert seams


@pytest.mark.parametrize(("bound", "dtype"), [(0, np.int16), (3, np.int16), (2.5, np.float32)])
def test_an_error_bound_holds_where_boxes_overlap_too(bound, dtype):
    volume = phantom(GRID, dtype)
    noise = np.random.default_rng(1).normal(0, 40, volume.array.shape)
    volume = volume.with_array((volume.array + noise).astype(dtype))
    result = compress(volume, CompressionSettings(target_max_error=bound))
    assert result.metrics["max_abs_error"] <= bound
    assert np.abs(result.volume.array.astype(float) - volume.array).max() <= bound


def test_a_target_psnr_is_reached_over_all_boxes():
    result = compress(phantom(GRID.with_size((24, 26, 27))), CompressionSettings(target_psnr_db=45))
    assert len(result.file.mosaic) > 1
    assert 44.9 < result.metrics["psnr_db"] < 46


def test_boxes_without_any_number_and_flat_ones_come_back():
    array = phantom(GRID, np.float32).array.copy()
    array[:, :20, :] = np.nan
    array[:16, 24:, :] = 5
    result = compress(phantom(GRID, np.float32).with_array(array), CompressionSettings(target_ratio=30))
    again = decompress(inr_from_bytes(result.data)).array
    assert np.array_equal(np.isnan(again), np.isnan(array))


def test_other_grids_and_truncated_files(compressed):
    volume, result = compressed
    coarse = result.file.decompress(spacing=4.0).array
    inner = volume.grid.cropped((8, 8, 8), (24, 24, 24))
    assert abs(float(coarse.mean()) - float(volume.array.mean())) < 20
    assert np.abs(result.file.decompress(inner).array - volume.array[8:24, 8:24, 8:24].astype(float)).mean() < 20
    for share in (0.45, 0.5, 0.6, 0.7):  # one of them within the head of a box
        with pytest.warns(UserWarning, match="ends too early"):
            part = inr_from_bytes(result.data[: int(share * len(result.data))]).decompress().array
        assert part.shape == volume.array.shape
        assert np.array_equal(part[:8, :8, :8], result.volume.array[:8, :8, :8])


def test_damaged_mosaics_give_a_line(compressed):
    result = compressed[1]
    generator = np.random.default_rng(2)
    refused = sum(not survives(mutated(result.data, generator)) for _ in range(20))
    assert refused > 15


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
def test_memory_stays_below_the_limit_in_a_process_of_its_own():
    """80 x 80 x 80 voxels take about 110 MB above the interpreter's own as a whole."""
    script = """
import json, sys
from pathlib import Path
import numpy as np
from INRCore.compression import CompressionSettings, compress
from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.volume import Volume
def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
k, j, i = np.ogrid[:80, :80, :80]
array = (500 + 400 * np.sin(k / 9) * np.sin(j / 11) * np.sin(i / 7)).astype(np.int16)
settings = CompressionSettings(target_max_error=40, fit=FitSettings(max_memory_gb=float(sys.argv[1])))
from INRCore.compression.task import mosaic_steps, plain_content, _most_voxels
from INRCore.compression.pyramid_task import pyramid_steps
from INRCore.fitting import run_to_end
small = Volume(np.ascontiguousarray(array[:48, :48, :48]), Grid((48, 48, 48), np.eye(4)))
run_to_end(mosaic_steps(small, plain_content(small, settings), settings, 6e4, None)).decompress()  # compiles
volume = Volume(array, Grid(array.shape, np.eye(4)))
content, before = plain_content(volume, settings), peak()
found = run_to_end(mosaic_steps(volume, content, settings, _most_voxels(settings), None)).decompress().array
assert np.abs(found.astype(int) - array).max() <= 40
in_boxes = peak() - before
run_to_end(pyramid_steps(volume, content, settings, None))
print(json.dumps([in_boxes, peak() - before]))
"""
    run = subprocess.run([sys.executable, "-c", script, "0.07"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    in_boxes, as_a_whole = json.loads(run.stdout)
    assert in_boxes < 72 + 5  # MB: the limit, and the voxels that come back
    assert as_a_whole > 1.4 * in_boxes
