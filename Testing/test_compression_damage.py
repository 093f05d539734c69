"""Damaged files of every codec and kind of file: a line for each, never a crash."""

from dataclasses import replace

import numpy as np
import pytest
from compression_cases import moving_shapes, phantom, quick
from damaged_files import resealed, survivors_of, with_coding

from INRCore.compression import CompressionSettings, compress, compress_series, inr_from_bytes, inr_to_bytes
from INRCore.compression.content import plain_content
from INRCore.compression.mosaic import mosaic_steps
from INRCore.compression.pyramid.filters import Filters
from INRCore.compression.stored_pyramid import FILTERS_KEY
from INRCore.compression.stored_slices import StoredSlices
from INRCore.compression.upsampling.network import DenseUpsampler, model_of
from INRCore.compression.upsampling.settings import UpsamplerSettings
from INRCore.fitting import FitSettings, run_to_end
from INRCore.geometry import Grid

GRID = Grid.from_parts((5, 14, 13), (1, 2, 3))


def holed():
    volume = phantom(GRID, np.float32)
    array = volume.array.copy()
    array[0, 0, :3] = [np.nan, np.inf, -np.inf]
    return volume.with_array(array)


def with_filters(parts, filters):
    """Restored and filtered ones."""
    return {**with_coding(parts, lambda coding: coding | 48), FILTERS_KEY: filters}


@pytest.fixture(scope="module")
def pyramids():
    taps = np.arange(-33, 33, dtype=np.int8).reshape(3, 22)
    filters = Filters((30, 40), 1, True, 9, taps).to_bytes()
    small = compress(phantom(GRID), CompressionSettings(target_ratio=3)).data
    return [
        compress(holed(), CompressionSettings(target_max_error=5)).data,
        small,
        resealed(small, lambda parts: with_filters(parts, filters)),
    ]


def a_series(kind, **targets):
    volumes = [phantom(GRID, peak=1000 - 100 * n) for n in range(3)]
    return compress_series(volumes, kind, CompressionSettings(**targets)).data


def with_a_region():
    volume = phantom(GRID)
    region = volume.with_array((volume.array > 600).astype(np.uint8))
    settings = CompressionSettings(target_ratio=3, region_max_error=0)
    return compress(volume, settings, region=region).data


def labels():
    volume = phantom(GRID)
    return compress(volume.with_array(volume.array // 400), CompressionSettings(codec="labels")).data


def a_mosaic():
    volume = phantom(Grid.from_parts((5, 24, 26)))
    settings = CompressionSettings(target_max_error=20)
    file = run_to_end(mosaic_steps(volume, plain_content(volume, settings), settings, 1600, None))
    assert len(file.mosaic) > 1
    return inr_to_bytes(file)


def blocks():
    fit = FitSettings(iterations=3, points=256, device="cpu")
    return compress(holed(), CompressionSettings(codec="blocks", fit=fit, target_ratio=2)).data


def upsampled(folder):
    settings = UpsamplerSettings(blocks=1, layers=1, growth=2, bottleneck=2)
    path = folder / "few.safetensors"
    path.write_bytes(model_of(DenseUpsampler(settings), settings, path.name).data)
    chosen = replace(quick(target_ratio=1.0001), codec="upsampled", upsampler=str(path), embed_upsampler=True)
    return compress(phantom(Grid.from_parts((20, 24, 28)), np.float64), chosen).data


@pytest.fixture(scope="module")
def other_files(tmp_path_factory):
    """A small file of every kind but plain pyramids and slices (which test_compression_slices.py has)."""
    return [
        a_series("frames", target_ratio=3),
        a_series("components", target_max_error=3),
        with_a_region(),
        labels(),
        a_mosaic(),
        blocks(),
        compress(holed(), quick(target_max_error=50)).data,
        upsampled(tmp_path_factory.mktemp("upsampler")),
    ]


@pytest.fixture(scope="module")
def slices():
    data = compress(moving_shapes((9, 64, 64)), CompressionSettings(target_ratio=40)).data
    assert isinstance(inr_from_bytes(data).pyramid, StoredSlices)
    return data


def test_damaged_pyramids_give_a_line_and_never_a_crash(pyramids):
    assert 3 < survivors_of(pyramids, 600, 1) < 200


def test_damaged_files_of_every_other_kind_give_a_line_and_never_a_crash(other_files):
    assert survivors_of(other_files, 96, 1) < 32


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_hundred_thousand_damaged_pyramids_give_a_line_and_never_a_crash(pyramids, seed):
    assert 50 < survivors_of(pyramids, 10_000, seed) < 3_000


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_hundred_thousand_damaged_files_of_other_kinds_give_a_line_and_never_a_crash(other_files, slices, seed):
    assert 50 < survivors_of([*other_files, slices], 10_000, seed) < 3_300
