"""Label maps of which only some slices are drawn, across one axis or several: finding the drawn ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..geometry import Grid

AXES = "ijk"
_NONE = np.empty(0, int)
_EXPLAINED_SHARE = 0.9


@dataclass(frozen=True)
class DrawnSlices:
    """Which slices of a grid are drawn: the sorted `numbers` of those across i, j and k, empty for none. All of their
    voxels are known, those without a label are known to be outside; the rest of the grid is unknown."""

    numbers: tuple[np.ndarray, np.ndarray, np.ndarray]

    @classmethod
    def across(cls, **numbers: np.ndarray) -> DrawnSlices:
        """From the numbers across axes given by name: across(k=[0, 4, 8])."""
        i, j, k = (np.unique(np.asarray(numbers.get(axis, _NONE), int)) for axis in AXES)
        return cls((i, j, k))

    @property
    def axes(self) -> tuple[int, ...]:
        """0, 1, 2 for i, j, k: the axes across which slices are drawn."""
        return tuple(axis for axis in range(3) if len(self.numbers[axis]))

    @property
    def only_axis(self) -> int | None:
        """The axis when there is just one."""
        return self.axes[0] if len(self.axes) == 1 else None

    @property
    def count(self) -> int:
        return sum(len(numbers) for numbers in self.numbers)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """(axis, number) of each slice."""
        return ((axis, int(number)) for axis in self.axes for number in self.numbers[axis])

    def moved(self, start_ijk: np.ndarray, size_ijk: np.ndarray) -> DrawnSlices:
        """The slices of a box of voxels, numbered from its start."""
        moved = []
        for axis, numbers in enumerate(self.numbers):
            here = numbers - int(start_ijk[axis])
            moved.append(here[(here >= 0) & (here < size_ijk[axis])])
        return DrawnSlices((moved[0], moved[1], moved[2]))

    def distance(self, points: np.ndarray, grid: Grid) -> np.ndarray:
        """(N, 3) RAS mm to (N) mm: distance to the plane of the nearest drawn slice."""
        index = grid.world_to_index(points)
        plane_mm = 1 / np.linalg.norm(grid.world_to_ijk[:3, :3], axis=1)
        return np.min([plane_mm[axis] * nearest_gap(index[:, axis], self.numbers[axis]) for axis in self.axes], axis=0)

    def gap(self, grid: Grid) -> np.ndarray:
        """(k, j, i) mm along the axes of the voxels of a grid to the nearest drawn slice."""
        gap = np.full(grid.shape, np.inf)
        for axis in self.axes:
            away = nearest_gap(np.arange(grid.size_ijk[axis]), self.numbers[axis]) * grid.spacing[axis]
            gap = np.minimum(gap, away.reshape([-1 if n == 2 - axis else 1 for n in range(3)]))
        return gap

    def known(self, shape: tuple[int, ...]) -> np.ndarray:
        """(k, j, i) bool: the voxels of drawn slices."""
        known = np.zeros(shape, bool)
        for axis in self.axes:
            known[self.place(axis)] = True
        return known

    def place(self, axis: int) -> tuple[slice | np.ndarray, ...]:
        """Index of a (k, j, i) array that picks the slices across an axis."""
        return _chosen(axis, self.numbers[axis])

    def only(self, mask: np.ndarray, axis: int | None = None) -> np.ndarray:
        """A (k, j, i) bool array without what is on other slices than those drawn (across `axis` when given)."""
        if axis is None:
            return mask & self.known(mask.shape)
        kept = np.zeros_like(mask)
        kept[self.place(axis)] = mask[self.place(axis)]
        return kept

    def describe(self) -> str:
        """For people: '12 drawn slices across k and 9 across i'."""
        parts = [f"{len(self.numbers[axis])} across {AXES[axis]}" for axis in self.axes]
        return "drawn slices: " + " and ".join(parts)


def nearest_gap(places: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Distance of places (N) along an axis to the nearest of the sorted numbers."""
    after = np.searchsorted(numbers, places).clip(0, len(numbers) - 1)
    before = np.maximum(after - 1, 0)
    return np.minimum(np.abs(places - numbers[before]), np.abs(places - numbers[after]))


def find_drawn_slices(mask: np.ndarray, mode: str, label: str = "The label map") -> DrawnSlices | None:
    """Drawn slices of a (k, j, i) bool mask of all labels; None when it is a dense label map.

    mode: 'dense', 'auto', or the axes across which slices are drawn ('k', 'ik', 'ijk' ...). A drawn slice shows areas;
    a slice that is only crossed by drawn ones shows lines. So a slice counts as drawn when it holds a block of 2 x 2
    labelled pixels. 'auto' takes the map as sparse when, across every axis that has such slices, they are mostly single
    ones, and together they hold nearly all that is labelled.

    Raises `InputError` naming `label` when fewer than two slices are drawn.
    """
    if mode == "dense":
        return None
    axes = (0, 1, 2) if mode == "auto" else tuple(AXES.index(name) for name in mode)
    numbers = [_areas(mask, axis) if axis in axes else _NONE for axis in range(3)]
    if mode == "auto":
        numbers = [found if _isolated(found) else _NONE for found in numbers]
        if not any(map(len, numbers)):
            numbers = _thin_slices(mask)
        axes = tuple(axis for axis in range(3) if len(numbers[axis]))
    if len(axes) == 1:  # then whatever is labelled is on a drawn slice, lines and dots too
        numbers[axes[0]] = _held(mask, axes[0])
    elif any((np.diff(found) == 1).any() for found in numbers):
        numbers = _covering(mask, numbers)
    found = DrawnSlices(tuple(numbers))  # type: ignore[arg-type]
    if mode == "auto":
        drawn = found.count >= 2 and all(_isolated(found.numbers[axis]) for axis in axes)
        return found if drawn and found.only(mask).sum() >= _EXPLAINED_SHARE * mask.sum() else None
    if found.count < 2:
        raise InputError(
            f"{label} has {found.count} drawn slice(s) across {' and '.join(mode)}; draw at least two, or set "
            "sparse to other axes or 'dense'."
        )
    return found


def _chosen(axis: int, numbers: np.ndarray) -> tuple[slice | np.ndarray, ...]:
    chosen: list[slice | np.ndarray] = [slice(None)] * 3
    chosen[2 - axis] = numbers
    return tuple(chosen)


def _held(mask: np.ndarray, axis: int) -> np.ndarray:
    """Numbers of the slices across an axis that hold anything."""
    return np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != 2 - axis)))


def _areas(mask: np.ndarray, axis: int) -> np.ndarray:
    """Numbers of the slices across an axis that hold a block of 2 x 2 pixels."""
    slices = np.moveaxis(mask, 2 - axis, 0)
    block = slices[:, 1:] & slices[:, :-1]
    return np.flatnonzero((block[:, :, 1:] & block[:, :, :-1]).any((1, 2)))


def _covering(mask: np.ndarray, numbers: list[np.ndarray]) -> list[np.ndarray]:
    """Of slices (across i, j, k) those that it takes to hold all that is labelled. Where slices are drawn side by side,
    those that only cross them show areas too; so the one that holds most of what is left is taken until nothing is, and
    then those are dropped of which each voxel is on another one."""
    held, left, taken = np.zeros(mask.shape, np.int8), mask.copy(), []
    while left.any():
        counts = [left.sum(tuple(n for n in range(3) if n != 2 - axis))[numbers[axis]] for axis in range(3)]
        axis = max(range(3), key=lambda n: counts[n].max(initial=0))
        if counts[axis].max(initial=0) == 0:
            break
        place = _chosen(axis, numbers[axis][[int(counts[axis].argmax())]])
        taken.append((axis, place))
        left[place] = False
        held[place] += 1
    kept: list[list[int]] = [[], [], []]
    for axis, place in reversed(taken):
        if (held[place][mask[place]] > 1).all():
            held[place] -= 1
        else:
            kept[axis] += np.asarray(place[2 - axis]).tolist()
    return [np.array(sorted(found), int) for found in kept]


def _thin_slices(mask: np.ndarray) -> list[np.ndarray]:
    """Slices of a map that shows no areas at all, when they are single across just one axis."""
    held = [_held(mask, axis) for axis in range(3)]
    single = [len(numbers) >= 2 and _isolated(numbers) for numbers in held]
    return [held[axis] if single[axis] and sum(single) == 1 else _NONE for axis in range(3)]


def _isolated(numbers: np.ndarray) -> bool:
    """Whether slices are mostly single ones, with others between them."""
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    return len(numbers) > 0 and sum(len(run) == 1 for run in runs) >= 0.5 * len(runs)
