"""Layers of small networks in whole numbers kept in float32: sums stay below 2^24, so that any order gives the same."""

from __future__ import annotations

import numpy as np

from .build import compiled

BATCH = 64
"""Samples that a network is asked about at once, side by side in vectors."""


@compiled
def layer(values: np.ndarray, weights: np.ndarray, bias: np.ndarray, scale: float, sums: np.ndarray) -> None:
    """sums (outputs, batch) = values (inputs, batch) by weights (inputs, outputs), and bias; scaled, rounded down."""
    outputs, fours = sums.shape[0], values.shape[0] // 4 * 4
    for h in range(outputs):
        row = sums[h]
        for n in range(BATCH):
            row[n] = bias[h]
    # Four inputs at once, all outputs in turn: sums are fetched and put back less often, and never twice in a row.
    for c in range(0, fours, 4):
        one, two, three, four = values[c], values[c + 1], values[c + 2], values[c + 3]
        for h in range(outputs):
            row, p, q, r, s = sums[h], weights[c, h], weights[c + 1, h], weights[c + 2, h], weights[c + 3, h]
            for n in range(BATCH):
                row[n] += p * one[n] + q * two[n] + r * three[n] + s * four[n]
    for c in range(fours, values.shape[0]):
        one = values[c]
        for h in range(outputs):
            row, p = sums[h], weights[c, h]
            for n in range(BATCH):
                row[n] += p * one[n]
    for h in range(outputs):
        row = sums[h]
        for n in range(BATCH):
            row[n] = np.floor(row[n] * scale)


@compiled
def clip_all(values: np.ndarray, low: float, high: float) -> None:
    """Of (outputs, batch), in place."""
    for h in range(values.shape[0]):
        row = values[h]
        for n in range(BATCH):
            row[n] = min(max(row[n], low), high)
