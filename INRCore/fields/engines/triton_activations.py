"""Activations of the Triton kernels: values, derivatives, and how jets pass forward and gradients pass back.

A jet is a tuple of equal tiles: the value, then with `order` 1 three first, with `order` 2 also six second derivatives
in the order of `jets.PAIRS`. Only `triton_kernels` imports this file: it needs triton.
"""

# ruff: noqa: RUF005 - Triton has no starred tuples
# mypy: ignore-errors
# Kernels are compiled by Triton, which has types of its own.

from __future__ import annotations

import triton
import triton.language as tl

from .triton_plan import ACTIVATIONS

SINE = tl.constexpr(ACTIVATIONS["sine"])
RELU = tl.constexpr(ACTIVATIONS["relu"])


@triton.jit
def sine_and_cosine(y):
    """(sin(y), cos(y)) within 1e-7 + 2e-8 |y|, from one reduction r = y - k pi, |r| <= pi/2: both change
    only their sign with odd k. Cody & Waite, Software Manual for the Elementary Functions, 1980, chapter 8; polynomials
    fitted by Lawson's reweighted least squares, largest errors 5e-9 and 5e-8."""
    # Adding 1.5 * 2^23 rounds to a whole number and leaves its parity in the lowest bit.
    shifted = tl.fma(y, 0.31830988618379067, 12582912.0)
    whole = shifted - 12582912.0
    r = tl.fma(whole, 8.742278012618954e-08, tl.fma(whole, -3.1415927410125732, y))
    sign = shifted.to(tl.int32, bitcast=True) << 31
    square = r * r
    s = tl.fma(square, 2.6000245725299465e-06, -0.00019806601630989462)
    s = tl.fma(square, s, 0.008333017118275166)
    s = tl.fma(square, s, -0.16666656732559204)
    s = tl.fma(square * r, s, r)
    c = tl.fma(square, 2.3194075765786693e-05, -0.001385591458529234)
    c = tl.fma(square, c, 0.041663989424705505)
    c = tl.fma(square, c, -0.4999993145465851)
    c = tl.fma(square, c, 1.0)
    s = (s.to(tl.int32, bitcast=True) ^ sign).to(tl.float32, bitcast=True)
    c = (c.to(tl.int32, bitcast=True) ^ sign).to(tl.float32, bitcast=True)
    return s, c


@triton.jit
def derivatives(y, omega: tl.constexpr, activation: tl.constexpr):
    """(f, f', f'', f''') at y; what is not used costs nothing once compiled."""
    if activation == RELU:
        f, f1 = tl.maximum(y, 0.0), tl.where(y > 0.0, 1.0, 0.0)
        f2, f3 = tl.zeros_like(y), tl.zeros_like(y)
    elif activation == SINE:
        f, f1 = sine_and_cosine(y)
        f2, f3 = -f, -f1
    else:
        # FINER: sin(p), phase p = y + |y| y / omega, p' = rate, p'' = bend (Liu et al., CVPR 2024, eq. 4).
        size = tl.abs(y)
        rate = 1.0 + (2.0 / omega) * size
        bend = tl.where(y > 0.0, 2.0 / omega, tl.where(y < 0.0, -2.0 / omega, 0.0))
        f, c = sine_and_cosine(y + size * y * (1.0 / omega))
        f1, f2, f3 = rate * c, bend * c - rate * rate * f, -rate * (3.0 * bend * f + rate * rate * c)
    return f, f1, f2, f3


@triton.jit
def activate(ys, omega: tl.constexpr, activation: tl.constexpr, order: tl.constexpr):
    """Jet of f(y): f, f' y_a, f' y_ab + f'' y_a y_b (Faa di Bruno to second order)."""
    f, f1, f2, _ = derivatives(ys[0], omega, activation)
    hs = (f,)
    if order >= 1:
        hs = hs + (f1 * ys[1], f1 * ys[2], f1 * ys[3])
    if order == 2:
        for a in tl.static_range(3):
            for b in tl.static_range(a, 3):
                hs = hs + (f1 * ys[4 + 2 * a - a * (a - 1) // 2 + b] + f2 * (ys[1 + a] * ys[1 + b]),)
    return hs


@triton.jit
def activate_backward(gs, ys, omega: tl.constexpr, activation: tl.constexpr, order: tl.constexpr):
    """Gradients by the jet y from the gradients `gs` by the jet of f(y)."""
    _, f1, f2, f3 = derivatives(ys[0], omega, activation)
    by_value = gs[0] * f1
    rest = ()
    if order >= 1:
        by_first = (gs[1] * f1, gs[2] * f1, gs[3] * f1)
        for a in tl.static_range(3):
            by_value += gs[1 + a] * f2 * ys[1 + a]
        if order == 2:
            for a in tl.static_range(3):
                for b in tl.static_range(a, 3):
                    g, y_ab = gs[4 + 2 * a - a * (a - 1) // 2 + b], ys[4 + 2 * a - a * (a - 1) // 2 + b]
                    by_value += g * (f2 * y_ab + f3 * (ys[1 + a] * ys[1 + b]))
                    by_first = _added(by_first, a, g * f2 * ys[1 + b])
                    by_first = _added(by_first, b, g * f2 * ys[1 + a])
                    rest = rest + (g * f1,)
        rest = by_first + rest
    return (by_value,) + rest


@triton.jit
def _added(three, place: tl.constexpr, term):
    """The tuple of three with `term` added at one place."""
    if place == 0:
        sums = (three[0] + term, three[1], three[2])
    elif place == 1:
        sums = (three[0], three[1] + term, three[2])
    else:
        sums = (three[0], three[1], three[2] + term)
    return sums
