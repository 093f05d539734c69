"""Drawn slices of a label map that cannot all be right, or say too little: told to the user before the fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..geometry import Grid
from .drawn_slices import AXES, DrawnSlices

_LEAST_VOXELS = 5


@dataclass(frozen=True)
class _Disagreement:
    """The slices `first` and `second` ('i12', of the grid) show different outlines where they cross: `mm` of the line
    belong to the label on one of them alone, about the voxel `index` (i, j, k)."""

    first: str
    second: str
    mm: float
    index: np.ndarray


def drawing_notes(
    array: np.ndarray, slices: DrawnSlices, values: Sequence[int], grid: Grid, start_ijk: np.ndarray
) -> tuple[str, ...]:
    """Lines on labels (k, j, i) whose crossing slices disagree, and on those that a single slice shows. Slices are
    named as in the input, of which the grid is the part from `start_ijk` on."""
    notes, once = [], []
    for value in values:
        mask = slices.only(array == value)
        found = list(_disagreements(mask, slices, grid, start_ijk))
        if found:
            worst = max(found, key=lambda one: one.mm)
            x, y, z = grid.index_to_world(worst.index[None])[0]
            notes.append(
                f"Drawn slices of label {value} seem to disagree where they cross, on {len(found)} line(s): on slices "
                f"{worst.first} and {worst.second} over {worst.mm:.3g} mm, about ({x:.1f}, {y:.1f}, {z:.1f}) mm RAS. "
                "Both are kept as drawn, so the surface has a ridge or a dent there; redraw one of them."
            )
        if _is_on_one_slice(mask, slices):
            once.append(f"label {value}")
    if once:
        notes.append(
            f"On one drawn slice only: {', '.join(once)}. How far it goes on is a guess; draw it on another slice, or "
            "say which ones are empty."
        )
    return tuple(notes)


def _is_on_one_slice(mask: np.ndarray, slices: DrawnSlices) -> bool:
    """Whether a single slice shows the label (k, j, i) bool; those that cross it show threads of it only."""
    flat = [axis for axis in range(3) if mask.any() and np.ptp(np.nonzero(mask)[2 - axis]) == 0]
    shown = [axis for axis, number in slices if np.take(mask, number, 2 - axis).any()]
    return len([axis for axis in shown if axis in flat or not flat]) == 1


def _disagreements(mask: np.ndarray, slices: DrawnSlices, grid: Grid, start_ijk: np.ndarray) -> Iterator[_Disagreement]:
    """Where a label (k, j, i) bool has a thread or a slit along the line in which two slices cross: what is beside it
    was drawn on one slice, the line itself on the other."""
    for one, other in combinations(slices.axes, 2):
        rest = 3 - one - other
        lines = _odd_lines(mask, slices, one, other) | _odd_lines(mask, slices, other, one)
        counts = lines.sum(2 - rest)
        for place in np.argwhere(counts >= _LEAST_VOXELS):
            numbers = dict(zip([axis for axis in (2, 1, 0) if axis != rest], place.tolist(), strict=True))
            line = np.take(np.take(lines, numbers[one], 2 - one), numbers[other], _left(other, one))
            index = np.zeros(3)
            index[one], index[other] = numbers[one], numbers[other]
            index[rest] = np.flatnonzero(line).mean()
            first, second = (f"{AXES[axis]}{numbers[axis] + int(start_ijk[axis])}" for axis in (one, other))
            yield _Disagreement(first, second, float(counts[tuple(place)] * grid.spacing[rest]), index)


def _left(axis: int, taken: int) -> int:
    """Place of an axis (i, j, k) in a (k, j, i) array of which another one was taken out."""
    return 2 - axis - (taken > axis)


def _odd_lines(mask: np.ndarray, slices: DrawnSlices, seen_on: int, crossed_by: int) -> np.ndarray:
    """(k, j, i) bool: voxels on the lines that slices across `crossed_by` make on those across `seen_on`, which are
    unlike both of their neighbours on the latter."""
    low, high = (np.roll(mask, step, 2 - crossed_by) for step in (1, -1))
    odd = (mask != low) & (mask != high)
    numbers = slices.numbers[crossed_by]
    inner = numbers[(numbers > 0) & (numbers < mask.shape[2 - crossed_by] - 1)]
    on_lines = DrawnSlices.across(**{AXES[crossed_by]: inner}).only(odd)
    return DrawnSlices.across(**{AXES[seen_on]: slices.numbers[seen_on]}).only(on_lines)
