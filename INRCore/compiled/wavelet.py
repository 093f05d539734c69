"""Loops of `compression.pyramid.lifting` and `quantisation`: whole numbers of 32 or 64 bits, in place.

Sums are kept in the type of the samples, which `lifting.integer_type` chose so that they fit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .build import compiled


@compiled
def _add_scaled(
    line: np.ndarray, before: np.ndarray, after: np.ndarray, factor: int, half: int, shift: int, sign: int
) -> None:
    """line += sign * (factor (before + after) / 2^shift, rounded, halves up)."""
    whole = line.dtype.type
    scale, rest, bits, way = whole(factor), whole(half), whole(shift), whole(sign)
    for m in range(len(line)):
        total = whole(whole(whole(before[m] + after[m]) * scale) + rest)
        line[m] += whole(whole(total >> bits) * way)


@compiled
def _copy(before: np.ndarray, after: np.ndarray) -> None:
    for m in range(len(before)):
        after[m] = before[m]


@compiled
def lift_across(lines: np.ndarray, factors: Any, half: int, shift: int, inverse: bool) -> None:
    """Lines (N, M) side by side, along their first axis; in coefficients the low ones come first."""
    size, middle, sign = len(lines), (len(lines) + 1) // 2, -1 if inverse else 1
    low = np.empty((middle, lines.shape[1]), lines.dtype)
    high = np.empty((size - middle, lines.shape[1]), lines.dtype)
    for n in range(middle):
        _copy(lines[n if inverse else 2 * n], low[n])
    for n in range(size - middle):
        _copy(lines[middle + n if inverse else 2 * n + 1], high[n])
    for count in range(4):
        number = 3 - count if inverse else count
        if number % 2:
            for n in range(middle):
                before, after = high[max(n - 1, 0)], high[min(n, size - middle - 1)]
                _add_scaled(low[n], before, after, factors[number], half, shift, sign)
        else:
            for n in range(size - middle):
                _add_scaled(high[n], low[n], low[min(n + 1, middle - 1)], factors[number], half, shift, sign)
    for n in range(middle):
        _copy(low[n], lines[2 * n if inverse else n])
    for n in range(size - middle):
        _copy(high[n], lines[2 * n + 1 if inverse else middle + n])


@compiled
def lift_along(lines: np.ndarray, factors: Any, half: int, shift: int, inverse: bool) -> None:
    """Lines (M, N), each along itself; the same."""
    size, middle = lines.shape[1], (lines.shape[1] + 1) // 2
    sign, few = -1 if inverse else 1, size - middle
    inner, apart, step = min(few, middle - 1), middle if inverse else 1, 1 if inverse else 2
    low, high = np.empty(middle, lines.dtype), np.empty(few, lines.dtype)
    for m in range(len(lines)):
        line = lines[m]
        for n in range(middle):
            low[n] = line[step * n]
        for n in range(few):
            high[n] = line[step * n + apart]
        for count in range(4):
            number = 3 - count if inverse else count
            factor = factors[number]
            if number % 2:
                _add_scaled(low[:1], high[:1], high[:1], factor, half, shift, sign)
                _add_scaled(low[1:few], high[: few - 1], high[1:few], factor, half, shift, sign)
                _add_scaled(low[few:], high[few - 1 :], high[few - 1 :], factor, half, shift, sign)
            else:
                _add_scaled(high[:inner], low[:inner], low[1 : inner + 1], factor, half, shift, sign)
                _add_scaled(high[inner:], low[inner:], low[inner:], factor, half, shift, sign)
        there, stride = 1 if inverse else middle, 2 if inverse else 1
        for n in range(middle):
            line[stride * n] = low[n]
        for n in range(few):
            line[stride * n + there] = high[n]


@compiled
def restore(coefficients: np.ndarray, parts: int, shifts: np.ndarray, units: int, values: np.ndarray) -> None:
    """Whole coefficients (k, j, i) to whole units; shifts (4): of magnitudes of 0, 1, 2 and more; parts: 256ths of the
    step that a coefficient counts."""
    whole = values.dtype.type
    for k in range(coefficients.shape[0]):
        for j in range(coefficients.shape[1]):
            for i in range(coefficients.shape[2]):
                coefficient = int(coefficients[k, j, i])
                if coefficient:
                    magnitude = abs(coefficient)
                    value = ((magnitude * parts - shifts[min(magnitude, 3)]) * units + 0x8000) >> 16
                    values[k, j, i] = whole(-value if coefficient < 0 else value)
                else:
                    values[k, j, i] = whole(0)
