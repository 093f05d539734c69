"""Lanczos resampling of a slice by a whole factor (Duchon, J. Appl. Meteorol. 18, 1979)."""

from __future__ import annotations

import numpy as np

_LOBES = 3


def lanczos_smaller(image: np.ndarray, factor: int) -> np.ndarray:
    """(j, i) float to (j / factor, i / factor): the kernel is widened by the factor, so that nothing aliases. Each new
    pixel lies in the middle of the factor x factor old ones."""
    rows, columns = (_weights(size // factor, size, factor, factor) for size in image.shape)
    return rows @ image @ columns.T


def lanczos_larger(image: np.ndarray, factor: int) -> np.ndarray:
    """(j, i) float to (j * factor, i * factor), the same places."""
    rows, columns = (_weights(size * factor, size, 1 / factor, 1) for size in image.shape)
    return rows @ image @ columns.T


def _weights(new: int, old: int, step: float, width: float) -> np.ndarray:
    """(new, old); step: old pixels from one new one to the next; beyond the border the last pixel goes on."""
    centers = (np.arange(new) + 0.5) * step - 0.5
    reach = int(np.ceil(_LOBES * width)) + 1
    first = np.floor(centers).astype(int) - reach
    places = first[:, None] + np.arange(2 * reach + 2)
    distance = (places - centers[:, None]) / width
    kernel = np.where(np.abs(distance) < _LOBES, np.sinc(distance) * np.sinc(distance / _LOBES), 0.0)
    kernel /= kernel.sum(axis=1, keepdims=True)
    weights = np.zeros((new, old))
    np.add.at(weights, (np.arange(new)[:, None], np.clip(places, 0, old - 1)), kernel)
    return weights
