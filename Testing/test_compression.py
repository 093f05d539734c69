"""Compression end to end: quality, place, error bound, file size, files that are damaged, volumes of every kind."""

import json
import struct
import time
import tracemalloc
import warnings
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from grids import GRIDS

from INRCore.compression import (
    CompressionSettings,
    compress,
    compress_steps,
    decompress,
    inr_from_bytes,
    inr_to_bytes,
    read_inr,
    write_inr,
)
from INRCore.compression.intensity import IntensityMap
from INRCore.compression.plan import plan_field
from INRCore.errors import InputError, OutputError
from INRCore.fields import FieldSettings
from INRCore.fitting import Control, FitSettings
from INRCore.geometry import Grid
from INRCore.metrics.image import max_abs_error, psnr_db, ssim
from INRCore.settings import PRESET_NAMES, from_dict, load_preset, to_dict
from INRCore.volume import Volume


def settings(field=None, **changes):
    fit = {"iterations": 200, "points": 1024, "learning_rate": 2.5e-3, "device": "cpu", **changes.pop("fit", {})}
    field = {"network": "finer", "width": 48, "depth": 3, **(field or {})}
    return CompressionSettings(FieldSettings(**field), FitSettings(**fit), **changes)


def quick(fit=None, **changes):
    return settings(field={"width": 8, "depth": 2}, fit={"iterations": 5, "points": 256, **(fit or {})}, **changes)


def phantom(grid=None, dtype=np.int16, peak=1000.0):
    """A head-like object: an ellipsoid shell, two ventricles, a ramp, an oscillation of 8 voxels' period."""
    grid = grid or Grid.from_parts((16, 40, 48), (1.1, 1.2, 2.5), (30, -20, 15))
    i, j, k = np.moveaxis(grid.world_to_index(grid.points()).reshape(*grid.shape, 3), -1, 0)
    x, y, z = (2 * axis / (n - 1) - 1 if n > 1 else 0 * axis for axis, n in zip((i, j, k), grid.size_ijk, strict=True))
    radius = np.sqrt((x / 0.9) ** 2 + (y / 0.8) ** 2 + (z / 1.1) ** 2)
    inside = 1 / (1 + np.exp((radius - 0.9) * 25))
    value = inside * (0.5 + 0.15 * x + 0.1 * np.cos(2 * np.pi * i / 8)) + 0.35 * np.exp(
        -(((radius - 0.85) / 0.08) ** 2)
    )
    for side in (-0.3, 0.3):
        value -= 0.3 * np.exp(-(((x - side) / 0.12) ** 2) - ((y - 0.1) / 0.3) ** 2 - (z / 0.5) ** 2)
    value = np.clip(value, 0, 1) * peak
    return Volume((value if np.dtype(dtype).kind == "f" else np.rint(value)).astype(dtype), grid, "phantom", "a.u.")


@pytest.fixture(scope="module")
def a_compressed_phantom():
    return phantom(), compress(phantom(), settings(target_ratio=5))


# -- quality and measurements ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("field", "rate", "least"),
    [
        ({"network": "finer"}, 2.5e-3, 34),
        ({"network": "siren"}, 2.5e-3, 37),
        ({"network": "relu", "encoding": "fourier", "fourier_sigma": 1, "fourier_features": 64, "depth": 2}, 2e-2, 23),
        ({"network": "relu", "encoding": "hashgrid", "hash_levels": 4, "hash_finest": 40, "depth": 1}, 2e-2, 22),
    ],
)
def test_fields_of_every_kind_reach_a_psnr_that_only_a_right_fit_reaches(field, rate, least):
    result = compress(phantom(), settings(field, fit={"learning_rate": rate}, target_ratio=4))
    assert result.metrics["psnr_db"] > least


def test_what_is_measured_is_what_the_file_holds(a_compressed_phantom, tmp_path):
    volume, result = a_compressed_phantom
    result.save(tmp_path / "a.inr")
    decoded = decompress(tmp_path / "a.inr", device="cpu")
    assert np.array_equal(decoded.array, result.volume.array)
    assert decoded.array.dtype == np.int16
    size = (tmp_path / "a.inr").stat().st_size
    assert result.metrics["psnr_db"] == pytest.approx(psnr_db(volume.array, decoded.array))
    assert result.metrics["ssim"] == pytest.approx(ssim(volume.array, decoded.array))
    assert result.metrics["max_abs_error"] == max_abs_error(volume.array, decoded.array)
    assert result.metrics["compression_ratio"] == pytest.approx(volume.nbytes / size)
    assert result.metrics["bits_per_voxel"] == pytest.approx(8 * size / volume.array.size)
    gzipped = zlib.compressobj(6, zlib.DEFLATED, 31)
    expected = len(gzipped.compress(volume.array.tobytes()) + gzipped.flush())
    assert result.metrics["gzip_ratio"] == pytest.approx(volume.nbytes / expected, rel=0.01)
    assert result.metrics["ratio_against_gzip_nrrd"] == pytest.approx(expected / size, rel=0.01)
    json.dumps(result.metrics, allow_nan=False)


def test_name_units_metadata_and_place_survive(a_compressed_phantom, tmp_path):
    source = phantom()
    about = {"modality": "MR", "Größe": [1, 2.5], "odd": float("nan"), "array": np.arange(2)}
    volume = Volume(source.array, source.grid, "Kopf 3", "ms", about)
    compress(volume, quick()).save(tmp_path / "a.inr")
    file = read_inr(tmp_path / "a.inr")
    decoded = file.decompress(device="cpu")
    assert (decoded.name, decoded.units) == ("Kopf 3", "ms")
    assert decoded.metadata == {"modality": "MR", "Größe": [1, 2.5], "odd": "nan", "array": [0, 1]}
    assert np.array_equal(decoded.grid.ijk_to_world, volume.grid.ijk_to_world)
    description = file.describe()
    assert json.loads(json.dumps(description)) == description
    assert description["bytes"] == (tmp_path / "a.inr").stat().st_size and description["maximum"] == volume.array.max()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    files = [compress(phantom(), quick(fit={"seed": seed, "iterations": 20})).data for seed in (3, 3, 4)]
    assert files[0] == files[1] != files[2]


def test_a_bright_outlier_does_not_cost_the_rest_its_contrast():
    volume = phantom(dtype=np.float32)
    spoiled = volume.array.copy()
    spoiled[8, 20, 20] = 5000
    result = compress(volume.with_array(spoiled), settings())
    mask = np.ones(spoiled.shape, bool)
    mask[6:11, 18:23, 18:23] = False
    assert psnr_db(volume.array, result.volume.array, 1000, mask) > 31


# -- targets ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("ratio", [1.5, 4, 10, 25])
def test_the_file_fills_the_ratio_asked_for_and_keeps_below_it(ratio):
    volume = phantom(dtype=np.float32)
    result = compress(volume, quick(target_ratio=ratio))
    assert ratio <= result.metrics["compression_ratio"] < 1.3 * ratio
    assert len(result.data) == result.metrics["file_bytes"]


@pytest.mark.parametrize("encoding", ["none", "positional", "fourier", "hashgrid"])
@pytest.mark.parametrize("network", ["finer", "relu", "wire"])
def test_the_ratio_holds_for_every_kind_of_field(encoding, network):
    field = {"encoding": encoding, "network": network, "depth": 2, "fourier_features": 16, "hash_levels": 3, "width": 8}
    chosen = settings(field, fit={"iterations": 2, "points": 64, "learning_rate": 1e-4}, target_ratio=8)
    result = compress(phantom(dtype=np.float32), chosen)
    assert 8 <= result.metrics["compression_ratio"] < 20
    assert result.field.settings.encoding == encoding and result.field.settings.network == network


def test_a_ratio_that_cannot_be_reached_is_refused_with_the_one_that_can():
    with pytest.raises(InputError, match=r"cannot be compressed 500:1.*gives \d"):
        compress(phantom(), quick(target_ratio=500))


def test_without_a_ratio_the_file_stays_below_an_eighth_and_the_network_below_the_setting():
    large = compress(phantom(), settings(field={"width": 400}, fit={"iterations": 2}))
    assert large.metrics["compression_ratio"] >= 8 and large.field.settings.width < 400
    small = compress(phantom(), settings(field={"width": 20}, fit={"iterations": 2}))
    assert small.field.settings.width == 20


def test_wide_networks_do_not_diverge():
    volume = phantom(Grid.from_parts((24, 64, 64), (1, 1, 1)), np.float32)
    chosen = settings(field={"depth": 4}, fit={"iterations": 60, "points": 512}, target_ratio=1.2)
    result = compress(volume, chosen)
    assert result.field.settings.width > 200
    assert result.metrics["psnr_db"] > 17


def test_a_target_psnr_ends_the_fit_and_an_unreached_one_is_noted():
    result = compress(phantom(), settings(target_psnr_db=25, target_ratio=5, fit={"metric_every": 10}))
    assert result.stop_reason == "target" and 25 <= result.metrics["psnr_db"] < 29 and not result.notes
    result = compress(phantom(), quick(target_psnr_db=60))
    assert result.metrics["psnr_db"] < 60 and "not the 60 dB" in result.notes[0]


def noise(dtype, shape=(6, 9, 11), seed=5):
    generator = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return generator.random(shape) < 0.5
    if dtype.kind == "f":
        return (generator.standard_normal(shape) * 300).astype(dtype)
    info = np.iinfo(dtype)
    low, high = max(info.min, -(2**31)), min(info.max, 2**31)
    return generator.integers(low, high, shape, np.int64, endpoint=True).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "bool"])
@pytest.mark.parametrize("bound", [0, 1, 2.7])
def test_integers_keep_their_error_bound_on_every_voxel_and_zero_is_exact(dtype, bound):
    volume = Volume(noise(dtype), GRIDS["axial"].padded((0, 0, -1)).with_size((11, 9, 6)))
    result = compress(volume, quick(target_max_error=bound))
    assert result.volume.array.dtype == volume.array.dtype
    assert result.metrics["max_abs_error"] <= bound
    assert max_abs_error(volume.array, decompress(result.file, device="cpu").array) <= bound


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("bound", [100, 1, 0.01])
def test_floats_keep_their_error_bound_on_every_voxel_around_holes(dtype, bound):
    array = noise(dtype)
    array[0, 0, :5] = [np.nan, np.inf, -np.inf, np.nan, 7]
    result = compress(Volume(array, Grid.from_parts(array.shape)), quick(target_max_error=bound))
    decoded = result.volume.array
    finite = np.isfinite(array)
    assert decoded.dtype == array.dtype
    assert np.abs(decoded[finite].astype(float) - array[finite].astype(float)).max() <= bound
    assert np.array_equal(decoded[~finite], array[~finite], equal_nan=True)


@pytest.mark.parametrize("shape", [(1, 9, 11), (6, 1, 11), (6, 9, 1), (1, 1, 30), (1, 1, 2)])
def test_the_error_bound_holds_on_thin_volumes(shape):
    volume = Volume(noise("int16", shape), Grid.from_parts(shape, (0.5, 2, 7)))
    assert compress(volume, quick(target_max_error=3)).metrics["max_abs_error"] <= 3


def test_the_error_bound_costs_less_when_the_network_is_better():
    started, fitted = (compress(phantom(), settings(target_max_error=40, fit={"iterations": n})) for n in (5, 200))
    assert fitted.metrics["max_abs_error"] <= 40
    assert fitted.metrics["compression_ratio"] > 1.15 * started.metrics["compression_ratio"]
    both = compress(phantom(), quick(target_max_error=0, target_ratio=8))
    assert both.metrics["max_abs_error"] == 0 and "because the error bound" in both.notes[-1]


def test_the_error_bound_holds_when_a_decoder_rounds_differently(monkeypatch):
    volume = phantom(dtype=np.int16)
    data = compress(volume, quick(target_max_error=0)).data
    from INRCore.compression import decoding, lattice

    def shaken(*arguments, **options):
        generator = np.random.default_rng(0)
        for part, values in lattice.sample_values(*arguments, **options):
            yield part, values + generator.uniform(-1e-12, 1e-12, values.shape)

    monkeypatch.setattr(decoding, "sample_values", shaken)
    assert np.array_equal(decompress(inr_from_bytes(data), device="cpu").array, volume.array)


def test_bounds_that_cannot_be_kept_are_refused():
    for bound, array in ((0, noise("float32")), (1e-12, noise("float64"))):
        with pytest.raises(InputError, match="too small"):
            compress(Volume(array, Grid.from_parts(array.shape)), quick(target_max_error=bound))


# -- place -----------------------------------------------------------------------------------------------------------
BLOB_RAS_SHARE = np.array([0.32, 0.6, 0.55])


def blob(grid, width_mm):
    """A Gaussian off the middle, float32, and its centre in RAS mm."""
    center = grid.index_to_world(BLOB_RAS_SHARE * (grid.size_ijk - 1))
    distance = np.square(grid.points() - center).sum(-1).reshape(grid.shape)
    return Volume((100 * np.exp(-0.5 * distance / width_mm**2)).astype(np.float32), grid, "blob"), center


def center_of_mass(volume):
    weights = np.where(volume.array > 15, volume.array, 0).reshape(-1).astype(float)
    return (volume.grid.points() * weights[:, None]).sum(0) / weights.sum()


@pytest.mark.parametrize("name", GRIDS)
def test_structure_stays_at_its_place_in_the_world_on_any_grid(name):
    grid = GRIDS[name].with_size((28, 24, 20))
    width_mm = 0.09 * np.ptp(grid.corners, axis=0).max()
    volume, center = blob(grid, width_mm)
    result = compress(volume, settings(target_ratio=2, fit={"iterations": 150}))
    assert result.metrics["psnr_db"] > 33
    truth = center_of_mass(volume)
    tolerance = 0.15 * grid.spacing.max()
    assert np.abs(center_of_mass(result.volume) - truth).max() < tolerance
    finer = result.decompress(spacing=grid.spacing * 0.6)
    assert finer.grid.voxel_count > 3 * grid.voxel_count
    assert np.abs(center_of_mass(finer) - truth).max() < tolerance
    side = 1.2 * np.ptp(grid.corners, axis=0).max()
    axial = Grid.from_parts((40, 40, 40), [side / 40] * 3, grid.center - side / 2 * (1 - 1 / 40))
    for other in [axial, axial.transformed(np.diag([-1, 1, -1, 1])).transformed(shift(2 * grid.center * [1, 0, 1]))]:
        seen = decompress(result.file, grid=other, device="cpu")
        expected = 100 * np.exp(-0.5 * np.square(other.points() - center).sum(-1) / width_mm**2).reshape(other.shape)
        inside = grid.contains(other.points()).reshape(other.shape)
        assert psnr_db(expected, seen.array, 100, inside) > 30
        assert (seen.array[~inside] == volume.array.min()).all()


def shift(offset):
    matrix = np.eye(4)
    matrix[:3, 3] = offset
    return matrix


def test_a_far_origin_costs_no_precision():
    near = phantom(dtype=np.float32)
    far = near.with_array(near.array, near.grid.transformed(shift([1e5, -2e5, 3e4])))
    a, b = (compress(volume, settings(target_ratio=5)).metrics["psnr_db"] for volume in (near, far))
    assert abs(a - b) < 0.5


def test_the_residual_is_only_for_the_native_grid_however_it_is_asked_for(a_compressed_phantom):
    volume, _ = a_compressed_phantom
    file = compress(volume, quick(target_max_error=0)).file
    same = volume.grid.transformed(shift([1e-6] * 3))
    for options in ({}, {"grid": same}, {"spacing": volume.grid.spacing}):
        assert np.array_equal(decompress(file, device="cpu", **options).array, volume.array)
    coarse = decompress(file, spacing=5, device="cpu")
    assert np.allclose(coarse.grid.spacing, 5) and coarse.array.dtype == np.int16
    assert np.array_equal(coarse.array, decompress(replace(file, residual=None), spacing=5, device="cpu").array)


def test_holes_come_back_at_their_place_and_on_other_grids_beside_it():
    volume = phantom(GRIDS["left-handed oblique"].with_size((20, 18, 16)), np.float32)
    array = volume.array.copy()
    array[3:8, 2:7, 9:15], array[0, 0, 0] = np.nan, np.inf
    file = compress(volume.with_array(array), quick()).file
    native = decompress(file, device="cpu").array
    assert np.array_equal(np.isnan(native), np.isnan(array)) and np.isposinf(native[0, 0, 0])
    finer = decompress(file, grid=volume.grid.with_size((40, 36, 32)), device="cpu").array
    assert np.array_equal(np.isnan(finer), np.isnan(array).repeat(2, 0).repeat(2, 1).repeat(2, 2))


def test_grids_that_make_no_sense_are_refused(a_compressed_phantom):
    volume, result = a_compressed_phantom
    with pytest.raises(InputError, match="not both"):
        decompress(result.file, grid=volume.grid, spacing=1)
    with pytest.raises(InputError, match="wholly outside"):
        decompress(result.file, grid=volume.grid.transformed(shift([500, 0, 0])))
    with pytest.raises(InputError, match="does not fit into memory"):
        decompress(result.file, spacing=1e-3)
    with pytest.raises(InputError, match="Spacing must be positive"):
        decompress(result.file, spacing=-1)


# -- volumes of every kind -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32", "float16", "float32", "float64", ">i2"])
def test_voxel_types_are_kept(dtype):
    volume = phantom(dtype=dtype, peak=120)
    result = compress(volume, settings(target_ratio=3 * volume.array.itemsize))
    assert result.volume.array.dtype == np.dtype(dtype).newbyteorder("=")
    assert result.metrics["psnr_db"] > 30


@pytest.fixture(scope="module")
def psnr_of_usual_values():
    volume = phantom(dtype=np.float64, peak=1.0)
    return compress(volume, settings(target_ratio=20)).metrics["psnr_db"]


@pytest.mark.parametrize("factor", [1e30, 1e-20, 1e300])
def test_huge_and_tiny_values_are_coded_as_well_as_others(factor, psnr_of_usual_values):
    volume = phantom(dtype=np.float64, peak=1.0)
    scaled = compress(volume.with_array(volume.array * factor), settings(target_ratio=20))
    assert scaled.metrics["psnr_db"] == pytest.approx(psnr_of_usual_values, abs=0.5)
    assert scaled.metrics["psnr_db"] > 30


def test_a_large_offset_costs_no_contrast():
    volume = phantom(dtype=np.float64, peak=1.0)
    assert compress(volume.with_array(volume.array + 1e6), settings(target_ratio=20)).metrics["psnr_db"] > 30


@pytest.mark.parametrize("value", [0, -1000, 7.25, 1e30, 2**53])
@pytest.mark.parametrize("bound", [None, 1.0])
def test_a_constant_volume_is_exact_and_tiny(value, bound):
    array = np.full((4, 5, 6), value, np.float64 if isinstance(value, float) else np.int64)
    holed = array.astype(np.float64)
    holed[1, 2, 3] = np.nan
    for given in (array, holed):
        result = compress(Volume(given, Grid.from_parts(given.shape)), quick(target_max_error=bound))
        assert np.array_equal(result.volume.array, given, equal_nan=True)
        assert len(result.data) < 700 and result.field is None
        assert "psnr_db" not in result.metrics
        assert decompress(result.file, spacing=0.5, device="cpu").array[0, 0, 0] == value


@pytest.mark.parametrize("shape", [(1, 32, 40), (1, 1, 200), (32, 1, 40), (1, 1, 1), (2, 1, 1)])
def test_thin_volumes_work(shape):
    volume = phantom(Grid.from_parts(shape, (0.7, 0.7, 6)), np.uint8, 250)
    result = compress(volume, settings(field={"width": 32}, target_ratio=None))
    assert result.volume.array.shape == shape
    if volume.array.size > 1000:
        assert result.metrics["psnr_db"] > 28


def test_volumes_that_cannot_be_compressed_are_refused():
    grid = Grid.from_parts((2, 2, 2))
    cases = {
        "no finite voxel": np.full((2, 2, 2), np.nan),
        "too large to be coded": np.array([-1.7e308, 1.7e308] * 4).reshape(2, 2, 2),
        "too large": np.arange(8).reshape(2, 2, 2) + 2**60,
        "voxel type": np.arange(8).reshape(2, 2, 2).astype(np.longdouble),
    }
    for message, array in cases.items():
        if array.dtype == np.float64 or array.dtype.kind == "i" or array.dtype.itemsize > 8:
            with pytest.raises(InputError, match=message):
                compress(Volume(array, grid), quick())
    with pytest.raises(InputError, match="metadata"):
        compress(Volume(np.arange(8.0).reshape(2, 2, 2), grid, metadata={"text": "x" * 2_000_000}), quick())


def test_settings_check_themselves_and_survive_a_dictionary():
    for wrong in ({"target_ratio": 0.5}, {"target_psnr_db": 0}, {"target_max_error": -1}):
        with pytest.raises(InputError):
            CompressionSettings(**wrong)
    for name in PRESET_NAMES:
        preset = load_preset(CompressionSettings, "compression", name)
        assert from_dict(CompressionSettings, to_dict(preset)) == preset


# -- running ---------------------------------------------------------------------------------------------------------
def test_progress_goes_through_the_stages_and_previews_are_slices():
    steps, stages, preview = compress_steps(phantom(), quick(target_max_error=3)), [], None
    for progress in steps:
        stages.append(progress.stage)
        preview = preview if progress.preview is None else progress.preview()
    assert list(dict.fromkeys(stages)) == ["fit", "residual", "sample"]
    assert preview.shape == (40, 48) and np.isfinite(preview).all()


def test_stopping_half_way_still_gives_a_usable_file(tmp_path):
    control, seen = Control(), []

    def stop(progress):
        seen.append(progress)
        if progress.iteration >= 150:
            control.stop()

    result = compress(phantom(), settings(fit={"iterations": 100000}), on_progress=stop, control=control)
    assert result.stop_reason == "stopped" and result.metrics["psnr_db"] > 25
    result.save(tmp_path / "a.inr")
    assert np.array_equal(decompress(tmp_path / "a.inr", device="cpu").array, result.volume.array)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_file_written_on_a_gpu_opens_on_the_cpu():
    volume = phantom()
    result = compress(volume, settings(fit={"device": "cuda"}, target_max_error=2))
    assert max_abs_error(volume.array, decompress(inr_from_bytes(result.data), device="cpu").array) <= 2


def test_decoding_in_small_pieces_gives_the_same_voxels(a_compressed_phantom):
    volume, result = a_compressed_phantom
    pieces = decompress(result.file, device="cpu", max_memory_gb=0.05).array.astype(int)
    assert np.abs(pieces - result.volume.array).max() <= 1
    exact = compress(volume, quick(target_max_error=0)).file
    assert np.array_equal(decompress(exact, device="cpu", max_memory_gb=0.05).array, volume.array)


# -- files -----------------------------------------------------------------------------------------------------------
def test_files_are_not_overwritten_unasked_and_can_be_written_again(a_compressed_phantom, tmp_path):
    _, result = a_compressed_phantom
    path = tmp_path / "Schädel.inr"
    result.save(path)
    with pytest.raises(OutputError, match="exists already"):
        result.save(path)
    result.save(path, force=True)
    write_inr(tmp_path / "again.inr", read_inr(path))
    assert (tmp_path / "again.inr").read_bytes() == path.read_bytes() == result.data
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_other_versions_and_other_files_are_refused_with_the_way_out(a_compressed_phantom, tmp_path):
    data = a_compressed_phantom[1].data
    cases = {
        "newer .inr version 2.*update": data[:8] + struct.pack("<I", 2) + data[12:],
        "older .inr version 0.*compress the original again": data[:8] + struct.pack("<I", 0) + data[12:],
        "text-mode": data.replace(b"\r\n", b"\n", 1),
        "not an .inr file": b"NRRD0004\n" + data,
        "cut short": data[:-1],
        "cut short or damaged": data + b"\0",
    }
    for message, content in cases.items():
        (tmp_path / "a.inr").write_bytes(content)
        with pytest.raises(InputError, match=message) as error:
            read_inr(tmp_path / "a.inr")
        assert str(error.value).startswith(f"'{tmp_path / 'a.inr'}'") and "\n" not in str(error.value)
    with pytest.raises(InputError, match="Cannot read"):
        read_inr(tmp_path / "missing.inr")


def small_files():
    """Files with every kind of section, small enough to decode thousands of times."""
    volume = phantom(Grid.from_parts((3, 7, 6), (1, 2, 3)), np.float32)
    holed = volume.array.copy()
    holed[0, 0, :3] = [np.nan, np.inf, -np.inf]
    return [
        compress(volume.with_array(holed), quick(target_max_error=5)).data,
        compress(phantom(volume.grid), quick()).data,
        compress(volume.with_array(np.full(volume.array.shape, 3.0)), quick()).data,
    ]


def survives(data):
    """Whether the bytes give a volume; anything but a volume or a one-line `InputError` fails the test."""
    try:
        file = inr_from_bytes(data, "'f'")
        if file.grid.voxel_count < 100_000:
            volume = file.decompress(device="cpu")
            assert volume.array.shape == file.grid.shape
        file.describe()
        return True
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000
        return False


def test_two_thousand_damaged_files_give_a_line_and_never_a_crash():
    generator = np.random.default_rng(11)
    originals = small_files()
    started = time.perf_counter()
    for number in range(2000):
        data = bytearray(originals[number % len(originals)])
        for _ in range(generator.integers(1, 4)):
            data[generator.integers(8, len(data))] ^= 1 << generator.integers(8)
        assert not survives(bytes(data)) or number < 0
    for original in originals:
        for length in range(0, len(original), 13):
            assert not survives(original[:length])
    assert time.perf_counter() - started < 60


def resealed(text, sections):
    """A container around a header text and sections (tag, stored, length) with valid checksums."""
    parts = [struct.pack("<8sIII", b"\x89INR\r\n\x1a\n", 1, len(text), zlib.crc32(text)), text]
    for tag, stored, length in sections:
        lengths = struct.pack("<QQ", len(stored), length)
        parts += [struct.pack("<4sI", tag, zlib.crc32(tag + lengths + stored)), lengths, stored]
    return b"".join(parts)


def opened(data):
    """Header text and [tag, stored, length] of each section, by the documented layout."""
    length = struct.unpack_from("<I", data, 12)[0]
    text, start, sections = data[20 : 20 + length], 20 + length, []
    while start < len(data):
        tag, _, stored, size = struct.unpack_from("<4sIQQ", data, start)
        sections.append([tag, data[start + 24 : start + 24 + stored], size])
        start += 24 + stored
    return text, sections


def test_hostile_files_with_valid_checksums_give_a_line_and_never_a_crash():
    generator = np.random.default_rng(12)
    originals = [opened(data) for data in small_files()]
    assert all(survives(resealed(*original)) for original in originals)
    survivors = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(2000):
            text, sections = originals[number % len(originals)]
            text, sections = bytearray(text), [list(section) for section in sections]
            if sections and generator.random() < 0.6:
                section = sections[generator.integers(len(sections))]
                content = bytearray(zlib.decompress(section[1]) if len(section[1]) != section[2] else section[1])
                spoil(content, generator)
                section[1:] = [zlib.compress(bytes(content)), len(content)]
            else:
                spoil(text, generator)
            survivors += survives(resealed(bytes(text), sections))
    assert 100 < survivors < 1900


def spoil(content, generator):
    for _ in range(generator.integers(1, 3)):
        place = generator.integers(len(content))
        content[place] = generator.choice([generator.integers(256), ord("9"), ord("-"), ord("e"), 0])


def header_with(data, **changes):
    text, sections = opened(data)
    return resealed(json.dumps({**json.loads(text), **changes}).encode(), sections)


def test_headers_that_lie_are_refused():
    data = small_files()[0]
    lies = [
        {"shape_kji": [2**20, 2**20, 2**20]},
        {"shape_kji": [3, 7, 7]},
        {"shape_kji": [3, 7, True]},
        {"shape_kji": "376"},
        {"ijk_to_ras": [[0] * 4] * 4},
        {"ijk_to_ras": [["nan"] * 4] * 4},
        {"dtype": "object"},
        {"dtype": "int16"},
        {"dtype": ["float32"]},
        {"intensity": {"scale": -1, "offset": 0, "low": 0, "high": 1}},
        {"intensity": {"scale": 1, "offset": 0, "low": 5, "high": 1}},
        {"intensity": {"scale": 1, "offset": 0, "low": 0, "high": 1e300}},
        {"intensity": {"scale": 0, "offset": 0, "low": 0, "high": 1}},
        {"intensity": {"scale": 1}},
        {"intensity": {"scale": 10**400, "offset": 0, "low": 0, "high": 1}},
        {"residual": {"step": 0, "bytes_per_voxel": 1}},
        {"residual": {"step": 1, "bytes_per_voxel": 3}},
        {"residual": {"step": 1, "bytes_per_voxel": 10**30}},
        {"sections": ["FELD"]},
        {"metadata": [1, 2]},
        {"name": "\ud800"},
    ]
    assert survives(header_with(data))
    for lie in lies:
        assert not survives(header_with(data, **lie)), lie
    text, sections = opened(data)
    assert not survives(resealed(text, [*sections, [b"NANV", b"", 0]]))
    assert not survives(resealed(b"[" * 100_000, sections))


def test_a_section_that_inflates_without_end_is_cut_off_early():
    text, sections = opened(small_files()[0])
    bomb = zlib.compress(bytes(200 << 20), 9)
    tracemalloc.start()
    for number, (tag, _, size) in enumerate(sections):
        for length in (size, len(bomb) + 1, 1 << 62, *([] if tag == b"FELD" else [200 << 20])):
            bad = [list(section) for section in sections]
            bad[number][1:] = [bomb, length]
            assert not survives(resealed(text, bad))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20


def test_weights_that_are_no_numbers_are_refused():
    result = compress(phantom(), quick())
    with torch.no_grad():
        next(result.file.field.parameters())[0] = torch.nan
    assert not survives(inr_to_bytes(result.file))


def test_the_intensity_map_is_one_affine_map_that_undoes_itself():
    volume = phantom(dtype=np.float64)
    intensity = IntensityMap.of(volume)
    back = intensity.to_intensities(intensity.to_values(volume.array))
    assert np.abs(back - volume.array).max() < 1e-3
    assert np.percentile(np.abs(intensity.to_values(volume.array)), 99) <= 1.001


def test_the_planned_network_does_not_depend_on_where_the_volume_is():
    near, far = phantom(), phantom().with_array(phantom().array, phantom().grid.transformed(shift([1234.5678] * 3)))
    chosen = settings(target_ratio=5)
    widths = []
    for volume in (near, far):
        file = compress(volume, quick()).file
        widths.append(plan_field(volume, file, chosen).width)
    assert abs(widths[0] - widths[1]) <= 1


# -- real volumes ----------------------------------------------------------------------------------------------------
def test_a_real_mr_volume_is_compressed_better_than_gzip_does():
    nibabel = pytest.importorskip("nibabel")
    path = Path(nibabel.__file__).parent / "tests" / "data" / "example4d.nii.gz"
    image = nibabel.load(path)
    array = np.asarray(image.dataobj)[..., 0].T
    volume = Volume(np.ascontiguousarray(array), Grid(array.shape, image.affine), "example4d")
    result = compress(volume, settings(target_ratio=20, fit={"iterations": 200, "points": 4096}))
    assert result.metrics["compression_ratio"] >= 20
    assert result.metrics["ratio_against_gzip_nrrd"] > 4
    assert result.metrics["psnr_db"] > 26.5
