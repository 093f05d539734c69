"""What a segmentation starts from: a source of lattices, one for each label, in a domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..errors import InputError
from ..metrics.surface import agreement
from ..volume import Volume
from .between_slices import contour_crossings
from .coarse_fill import coarse_fill
from .crossings import Crossings
from .domain import Domain
from .drawing_checks import drawing_notes
from .drawn_slices import AXES, DrawnSlices, find_drawn_slices
from .estimates import LabelLattice, dense_lattice, probability_lattice, sparse_lattice
from .label_map import chosen_labels, label_array
from .settings import SegmentationSettings
from .slice_states import describe_states, parse_slices, slice_rows, together

_MARGIN_VOXELS = 5.0


class Given(Protocol):
    """What every kind of input tells. `volume`: labels are given back on its grid and in its type; `values` of the
    labels; `domain` they are looked for in; `notes` for the user on how the input was read."""

    @property
    def volume(self) -> Volume: ...
    @property
    def values(self) -> tuple[int, ...]: ...
    @property
    def domain(self) -> Domain: ...
    @property
    def notes(self) -> tuple[str, ...]: ...

    def lattice(self, value: int, settings: SegmentationSettings, rounds: int) -> LabelLattice:
        """The estimate of a label's signed distance; `rounds` as in the settings."""

    def certain(self, value: int, lattice: LabelLattice, settings: SegmentationSettings) -> Crossings:
        """Points that surely lie on the label's surface."""

    def unknown_mm(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N) mm: distance to where the input says something."""

    def coarse(self) -> Volume | None:
        """Labels on the domain's grid as a first answer within about a second; None where there is none so fast."""

    def slice_rows(self) -> list[dict[str, Any]]:
        """What each slice counts as (see `slice_states.slice_rows`); nothing where the input is not made of slices."""

    def agreement(self, value: int, fitted: np.ndarray, lattice: LabelLattice) -> dict[str, float]:
        """Of the fitted voxels (k, j, i) of the domain with the input, where it says something."""


@dataclass(frozen=True)
class GivenLabels:
    """A label map as a fit sees it: `array` on the domain's grid, label `values`, and which slices are drawn, numbered
    from the domain's start (None: all voxels are known). `levels`: float32 below 0 inside, the sub-voxel truth when the
    labels come from a probability map."""

    volume: Volume
    array: np.ndarray
    values: tuple[int, ...]
    domain: Domain
    slices: DrawnSlices | None
    levels: np.ndarray | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        if self.levels is not None:
            return ("Read as a probability map: the surface is where it passes 0.5.",)
        edge = self._edge_note()
        if self.slices is None:
            return edge
        known = float(self.slices.known(self.array.shape).mean())
        return (
            f"Read as {self.slices.describe()}; they show {100 * known:.3g} % of the voxels around the labels, what is "
            "between them is unknown. A drawn slice without a label says that the label is not there. If empty slices "
            "mean background, say so (in the panel under Slices; elsewhere sparse = 'dense' or, for some of them, "
            "empty_slices).",
            describe_states(self.slice_rows()),
            *drawing_notes(self.array, self.slices, self.values, self.domain.grid, self.domain.start),
            *edge,
        )

    def _edge_note(self) -> tuple[str, ...]:
        """Which labels reach the edge of the input (not of the domain), if any."""
        touching: set[int] = set()
        for axis in range(3):
            low, high = self.domain.start[axis] == 0, self.domain.stop[axis] == self.volume.grid.size_ijk[axis]
            for place, is_edge in ((0, low), (-1, high)):
                if is_edge:
                    touching |= set(np.unique(np.take(self.array, place, 2 - axis)).tolist()) & set(self.values)
        if not touching:
            return ()
        named = ", ".join(f"label {value}" for value in sorted(touching))
        return (f"At the edge of the volume: {named}. Nothing is known beyond, so the shape is cut off flat there.",)

    def coarse(self) -> Volume | None:
        grid = self.domain.grid
        labels = self.array if self.slices is None else coarse_fill(self.array, self.slices, grid.spacing)
        return Volume(np.where(np.isin(labels, self.values), labels, 0).astype(np.int32), grid, name="coarse")

    def slice_rows(self) -> list[dict[str, Any]]:
        """What each slice of the input counts as (see `slice_states.slice_rows`); nothing for a dense label map."""
        if self.slices is None:
            return []
        start, size = self.domain.start, self.volume.grid.size_ijk
        return slice_rows(self.array, self.slices, self.values, self.domain.grid, start, size)

    def lattice(self, value: int, settings: SegmentationSettings, rounds: int) -> LabelLattice:
        mask, grid, s = self.array == value, self.domain.grid, settings
        if self.levels is not None:
            found = probability_lattice(self.levels, grid, s.feature_mm, s.one_component)
        elif self.slices is None:
            found = dense_lattice(mask, grid, s.smoothness_mm, s.feature_mm, s.one_component)
        else:
            effort = s.stiffness, rounds, s.bending_iterations
            known = self.slices.only(mask)
            if not known.any():
                raise InputError(
                    f"{self.volume.label}: label {value} is on none of the {self.slices.describe()}; leave it out (the "
                    "setting 'labels') or say across which axes slices are drawn (the setting 'sparse')."
                )
            return sparse_lattice(known, grid, self.slices, effort, s.feature_mm, s.one_component)
        if len(found.surface) == 0:
            raise InputError(
                f"{self.volume.label}: label {value} fills the whole field of view, so it has no surface to fit; add a"
                " margin of background around it."
            )
        return found

    def certain(self, value: int, lattice: LabelLattice, settings: SegmentationSettings) -> Crossings:
        if self.slices is None:
            return lattice.surface
        return contour_crossings(self.array == value, self.domain.grid, self.slices, settings.smoothness_mm)

    def unknown_mm(self, points: np.ndarray) -> np.ndarray:
        return np.zeros(len(points)) if self.slices is None else self.slices.distance(points, self.domain.grid)

    def agreement(self, value: int, fitted: np.ndarray, lattice: LabelLattice) -> dict[str, float]:
        mask, grid, slices = self.array == value, self.domain.grid, self.slices
        if slices is None:
            return agreement(mask, fitted, grid)
        rows = [agreement(slices.only(mask, axis), slices.only(fitted, axis), grid, axis) for axis in slices.axes]
        found: dict[str, float] = {}
        for name in sorted({name for row in rows for name in row}):
            found[name] = float(np.mean([row[name] for row in rows if name in row]))
        return found


def check_given(labels: Volume, settings: SegmentationSettings) -> GivenLabels:
    """A label map or a probability map, cut to where the labels are. Raises `InputError` for volumes that are neither,
    are empty, or show a single slice."""
    if _is_probability(labels):
        return _given_probability(labels)
    array = label_array(labels)
    values = chosen_labels(array, settings.labels, labels.label)
    mask = np.isin(array, values)
    slices = find_drawn_slices(mask, settings.sparse, labels.label)
    around = mask
    if slices is None:
        _refuse_flat(mask, labels, settings)
    elif settings.empty_slices:
        empty = _empty_slices(mask, labels, settings, slices)
        slices, around = together(slices, empty), _reaching(mask, empty)
    domain = Domain.around(around, labels.grid, _MARGIN_VOXELS, None if slices is None else slices.only_axis)
    given = domain.crop(array)
    if slices is not None:
        slices = slices.moved(domain.start, domain.grid.size_ijk)
    return GivenLabels(labels, given, values, domain, slices)


def _empty_slices(mask: np.ndarray, labels: Volume, settings: SegmentationSettings, drawn: DrawnSlices) -> DrawnSlices:
    empty = parse_slices(settings.empty_slices, labels.grid.size_ijk)
    for axis, number in empty:
        if np.take(mask, number, 2 - axis).any() and number in drawn.numbers[axis]:
            raise InputError(f"{labels.label}: slice {number} across {AXES[axis]} is not empty; take it off the list.")
    return empty


def _reaching(mask: np.ndarray, slices: DrawnSlices) -> np.ndarray:
    """The mask with one voxel more on each of the slices, so that a box around it holds them."""
    reaching = mask.copy()
    middle = np.argwhere(mask).mean(0).astype(int)
    for axis, number in slices:
        place = middle.copy()
        place[2 - axis] = number
        reaching[tuple(place)] = True
    return reaching


def _is_probability(volume: Volume) -> bool:
    """Fractions from 0 to 1, some of them in between."""
    array = volume.array
    if array.dtype.kind != "f" or not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
        return False
    return bool(((array > 0) & (array < 1)).any())


def _given_probability(volume: Volume) -> GivenLabels:
    mask = volume.array > 0.5
    if not mask.any():
        raise InputError(
            f"{volume.label} is a probability map that nowhere exceeds 0.5 (largest value {volume.array.max():.3g}), "
            "so there is no shape in it; scale it, or threshold it yourself."
        )
    domain = Domain.around(mask, volume.grid, _MARGIN_VOXELS)
    levels = (0.5 - domain.crop(volume.array)).astype(np.float32)
    labels = volume.with_array(mask.astype(np.uint8))
    return GivenLabels(labels, (levels < 0).astype(np.uint8), (1,), domain, None, levels)


def _refuse_flat(mask: np.ndarray, labels: Volume, settings: SegmentationSettings) -> None:
    """A shape in space needs more than one slice."""
    if min(mask.shape) == 1:
        raise InputError(
            f"{labels.label} is a single slice ({' x '.join(map(str, mask.shape[::-1]))} voxels); shapes are fitted in "
            "space, so draw on several slices of a volume."
        )
    for axis in range(3):
        held = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != 2 - axis)))
        if len(held) == 1 and settings.sparse == "auto":
            raise InputError(
                f"{labels.label} has labels on one slice only (number {held[0]} across {AXES[axis]}); draw at least one"
                " more, of any orientation, or set sparse to 'dense' if the labels are meant to be one voxel thick."
            )
