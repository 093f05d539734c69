"""Voxels without a value of their own, filled so that they cost a transform little."""

from __future__ import annotations

import numpy as np

_SMOOTHINGS = 3  # per scale


def fill_holes(values: np.ndarray) -> np.ndarray:
    """float (k, j, i) with every voxel that is not finite replaced by the mean of the numbers around it, at the finest
    scale that has any (push-pull: Gortler et al., SIGGRAPH 1996), and smoothed within the holes. Needs one number."""
    known = np.isfinite(values)
    if known.all():
        return values
    filled = np.where(known, values, 0.0)
    if max(values.shape) == 1:
        return filled
    sums, counts = _halved(filled), _halved(known.astype(np.float64))
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    coarse = fill_holes(means)
    for axis in range(3):
        if values.shape[axis] > 1:
            coarse = np.repeat(coarse, 2, axis)
    filled = np.where(known, filled, coarse[tuple(slice(n) for n in values.shape)])
    for _ in range(_SMOOTHINGS):
        filled = np.where(known, filled, _smoothed(filled))
    return filled


def _halved(array: np.ndarray) -> np.ndarray:
    """Sums of neighbouring pairs along every axis."""
    for axis in range(3):
        if array.shape[axis] > 1:
            array = np.add.reduceat(array, np.arange(0, array.shape[axis], 2), axis)
    return array


def _smoothed(array: np.ndarray) -> np.ndarray:
    """Weighted 1, 2, 1 with the neighbours along every axis."""
    for axis in range(3):
        lines = np.moveaxis(array, axis, 0)
        mixed = lines * 0.5
        mixed[1:] += lines[:-1] * 0.25
        mixed[:-1] += lines[1:] * 0.25
        mixed[0] += lines[0] * 0.25
        mixed[-1] += lines[-1] * 0.25
        array = np.moveaxis(mixed, 0, axis)
    return array
