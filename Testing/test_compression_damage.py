"""Damaged files of the codec 'pyramid', with and without filters: a line for each, never a crash."""

import numpy as np
import pytest
from compression_cases import phantom
from damaged_files import resealed, survivors_of

from INRCore.compression import CompressionSettings, compress
from INRCore.compression.pyramid.filters import Filters
from INRCore.compression.stored_pyramid import FILTERS_KEY
from INRCore.geometry import Grid


@pytest.fixture(scope="module")
def small_files():
    volume = phantom(Grid.from_parts((5, 14, 13), (1, 2, 3)), np.float32)
    holed = volume.array.copy()
    holed[0, 0, :3] = [np.nan, np.inf, -np.inf]
    taps = np.arange(-33, 33, dtype=np.int8).reshape(3, 22)
    filters = Filters((30, 40), 1, True, 9, taps).to_bytes()
    small = compress(phantom(volume.grid), CompressionSettings(target_ratio=3)).data
    return [
        compress(volume.with_array(holed), CompressionSettings(target_max_error=5)).data,
        small,
        resealed(small, lambda parts: with_filters(parts, filters)),
    ]


def with_filters(parts, filters):
    head = bytearray(parts["H", 0, 0])
    head[151] |= 16
    return {**parts, ("H", 0, 0): bytes(head), FILTERS_KEY: filters}


def test_two_thousand_damaged_files_give_a_line_and_never_a_crash(small_files):
    assert 10 < survivors_of(small_files, 2000, 1) < 600


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_hundred_thousand_damaged_files_give_a_line_and_never_a_crash(small_files, seed):
    assert 50 < survivors_of(small_files, 10_000, seed) < 3_000
