"""Blocks taken from other slices, moved by quarters of a sample.

Between samples: the eight taps of HEVC (ITU-T H.265, 8.5.3.3.3), rows first, rounded after each direction.
"""

from __future__ import annotations

import numpy as np

QUARTER = (-1, 4, -10, 58, 17, -5, 1, 0)
_TAPS = {1: QUARTER, 2: (-1, 4, -11, 40, 40, -11, 4, -1), 3: QUARTER[::-1]}
_BEFORE, _AFTER = 3, 4
REACH = 64
"""Farthest motion, in samples."""
MARGIN = REACH + _AFTER + 1
_BLOCKS = 1 << 12


def padded(plane: np.ndarray) -> np.ndarray:
    """(rows, columns) with its outermost samples repeated as far as motion reaches."""
    return np.pad(plane, MARGIN, mode="edge")


def taken(plane: np.ndarray, y: np.ndarray, x: np.ndarray, moves: np.ndarray, size: int) -> np.ndarray:
    """(N, size, size): blocks of a `padded` plane whose first rows and columns (of the plane without its margin) are
    y and x, moved by (N, 2) quarters (rows, columns) of magnitudes up to 4 REACH."""
    found = np.empty((len(y), size, size), np.int64)
    fractions = (moves[:, 0] & 3) * 4 + (moves[:, 1] & 3)
    for fraction in np.unique(fractions):
        chosen = np.flatnonzero(fractions == fraction)
        for start in range(0, chosen.size, _BLOCKS):
            part = chosen[start : start + _BLOCKS]
            rows, columns = y[part] + (moves[part, 0] >> 2) + MARGIN, x[part] + (moves[part, 1] >> 2) + MARGIN
            found[part] = _interpolated(plane, rows, columns, *divmod(int(fraction), 4), size)
    return found


def _interpolated(
    plane: np.ndarray, rows: np.ndarray, columns: np.ndarray, down: int, across: int, size: int
) -> np.ndarray:
    before, after = (_BEFORE if down else 0), (_AFTER if down else 0)
    left, right = (_BEFORE if across else 0), (_AFTER if across else 0)
    row = np.arange(-before, size + after)
    column = np.arange(-left, size + right)
    places = (rows[:, None] + row)[:, :, None] * plane.shape[1] + (columns[:, None] + column)[:, None, :]
    block = plane.reshape(-1)[places]
    if across:
        block = _filtered(block, across, 2, size)
    return _filtered(block, down, 1, size) if down else block


def _filtered(block: np.ndarray, fraction: int, axis: int, size: int) -> np.ndarray:
    total = np.full([*block.shape[:axis], size, *block.shape[axis + 1 :]], 32, np.int64)
    for number, tap in enumerate(_TAPS[fraction]):
        if tap:
            total += tap * (block[:, :, number : number + size] if axis == 2 else block[:, number : number + size])
    return total >> 6
