"""Which slices of an input count as drawn, outside or unknown, told to people and reports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from .drawn_slices import AXES, DrawnSlices

DRAWN, EMPTY, UNKNOWN, BEYOND = "drawn", "drawn, empty", "unknown", "beyond the drawn range"
_ITEM = re.compile(r"([ijk])\s*(\d+)(?:\s*-\s*(\d+))?")


def parse_slices(items: Iterable[str], size_ijk: np.ndarray) -> DrawnSlices:
    """('k50', 'i3-5') to slices, 0-based. Raises `InputError` for other words and numbers outside the volume."""
    numbers: dict[str, list[int]] = {axis: [] for axis in AXES}
    for item in items:
        match = _ITEM.fullmatch(item.strip().lower())
        if match is None:
            raise InputError(f"'{item}' names no slice; write the axis and the 0-based number, as k50 or k50-53.")
        axis, first, last = match[1], int(match[2]), int(match[3] or match[2])
        size = int(size_ijk[AXES.index(axis)])
        if not first <= last < size:
            raise InputError(f"'{item}': there are the slices 0 to {size - 1} across {axis}.")
        numbers[axis] += range(first, last + 1)
    return DrawnSlices.across(**{axis: np.array(found, int) for axis, found in numbers.items()})


def together(first: DrawnSlices, second: DrawnSlices) -> DrawnSlices:
    """The slices of both."""
    i, j, k = (np.union1d(a, b).astype(int) for a, b in zip(first.numbers, second.numbers, strict=True))
    return DrawnSlices((i, j, k))


def slice_rows(
    array: np.ndarray,
    slices: DrawnSlices,
    values: Sequence[int],
    grid: Grid,
    start_ijk: np.ndarray,
    size_ijk: np.ndarray,
) -> list[dict[str, Any]]:
    """One row for each drawn slice and each run of others, axis by axis: `axis`, `slices` ('12' or '13-19', 0-based in
    the input of `size_ijk` voxels), `state`, and for drawn ones `center` (RAS mm), `labels` that they show and
    `outside`, the other labels, which are therefore known not to be there. `array` (k, j, i) with the labels is the
    part of the input from `start_ijk` on."""
    rows: list[dict[str, Any]] = []
    for axis in slices.axes:
        numbers = slices.numbers[axis]
        offset, size = int(start_ijk[axis]), int(size_ijk[axis])
        before = -1 - offset
        for number in [*numbers.tolist(), size - offset]:
            if number - before > 1:
                state = UNKNOWN if before >= 0 and number < size - offset else BEYOND
                rows.append(
                    {"axis": AXES[axis], "slices": _run(before + 1 + offset, number - 1 + offset), "state": state}
                )
            if number < size - offset:
                rows.append(_drawn(array, axis, number, values, grid) | {"slices": str(number + offset)})
            before = number
    return rows


def describe_states(rows: Sequence[dict[str, Any]]) -> str:
    """The rows in a few lines: 'Across k: drawn 4, 8, 12 ...; unknown 5-7, 9-11 ...; beyond the drawn range 0-3'."""
    lines = []
    for axis in AXES:
        here = [row for row in rows if row["axis"] == axis]
        if here:
            parts = [
                f"{state} {_few([row['slices'] for row in here if row['state'] == state])}"
                for state in (DRAWN, EMPTY, UNKNOWN, BEYOND)
                if any(row["state"] == state for row in here)
            ]
            lines.append(f"Across {axis}: {'; '.join(parts)}.")
    return "\n".join(lines)


def _drawn(array: np.ndarray, axis: int, number: int, values: Sequence[int], grid: Grid) -> dict[str, Any]:
    present = np.unique(np.take(array, number, 2 - axis))
    shown = [value for value in values if value in present]
    middle = (grid.size_ijk - 1) / 2
    middle[axis] = number
    return {
        "axis": AXES[axis],
        "state": DRAWN if shown else EMPTY,
        "center": np.round(grid.index_to_world(middle), 3).tolist(),
        "labels": shown,
        "outside": [value for value in values if value not in present],
    }


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _few(names: list[str], most: int = 12) -> str:
    kept = names if len(names) <= most else [*names[: most - 1], "...", names[-1]]
    return ", ".join(kept)
