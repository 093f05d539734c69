"""Estimates of size and quality against the compressions themselves."""

import json

import numpy as np
import pytest
from command_tools import run
from compression_cases import phantom

from INRCore.compression import CompressionSettings, compress, estimate, estimating
from INRCore.compression.rate_curve import RateCurve, RatePoint, readable_bytes
from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.io import write_volume
from INRCore.volume import Volume


@pytest.fixture
def a_large_phantom(monkeypatch):
    """Larger than the blocks of an estimate, which are smaller than usual; rough within the head, smooth outside."""
    monkeypatch.setattr(estimating, "_SMALL", 0)
    monkeypatch.setattr(estimating, "_EDGE", 36)
    volume = phantom(Grid.from_parts((64, 70, 76), (1, 1, 1.2)), np.float64)
    rough = volume.array + np.random.default_rng(0).normal(0, 8, volume.array.shape) * (volume.array > 50)
    return volume.with_array(np.rint(rough).astype(np.int16))


@pytest.mark.parametrize(
    "targets", [{"target_psnr_db": 47.5}, pytest.param({"target_max_error": 10}, marks=pytest.mark.slow)]
)
def test_an_estimate_is_within_15_percent_of_the_bytes_and_1_db(a_large_phantom, targets):
    chosen = CompressionSettings(**targets)
    told, done = estimate(a_large_phantom, chosen), compress(a_large_phantom, chosen)
    assert told.chosen.bytes == pytest.approx(done.metrics["file_bytes"], rel=0.15)
    assert told.chosen.psnr_db == pytest.approx(done.metrics["psnr_db"], abs=1.0)
    sizes = [point.bytes for point in told.curve.points]
    assert sizes == sorted(sizes)


def test_a_regions_bytes_are_estimated_as_well():
    volume = phantom()
    mask = Volume((volume.array > 400).astype(np.uint8), volume.grid)
    chosen = CompressionSettings(target_ratio=20, region_max_error=1)
    told, done = estimate(volume, chosen, mask), compress(volume, chosen, region=mask)
    assert told.chosen.bytes == pytest.approx(done.metrics["file_bytes"], rel=0.15)
    assert told.region_bytes > 0.3 * told.chosen.bytes


def test_constant_volumes_and_other_codecs():
    volume = phantom()
    assert estimate(volume.with_array(np.full_like(volume.array, 5))).chosen.bytes < 1000
    with pytest.raises(InputError, match="Only the codec 'pyramid'"):
        estimate(volume, CompressionSettings(codec="network"))


def test_a_curve_is_read_between_and_beyond_its_points():
    curve = RateCurve((RatePoint(4, 30, 100), RatePoint(2, 36, 400), RatePoint(1, 42, 1600)))
    assert curve.at_bytes(200).psnr_db == pytest.approx(33)
    assert curve.at_psnr(39).bytes == pytest.approx(800)
    assert curve.at_psnr(48).bytes == pytest.approx(6400)
    assert curve.at_bytes(50).psnr_db == pytest.approx(27)
    assert readable_bytes(1_230_000) == "1.23 MB" and readable_bytes(12) == "12 bytes"


def test_the_command_estimates_and_writes_the_curve(tmp_path):
    write_volume(phantom(), tmp_path / "a.nrrd")
    curve, report = tmp_path / "c.csv", tmp_path / "r.json"
    assert run("estimate", tmp_path / "a.nrrd", "--size", "4kB", "--output-curve", curve, "--report", report) == 0
    told = json.loads(report.read_text())
    assert told["metrics"]["estimated_file_bytes"] == pytest.approx(4000, rel=0.02)
    assert curve.read_text().splitlines()[0] == "bytes,ratio,psnr_db" and len(told["curve"]) == 6
    with pytest.raises(SystemExit):
        run("compress", tmp_path / "a.nrrd", tmp_path / "a.inr", "--size", "many")


@pytest.mark.slow
@pytest.mark.parametrize("targets", [{"target_ratio": 24}, {"target_psnr_db": 47.5}, {"target_max_error": 10}])
def test_an_estimate_of_a_volume_of_many_usual_blocks(targets):
    volume = phantom(Grid.from_parts((130, 120, 110), (1, 1, 1.2)), np.float64)
    rough = volume.array + np.random.default_rng(0).normal(0, 8, volume.array.shape) * (volume.array > 50)
    volume = volume.with_array(np.rint(rough).astype(np.int16))
    told, done = estimate(volume, CompressionSettings(**targets)), compress(volume, CompressionSettings(**targets))
    assert told.chosen.bytes == pytest.approx(done.metrics["file_bytes"], rel=0.2)
    assert told.chosen.psnr_db == pytest.approx(done.metrics["psnr_db"], abs=1.0)
