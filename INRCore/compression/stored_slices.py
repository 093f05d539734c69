"""A sequence of slices as it lies in a file, decoded as far as it is there and wanted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .intensity import IntensityMap
from .parts import Key
from .pyramid.codec import Place
from .pyramid.lifting import analyse, integer_type
from .pyramid.tiles import TILED_LEVELS
from .pyramid.walk import SLICE_CODING
from .slices.sequence import Sequence, decode_slices
from .stored_pyramid import FILTERS_KEY, LOW_KEY, StoredPyramid, correction_key

_STACKS = "P"
_MOST_UNITS = 1 << 30


@dataclass(frozen=True, eq=False)
class StoredSlices(StoredPyramid):
    """As `StoredPyramid`, whose part `LOW_KEY` says in which order slices follow each other; its levels are those of a
    pyramid that gives the volume coarser."""

    model: int = SLICE_CODING

    def describe(self) -> str:
        """What it is, in words."""
        return "slices predicted from each other"

    @property
    def part_keys(self) -> list[Key]:
        """Of the parts that belong to it, in the order of the file. Raises `StreamError`."""
        corrections = [correction_key(0)] if self.correction_step else []
        filters = [FILTERS_KEY] if FILTERS_KEY in self.parts else []
        return [LOW_KEY, *filters, *(stack_key(place) for place in self.sequence.places), *corrections]

    @property
    def sequence(self) -> Sequence:
        """The order of the slices. Raises `StreamError`."""
        return Sequence.from_bytes(self.parts[LOW_KEY], self.shape)

    def tiles_around(self, first: np.ndarray, last: np.ndarray) -> set[Place]:
        """Places of the stacks needed for the voxels between two indices (k, j, i), and the first one, which stands for
        what there is once: corrections and filters."""
        sequence, reach = self.sequence, 4 << min(len(self.levels), TILED_LEVELS) if self.levels else 0
        axis = sequence.axis
        return {(0, 0)} | sequence.needed(math.floor(first[axis]) - reach, math.ceil(last[axis]) + reach)

    def _samples(
        self, intensity: IntensityMap, skipped: int, wanted: Callable[[Place], bool], on_level: Callable[[int], None]
    ) -> np.ndarray:
        units = decode_slices(
            self.sequence,
            lambda place: self._part(stack_key(place)) if wanted(place) else None,
            unit_limits(intensity),
            on_level,
        )
        if not skipped:
            return units
        units = units.astype(integer_type(intensity.largest_value, len(self.levels)))
        analyse(units, self.levels[:skipped])
        return units[tuple(slice(n) for n in self.levels[skipped - 1].low_shape)]


def stack_key(place: Place) -> Key:
    """Of the stack of a level and span."""
    return (_STACKS, place[0], place[1])


def unit_limits(intensity: IntensityMap) -> tuple[int, int]:
    """Smallest and largest whole unit that a decoder of slices keeps."""
    low = math.floor((intensity.low - intensity.offset) / intensity.scale)
    high = math.ceil((intensity.high - intensity.offset) / intensity.scale)
    return max(low, -_MOST_UNITS), min(high, _MOST_UNITS)
