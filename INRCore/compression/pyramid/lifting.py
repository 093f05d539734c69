"""The 9/7 wavelet (Cohen, Daubechies and Feauveau, 1992) by lifting (Daubechies and Sweldens, 1998) in integers.

Every step adds a rounded multiple of neighbours, so decoding gives the same integers on every machine, in 32 or 64
bits alike. Samples beyond the ends are mirrored. The steps are not normalised: `band_gains` says how much an error in a
band counts in the volume.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .layout import Level
from .loops import use_loops

SHIFT = 10
STEPS = (-1623, -54, 904, 454)
"""The four lifting factors in 1024ths, rounded so that constants leave next to nothing in the high half."""
_THREADS = 4
_HALF = 1 << (SHIFT - 1)
_LOW_NORMS = (1.0, 1.1408845508, 1.3451433815, 1.5655498813, 1.8090883686, 2.0859446022, 2.4037737017)
_HIGH_NORMS = (1.0, 0.8864900675, 0.9830415322, 1.1731451712, 1.3740713696, 1.5908526090, 1.8352340498)
"""L2 norm of what a unit sample becomes along one axis after 0, 1, 2 ... inverse steps, low ones after the first."""
LOW_OF_CONSTANT = 1.2287
"""What a constant of 1 becomes in the low half of one axis."""
_GROWTH = LOW_OF_CONSTANT**3  # of the largest value, per level
_SAFE_32 = (1 << 31) / (2 * 1623)


def integer_type(largest: float, levels: int) -> type[np.signedinteger]:
    """int32 where no step can overflow it for samples of up to `largest`, else int64. The result is the same."""
    return np.int32 if 4 * largest * _GROWTH**levels < _SAFE_32 else np.int64


def analyse(samples: np.ndarray, levels: tuple[Level, ...]) -> np.ndarray:
    """Integer samples (k, j, i) to coefficients in the same array; the low part of each level comes first."""
    for level in levels:
        part = samples[tuple(slice(n) for n in level.shape)]
        for axis in level.axes:
            _lift(part, axis, False)
    return samples


def synthesise(coefficients: np.ndarray, levels: tuple[Level, ...]) -> np.ndarray:
    """Undoes `analyse`, in place. With fewer levels than there were, an array cut to their shape is enough."""
    for level in reversed(levels):
        part = coefficients[tuple(slice(n) for n in level.shape)]
        for axis in reversed(level.axes):
            _lift(part, axis, True)
    return coefficients


def _lift(part: np.ndarray, axis: int, inverse: bool) -> None:
    """One axis of (k, j, i), in place."""
    if use_loops():
        from ...compiled.wavelet import lift_across, lift_along

        lift = lift_along if axis == 2 else lift_across
        planes = part if axis else part.swapaxes(0, 1)

        def run(first: int) -> None:
            for plane in planes[first::_THREADS]:
                lift(plane, STEPS, _HALF, SHIFT, inverse)

        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(run, range(_THREADS)))
    elif inverse:
        _inverse(part, axis)
    else:
        _forward(part, axis)


def _forward(part: np.ndarray, axis: int) -> None:
    lines = np.moveaxis(part, axis, 0)
    low, high = lines[0::2].copy(), lines[1::2].copy()
    for number, factor in enumerate(STEPS):
        if number % 2:
            low += _scaled(_around_low(high, len(low)), factor)
        else:
            high += _scaled(_around_high(low, len(high)), factor)
    lines[: len(low)], lines[len(low) :] = low, high


def _inverse(part: np.ndarray, axis: int) -> None:
    lines = np.moveaxis(part, axis, 0)
    half = (len(lines) + 1) // 2
    low, high = lines[:half].copy(), lines[half:].copy()
    for number in (3, 2, 1, 0):
        if number % 2:
            low -= _scaled(_around_low(high, len(low)), STEPS[number])
        else:
            high -= _scaled(_around_high(low, len(high)), STEPS[number])
    lines[0::2], lines[1::2] = low, high


def _scaled(total: np.ndarray, factor: int) -> np.ndarray:
    """Multiple of a sum of two neighbours, rounded (halves up), in place."""
    total *= factor
    total += _HALF
    total >>= SHIFT
    return total


def _around_high(low: np.ndarray, count: int) -> np.ndarray:
    """low[n] + low[n + 1] for each high sample n; the last is mirrored where there is no next."""
    total = low[:count].copy()
    inner = min(count, len(low) - 1)
    total[:inner] += low[1 : inner + 1]
    total[inner:] += low[inner:count]
    return total


def _around_low(high: np.ndarray, count: int) -> np.ndarray:
    """high[n - 1] + high[n] for each low sample n, mirrored at both ends."""
    total = np.empty((count, *high.shape[1:]), high.dtype)
    total[: len(high)], total[len(high) :] = high, high[-1]
    total[0] += high[0]
    total[1:] += high[: count - 1]
    return total


def band_gains(levels: tuple[Level, ...]) -> list[dict[int, float]]:
    """For each level: band -> L2 norm of what a unit coefficient adds to the volume; band 0 only of the last level."""
    gains, depths = [], [0, 0, 0]
    for number, level in enumerate(levels):
        for axis in level.axes:
            depths[axis] += 1
        here = {}
        for band in (*level.bands, *([0] if number + 1 == len(levels) else [])):
            gain = 1.0
            for axis in range(3):
                gain *= (_HIGH_NORMS if band >> axis & 1 else _LOW_NORMS)[depths[axis]]
            here[band] = gain
        gains.append(here)
    return gains
