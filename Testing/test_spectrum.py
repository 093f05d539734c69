"""Spectra of images of known bandwidth, in true cycles per mm."""

import numpy as np
import pytest

from INRCore.errors import InputError
from INRCore.fields.spectrum import power_spectrum
from INRCore.geometry import Grid
from INRCore.volume import Volume

OBLIQUE = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]


def wave(grid, cycles_per_mm):
    """A plane wave in patient space."""
    phase = 2 * np.pi * grid.points() @ np.asarray(cycles_per_mm)
    return Volume(np.sin(phase + 0.4).reshape(grid.shape).astype(np.float32), grid)


@pytest.mark.parametrize("shape", [(64, 64, 64), (40, 96, 150)])
@pytest.mark.parametrize("spacing", [(1, 1, 1), (0.5, 0.7, 3.0)])
def test_a_plane_wave_has_its_frequency_whatever_the_grid(shape, spacing):
    grid = Grid.from_parts(shape, spacing, (10, -20, 5), OBLIQUE)
    direction = OBLIQUE @ (0.8, 0.6, 0)
    for frequency in (0.1, 0.3):
        spectrum = power_spectrum(wave(grid, frequency * direction))
        assert spectrum.frequency_holding(0.5) == pytest.approx(frequency, abs=0.03)
        assert spectrum.mean_square_frequency() == pytest.approx(frequency, abs=0.03)


def test_shares_of_the_variance_lie_below_the_frequencies_that_hold_them():
    grid = Grid.from_parts((64, 64, 64), (1, 1, 1))
    array = 3 * wave(grid, (0.05, 0, 0)).array + wave(grid, (0, 0.35, 0)).array
    spectrum = power_spectrum(Volume(array, grid))
    assert spectrum.power.sum() == pytest.approx(1)
    assert spectrum.power[spectrum.frequencies < 0.2].sum() == pytest.approx(0.9, abs=0.005)
    assert spectrum.frequency_holding(0.8) < 0.1 < 0.3 < spectrum.frequency_holding(0.95)


def test_the_face_to_face_jump_of_a_ramp_is_not_taken_for_detail():
    grid = Grid.from_parts((32, 64, 64), (1, 1, 1))
    ramp = Volume(grid.points()[:, 0].reshape(grid.shape).astype(np.float32), grid)
    assert power_spectrum(ramp).frequency_holding(0.99) < 0.08


def test_white_noise_is_told_from_structure():
    grid = Grid.from_parts((64, 64, 64), (1, 1, 1))
    noise = np.random.default_rng(0).normal(0, 0.7, grid.shape).astype(np.float32)
    noisy = power_spectrum(Volume(wave(grid, (0.1, 0, 0)).array + noise, grid))
    assert noisy.frequency_holding(0.9) > 0.5
    assert noisy.without_noise().frequency_holding(0.9) == pytest.approx(0.1, abs=0.05)


def test_a_slice_is_judged_in_its_plane():
    grid = Grid.from_parts((1, 128, 128), (0.5, 0.5, 8.0))
    assert power_spectrum(wave(grid, (0, 0.4, 0))).frequency_holding(0.5) == pytest.approx(0.4, abs=0.05)


def test_odd_images_are_no_accident():
    grid = Grid.from_parts((8, 8, 8), (1, 1, 1))
    flat = power_spectrum(Volume(np.full(grid.shape, 7, np.int16), grid))
    assert flat.frequency_holding(0.9) == 0 and flat.without_noise().mean_square_frequency() == 0
    holed = wave(grid, (0.1, 0, 0)).array.copy()
    holed[2, 3, 4] = np.nan
    assert np.isfinite(power_spectrum(Volume(holed, grid)).power).all()
    tiny = Grid.from_parts((2, 3, 1), (1, 1, 1))
    with pytest.raises(InputError, match="4 voxels"):
        power_spectrum(Volume(np.ones(tiny.shape, np.float32), tiny))
    with pytest.raises(InputError, match="share of the variance"):
        power_spectrum(wave(grid, (0.1, 0, 0))).frequency_holding(1.5)
