"""A small learned network after synthesis that brings back some of what quantisation took, the same for every volume
(a restoration in the loop: Dong et al., Compression artifacts reduction by a deep convolutional network, ICCV 2015).

Whole numbers alone: products whose sums stay below 2^24, where float32 is exact in any order, so that every machine
finds the same samples. The lattice is cut into cells of 2 x 2 x 2 samples, because wavelets leave different errors at
even and odd samples; a cell is corrected by the 6 x 6 x 6 samples around it, from which its mean is taken. The weights
were learned once on other volumes (Testing/tools/train_restoration.py) and belong to the format: files say whether
they want it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from .loops import use_loops
from .tiles import Box

CELL = 2
AROUND = 2
"""Samples around a cell that its corrections come from, on each side."""
PATCH = CELL + 2 * AROUND
INPUT_SHIFT, INPUT_CLIP = 2, 127
"""Inputs are in 16ths of a step, a sample's units in 64ths."""
HIDDEN_SHIFTS, OUTPUT_SHIFT = (6, 8), 9
"""Hidden numbers are in 128ths, weights in 256ths, the first layer's inputs in 32nds."""
HIDDEN_CLIP = 1023
LEAST_RANGE = 16
"""Cells whose patches reach over fewer units stay as they are."""
_CELLS = 1 << 10  # at once
_PLANES = 8 * CELL
_THREADS = 4
_EVERY = 4


@dataclass(frozen=True)
class Restoration:
    """first: (216, hidden), second: (hidden, hidden 2), third: (hidden 2, 8), patches and cells in C order (k, j, i),
    with their biases; whole numbers as float32."""

    first: np.ndarray
    first_bias: np.ndarray
    second: np.ndarray
    second_bias: np.ndarray
    third: np.ndarray
    third_bias: np.ndarray

    def applied(self, samples: np.ndarray, boxes: list[Box]) -> np.ndarray:
        """Whole units (k, j, i) with the voxels of some boxes corrected."""
        result = samples.copy()
        planes = [part for box in boxes for part in _planes_of(samples.shape, box)]

        def run(box: Box) -> None:
            if use_loops():
                self._correct(samples, box, result[box])
            else:
                result[box] += self._corrections(samples, box)

        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(run, planes))
        return result

    def _correct(self, samples: np.ndarray, box: Box, result: np.ndarray) -> None:
        """The same as adding `_corrections` to a result."""
        from ...compiled.restoration import restore_cells

        first, offset, counts = _cells_of(samples.shape, box)
        layers = self.first, self.first_bias, self.second, self.second_bias, self.third, self.third_bias
        scales = np.float32(2.0) ** -np.array([*HIDDEN_SHIFTS, OUTPUT_SHIFT], np.float32)
        padded, most = _padded(samples, first, counts), np.float32(HIDDEN_CLIP)
        restore_cells(padded, np.array(offset), layers, scales, INPUT_SHIFT, INPUT_CLIP, most, LEAST_RANGE, result)

    def corrections(self, patches: np.ndarray) -> np.ndarray:
        """(N, 6, 6, 6) whole units to the (N, 8) that the samples of their cells lack."""
        hidden = _activated(inputs_of(patches).astype(np.float32) @ self.first + self.first_bias, HIDDEN_SHIFTS[0])
        hidden = _activated(hidden @ self.second + self.second_bias, HIDDEN_SHIFTS[1])
        return np.floor((hidden @ self.third + self.third_bias) * np.float32(2.0**-OUTPUT_SHIFT))

    def _corrections(self, samples: np.ndarray, box: Box) -> np.ndarray:
        """Of the voxels of a box."""
        first, offset, counts = _cells_of(samples.shape, box)
        windows, places = patches_of(samples, first, counts)
        found = np.zeros((np.prod(counts), CELL**3), samples.dtype)
        for start in range(0, len(places), _CELLS):
            some = places[start : start + _CELLS]
            found[some] = self.corrections(windows[np.unravel_index(some, counts)])
        grid = found.reshape(*counts, *(CELL,) * 3).transpose(0, 3, 1, 4, 2, 5).reshape([CELL * n for n in counts])
        lengths = [len(range(*part.indices(n))) for part, n in zip(box, samples.shape, strict=True)]
        return grid[tuple(slice(o, o + length) for o, length in zip(offset, lengths, strict=True))]


def is_worth_it(samples: np.ndarray, wanted: Callable[[Box], np.ndarray]) -> bool:
    """Whether whole units (k, j, i) come nearer to what they should be, tried on some planes; `wanted`: of a box, the
    real numbers, NaN where that does not matter."""
    boxes: list[Box] = [
        (slice(k, k + CELL), slice(None), slice(None)) for k in range(0, samples.shape[0], _EVERY * CELL)
    ]
    restored = load_restoration().applied(samples, boxes)
    gain = 0.0
    for box in boxes:
        values = wanted(box)
        gain += float(np.nansum(np.square(samples[box] - values) - np.square(restored[box] - values)))
    return gain > 0


def patches_of(samples: np.ndarray, first: list[int], counts: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Views (k, j, i, 6, 6, 6) of the patches of some cells of whole units (k, j, i), from a first sample on, and the
    flat indices of those that are corrected."""
    padded = _padded(samples, first, counts)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (PATCH,) * 3)[::CELL, ::CELL, ::CELL]
    return windows, np.flatnonzero(_ranges(padded) >= LEAST_RANGE)


def inputs_of(patches: np.ndarray) -> np.ndarray:
    """(N, 6, 6, 6) whole units to (N, 216) inputs of the network, in their place."""
    middle = slice(AROUND, AROUND + CELL)
    inputs = patches.reshape(len(patches), -1)
    means = (patches[:, middle, middle, middle].sum((1, 2, 3), dtype=patches.dtype) + CELL**3 // 2) >> 3
    inputs -= (means - (1 << INPUT_SHIFT >> 1))[:, None]
    inputs >>= INPUT_SHIFT
    return np.clip(inputs, -INPUT_CLIP, INPUT_CLIP, out=inputs)


def _activated(sums: np.ndarray, shift: int) -> np.ndarray:
    sums *= np.float32(2.0**-shift)
    return np.clip(np.floor(sums, out=sums), 0, HIDDEN_CLIP, out=sums)


def _cells_of(shape: tuple[int, ...], box: Box) -> tuple[list[int], list[int], list[int]]:
    """First sample of the cells that a box of a lattice lies in, how far the box begins behind it, counts of cells."""
    ends = [part.indices(n)[:2] for part, n in zip(box, shape, strict=True)]
    first = [start // CELL * CELL for start, _ in ends]
    counts = [-(-(stop - f) // CELL) for f, (_, stop) in zip(first, ends, strict=True)]
    return first, [start - f for f, (start, _) in zip(first, ends, strict=True)], counts


def _planes_of(shape: tuple[int, ...], box: Box) -> list[Box]:
    """A box of a lattice in parts of some planes, whole cells save at its ends."""
    start, stop, _ = box[0].indices(shape[0])
    edges = [start, *range((start // _PLANES + 1) * _PLANES, stop, _PLANES), stop]
    return [(slice(a, b), *box[1:]) for a, b in itertools.pairwise(edges) if a < b]


def _padded(samples: np.ndarray, first: list[int], counts: list[int]) -> np.ndarray:
    """The samples of some cells and around them; beyond the lattice its outermost samples again."""
    kept, missing = [], []
    for start, count, n in zip(first, counts, samples.shape, strict=True):
        low, high = start - AROUND, start + count * CELL + AROUND
        kept.append(slice(max(low, 0), min(high, n)))
        missing.append((max(-low, 0), max(high - n, 0)))
    return np.pad(samples[tuple(kept)], missing, mode="edge")


def _ranges(padded: np.ndarray) -> np.ndarray:
    """Largest less smallest sample of the patch of each cell."""
    cells = padded.reshape([m for n in padded.shape for m in (n // CELL, CELL)])
    largest, smallest = cells.max((1, 3, 5)), cells.min((1, 3, 5))
    for axis in range(3):
        parts = [
            tuple(slice(m, n - 2 + m) if a == axis else slice(None) for a, n in enumerate(largest.shape))
            for m in range(3)
        ]
        largest = np.maximum(np.maximum(largest[parts[0]], largest[parts[1]]), largest[parts[2]])
        smallest = np.minimum(np.minimum(smallest[parts[0]], smallest[parts[1]]), smallest[parts[2]])
    return largest - smallest


@lru_cache
def load_restoration() -> Restoration:
    """The network that files mean."""
    text = resources.files(__package__).joinpath("restoration_model.json").read_text(encoding="utf-8")
    return Restoration(**{name: np.array(table, np.float32) for name, table in json.loads(text).items()})
