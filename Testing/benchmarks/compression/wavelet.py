"""The 9/7 wavelet along the first axis (Cohen, Daubechies & Feauveau, 1992; lifting: Daubechies & Sweldens, 1998)."""

from __future__ import annotations

import numpy as np

_STEPS = (-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971)
_SCALE = 1.149604398860241  # makes both filters nearly of norm 1, so that errors keep their size
_LEVELS = 5


def forward_97(planes: np.ndarray) -> np.ndarray:
    """(k, j, i) float: the coarsest averages first, then the details, coarse to fine; up to five levels."""
    out, count = planes.copy(), len(planes)
    for _ in range(_LEVELS):
        if count < 2:
            break
        even, odd = out[0:count:2].copy(), out[1:count:2].copy()
        for number, weight in enumerate(_STEPS):
            if number % 2 == 0:
                odd += weight * (even[: len(odd)] + _next(even, len(odd)))
            else:
                even += weight * (_previous(odd, len(even)) + _at(odd, len(even)))
        out[: len(even)], out[len(even) : count] = even * _SCALE, odd / _SCALE
        count = len(even)
    return out


def inverse_97(planes: np.ndarray) -> np.ndarray:
    """Undoes `forward_97`."""
    out, counts = planes.copy(), [len(planes)]
    while len(counts) < _LEVELS and (counts[-1] + 1) // 2 >= 2:
        counts.append((counts[-1] + 1) // 2)
    for count in reversed(counts if len(planes) > 1 else []):
        half = (count + 1) // 2
        even, odd = out[:half] / _SCALE, out[half:count] * _SCALE
        for number in reversed(range(len(_STEPS))):
            if number % 2 == 0:
                odd -= _STEPS[number] * (even[: len(odd)] + _next(even, len(odd)))
            else:
                even -= _STEPS[number] * (_previous(odd, len(even)) + _at(odd, len(even)))
        out[0:count:2], out[1:count:2] = even, odd
    return out


def _next(even: np.ndarray, count: int) -> np.ndarray:
    """The even sample after each odd one, mirrored at the end."""
    return even[np.minimum(np.arange(1, count + 1), len(even) - 1)]


def _previous(odd: np.ndarray, count: int) -> np.ndarray:
    """The odd sample before each even one, mirrored at the start."""
    return odd[np.maximum(np.arange(-1, count - 1), 0)]


def _at(odd: np.ndarray, count: int) -> np.ndarray:
    """The odd sample after each even one, mirrored at the end."""
    return odd[np.minimum(np.arange(count), len(odd) - 1)]
