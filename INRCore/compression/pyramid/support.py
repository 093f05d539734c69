"""Which coefficients reach any voxel that matters; the others need no bits."""

from __future__ import annotations

import numpy as np

from .layout import Level

_REACH = (3, 4)
"""Of a low and of a high sample along an axis, in samples of the lattice that a level splits: 7 and 9 taps."""


def needed_coefficients(front: np.ndarray, levels: tuple[Level, ...]) -> list[dict[int, np.ndarray]]:
    """Booleans (k, j, i) of the voxels that matter to, for each level, band -> booleans of its coefficients."""
    needed = []
    for level in levels:
        parts = {0: front}
        for axis in level.axes:
            halves = {}
            for band, part in parts.items():
                halves[band] = _reaching(part, axis, 0)
                halves[band | 1 << axis] = _reaching(part, axis, 1)
            parts = halves
        front = parts.pop(0)
        needed.append(parts)
    return needed


def _reaching(front: np.ndarray, axis: int, high: int) -> np.ndarray:
    """Whether anything lies within reach of the low or high samples along an axis."""
    lines = np.moveaxis(front, axis, 0)
    found = lines[high::2].copy()
    for distance in range(1, _REACH[high] + 1):
        after = lines[high + distance :: 2]
        found[: len(after)] |= after
        first = high - distance
        before = lines[first % 2 :: 2]  # the sample at `first` or, where that lies before the start, later ones
        skipped = (first % 2 - first) // 2
        count = min(len(found) - skipped, len(before))
        if count > 0:
            found[skipped : skipped + count] |= before[:count]
    return np.moveaxis(found, 0, axis)
