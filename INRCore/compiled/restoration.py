"""The loop of `compression.pyramid.restoration`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .build import compiled
from .networks import BATCH, clip_all, layer

_ZERO = np.float32(0)
_EDGE, _AROUND, _PATCH = 2, 2, 6


@compiled
def _patches(
    padded: np.ndarray, k: int, j: int, i: int, count: int, shift: int, clip: int, inputs: np.ndarray, reach: np.ndarray
) -> None:
    """Takes the patches of cells one after another along i from (k, j, i); reach: each patch's largest sample less
    its smallest."""
    whole = padded.dtype.type
    bits, most, half = whole(shift), whole(clip), whole(1 << shift >> 1)
    base, low, high = np.zeros(BATCH, padded.dtype), np.empty(BATCH, padded.dtype), np.empty(BATCH, padded.dtype)
    middle = _AROUND + _EDGE
    for c in range(_AROUND, middle):
        for b in range(_AROUND, middle):
            line = padded[k + c, j + b, i + _AROUND :]
            for n in range(count):
                base[n] += whole(line[2 * n] + line[2 * n + 1])
    for n in range(count):
        base[n] = whole(whole(whole(base[n] + whole(4)) >> whole(3)) - half)
        low[n] = high[n] = padded[k, j, i + 2 * n]
    number = 0
    for c in range(_PATCH):
        for b in range(_PATCH):
            for a in range(_PATCH):
                line, row = padded[k + c, j + b, i + a :], inputs[number]
                for n in range(count):
                    sample = line[2 * n]
                    low[n], high[n] = min(low[n], sample), max(high[n], sample)
                    row[n] = np.float32(min(max(whole(whole(sample - base[n]) >> bits), whole(-most)), most))
                number += 1
    for n in range(count):
        reach[n] = high[n] - low[n]


@compiled
def restore_cells(
    padded: np.ndarray, offset: np.ndarray, network: Any, scales: np.ndarray, input_shift: int, input_clip: int,
    most: float, least_range: int, result: np.ndarray,
) -> None:  # fmt: skip
    """Adds its corrections to a box (k, j, i), whose first sample lies `offset` behind that of its first cell; padded:
    the samples of its cells and two more on each side; network: weights and bias of three layers, float32; scales (3):
    float32 of their sums; most: of a hidden number."""
    first, first_bias, second, second_bias, third, third_bias = network
    inputs, reach = np.zeros((first.shape[0], BATCH), np.float32), np.zeros(BATCH, np.int64)
    hidden, middle = np.empty((first.shape[1], BATCH), np.float32), np.empty((second.shape[1], BATCH), np.float32)
    last = np.empty((third.shape[1], BATCH), np.float32)
    for k in range(0, padded.shape[0] - 2 * _AROUND, _EDGE):
        for j in range(0, padded.shape[1] - 2 * _AROUND, _EDGE):
            for i in range(0, padded.shape[2] - 2 * _AROUND, _EDGE * BATCH):
                count = min(BATCH, (padded.shape[2] - 2 * _AROUND - i) // _EDGE)
                _patches(padded, k, j, i, count, input_shift, input_clip, inputs, reach)
                if reach[:count].max() < least_range:
                    continue
                layer(inputs, first, first_bias, scales[0], hidden)
                clip_all(hidden, _ZERO, most)
                layer(hidden, second, second_bias, scales[1], middle)
                clip_all(middle, _ZERO, most)
                layer(middle, third, third_bias, scales[2], last)
                for output in range(8):
                    z, y = k + (output >> 2) - offset[0], j + (output >> 1 & 1) - offset[1]
                    if 0 <= z < result.shape[0] and 0 <= y < result.shape[1]:
                        for n in range(count):
                            x = i + 2 * n + (output & 1) - offset[2]
                            if reach[n] >= least_range and 0 <= x < result.shape[2]:
                                result[z, y, x] += int(last[output, n])
