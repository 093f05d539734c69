"""Weights with which one line of samples sees one line of lattice values. No torch here."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage
from scipy.special import ndtr

from .baseline import MODE

SIGMA_OF_FWHM = 1 / (2 * math.sqrt(2 * math.log(2)))


def profile_weights(positions: np.ndarray, size: int, width: float, profile: str) -> np.ndarray:
    """(N, size): samples at `positions` see the profile's share of each of `size` lattice values, each of which is the
    mean over its voxel, index - 0.5 to index + 0.5. `width` of the 'boxcar', or full width at half maximum of the
    'gaussian', in lattice steps. What the profile sees beyond the lattice is put down to the outermost value.

    Taking a lattice value as its voxel's mean makes the mean of thin slices exactly the thick one.
    """
    edges = (np.arange(1, size) - 0.5 - positions[:, None]) / width
    below = np.clip(edges + 0.5, 0, 1) if profile == "boxcar" else ndtr(edges / SIGMA_OF_FWHM)
    whole = np.hstack([np.zeros((len(positions), 1)), below, np.ones((len(positions), 1))])
    return np.diff(whole, axis=1)


def point_weights(positions: np.ndarray, size: int) -> np.ndarray:
    """(N, size): samples at `positions` of cubic convolution through the lattice values, the outermost ones repeated.

    Source: Keys, Cubic convolution interpolation for digital image processing, IEEE TASSP 29(6), 1981 (a = -1/2).
    """
    weights = np.zeros((len(positions), size))
    low = np.floor(positions).astype(int)
    for node in range(-1, 3):
        distance = np.abs(positions - low - node)
        near = 1 + distance**2 * (1.5 * distance - 2.5)
        far = 2 + distance * (-4 + distance * (2.5 - 0.5 * distance))
        share = np.where(distance <= 1, near, far)
        np.add.at(weights, (np.arange(len(positions)), np.clip(low + node, 0, size - 1)), share)
    return weights


def spline_weights(positions: np.ndarray, size: int) -> np.ndarray:
    """(N, size): the cubic B-spline through the lattice values at `positions`, as the baseline interpolates."""
    coefficients = ndimage.spline_filter1d(np.eye(size), 3, axis=1, mode=MODE) if size > 1 else np.eye(1)
    columns = [ndimage.map_coordinates(row, [positions], order=3, mode=MODE, prefilter=False) for row in coefficients]
    return np.stack(columns, 1)
