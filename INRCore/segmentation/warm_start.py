"""After one more contour: what an earlier run found is kept where nothing has changed.

A label none of whose slices changed keeps its lattice. Of a label drawn across one axis, only the slices around those
that changed are filled anew; contours fix the surface on the slices in between, so both parts fit there.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from ..io.atomic import atomic_path
from ..settings import to_dict
from .crossings import Crossings
from .estimates import LabelLattice, lattice_of
from .given import Given, GivenLabels
from .settings import SegmentationSettings

_AROUND = 2
_MOST_SHARE = 0.6
"""Drawn slices on either side of a change that are filled with it; a larger share of all slices is no gain."""
_SHAPING = ("stiffness", "rounds", "bending_iterations", "feature_mm", "one_component", "smoothness_mm", "sparse")
Evidence = dict[str, str]
"""Slice ('k12', 0-based in the input) -> digest of what it shows of a label; '' for nothing."""


@dataclass(frozen=True)
class EarlierFit:
    """Lattices of labels with `start` counted in the input's voxels, what each was made of, and under which `terms`
    (input grid and settings)."""

    terms: str
    lattices: Mapping[int, LabelLattice]
    evidence: Mapping[int, Evidence]

    @classmethod
    def of(cls, given: Given, settings: SegmentationSettings, lattices: list[LabelLattice]) -> EarlierFit | None:
        """What a run can leave behind for the next one, which an image pulls at anew: the lattices before it moved
        their surfaces. None for inputs that are not drawn slices."""
        if not isinstance(given, GivenLabels) or given.slices is None:
            return None
        pairs = list(zip(given.values, lattices, strict=True))
        moved = {v: dataclasses.replace(found, start=found.start + given.domain.start) for v, found in pairs}
        return cls(_terms(given, settings), moved, {value: _evidence(given, value) for value in given.values})

    def lattice(self, value: int, given: Given, settings: SegmentationSettings) -> LabelLattice | None:
        """The label's lattice for what is given now; None when it has to be found from nothing."""
        if not isinstance(given, GivenLabels) or given.slices is None or value not in self.lattices:
            return None
        if _terms(given, settings) != self.terms:
            return None
        before, now = self.evidence[value], _evidence(given, value)
        changed = _changes(before, now)
        found = self.lattices[value]
        known = dataclasses.replace(found, start=found.start - given.domain.start)
        stop = known.start + known.grid.size_ijk
        if (known.start < 0).any() or (stop > given.domain.grid.size_ijk).any():
            return None
        if not changed:
            return known
        axis = given.slices.only_axis
        if axis is None or settings.feature_mm or {name[0] for name in before} != {"ijk"[axis]}:
            return None
        places = np.array(sorted(int(name[1:]) for name in changed)) - int(given.domain.start[axis])
        return _patched(known, value, given, settings, axis, places)

    def save(self, path: str | os.PathLike[str], force: bool = False) -> None:
        """Writes it as one .npz file. Raises `OutputError` when it cannot be written."""
        arrays: dict[str, Any] = {"about": np.array(json.dumps({"terms": self.terms, "evidence": self.evidence}))}
        for value, found in self.lattices.items():
            parts = (found.values, found.start, found.grid.ijk_to_world, *dataclasses.astuple(found.surface))
            arrays |= {f"{value}/{name}": part for name, part in zip(_PARTS, parts, strict=True)}
        with atomic_path(path, force) as temporary, Path(temporary).open("wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> EarlierFit:
        """Raises `InputError` for a file that is none of ours."""
        try:
            with np.load(path, allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                lattices = {}
                for value in map(int, about["evidence"]):
                    values, start, affine, *surface = (file[f"{value}/{name}"] for name in _PARTS)
                    lattices[value] = LabelLattice(Grid(values.shape, affine), start, values, Crossings(*surface))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"'{path}' is no earlier run of a segmentation ({error}); start without it.") from error
        return cls(about["terms"], lattices, {int(value): found for value, found in about["evidence"].items()})


_PARTS = ("values", "start", "affine", "points", "normals", "areas")


def _terms(given: GivenLabels, settings: SegmentationSettings) -> str:
    grid, kept = given.volume.grid, to_dict(settings)
    return json.dumps([grid.shape, np.round(grid.ijk_to_world, 6).tolist(), {name: kept[name] for name in _SHAPING}])


def _evidence(given: GivenLabels, value: int) -> Evidence:
    assert given.slices is not None
    found = {}
    for axis, number in given.slices:
        pixels = np.argwhere(np.take(given.array, number, 2 - axis) == value)
        offset = np.delete(given.domain.start[::-1], 2 - axis)
        text = hashlib.sha256((pixels + offset).astype(np.int32).tobytes()).hexdigest()[:16] if len(pixels) else ""
        found[f"{'ijk'[axis]}{number + int(given.domain.start[axis])}"] = text
    return found


def _changes(before: Evidence, now: Evidence) -> set[str]:
    """Slices that tell something else than before, as far as the label reaches: out to the next slice without it."""
    return {name for name in set(before) | set(now) if before.get(name) != now.get(name)} & (
        _reach(before, now) | _reach(now, before)
    )


def _reach(own: Evidence, other: Evidence) -> set[str]:
    """Slices of either between the ones where the label ends, for every axis."""
    found = set()
    for axis in "ijk":
        numbers = sorted(int(name[1:]) for name in own if name[0] == axis)
        shown = [number for number in numbers if own[f"{axis}{number}"]]
        if shown:
            low = max([n for n in numbers if n < shown[0]], default=-1)
            high = min([n for n in numbers if n > shown[-1]], default=1 << 30)
            found |= {name for name in {*own, *other} if name[0] == axis and low <= int(name[1:]) <= high}
        else:
            found |= {name for name in {*own, *other} if name[0] == axis}
    return found


def _patched(
    known: LabelLattice, value: int, given: GivenLabels, settings: SegmentationSettings, axis: int, changed: np.ndarray
) -> LabelLattice | None:
    """The lattice with the slices around the `changed` ones (numbers in the domain) filled anew."""
    assert given.slices is not None
    numbers = given.slices.numbers[axis]
    low, high = np.searchsorted(numbers, [changed[0], changed[-1]])
    high = min(int(high), len(numbers) - 1)
    first, last = max(int(low) - _AROUND, 0), min(high + _AROUND, len(numbers) - 1)
    window = numbers[first : last + 1]
    array = np.zeros_like(given.array)
    inside = _along(axis, slice(int(window[0]), int(window[-1]) + 1))
    array[inside] = given.array[inside]
    if last - first + 1 > _MOST_SHARE * len(numbers) or not (np.take(array, window, 2 - axis) == value).any():
        return None
    of_axes = [window if n == axis else np.empty(0, int) for n in range(3)]
    slices = dataclasses.replace(given.slices, numbers=(of_axes[0], of_axes[1], of_axes[2]))
    anew = dataclasses.replace(given, array=array, slices=slices).lattice(value, settings, settings.rounds)
    start = np.minimum(known.start, anew.start)
    stop = np.maximum(known.start + known.grid.size_ijk, anew.start + anew.grid.size_ijk)
    values, fresh = (_widened(found, start, stop) for found in (known, anew))
    inner = numbers[max(int(low) - 1, 0)], numbers[min(high + 1, len(numbers) - 1)]
    here = _along(axis, slice(*(np.array([inner[0], inner[1] + 1]) - start[axis]).clip(0)))
    values[here] = fresh[here]
    grid = given.domain.grid.cropped(tuple(start), tuple(stop))
    part = tuple(slice(a, b) for a, b in zip(start[::-1], stop[::-1], strict=True))
    drawn = given.slices.only(given.array == value)[part]
    return dataclasses.replace(lattice_of(values, drawn, grid, 0.0, settings.one_component), start=start)


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    place = [slice(None)] * 3
    place[2 - axis] = part
    return tuple(place)


def _widened(found: LabelLattice, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Values (k, j, i) on a larger box, those of the edge going on."""
    before, after = found.start - start, stop - (found.start + found.grid.size_ijk)
    return np.pad(found.values, [(int(a), int(b)) for a, b in zip(before[::-1], after[::-1], strict=True)], mode="edge")
