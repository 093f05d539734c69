"""An encoder's first guesses of the directions that blocks are predicted along."""

from __future__ import annotations

import numpy as np

from .directions import DIRECTIONS, borders, predict_refined
from .leaves import places_of
from .offers import blocks_of
from .transform import SIZES, forward

_BLOCKS = 1 << 12
_GUESSES = 3


def best_directions(plane: np.ndarray) -> list[np.ndarray]:
    """For each size (guesses, rows / size, columns / size) the directions that predict the blocks of a slice best, from
    its own samples as they are."""
    found = []
    for size in SIZES:
        grid = (plane.shape[0] // size, plane.shape[1] // size)
        k, y, x = places_of(np.ones((1, *grid), bool), size)
        best = np.zeros((_GUESSES, len(k)), np.int8)
        for start in range(0, len(k), _BLOCKS):
            part = slice(start, start + _BLOCKS)
            border = borders(plane[None], k[part], y[part], x[part], size).astype(np.int64)
            target = blocks_of(plane, size)[part]
            missed = np.empty((DIRECTIONS, len(border)), np.float32)
            for mode in range(DIRECTIONS):
                difference = target - predict_refined(border, np.full(len(border), mode), size)
                missed[mode] = np.abs(forward(difference)).sum((1, 2))
            best[:, part] = np.argsort(missed, 0, kind="stable")[:_GUESSES]
        found.append(best.reshape(_GUESSES, *grid))
    return found
