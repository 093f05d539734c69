"""Loops of `fields.engines.tile_compiled` and `fields.sine`.

The sine and the cosine of a phase are taken once, together, for all that a layer needs at that place, and the rows they
lead to are filled while they lie in the nearest cache; Python's lock is not held. Arrays are C-contiguous float32,
(C, T, P) as in `tile_activation`: z before the activation and without its bias (C), h behind it, g the gradient, in
place. t holds z's derivatives in its rows from `row` on: z itself from row 1, or, where they are the same at all points
and the second ones 0, an array (C, 3, 1) from row 0. bend: 2 / omega for FINER, whose phase is y + bend |y| y / 2
(Liu et al., CVPR 2024, eq. 4); 0 for the sine.

Loops touch few rows each: LLVM proves rows apart by comparing all pairs, and leaves vectors out when there are many.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .build import compiled


def _first_bits(number: float, bits: int) -> np.float32:
    """The number cut to so many bits, so that its product with a small integer is exact."""
    scale = 2.0 ** (bits - 1 - math.floor(math.log2(number)))
    return np.float32(math.floor(number * scale) / scale)


_ONE, _HALF, _THREE = (np.float32(number) for number in (1, 0.5, 3))
# pi / 2 in three parts (Cody & Waite, Software Manual for the Elementary Functions, 1980).
_PART_1 = _first_bits(math.pi / 2, 8)
_PART_2 = _first_bits(math.pi / 2 - float(_PART_1), 12)
_PART_3 = np.float32(math.pi / 2 - float(_PART_1) - float(_PART_2))
_QUADRANTS = np.float32(2 / math.pi)
_ROUNDING = np.float32(1.5 * 2**23)
"""Added to a float, it leaves the nearest integer in the float's last bits."""
# Minimax polynomials on [-pi / 4, pi / 4] (Cephes Mathematical Library, sinf and cosf).
_S1, _S2, _S3 = (np.float32(c) for c in (-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4))
_C1, _C2, _C3 = (np.float32(c) for c in (4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5))


@compiled
def _both(y: float) -> Any:
    """Within 1e-7 up to |y| = 6000; beyond, where a phase in single precision means little, still within [-1, 1]."""
    shifted = np.float32(y * _QUADRANTS + _ROUNDING)
    quadrant = shifted.view(np.int32)
    turns = shifted - _ROUNDING
    r = ((y - turns * _PART_1) - turns * _PART_2) - turns * _PART_3
    r = min(max(r, -_ONE), _ONE)
    r2 = r * r
    sine = r + r * r2 * (_S1 + r2 * (_S2 + r2 * _S3))
    cosine = _ONE - _HALF * r2 + r2 * r2 * (_C1 + r2 * (_C2 + r2 * _C3))
    swapped = (quadrant & 1) != 0
    s, c = (cosine, sine) if swapped else (sine, cosine)
    s = -s if (quadrant & 2) != 0 else s
    c = -c if ((quadrant + 1) & 2) != 0 else c
    return s, c


@compiled
def sine_and_cosine(phase: np.ndarray, sine: np.ndarray, cosine: np.ndarray) -> None:
    """Of phases (N)."""
    for p in range(len(phase)):
        s, c = _both(phase[p])
        sine[p] = s
        cosine[p] = c


@compiled
def _phase(y: float, bend: float) -> Any:
    return y + _HALF * bend * abs(y) * y


# -- values alone ------------------------------------------------------------------------------------------------------
@compiled
def values(z: np.ndarray, bias: np.ndarray, bend: float, h: np.ndarray) -> None:
    """h = f(z + bias)."""
    for c in range(z.shape[0]):
        before, after, shift = z[c, 0], h[c, 0], bias[c]
        for p in range(len(before)):
            after[p] = _both(_phase(before[p] + shift, bend))[0]


@compiled
def values_and_slopes(z: np.ndarray, bias: np.ndarray, bend: float, h: np.ndarray, slope: np.ndarray) -> None:
    for c in range(z.shape[0]):
        _to_first(z[c, 0], bias[c], bend, h[c, 0], slope[c, 0])


# -- rows --------------------------------------------------------------------------------------------------------------
@compiled
def _to_first(z: np.ndarray, bias: float, bend: float, value: np.ndarray, slope: np.ndarray) -> None:
    """f and f' at z + bias."""
    for p in range(len(z)):
        y = z[p] + bias
        s, c = _both(_phase(y, bend))
        value[p] = s
        slope[p] = (_ONE + bend * abs(y)) * c


@compiled
def _to_second(
    z: np.ndarray, bias: float, bend: float, value: np.ndarray, slope: np.ndarray, curve: np.ndarray
) -> None:
    """f, f' and f''."""
    for p in range(len(z)):
        y = z[p] + bias
        s, c = _both(_phase(y, bend))
        rate = _ONE + bend * abs(y)
        bent = bend if y > 0 else -bend
        value[p] = s
        slope[p] = rate * c
        curve[p] = bent * c - rate * rate * s


@compiled
def _to_third(z: np.ndarray, bias: float, bend: float, slope: np.ndarray, curve: np.ndarray, twist: np.ndarray) -> None:
    """The first three derivatives."""
    for p in range(len(z)):
        y = z[p] + bias
        s, c = _both(_phase(y, bend))
        rate = _ONE + bend * abs(y)
        bent = bend if y > 0 else -bend
        slope[p] = rate * c
        curve[p] = bent * c - rate * rate * s
        twist[p] = -rate * (rate * rate * c + _THREE * bent * s)


@compiled
def _multiply(out: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """out = a b, where b may be one number for all."""
    if len(b) == 1:
        factor = b[0]
        for p in range(len(out)):
            out[p] = a[p] * factor
    else:
        for p in range(len(out)):
            out[p] = a[p] * b[p]


@compiled
def _add_product(out: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """out += a b."""
    if len(b) == 1:
        factor = b[0]
        for p in range(len(out)):
            out[p] += a[p] * factor
    else:
        for p in range(len(out)):
            out[p] += a[p] * b[p]


@compiled
def _scale(out: np.ndarray, a: np.ndarray) -> None:
    for p in range(len(out)):
        out[p] *= a[p]


@compiled
def _blend(g: np.ndarray, slope: np.ndarray, curve: np.ndarray, by_curve: np.ndarray) -> None:
    """g = slope g + curve by_curve."""
    for p in range(len(g)):
        g[p] = slope[p] * g[p] + curve[p] * by_curve[p]


# -- first derivatives -------------------------------------------------------------------------------------------------
@compiled
def first(z: np.ndarray, t: np.ndarray, row: int, bias: np.ndarray, bend: float, h: np.ndarray) -> None:
    slope = np.empty(z.shape[2], np.float32)
    for c in range(z.shape[0]):
        _to_first(z[c, 0], bias[c], bend, h[c, 0], slope)
        for a in range(3):
            _multiply(h[c, 1 + a], slope, t[c, row + a])


@compiled
def first_back(z: np.ndarray, t: np.ndarray, row: int, bias: np.ndarray, bend: float, g: np.ndarray) -> None:
    rows = np.empty((4, z.shape[2]), np.float32)
    value, slope, curve, by_curve = rows[0], rows[1], rows[2], rows[3]
    for c in range(z.shape[0]):
        _to_second(z[c, 0], bias[c], bend, value, slope, curve)
        by_curve[:] = 0
        for a in range(3):
            _add_product(by_curve, g[c, 1 + a], t[c, row + a])
            _scale(g[c, 1 + a], slope)
        _blend(g[c, 0], slope, curve, by_curve)


# -- second derivatives, in the order of `jets.PAIRS` ------------------------------------------------------------------
@compiled
def second(z: np.ndarray, t: np.ndarray, row: int, bias: np.ndarray, bend: float, h: np.ndarray) -> None:
    rows = np.empty((3, z.shape[2]), np.float32)
    slope, curve, bent = rows[0], rows[1], rows[2]
    for c in range(z.shape[0]):
        _to_second(z[c, 0], bias[c], bend, h[c, 0], slope, curve)
        for a in range(3):
            _multiply(h[c, 1 + a], slope, t[c, row + a])
        pair = 3
        for a in range(3):
            _multiply(bent, curve, t[c, row + a])
            for b in range(a, 3):
                _multiply(h[c, 1 + pair], bent, t[c, row + b])
                if row:
                    _add_product(h[c, 1 + pair], slope, t[c, row + pair])
                pair += 1


@compiled
def second_back(z: np.ndarray, t: np.ndarray, row: int, bias: np.ndarray, bend: float, g: np.ndarray) -> None:
    rows = np.empty((5, z.shape[2]), np.float32)
    slope, curve, twist, by_curve, by_twist = rows[0], rows[1], rows[2], rows[3], rows[4]
    mixed = np.empty((3, z.shape[2]), np.float32)
    for c in range(z.shape[0]):
        _to_third(z[c, 0], bias[c], bend, slope, curve, twist)
        by_curve[:] = 0
        by_twist[:] = 0
        mixed[:] = 0
        pair = 3
        for a in range(3):
            _add_product(by_curve, g[c, 1 + a], t[c, row + a])
            for b in range(a, 3):
                of_pair = g[c, 1 + pair]
                # The gradient by each first derivative through the products of two.
                _add_product(mixed[a], of_pair, t[c, row + b])
                _add_product(mixed[b], of_pair, t[c, row + a])
                if row:
                    _add_product(by_curve, of_pair, t[c, row + pair])
                _scale(of_pair, slope)
                pair += 1
        for a in range(3):
            _add_product(by_twist, mixed[a], t[c, row + a])
            _blend(g[c, 1 + a], slope, curve, mixed[a])
        _scale(by_twist, twist)
        _blend(g[c, 0], slope, curve, by_curve)
        for p in range(z.shape[2]):
            g[c, 0, p] += _HALF * by_twist[p]  # each pair was counted twice
