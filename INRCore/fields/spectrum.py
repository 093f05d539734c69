"""How fine an image's structure is, and the sine and Fourier frequencies of a field that suit it. Needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..settings import require_range
from ..volume import Volume
from .description import Frame

_LONGEST_SIDE = 128
_BINS = 64
_FEWEST_VOXELS = 4
_OMEGA_FACTOR, _SIGMA_FACTOR = 1.25, 1 / 3


@dataclass(frozen=True)
class PowerSpectrum:
    """Radially averaged power spectrum: `frequencies` (B) in cycles per mm, rising; `power` (B), the share of the
    variance in each shell of frequencies, sum 1 (all 0 for a constant image); `density` (B), the mean power of a
    coefficient in the shell, in the image's units squared."""

    frequencies: np.ndarray
    power: np.ndarray
    density: np.ndarray

    def without_noise(self) -> PowerSpectrum:
        """Less a white floor, taken from the mean density of the highest tenth of the frequencies."""
        filled = self.density > 0
        if not filled.any():
            return self
        top = self.frequencies >= self.frequencies[filled][-1] * 0.9
        floor = float(np.median(self.density[top & filled]))
        kept = np.clip(1 - floor / np.where(filled, self.density, np.inf), 0, 1) * filled
        power = self.power * kept
        return PowerSpectrum(self.frequencies, power / max(power.sum(), 1e-300), np.clip(self.density - floor, 0, None))

    def frequency_holding(self, share: float) -> float:
        """Cycles per mm below which this share (0 to 1) of the variance lies; 0 for a constant image."""
        require_range("The share of the variance", share, 0, 1)
        total = np.cumsum(self.power)
        if total[-1] <= 0:
            return 0.0
        return float(np.interp(share * total[-1], np.concatenate([[0.0], total]), np.append(0.0, self.frequencies)))

    def rms_frequency(self) -> float:
        """Root of the power-weighted mean of f^2, cycles per mm: the image's RMS gradient over 2 pi its deviation."""
        return math.sqrt(float((self.power * self.frequencies**2).sum()))


def power_spectrum(volume: Volume) -> PowerSpectrum:
    """Spectrum of the central block (at most 128 voxels along each axis) under a Hann window, which keeps the jump
    between opposite faces out of it; axes of fewer than 4 voxels are averaged. Frequencies are true ones in patient
    space, whatever the grid's spacing, direction and shear.

    Raises `InputError` when no axis has 4 voxels.
    """
    block = volume.as_float32(fill=None).astype(np.float64)
    block = block[tuple(slice(max(0, (n - _LONGEST_SIDE) // 2), (n + _LONGEST_SIDE) // 2) for n in block.shape)]
    flat = tuple(axis for axis, n in enumerate(block.shape) if n < _FEWEST_VOXELS)
    if len(flat) == 3:
        raise InputError(f"{volume.label} is too small for a spectrum; it needs 4 voxels along at least one axis.")
    block = block.mean(flat, keepdims=True)
    window = np.ones((1, 1, 1))
    for axis, n in enumerate(block.shape):
        if n > 1:
            window = window * np.hanning(n + 2)[1:-1].reshape([-1 if a == axis else 1 for a in range(3)])
    block = (block - (block * window).sum() / window.sum()) * window
    power = np.abs(np.fft.fftn(block)) ** 2 / (window**2).sum()
    return _in_shells(power, _frequency_norms(block.shape, volume.grid.ijk_to_world[:3, :3]))


def _frequency_norms(shape: tuple[int, ...], ijk_to_world: np.ndarray) -> np.ndarray:
    """(k, j, i) cycles per mm of the Fourier coefficients of a lattice: |M^-T nu| for nu in cycles per voxel."""
    k, j, i = np.meshgrid(*(np.fft.fftfreq(n) for n in shape), indexing="ij")
    return np.linalg.norm(np.stack([i, j, k], -1) @ np.linalg.inv(ijk_to_world), axis=-1)


def _in_shells(power: np.ndarray, norms: np.ndarray) -> PowerSpectrum:
    edges = np.linspace(0, norms.max() * (1 + 1e-9), _BINS + 1)
    shell = np.searchsorted(edges, norms.ravel(), "right") - 1
    sums = np.bincount(shell, power.ravel(), _BINS)
    counts = np.bincount(shell, minlength=_BINS)
    total = sums.sum()
    return PowerSpectrum(
        (edges[:-1] + edges[1:]) / 2, sums / total if total > 0 else sums, sums / np.maximum(counts, 1)
    )


def suggested_omega_first(volume: Volume, frame: Frame, parameters: int) -> float:
    """First sine frequency (rad per frame unit) of a SIREN with so many parameters for an image: 1.25 times the image's
    RMS frequency without noise, but no more than (pi / 2) parameters^(1 / d) in d dimensions, where the network has a
    parameter for each wave of the band, and at least the published 30, with which smooth images are fitted fastest too.

    The first layer starts with frequencies up to omega / sqrt(3), RMS omega / 3, and the hidden layers make multiples
    of them (Sitzmann et al., NeurIPS 2020, supplement 1.5). Both factors were found by fits
    (`Testing/benchmarks/engine/convergence.py`).
    """
    dimensions = max(1, sum(n >= _FEWEST_VOXELS for n in volume.grid.shape))
    affordable = math.pi / 2 * parameters ** (1 / dimensions)
    return _within(min(_OMEGA_FACTOR * 2 * math.pi * _cycles_per_unit(volume, frame), affordable), 30.0, 300.0)


def suggested_fourier_sigma(volume: Volume, frame: Frame) -> float:
    """Standard deviation of Gaussian Fourier features (cycles per frame unit) for an image: a third of its RMS
    frequency without noise (found by fits, as above), 0.3 to 50."""
    return _within(_SIGMA_FACTOR * _cycles_per_unit(volume, frame), 0.3, 50.0)


def _cycles_per_unit(volume: Volume, frame: Frame) -> float:
    return power_spectrum(volume).without_noise().rms_frequency() * frame.half_extent_mm


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
