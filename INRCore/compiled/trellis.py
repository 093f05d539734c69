"""The loop of `compression.pyramid.trellis_search` that weighs numbers against their bits."""

from __future__ import annotations

import numpy as np

from .build import compiled_as_numpy


@compiled_as_numpy
def _bits_of(number: int, logits: np.ndarray, zero: np.ndarray, one: np.ndarray) -> float:
    """As `rate_distortion.bits_of`, in its order and its types."""
    bits = np.float32(np.float32(1) + one[logits[0]])
    if number == 1:
        return np.float64(np.float32(bits + zero[logits[1]]))
    bits = np.float32(bits + one[logits[1]])
    if number == 2:
        return np.float64(np.float32(bits + zero[logits[2]]))
    bits = np.float32(bits + one[logits[2]])
    return np.float64(bits) + (np.float64(zero[logits[3]]) + np.float64(number - 3) * np.float64(one[logits[3]]))


@compiled_as_numpy
def weigh(
    sizes: np.ndarray, logits: np.ndarray, price: float, zero: np.ndarray, one: np.ndarray, costs: np.ndarray,
    numbers: np.ndarray,
) -> None:  # fmt: skip
    """Fills costs and numbers (quantiser, parity, N) by sizes (N), float32, in steps, and logits (N, 8) for either
    quantiser; zero, one: float32 bits of decisions by their logit."""
    for n in range(len(sizes)):
        size = sizes[n]
        for second in range(2):
            own = logits[n, 4 * second : 4 * second + 4]
            shifted = np.float32(size + np.float32(0.5 * second))
            below = max(int(np.floor(shifted)), 1)
            first, other = np.float64(shifted) - below, np.float64(shifted) - below - 1
            lower = first * first + price * _bits_of(below, own, zero, one)
            upper = other * other + price * _bits_of(below + 1, own, zero, one)
            nothing = np.float64(np.float32(np.float32(size * size) + np.float32(np.float32(price) * zero[own[0]])))
            odd = below & 1
            costs[second, 1, n] = lower if odd else upper
            numbers[second, 1, n] = below if odd else below + 1
            even, number = (upper, below + 1) if odd else (lower, below)
            costs[second, 0, n] = min(even, nothing)
            numbers[second, 0, n] = number if even < nothing else 0
