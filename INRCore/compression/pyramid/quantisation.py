"""Steps of the bands, and from whole coefficients back to samples.

The volume's samples are whole multiples of `step / UNITS`; a band's step is such that every quantisation error counts
the same in the volume. All of decoding is integer arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .layout import Level
from .lifting import band_gains
from .loops import use_loops

UNITS = 64
"""Fixed-point units per step."""
_FRACTION = 256
SHIFT_KINDS = 3  # magnitudes of 1, of 2, of more


@dataclass(frozen=True)
class BandStep:
    """units: step of one band in 256ths of a unit; shifts: how far magnitudes of 1, 2 and more lie below their number,
    in 256ths of the step; parts: of the step that coefficients count, 2 for half steps."""

    units: int
    shifts: tuple[int, ...]
    parts: int = 1

    def restore_into(self, coefficients: np.ndarray, units: np.ndarray) -> None:
        """Whole coefficients (k, j, i) to whole units, in an array of the same shape."""
        if use_loops():
            from ...compiled.wavelet import restore

            restore(coefficients, _FRACTION // self.parts, np.array([0, *self.shifts]), self.units, units)
        else:
            for own, plane in zip(units, coefficients, strict=True):
                own[...] = self.restore(plane)

    def restore(self, coefficients: np.ndarray) -> np.ndarray:
        """Whole coefficients to whole units, int64."""
        magnitudes = np.abs(coefficients).astype(np.int64)
        shift = np.array([0, *self.shifts], np.int64)[np.minimum(magnitudes, SHIFT_KINDS)]
        values = ((magnitudes * (_FRACTION // self.parts) - shift) * self.units + (1 << 15)) >> 16
        return np.where(coefficients < 0, -values, values)


def band_units(levels: tuple[Level, ...]) -> list[dict[int, int]]:
    """For each level: band -> its step in 256ths of a unit; band 0 only of the last level."""
    return [{band: round(UNITS * _FRACTION / gain) for band, gain in gains.items()} for gains in band_gains(levels)]


def shifts_of(scaled: np.ndarray, magnitudes: np.ndarray, parts: int = 1) -> tuple[int, ...]:
    """The shifts that restore best on average; `scaled`: absolute coefficients in steps, beside their magnitudes in
    parts of the step."""
    shifts = []
    for kind in range(1, SHIFT_KINDS + 1):
        chosen = magnitudes == kind if kind < SHIFT_KINDS else magnitudes >= kind
        mean = float((magnitudes[chosen] / parts - scaled[chosen]).mean()) if chosen.any() else 0.0
        shifts.append(int(np.clip(round(mean * _FRACTION), -127, 127)))
    return tuple(shifts)
