"""Volumes larger than the memory allowed: boxes that overlap, coded one after another."""

import numpy as np
import pytest
from compression_cases import phantom

from INRCore.compression import CompressionSettings, compress, mosaic
from INRCore.geometry import Grid

GRID = Grid.from_parts((36, 32, 28), (1.1, 1.2, 1.5), (30, -20, 15))
VOXELS = 16_000  # in a box; the volume has 32,256


@pytest.fixture(autouse=True)
def small_boxes(monkeypatch):
    monkeypatch.setattr("INRCore.compression.task._most_voxels", lambda settings: VOXELS)


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


@pytest.mark.parametrize(("bound", "dtype"), [(0, np.int16), (3, np.int16), (2.5, np.float32)])
def test_an_error_bound_holds_where_boxes_overlap_too(bound, dtype):
    volume = phantom(GRID, dtype)
    noise = np.random.default_rng(1).normal(0, 40, volume.array.shape)
    volume = volume.with_array((volume.array + noise).astype(dtype))
    result = compress(volume, CompressionSettings(target_max_error=bound))
    assert len(result.file.mosaic) > 1 and result.metrics["max_abs_error"] <= bound
    assert np.abs(result.volume.array.astype(float) - volume.array).max() <= bound
