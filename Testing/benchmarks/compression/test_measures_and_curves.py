"""The benchmark's own ground: equal bytes are compared, files decode from their bytes alone, measures are right."""

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from INRCore.geometry import Grid
from INRCore.volume import Volume
from Testing.benchmarks.compression.curves import at_bytes
from Testing.benchmarks.compression.measures import dice, measure
from Testing.benchmarks.compression.points import Points
from Testing.benchmarks.compression.registry import CODECS, find_codec
from Testing.benchmarks.compression.runner import Bench, measure_codec
from Testing.benchmarks.compression.search import next_quality, worth_measuring
from Testing.benchmarks.compression.streams import Levels, pack, unpack
from Testing.benchmarks.compression.summary import margins, psnr_table
from Testing.benchmarks.compression.volumes import CT_WINDOWS, Case, otsu_threshold
from Testing.benchmarks.compression.wavelet import forward_97, inverse_97

RNG = np.random.default_rng(5)


@pytest.fixture
def case():
    array = RNG.integers(-1000, 1500, (12, 14, 16)).astype(np.int16)
    grid = Grid(array.shape, np.diag([0.7, 0.8, 2.0, 1.0]))
    organs = {"left": np.arange(16)[None, None] + np.zeros(array.shape) < 8, "none": np.zeros(array.shape, bool)}
    return Case(Volume(array, grid), CT_WINDOWS, organs, 200.0)


# -- equal bytes -------------------------------------------------------------------------------------------------------
def test_curves_are_straight_in_log_bytes_and_end_where_the_points_do():
    sizes = [4000, 1000, 2000]  # a codec that gains 6 dB with each doubling, its files in any order
    values = [42.0, 30.0, 36.0]
    assert at_bytes(sizes, values, 2000) == 36
    assert at_bytes(sizes, values, 2000 * 2**0.5) == pytest.approx(39)
    assert at_bytes(sizes, values, 4000 * 1.05) == pytest.approx(42 + 6 * math.log2(1.05))  # a little beyond
    assert at_bytes(sizes, values, 4000 * 1.3) is None and at_bytes(sizes, values, 700) is None
    assert at_bytes([], [], 1000) is None and at_bytes([1000], [30.0], 1010) == 30
    assert at_bytes([1000, 2000], [math.nan, 36.0], 1000) is None
    assert at_bytes([1000, 4000], [30.0, 36.0], 2000) is None  # too far apart for a straight line


@pytest.mark.parametrize("exponent", [0.6, 1.0, 2.5])
def test_the_search_finds_the_size_whatever_the_codec_makes_of_its_quality(exponent):
    codec, raw = find_codec("hevc"), 8_000_000
    tried: dict[float, int] = {}
    for ratio in (16, 64, 256):
        for _ in range(codec.probes):
            quality = next_quality(tried, raw / ratio, raw, codec)
            if quality is None:
                break
            tried[quality] = int(raw / 4 * 2 ** (-exponent * quality / codec.per_halving))
        (found,) = worth_measuring(tried, raw / ratio)
        assert tried[found] == pytest.approx(raw / ratio, rel=0.08)


def test_the_search_takes_both_neighbours_of_a_codec_with_coarse_steps_and_stops_at_its_limit():
    codec = find_codec("zfp")
    tried: dict[float, int] = {}
    for _ in range(codec.probes):
        quality = next_quality(tried, 100_000, 6_400_000, codec)
        if quality is None:
            break
        tried[quality] = int(140_000 * 4**-quality)
    assert worth_measuring(tried, 100_000) == [0, 1]
    limited = replace(codec, limits=(-20.0, 2.0))
    assert next_quality({2.0: 5000}, 100, 6_400_000, limited) is None


def test_margins_are_taken_at_equal_ratios_and_only_where_both_have_a_file():
    rows = [
        {"volume": "head", "ratio": ratio, "codec": codec, "psnr_db": value}
        for codec, values in {"ours-a": (40, 31), "ours-b": (39, 32), "hevc": (41, 30.5), "zfp": (35, None)}.items()
        for ratio, value in zip((16.0, 64.0), values, strict=True)
    ]
    assert "| head | 16:1 | ours-a | -1.00 | 5.00 |" in margins(rows)
    assert "| head | 64:1 | ours-b | 1.50 |  |" in margins(rows)
    assert "| head | zfp | 35.00 |  |" in psnr_table(rows)


# -- files and measures ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", ["<i2", "<f4", "<u1"])
def test_a_packed_stream_brings_back_shape_type_and_values(dtype):
    voxels = RNG.uniform(0, 200, (3, 5, 4)).astype(dtype)
    levels = Levels.of(voxels, 16)
    found, streams = unpack(pack(levels, [levels.forward(voxels).tobytes(), b"", b"more"]))
    assert streams[1:] == [b"", b"more"] and found == levels
    back = found.backward(np.frombuffer(streams[0], "<u2"))
    assert back.dtype == voxels.dtype and back.shape == voxels.shape
    assert np.abs(back.astype(float) - voxels).max() <= levels.step / 2 * 1.01


@pytest.mark.parametrize("count", [1, 2, 3, 7, 32, 45])
def test_the_wavelet_across_slices_comes_back(count):
    planes = RNG.normal(size=(count, 2, 3))
    assert inverse_97(forward_97(planes)) == pytest.approx(planes, abs=1e-12)


def test_the_wavelet_across_slices_keeps_the_energy_of_noise_and_gathers_that_of_smooth_volumes():
    noise = RNG.normal(size=(256, 4, 4))
    assert np.square(forward_97(noise)).sum() == pytest.approx(np.square(noise).sum(), rel=0.15)
    smooth = np.cos(np.arange(2048) * np.pi / 2047)[:, None, None]
    energy = np.square(forward_97(smooth)).ravel()
    assert energy.sum() == pytest.approx(np.square(smooth).sum(), rel=0.1)
    assert energy[256:].sum() < 1e-4 * energy.sum()


def test_measures_of_an_exact_copy_of_a_shift_and_of_a_damaged_organ(case):
    truth = case.volume.array
    same = measure(case, truth.copy())
    assert same["psnr_db"] is None and same["ssim"] == pytest.approx(1) and same["dice"] == 1 and same["max_error"] == 0
    shifted = measure(case, truth + np.int16(20))
    extent = float(truth.max()) - float(truth.min())
    assert shifted["psnr_db"] == pytest.approx(20 * math.log10(extent / 20))
    assert {shifted[name] for name in ("max_error", "lung_error", "soft_error", "bone_error")} == {20}
    assert shifted["organ_mean_error"] == pytest.approx(20) and shifted["dice"] < 1
    bone = np.where((truth >= 300) & (truth <= 2000), truth + 50, truth).astype(np.int16)
    assert measure(case, bone)["bone_error"] == 50 and measure(case, bone)["lung_error"] == 0
    lung = (truth >= -950) & (truth <= -500)
    darker = np.where(lung & case.organs["left"], truth - 600, truth).astype(np.int16)  # out of the window
    expected = 600 * (lung & case.organs["left"]).sum() / lung.sum()
    assert measure(case, darker)["lung_error"] == pytest.approx(expected)
    right = np.where(case.organs["left"], truth, truth + 500).astype(np.int16)
    assert measure(case, right)["organ_mean_error"] == 0


def test_dice_and_the_threshold_of_two_classes():
    first, second = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    assert dice(first, second) == 0.5 and dice(first, ~first) == 0 and dice(first & ~first, second & ~second) == 1
    values = np.concatenate([RNG.normal(10, 3, 4000), RNG.normal(90, 8, 1000)])
    assert 18 < otsu_threshold(values) < 65


# -- a whole run -------------------------------------------------------------------------------------------------------
def test_a_lossless_codec_runs_in_its_own_processes_and_its_points_are_kept(case, tmp_path):
    codec, bench = CODECS["gzip-nrrd"], Bench(None, 1, 120)
    about = {"volume": "noise", "raw_bytes": case.volume.nbytes}
    points = Points.load(tmp_path / "points" / "gzip.json", about, False)
    assert measure_codec(case, codec, (16.0,), points, bench) == "ok"
    (row,) = Points.load(points.path, about, False).measured
    assert row["ssim"] == pytest.approx(1) and row["max_error"] == 0 and row["encode"]["peak_GB"] > 0
    assert 0.5 * case.volume.nbytes < row["bytes"] < 1.2 * case.volume.nbytes  # noise
    assert Points.load(points.path, {**about, "raw_bytes": 1}, False).rows == []
    assert measure_codec(case, CODECS["sperr"], (16.0,), points, bench).startswith("not run: no environment")


def test_the_command_refuses_an_unknown_codec_before_it_reads_a_volume():
    command = [sys.executable, "-m", "Testing.benchmarks.compression", "--codecs", "jpeg1992"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "no codec 'jpeg1992'" in done.stderr
