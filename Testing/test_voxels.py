"""Voxels for a fit: right values, no second copy of the volume."""

import tracemalloc

import numpy as np
import pytest
import torch

from INRCore.compression.intensity import IntensityMap
from INRCore.compression.voxels import Voxels

MAP = IntensityMap(scale=400.0, offset=100.0, low=-1000.0, high=3000.0)


def numbers_and_array(dtype: type = np.int16) -> tuple[torch.Tensor, np.ndarray]:
    random = np.random.default_rng(0)
    return torch.from_numpy(random.integers(0, 6000, 500)), random.integers(0, 3000, (10, 20, 30)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.uint32, np.float64, np.bool_])
def test_values_are_those_of_the_intensity_map_for_every_number_type(dtype):
    numbers, array = numbers_and_array(dtype)
    voxels = Voxels(array, MAP)
    voxels.to(torch.device("cpu"))
    expected = (array.reshape(-1)[numbers.numpy()].astype(np.float64) - 100) / 400
    np.testing.assert_allclose(voxels.at(numbers).numpy(), expected, rtol=1e-6)


def test_a_large_volume_is_not_copied():
    array = np.zeros((200, 200, 200), np.int16)
    tracemalloc.start()
    voxels = Voxels(array, MAP)
    voxels.to(torch.device("cpu"))
    voxels.at(torch.arange(0, array.size, 1000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < array.nbytes / 10


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")
@pytest.mark.parametrize("limit_gb", [None, 1e-6])
def test_a_gpu_gets_the_same_values_resident_or_streamed(limit_gb):
    numbers, array = numbers_and_array()
    voxels = Voxels(array, MAP, limit_gb)
    voxels.to(torch.device("cuda"))
    assert voxels.are_resident == (limit_gb is None)
    expected = MAP.to_values(array.reshape(-1)[numbers.numpy()])
    np.testing.assert_allclose(voxels.at(numbers.cuda()).cpu().numpy(), expected, rtol=1e-6)
