"""A volume of whole units to the streams of a sequence of slices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..pyramid.codec import CountingCoder
from ..pyramid.layout import Shape
from ..pyramid.rans import Encoder
from .deciding import Walk
from .guesses import best_directions
from .leaves import Stack, joined
from .offers import Offers, offers
from .search import Mover, search, widened
from .sequence import Item, Place, Planes, Sequence, along
from .transform import SIZES

PRICE = 0.12
"""Squared error, in squared steps, that a bit is worth."""
GROUP = 8
SMALLEST = 2 * SIZES[0]
"""Slices with fewer rows or columns are not worth their filling."""
_RATIOS = (1.0, 1.3, 1.5, 1.8)
"""Steps of the levels, relative to that of the slices that stand alone."""
_SHIFTS = (8, 4, 2)
_SPAN_VOXELS = 1 << 24
_AT_ONCE = 1 << 22
"""Samples of the slices that are decided together."""


@dataclass(frozen=True)
class Sliced:
    """A coded sequence. planes: what a decoder finds; stacks: by place; bits: what the streams take."""

    sequence: Sequence
    planes: Planes
    stacks: dict[Place, Stack]
    bits: float

    def samples(self, largest: float) -> np.ndarray:
        """Whole units (k, j, i); `largest`, which decides the type of a pyramid's, means nothing here."""
        return self.planes.volume()

    def streams(self) -> dict[Place, bytes]:
        """In the order in which they belong into a file."""
        found = {}
        for place, stack in self.stacks.items():
            coder = Encoder()
            self.planes.code(place, coder, stack)
            found[place] = np.array(_SHIFTS, np.int8).tobytes() + coder.to_bytes()
        return found


class SliceEncoder:
    """Codes one volume (k, j, i) of finite numbers at any step; what is searched once is kept."""

    def __init__(self, values: np.ndarray, noise: float, axis: int = 0) -> None:
        """noise: squared difference of matching slices, in squared intensities, that is nothing to be found."""
        k, j, i = values.shape
        self._axis, self._shape = axis, along((k, j, i), axis)
        slices = np.moveaxis(values, axis, 0).astype(np.float64)
        self._values, self._noise = widened(slices), noise
        self._directions: dict[int, list[np.ndarray]] = {}
        self._moves: dict[tuple[int, int], list[np.ndarray]] = {}

    def sequence(self, unit_step: int) -> Sequence:
        """The order of the slices; unit_step: of the slices that stand alone, in units."""
        group = GROUP
        span = group
        while 2 * span * self._values[0].size <= _SPAN_VOXELS and span < self._shape[0]:
            span *= 2
        return Sequence(self._shape, self._axis, group, span, tuple(round(unit_step * ratio) for ratio in _RATIOS))

    def sliced(self, unit: float, middle: float, limits: tuple[int, int], unit_step: int) -> Sliced:
        """unit: intensities per unit, `middle` being 0 units; limits, in units, of what is decoded."""
        sequence = self.sequence(unit_step)
        planes, found, bits = Planes(sequence), {}, 0.0
        for place in sequence.places:
            items, base = sequence.items(place), planes.base(place)
            most = max(1, _AT_ONCE // planes.values[0].size)
            parts = (slice(start, start + most) for start in range(0, len(items), most))
            step = sequence.steps[place[0]]
            stack = joined([self._decided(planes, items[p], base[p], (unit, middle), step, limits) for p in parts])
            coder = CountingCoder()
            planes.code(place, coder, stack)
            found[place], bits = stack, bits + coder.cost_bits
        return Sliced(sequence, planes, found, bits)

    def _decided(
        self,
        planes: Planes,
        items: list[Item],
        base: np.ndarray,
        units: tuple[float, float],
        step: int,
        limits: tuple[int, int],
    ) -> Stack:
        """The stack of some slices, whose decoded samples go into the planes."""
        numbers = [item.slice for item in items]
        target = np.rint((self._values[numbers] - units[1]) / units[0]).astype(np.int64)
        guesses = [np.stack(own) for own in zip(*(self._guesses(number) for number in numbers), strict=True)]
        others: list[Offers | None] = [None] * len(SIZES)
        if items[0].before >= 0:
            movers: dict[int, Mover] = {}
            offered = []
            for item, own, own_base in zip(items, target, base, strict=True):
                movers = {n: movers.get(n) or Mover(planes.values[n]) for n in (item.before, item.after)}
                moves = self._searched(item.slice, item.before), self._searched(item.slice, item.after)
                pair = movers[item.before], movers[item.after]
                offered.append(offers(own, pair, moves, own_base, step, PRICE))
            for number, of_size in enumerate(zip(*offered, strict=True)):
                parts = (np.stack([getattr(one, name) for one in of_size]) for name in ("motion", "predicted"))
                others[number] = Offers(*parts)
        walk = Walk(target, guesses, others, base, step, _SHIFTS, limits, PRICE)
        stack = walk.run()
        planes.values[numbers] = walk.planes
        return stack

    def _guesses(self, number: int) -> list[np.ndarray]:
        if number not in self._directions:
            self._directions[number] = best_directions(self._scaled[number])
        return self._directions[number]

    def _searched(self, number: int, other: int) -> list[np.ndarray]:
        if (number, other) not in self._moves:
            scaled = self._scaled
            self._moves[number, other] = search(scaled[number], scaled[other], self._noise / self._scale**2)
        return self._moves[number, other]

    @cached_property
    def _scale(self) -> float:
        """Intensities per unit of the searches: about 2^15 units are the range."""
        return float(np.ptp(self._values)) / (1 << 15) or 1.0

    @cached_property
    def _scaled(self) -> np.ndarray:
        return np.rint((self._values - self._values.min()) / self._scale).astype(np.int32)


def sample_box(shape: Shape, axis: int = 0) -> Iterator[slice]:
    """A box in the middle of a volume, large enough to tell whether its slices are worth predicting."""
    for number, length in enumerate(shape):
        size = min(length, 2 * GROUP + 1 if number == axis else 4 * SIZES[0])
        start = (length - size) // 2
        yield slice(start, start + size)
