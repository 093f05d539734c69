"""What an encoder makes of differences: their cost, and the coefficients that are worth their bits."""

from __future__ import annotations

import numpy as np

from .transform import forward

_ISOLATED_BITS, _LEAST_BITS = 6.0, 2.5


def coding_costs(missed: np.ndarray, step: float, price: float) -> np.ndarray:
    """(N): about what coding (N, size, size) differences costs, in squared steps."""
    ratio = np.abs(forward(missed)) * np.float32(1 / step)
    coded = np.float32(0.08 + 5.0 * price) + np.float32(2.0 * price) * np.log2(np.maximum(ratio, np.float32(0.7)))
    return np.minimum(ratio * ratio, coded).sum((1, 2)).astype(np.float64)


def quantised(missed: np.ndarray, step: float, price: float) -> np.ndarray:
    """(N, size, size) differences to whole coefficients, those that are worth their bits, int32."""
    ratio = forward(missed) / np.float32(step)
    size = np.abs(ratio)
    seen = np.minimum(size, 2.0)
    near = np.pad(seen, ((0, 0), (1, 2), (1, 2)))
    around = np.zeros_like(seen)
    edge = missed.shape[-1]
    for dy, dx in ((1, 0), (0, 1), (1, 1), (-1, 0), (0, -1)):
        around += near[:, 1 + dy : 1 + dy + edge, 1 + dx : 1 + dx + edge]
    bits = np.maximum(_ISOLATED_BITS - 1.2 * around, _LEAST_BITS)
    below = np.floor(size)
    one_less = below + (size - below > 0.5 + 0.5 * price * np.where(below > 0, 1.6, bits))
    levels = np.where(one_less > 0, one_less, 0)
    spent = np.where(levels > 0, bits + 2 * np.log2(np.maximum(levels, 1)), 0).sum((1, 2)) * price
    gained = (size**2 - (size - levels) ** 2).sum((1, 2))
    levels[gained < spent] = 0
    return np.where(ratio < 0, -levels, levels).astype(np.int32)
