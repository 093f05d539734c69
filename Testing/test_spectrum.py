"""Spectra of images of known bandwidth, in true cycles per mm."""

import numpy as np
import pytest
import torch

from INRCore.errors import InputError
from INRCore.fields import Field, FieldSettings, Frame
from INRCore.fields.spectrum import power_spectrum, suggested_fourier_sigma, suggested_omega_first
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
        assert spectrum.rms_frequency() == pytest.approx(frequency, abs=0.03)


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
    assert flat.frequency_holding(0.9) == 0 and flat.without_noise().rms_frequency() == 0
    holed = wave(grid, (0.1, 0, 0)).array.copy()
    holed[2, 3, 4] = np.nan
    assert np.isfinite(power_spectrum(Volume(holed, grid)).power).all()
    tiny = Grid.from_parts((2, 3, 1), (1, 1, 1))
    with pytest.raises(InputError, match="4 voxels"):
        power_spectrum(Volume(np.ones(tiny.shape, np.float32), tiny))
    with pytest.raises(InputError, match="share of the variance"):
        power_spectrum(wave(grid, (0.1, 0, 0))).frequency_holding(1.5)


def test_suggestions_are_in_radians_and_cycles_per_frame_unit_whatever_the_spacing():
    for spacing in (0.5, 2.0):
        grid = Grid.from_parts((64, 64, 64), (spacing,) * 3, directions=OBLIQUE)
        frame = Frame.of_grid(grid)
        per_unit = 0.2 / spacing * frame.half_extent_mm
        image = wave(grid, 0.2 / spacing * OBLIQUE[:, 0])
        assert suggested_omega_first(image, frame, 10**6) == pytest.approx(1.25 * 2 * np.pi * per_unit, rel=0.1)
        assert suggested_fourier_sigma(image, frame) == pytest.approx(per_unit / 3, rel=0.1)
    flat = Volume(np.zeros(grid.shape, np.float32), grid)
    assert (suggested_omega_first(flat, frame, 10**6), suggested_fourier_sigma(flat, frame)) == (30.0, 0.3)


def mean_square_error(settings, volume):
    """After a short fit to random voxels."""
    field = Field(settings, Frame.of_grid(volume.grid), seed=0)
    points = torch.from_numpy(volume.grid.points().astype(np.float32))
    values = torch.from_numpy(volume.array.ravel())
    optimizer = torch.optim.Adam(field.parameters(), 2e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(300):
        drawn = torch.randint(len(values), (1024,), generator=generator)
        loss = (field(points[drawn])[:, 0] - values[drawn]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return float((field(points)[:, 0] - values).square().mean())


def waves(cycles_per_voxel):
    """Twelve waves of about one length, in all directions of a slice, and the slice's frame."""
    grid = Grid.from_parts((1, 128, 128), (0.8, 0.8, 4.0))
    rng, array = np.random.default_rng(1), np.zeros(128 * 128)
    for _ in range(12):
        angle, frequency = rng.uniform(0, 2 * np.pi), cycles_per_voxel / 0.8 * rng.uniform(0.6, 1.2)
        phase = 2 * np.pi * frequency * grid.points() @ [np.cos(angle), np.sin(angle), 0]
        array += np.sin(phase + rng.uniform(0, 6)) / 12
    return Volume(array.reshape(grid.shape).astype(np.float32), grid), Frame.of_grid(grid)


@pytest.mark.parametrize(("cycles_per_voxel", "share"), [(0.02, 0.05), (0.25, 0.9)])
def test_the_suggested_sigma_fits_smooth_and_fine_images_better_than_a_fixed_one(cycles_per_voxel, share):
    volume, frame = waves(cycles_per_voxel)
    sigmas = suggested_fourier_sigma(volume, frame), 8.0
    fields = [FieldSettings("fourier", "relu", 32, 2, fourier_sigma=sigma, fourier_features=64) for sigma in sigmas]
    suggested, fixed = (mean_square_error(settings, volume) for settings in fields)
    assert suggested < share * fixed


def test_the_suggested_omega_fits_a_fine_image_better_than_the_published_one():
    volume, frame = waves(0.25)
    parameters = Field(FieldSettings(width=64, depth=2), frame).parameter_count
    omegas = suggested_omega_first(volume, frame, parameters), 30.0
    fields = [FieldSettings(width=64, depth=2, omega_first=omega) for omega in omegas]
    suggested, published = (mean_square_error(settings, volume) for settings in fields)
    assert suggested < 0.75 * published


def test_the_published_omega_is_kept_for_a_smooth_image():
    assert suggested_omega_first(*waves(0.02), 10**6) == 30.0


def test_a_network_is_not_given_more_waves_than_it_has_parameters_for():
    grid = Grid.from_parts((64, 64, 64), (1, 1, 1))
    fine = wave(grid, (0.45, 0, 0))
    assert suggested_omega_first(fine, Frame.of_grid(grid), 30**3) == pytest.approx(15 * np.pi)
    flat = Volume(fine.array[:1], Grid.from_parts((1, 64, 64), (1, 1, 1)))
    assert suggested_omega_first(flat, Frame.of_grid(flat.grid), 30**3) > 30 * np.pi
