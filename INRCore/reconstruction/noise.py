"""The noise of an image, estimated from the image."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

_BLOCK = 7
_QUIET_SHARE = 0.2
_FOREGROUND_SHARE = 0.1
_Z_OF_QUIET_SHARE = 0.8416


def noise_deviation(slices: np.ndarray) -> float:
    """Standard deviation of white noise in (slices, rows, columns), in the image's units; 0 for slices that are too
    small to tell.

    Differences along both axes of a slice (the diagonal detail of a Haar wavelet: Donoho & Johnstone, Biometrika 81,
    1994) hold little but noise where the image is quiet: the deviation of the quietest fifth of blocks in the
    foreground, set right for having been chosen.
    """
    if min(slices.shape[1:]) < 2 * _BLOCK:
        return 0.0
    detail = (slices[:, 1:, 1:] - slices[:, :-1, 1:] - slices[:, 1:, :-1] + slices[:, :-1, :-1]).astype(np.float32) / 2
    block = (1, _BLOCK, _BLOCK)
    power = ndimage.uniform_filter(np.square(detail), block)[:, _BLOCK:-_BLOCK, _BLOCK:-_BLOCK]
    deviation = np.sqrt(np.maximum(power, 0))
    level = ndimage.uniform_filter(slices.astype(np.float32), block)[:, _BLOCK:-_BLOCK, _BLOCK:-_BLOCK]
    low, high = np.percentile(slices, (1, 99))
    seen = deviation[level[:, : deviation.shape[1], : deviation.shape[2]] > low + _FOREGROUND_SHARE * (high - low)]
    if seen.size == 0:
        return 0.0
    chosen = 1 - _Z_OF_QUIET_SHARE / np.sqrt(2 * _BLOCK**2)  # of a deviation from so few differences, at that share
    return float(np.quantile(seen, _QUIET_SHARE) / chosen)
