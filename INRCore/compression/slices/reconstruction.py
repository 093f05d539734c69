"""From blocks and other slices to the slices of a stack."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .directions import borders, predict, predict_refined, waves
from .leaves import AFTER, BEFORE, BOTH, INSIDE, Leaves, Stack
from .motion import taken
from .transform import inverse

Fetch = Callable[[int, int], np.ndarray]
"""(slice of the stack, 0 before or 1 after) to the `padded` plane of that neighbour."""
KINDS = 3
FRACTION = 256
_LARGEST = 1 << 30


def restored(levels: np.ndarray, step: int, shifts: tuple[int, ...]) -> np.ndarray:
    """Whole coefficients to whole units, int64. step: in units; shifts: how far magnitudes of 1, 2 and more lie below
    their number, in 256ths."""
    magnitudes = np.abs(levels).astype(np.int64)
    shift = np.array([0, *shifts], np.int64)[np.minimum(magnitudes, KINDS)]
    values = np.minimum(((magnitudes * FRACTION - shift) * step + FRACTION // 2) // FRACTION, _LARGEST)
    return np.where(levels < 0, -values, values)


def moved(leaves: Leaves, chosen: np.ndarray, fetch: Fetch) -> np.ndarray:
    """(N, size, size) predictions of the chosen leaves, none of them `INSIDE`, from other slices."""
    size = leaves.size
    total = np.zeros((len(chosen), size, size), np.int64)
    kinds, slices = leaves.kinds[chosen], leaves.slices[chosen]
    for number in np.unique(slices):
        for side, only_other in ((0, AFTER), (1, BEFORE)):
            part = np.flatnonzero((slices == number) & (kinds != only_other))
            if part.size:
                own = chosen[part]
                plane = fetch(int(number), side)
                total[part] += taken(plane, leaves.rows[own], leaves.columns[own], leaves.moves[own, side], size)
    both = kinds == BOTH
    total[both] = (total[both] + 1) >> 1
    return total


def reconstruct(
    stack: Stack, step: int, shifts: tuple[int, ...], limits: tuple[int, int], fetch: Fetch, refined: bool = True
) -> np.ndarray:
    """int64 (slices, rows, columns), filled up to multiples of 32, within the limits; refined: see `predict_refined`
    and `inverse`."""
    planes = np.zeros(stack.shape, np.int64)
    residuals = []
    for leaves in stack.leaves:
        residual = np.zeros(leaves.levels.shape, np.int64)
        coded = np.flatnonzero(leaves.levels.any((1, 2)))
        residual[coded] = inverse(restored(leaves.levels[coded], step, shifts), refined)
        residuals.append(residual)
        other = np.flatnonzero(leaves.kinds != INSIDE)
        if other.size:
            put(planes, leaves, other, np.clip(moved(leaves, other, fetch) + residual[other], *limits))
    for size_number, chosen in inside_order(stack.leaves):
        leaves = stack.leaves[size_number]
        border = borders(planes, leaves.slices[chosen], leaves.rows[chosen], leaves.columns[chosen], leaves.size)
        found = (predict_refined if refined else predict)(border, leaves.directions[chosen], leaves.size)
        put(planes, leaves, chosen, np.clip(found + residuals[size_number][chosen], *limits))
    return planes


def inside_order(all_leaves: tuple[Leaves, ...]) -> list[tuple[int, np.ndarray]]:
    """(number of the size, leaves predicted from their own slice) that can be predicted at once, in order."""
    steps = []
    for number, leaves in enumerate(all_leaves):
        chosen = np.flatnonzero(leaves.kinds == INSIDE)
        if not chosen.size:
            continue
        wave = waves(leaves.rows[chosen], leaves.columns[chosen])
        order = np.argsort(wave, kind="stable")
        found, starts = np.unique(wave[order], return_index=True)
        steps += [(int(w), number, part) for w, part in zip(found, np.split(chosen[order], starts[1:]), strict=True)]
    return [(number, part) for _, number, part in sorted(steps, key=lambda step: step[:2])]


def put(planes: np.ndarray, leaves: Leaves, chosen: np.ndarray, blocks: np.ndarray) -> None:
    """Blocks of the chosen leaves into the planes (slices, rows, columns)."""
    place = np.arange(leaves.size)
    rows = leaves.rows[chosen][:, None, None] + place[:, None]
    columns = leaves.columns[chosen][:, None, None] + place
    planes[leaves.slices[chosen][:, None, None], rows, columns] = blocks
