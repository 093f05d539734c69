"""What is known around a coefficient when it is coded, as numbers for the entropy model.

A band is coded in eight phases, one per parity of (k, j, i), so that a phase has its neighbours of all phases before
it on both sides and can be decoded at once. The next coarser level (parent) and the bands of the same level coded
before (siblings) are known wholly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

FEATURES = 12
"""Sums of magnitudes: 3 pairs of face neighbours, 3 fours of edge neighbours, 8 corners; parent, its 6 faces, its 20
others; siblings at the same place, siblings in 3 x 3 x 3."""
PHASES = ((0, 0, 0), (1, 1, 1), (1, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 0))
LARGEST = 31
"""Magnitudes count no more than this as context."""
_STEPS = (-1, 0, 1)
LOG_TABLE = np.minimum(np.rint(20 * np.log2(1.0 + np.arange(6 * 27 * LARGEST + 1))), 255).astype(np.float32)
"""Sum of magnitudes -> feature."""
HALVES_LOG_TABLE = np.minimum(np.rint(20 * np.log2(1.0 + np.arange(12 * 27 * LARGEST + 1) / 2)), 255).astype(np.float32)
"""The same of magnitudes in half steps."""


def neighbour_sums(padded: np.ndarray, phase: tuple[int, int, int], shape: tuple[int, ...]) -> list[np.ndarray]:
    """The seven sums over neighbours, at one phase of a band of `shape`; `padded` has one more sample on each side."""
    counts = [len(range(p, n, 2)) for p, n in zip(phase, shape, strict=True)]

    def shifted(*offset: int) -> np.ndarray:
        start = [1 + p + o for p, o in zip(phase, offset, strict=True)]
        return padded[tuple(slice(s, s + 2 * c - 1, 2) for s, c in zip(start, counts, strict=True))]

    faces = [_pair(shifted, axis) for axis in range(3)]
    edges = [_four(shifted, axis) for axis in range(3)]
    corners = shifted(-1, -1, -1).copy()
    for signs in ((-1, -1, 1), (-1, 1, -1), (-1, 1, 1), (1, -1, -1), (1, -1, 1), (1, 1, -1), (1, 1, 1)):
        corners += shifted(*signs)
    return [*faces, *edges, corners]


def _four(shifted: Callable[..., np.ndarray], axis: int) -> np.ndarray:
    """Sum over the edge neighbours in the plane across an axis."""
    signs = ((-1, -1), (-1, 1), (1, -1), (1, 1))
    offsets = [[*pair[:axis], 0, *pair[axis:]] for pair in signs]
    total = shifted(*offsets[0]).copy()
    for offset in offsets[1:]:
        total += shifted(*offset)
    return total


def _pair(shifted: Callable[..., np.ndarray], axis: int) -> np.ndarray:
    before, after = [0, 0, 0], [0, 0, 0]
    before[axis], after[axis] = -1, 1
    return shifted(*before) + shifted(*after)


def clipped(magnitudes: np.ndarray, largest: int = LARGEST) -> np.ndarray:
    """Magnitudes as context counts them, int16."""
    return np.minimum(magnitudes, largest).astype(np.int16)


def shells(magnitudes: np.ndarray) -> list[np.ndarray]:
    """int16 (k, j, i) to: themselves, sums of their 6 face neighbours, of their 20 other neighbours."""
    padded = np.pad(magnitudes, 1)
    core = tuple(slice(1, 1 + n) for n in magnitudes.shape)
    faces = np.zeros_like(magnitudes)
    for axis in range(3):
        for step in (-1, 1):
            moved = list(core)
            moved[axis] = slice(1 + step, 1 + step + magnitudes.shape[axis])
            faces += padded[tuple(moved)]
    return [magnitudes, faces, box_sums(magnitudes) - faces - magnitudes]


def box_sums(magnitudes: np.ndarray) -> np.ndarray:
    """Sums over 3 x 3 x 3."""
    total = magnitudes
    for axis in range(3):
        lines = np.moveaxis(total, axis, 0)
        summed = lines.copy()
        summed[1:] += lines[:-1]
        summed[:-1] += lines[1:]
        total = np.moveaxis(summed, 0, axis)
    return total


def fitted(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Cut or filled with zeros to a shape."""
    result = np.zeros(shape, array.dtype)
    common = tuple(slice(min(a, b)) for a, b in zip(array.shape, shape, strict=True))
    result[common] = array[common]
    return result


def spread(array: np.ndarray, axes: tuple[int, ...], shape: tuple[int, ...], times: int = 2) -> np.ndarray:
    """Each sample repeated along some axes, cut or filled to a shape."""
    for axis in axes:
        array = np.repeat(array, times, axis)
    return fitted(array, shape)


def phase_views(array: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """(number of the phase, its samples as a view), phases without samples left out."""
    for number, (k, j, i) in enumerate(PHASES):
        view = array[k::2, j::2, i::2]
        if view.size:
            yield number, view
