"""Volumes of every kind through compression: voxel types, extreme values, constants, thin ones, and the error bound."""

import numpy as np
import pytest
from compression_cases import noise, phantom, quick, settings
from grids import GRIDS

from INRCore.compression import CompressionSettings, compress, decompress, inr_from_bytes
from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.metrics.image import max_abs_error
from INRCore.settings import PRESET_NAMES, from_dict, load_preset, to_dict
from INRCore.volume import Volume


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
    assert scaled.metrics["psnr_db"] > psnr_of_usual_values - 0.5
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
    started, fitted = (compress(phantom(), settings(target_max_error=40, fit={"iterations": n})) for n in (5, 600))
    assert fitted.metrics["max_abs_error"] <= 40
    assert fitted.metrics["compression_ratio"] > 1.15 * started.metrics["compression_ratio"]
    both = compress(phantom(), quick(target_max_error=0, target_ratio=8))
    assert both.metrics["max_abs_error"] == 0 and "because the error bound" in both.notes[-2]
    assert "gzip NRRD, which is exact, would be smaller" in both.notes[-1]


def test_the_error_bound_holds_when_a_decoder_rounds_differently(monkeypatch):
    volume = phantom(dtype=np.int16)
    data = compress(volume, quick(target_max_error=0)).data
    from INRCore.compression import lattice

    sample_values = lattice.sample_values

    def shaken(*arguments, **options):
        generator = np.random.default_rng(0)
        for part, values in sample_values(*arguments, **options):
            yield part, values + generator.uniform(-1e-12, 1e-12, values.shape)

    monkeypatch.setattr(lattice, "sample_values", shaken)
    assert np.array_equal(decompress(inr_from_bytes(data), device="cpu").array, volume.array)


def test_bounds_that_cannot_be_kept_are_refused():
    for bound, array in ((0, noise("float32")), (1e-12, noise("float64"))):
        with pytest.raises(InputError, match="too small"):
            compress(Volume(array, Grid.from_parts(array.shape)), quick(target_max_error=bound))
