"""The parts of the founding paper's scheme: resampling, the up-sampling network, a slice as a SIREN."""

import numpy as np
import pytest

from INRCore.compression.upsampling.lanczos import lanczos_larger, lanczos_smaller
from INRCore.compression.upsampling.network import enlarge, train_upsampler
from INRCore.compression.upsampling.settings import UpsamplerSettings
from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from Testing.benchmarks.compression.founding.__main__ import _coarser
from Testing.benchmarks.compression.founding.slice_fit import fit_slice

Y, X = np.mgrid[0:64, 0:96].astype(float)


def test_lanczos_keeps_constants_places_and_slow_waves_and_removes_fast_ones():
    slow, fast = np.sin(X / 9 + Y / 14), np.cos(np.pi * X * 0.9)
    assert lanczos_smaller(np.full((64, 96), 3.0), 4) == pytest.approx(3)
    small = lanczos_smaller(slow, 4)
    centers = np.sin((4 * X[:16, :24] + 1.5) / 9 + (4 * Y[:16, :24] + 1.5) / 14)
    assert small.shape == (16, 24) and np.abs(small - centers)[3:-3, 3:-3].max() < 0.02
    assert np.abs(lanczos_larger(small, 4) - slow)[12:-12, 12:-12].max() < 0.02
    assert np.abs(lanczos_smaller(fast, 4))[3:-3, 3:-3].max() < 0.05


def test_the_small_slices_grid_covers_the_same_area():
    grid = Grid((1, 64, 96), np.array([[0.4, 0, 0, -10], [0, -0.5, 0, 5], [0, 0, 2.0, 7], [0, 0, 0, 1]]))
    small = _coarser(grid)
    assert small.shape == (1, 16, 24)
    corners = [grid.index_to_world(np.array([i, j, 0.0])) for i, j in ((0, 0), (3, 0), (0, 3), (3, 3))]
    assert small.index_to_world(np.zeros(3)) == pytest.approx(np.mean(corners, axis=0))


def test_the_network_learns_edges_that_lanczos_blurs():
    rng = np.random.default_rng(0)
    slices = [_discs(rng) for _ in range(3)]
    network = train_upsampler(slices, UpsamplerSettings(blocks=1, layers=2, bottleneck=16, steps=400, patch=12))
    unseen = _discs(rng)
    small = lanczos_smaller(unseen, 4)
    errors = [np.square(large - unseen).mean() for large in (enlarge(network, small), lanczos_larger(small, 4))]
    assert enlarge(network, small).shape == unseen.shape and errors[0] < 0.7 * errors[1]


def test_a_fitted_slice_comes_back_from_the_bytes_it_is_said_to_take():
    image = 0.5 + 0.4 * np.sin(X / 9 + Y / 14)
    grid = Grid((1, 64, 96), np.diag([0.4, 0.5, 2.0, 1.0]))
    fit = FitSettings(iterations=120, points=1024, learning_rate=1e-3, device="cpu")
    decoded, size, seconds = fit_slice(image, grid, 2, fit)
    assert np.abs(decoded - image).mean() < 0.01 and seconds > 0
    assert size == 2 * (3 * 128 + 128 + 128 * 128 + 128 + 128 + 1)


def _discs(rng):
    image = np.zeros((64, 96))
    for _ in range(8):
        radius, j, i = rng.uniform(5, 14), rng.uniform(0, 64), rng.uniform(0, 96)
        image[(Y - j) ** 2 + (X - i) ** 2 < radius**2] = rng.uniform(0.2, 1)
    return image
