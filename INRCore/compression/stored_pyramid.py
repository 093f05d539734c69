"""A pyramid as it lies in a file: its parts by name, decoded as far as they are there and wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from .intensity import IntensityMap
from .parts import Key
from .pyramid.bounded import code_corrections
from .pyramid.codec import LOW_PLACE, Place, decode
from .pyramid.damage import StreamError
from .pyramid.filters import Filters
from .pyramid.layout import Level, Shape
from .pyramid.lifting import LOW_OF_CONSTANT
from .pyramid.rans import Decoder
from .pyramid.restoration import load_restoration
from .pyramid.tiles import TILED_LEVELS, Piece, coding_order, cut_tiles
from .pyramid.walk import TRELLIS_CODING

LOW_KEY: Key = ("L", 255, 0)
FILTERS_KEY: Key = ("W", 0, 0)
_CORRECTIONS = "R"


@dataclass(frozen=True, eq=False)
class StoredPyramid:
    """shape: of the volume; levels, edge: see `Pyramid`; units: intensity per fixed-point unit and at unit 0 are the
    file's `IntensityMap`; correction_step: intensity per whole correction, 0 without a bound; low_bits: see
    `code_corrections`; parts: key -> bytes, read when asked for; complete: whether the file has all it should;
    model: of the entropy coding; restored: whether the network that knows what quantisation takes corrects it."""

    shape: Shape
    levels: tuple[Level, ...]
    edge: int
    parts: Mapping[Key, bytes]
    correction_step: float = 0.0
    low_bits: int = 0
    complete: bool = True
    model: int = TRELLIS_CODING
    label: str = field(default="the file", compare=False)
    restored: bool = False

    def describe(self) -> str:
        """What it is, in words."""
        return f"pyramid of {len(self.levels)} levels"

    @property
    def part_keys(self) -> list[Key]:
        """Of the parts that belong to it, in the order of the file."""
        coded = [_key(place) for place in self._places()]
        corrections = [correction_key(piece.number) for piece in self._tiles()] if self.correction_step else []
        filters = [FILTERS_KEY] if FILTERS_KEY in self.parts else []
        return [LOW_KEY, *filters, *coded, *corrections]

    def levels_for(self, spacing_ratio: np.ndarray) -> int:
        """How many of the finest levels a grid of `spacing_ratio` (k, j, i) times this one's spacing does without."""
        scale, skipped = np.ones(3), 0
        for level in self.levels[:-1]:
            scale[list(level.axes)] *= 2
            if (scale > spacing_ratio * (1 + 1e-6)).any():
                break
            skipped += 1
        return skipped

    def tiles_around(self, first: np.ndarray, last: np.ndarray) -> set[Place]:
        """Places needed for the voxels between two indices (k, j, i); filters reach beyond a tile's faces."""
        reach = 4 << min(len(self.levels), TILED_LEVELS)
        needed = {LOW_PLACE}
        for number, piece in coding_order(self.shape, self.levels, self.edge):
            inside = all(
                box.start <= last[a] + reach and box.stop >= first[a] - reach for a, box in enumerate(piece.box)
            )
            if inside:
                needed.add((number, piece.number))
        return needed

    def intensities(
        self,
        intensity: IntensityMap,
        skipped: int = 0,
        wanted: Callable[[Place], bool] = lambda place: True,
        on_level: Callable[[int], None] = lambda level: None,
    ) -> np.ndarray:
        """float64 (k, j, i), within the intensity map's limits, of the lattice after leaving out the `skipped` finest
        levels; restored, filtered and corrected where none is left out. `wanted`: pieces to decode, the others stay
        flat.

        Raises `InputError` naming the file when a part is damaged.
        """
        try:
            halvings = sum(len(level.axes) for level in self.levels[:skipped])
            lattice = self._lattice(intensity, skipped, wanted, on_level)
            values = intensity.to_intensities(lattice / LOW_OF_CONSTANT**halvings if skipped else lattice)
            if self.correction_step and not skipped:
                self._correct(values, wanted)
                np.clip(values, intensity.low, intensity.high, out=values)
        except StreamError as error:
            raise InputError(f"{self.label} is damaged: {error}; use an intact copy.") from error
        return values

    def voxels(self, intensity: IntensityMap, dtype: np.dtype) -> np.ndarray:
        """`intensities` of the whole volume in its own type, with less memory. Raises `InputError` likewise."""
        if self.correction_step:
            return intensity.stored(self.intensities(intensity), dtype)
        try:
            lattice = self._lattice(intensity, 0, lambda place: True, lambda level: None)
        except StreamError as error:
            raise InputError(f"{self.label} is damaged: {error}; use an intact copy.") from error
        found = np.empty(lattice.shape, dtype)
        for own, units in zip(found, lattice, strict=True):
            own[...] = intensity.stored(intensity.to_intensities(units), dtype)
        return found

    def _lattice(
        self, intensity: IntensityMap, skipped: int, wanted: Callable[[Place], bool], on_level: Callable[[int], None]
    ) -> np.ndarray:
        """Whole units (k, j, i), restored and filtered where no level is left out. Raises `StreamError`."""
        lattice = self._samples(intensity, skipped, wanted, on_level)
        boxes = [] if skipped else [tile.box for tile in self._tiles() if wanted((0, tile.number))]
        if self.restored and boxes:
            lattice = load_restoration().applied(lattice, boxes)
        if FILTERS_KEY in self.parts and boxes:
            filters = Filters.from_bytes(self.parts[FILTERS_KEY], self.shape)
            lattice = filters.applied(lattice, boxes, intensity.largest_value)
        return lattice

    def _samples(
        self, intensity: IntensityMap, skipped: int, wanted: Callable[[Place], bool], on_level: Callable[[int], None]
    ) -> np.ndarray:
        """Whole units (k, j, i) of the lattice after leaving out the `skipped` finest levels."""
        pyramid = decode(
            self.shape,
            self.levels,
            self.edge,
            lambda place: self._part(_key(place), place == LOW_PLACE) if wanted(place) else None,
            skipped,
            on_level,
            self.model,
        )
        return pyramid.samples(intensity.largest_value, skipped)

    def _part(self, key: Key, compulsory: bool = False) -> bytes | None:
        """None where the file ended before it. Raises `StreamError` where it must be there."""
        if key not in self.parts and not self.complete and not compulsory:
            return None
        if key not in self.parts:
            raise StreamError("a part is missing")
        return self.parts[key]

    def _correct(self, values: np.ndarray, wanted: Callable[[Place], bool]) -> None:
        """Adds the corrections, tile by tile."""
        for piece in self._tiles():
            key = correction_key(piece.number)
            if not wanted((0, piece.number)) or (key not in self.parts and not self.complete):
                continue
            if key not in self.parts:
                raise StreamError("a part is missing")
            coder = Decoder(self.parts[key])
            place = piece.box
            corrections = code_corrections(coder, values[place].shape, self.low_bits, model=self.model)
            coder.finish()
            values[place] += corrections * self.correction_step

    def _places(self) -> list[Place]:
        return [(number, piece.number) for number, piece in coding_order(self.shape, self.levels, self.edge)]

    def _tiles(self) -> list[Piece]:
        return cut_tiles(self.shape, self.levels, self.edge)


def _key(place: Place) -> Key:
    return LOW_KEY if place == LOW_PLACE else ("L", place[0], place[1])


def correction_key(number: int) -> Key:
    """Of the corrections of a tile."""
    return (_CORRECTIONS, 0, number)
