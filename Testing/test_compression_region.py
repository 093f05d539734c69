"""A region of interest with its own quality, a file size as target, and files of files."""

import warnings

import numpy as np
import pytest
from compression_cases import phantom
from grids import GRIDS

from INRCore.compression import (
    CompressionSettings,
    compress,
    decompress,
    inr_from_bytes,
    read_inr,
)
from INRCore.errors import InputError
from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.metrics.image import max_abs_error, psnr_db
from INRCore.volume import Volume

GRID = GRIDS["left-handed oblique"].with_size((32, 28, 24))


def rough_phantom(dtype=np.int16):
    volume = phantom(GRID, np.float64)
    rough = volume.array + np.random.default_rng(0).normal(0, 12, volume.array.shape)
    return volume.with_array((np.rint(rough) if np.dtype(dtype).kind != "f" else rough).astype(dtype))


def a_ball(grid=GRID, radius=0.25):
    index = np.moveaxis(np.indices(grid.shape), 0, -1) / np.array(grid.shape) - 0.5
    return Volume((np.linalg.norm(index, axis=-1) < radius).astype(np.uint8) * 3, grid, "ball")


@pytest.mark.parametrize(("dtype", "bound"), [(np.int16, 0), (np.uint8, 2.7), (np.float32, 0.5), (np.int16, 20)])
def test_the_regions_bound_holds_on_every_voxel_of_it_and_not_outside(dtype, bound):
    volume, region = rough_phantom(np.float32), a_ball()
    array = np.clip(volume.array / (4 if dtype == np.uint8 else 1), 0, None).astype(dtype)
    volume = volume.with_array(array)
    chosen = CompressionSettings(target_ratio=12, region_max_error=bound)
    result = compress(volume, chosen, region=region)
    decoded = decompress(inr_from_bytes(result.data)).array
    mask = region.array != 0
    assert max_abs_error(volume.array, decoded, mask=mask) <= bound
    assert max_abs_error(volume.array, decoded, mask=~mask) > max(bound, 3)
    assert result.metrics["region_max_abs_error"] <= bound < result.metrics["max_abs_error"]
    assert decoded.dtype == dtype


def test_a_box_keeps_the_voxel_type_and_a_region_costs_only_itself():
    volume, mask = rough_phantom(), np.zeros(GRID.shape, np.uint8)
    mask[5:15, 8:20, 10:25] = 1
    plain = compress(volume, CompressionSettings(target_ratio=12))
    kept = compress(volume, CompressionSettings(target_ratio=12, region_max_error=0), region=Volume(mask, GRID))
    exact = compress(volume, CompressionSettings(target_max_error=0))
    assert kept.file.region.dtype == np.int16 and kept.file.region.grid.shape == (10, 12, 15)
    extra = kept.metrics["file_bytes"] - plain.metrics["file_bytes"]
    assert extra < 3 * mask.mean() * exact.metrics["file_bytes"] + 600


def test_a_psnr_in_the_region_is_reached_against_the_whole_range():
    volume, region = rough_phantom(), a_ball()
    result = compress(volume, CompressionSettings(target_ratio=12, region_psnr_db=45), region=region)
    extent = float(volume.array.max()) - float(volume.array.min())
    reached = psnr_db(volume.array, result.volume.array, extent, region.array)
    assert 45 <= reached < 46.5
    assert psnr_db(volume.array, result.volume.array, extent, region.array == 0) < 42


def test_the_whole_file_keeps_within_its_size_and_the_region_is_never_the_coarser_part():
    volume, region = rough_phantom(), a_ball()
    chosen = CompressionSettings(target_bytes=16_000, region_max_error=60)
    result = compress(volume, chosen, region=region)
    assert 12_500 < result.metrics["file_bytes"] <= 16_000
    outside = psnr_db(volume.array, result.volume.array, 1000, region.array == 0)
    assert psnr_db(volume.array, result.volume.array, 1000, region.array) > outside - 1.5
    with pytest.raises(InputError, match="region of interest alone takes"):
        compress(volume, CompressionSettings(target_bytes=1500, region_max_error=0), region=region)


def test_a_region_on_another_grid_and_a_volume_on_another_grid_lie_at_their_place():
    volume = rough_phantom()
    coarse = GRID.with_size([n // 2 for n in GRID.size_ijk])
    result = compress(volume, CompressionSettings(target_ratio=30, region_max_error=0), region=a_ball(coarse))
    mask = result.file.region.decompress().array
    inside = np.isfinite(mask)
    share = (a_ball().array != 0).mean()
    assert inside.sum() / GRID.voxel_count == pytest.approx(share, rel=0.15)
    # On a grid that is moved by a whole voxel the region's voxels are the exact ones.
    moved = GRID.cropped((3, 2, 1), tuple(int(n) for n in GRID.size_ijk))
    found = decompress(result.file, grid=moved).array
    truth = volume.array[1:, 2:, 3:]
    exact = (found == truth).reshape(-1)
    start = np.rint(moved.world_to_index(result.file.region.grid.index_to_world(np.zeros((1, 3)))))[0].astype(int)[::-1]
    box = tuple(slice(s, s + n) for s, n in zip(start, mask.shape, strict=True))
    assert exact.reshape(truth.shape)[box][inside].mean() > 0.999


def test_nan_voxels_stay_nan_within_a_region():
    volume = rough_phantom(np.float32)
    volume.array[15:18, 14:20, 18:22] = np.nan
    result = compress(volume, CompressionSettings(target_ratio=12, region_max_error=1), region=a_ball())
    assert np.array_equal(np.isnan(result.volume.array), np.isnan(volume.array))


@pytest.mark.parametrize(
    ("settings", "region", "message"),
    [
        ({"region_max_error": 1}, "beside", "lies beside the volume or is empty"),
        ({}, "ball", "Say how good the region"),
        ({"region_max_error": 1, "codec": "network"}, "ball", "needs the codec 'pyramid'"),
    ],
)
def test_a_region_that_makes_no_sense_is_refused(settings, region, message):
    far = Grid(GRID.shape, np.diag([1, 1, 1, 1.0]) + np.array([[0, 0, 0, 9e3]] + [[0] * 4] * 3))
    with pytest.raises(InputError, match=message):
        compress(rough_phantom(), CompressionSettings(**settings), region=a_ball(far if region == "beside" else GRID))


def test_a_file_with_a_region_that_is_cut_short_or_damaged_still_gives_what_it_can(tmp_path):
    volume = rough_phantom()
    result = compress(volume, CompressionSettings(target_ratio=12, region_max_error=0), region=a_ball())
    inner = len(result.data) // 2
    (tmp_path / "a.inr").write_bytes(result.data)
    assert read_inr(tmp_path / "a.inr").describe()["region"]["size_ijk"]
    last = psnr_db(volume.array, result.volume.array)
    for length in (len(result.data) - 50, inner, 2500):
        (tmp_path / "b.inr").write_bytes(result.data[:length])
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = decompress(tmp_path / "b.inr").array
        assert told and "ends too early" in str(told[0].message)
        assert psnr_db(volume.array, found) <= last
        last = psnr_db(volume.array, found)
    assert last > 12
    generator = np.random.default_rng(0)
    refused = 0
    for _ in range(25):
        data = bytearray(result.data)
        data[generator.integers(len(data))] ^= int(generator.integers(1, 256))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                decompress(inr_from_bytes(bytes(data)))
        except InputError:
            refused += 1
    assert refused > 21


def test_a_region_in_a_volume_that_would_exceed_the_memory_allowed_is_refused_beforehand():
    large = Volume(np.broadcast_to(np.int16(0), (300, 300, 300)), Grid.from_parts((300, 300, 300)))
    settings = CompressionSettings(fit=FitSettings(max_memory_gb=1), region_max_error=0)
    with pytest.raises(InputError, match=r"takes about 3.1 GB to compress with a region .* more than the 1 GB allowed"):
        compress(large, settings, region=large)


@pytest.mark.parametrize("size", [4_000, 9_000])
def test_a_file_size_is_kept_and_filled(size):
    result = compress(rough_phantom(), CompressionSettings(target_bytes=size))
    assert 0.93 * size < len(result.data) <= size
