"""In which order slices are coded, and what each is predicted from.

Every slice whose number is a multiple of `group` stands alone (level 0); those halfway between two of them come next
(level 1), predicted from both, then those halfway between these, as in the hierarchical B pictures of Schwarz, Marpe
and Wiegand (ICME 2006). The slices of one level are coded together, as a stack, one for each span of slices:
whoever wants a few slices needs the stacks of their spans alone, and the first of the next span.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ..pyramid.adaptive import Coder
from ..pyramid.damage import StreamError
from ..pyramid.rans import Decoder
from .layout_coding import StackCoding
from .leaves import AFTER, Shape, Stack, filled
from .motion import REACH, padded
from .motion_coding import NOTHING, unpacked
from .reconstruction import KINDS, Fetch, reconstruct
from .stack_coding import MergingCoding
from .transform import SIZES

Place = tuple[int, int]
"""(level, number of the span)."""
_FIXED = struct.Struct("<3B")  # axis, log2 of the group, log2 of the span
_REFINED = 4
_MOST_LEVELS = 6
_MOST_SPANS = 1 << 16
_SHIFTS = KINDS
_THREADS = 2


@dataclass(frozen=True)
class Item:
    """A slice and those that it is predicted from; -1 for none."""

    slice: int
    before: int = -1
    after: int = -1


@dataclass(frozen=True)
class Sequence:
    """shape: (slices, rows, columns); axis: of the volume, along which the slices follow each other; group, span:
    powers of 2 in slices; steps: of each level's coefficients, in units."""

    shape: Shape
    axis: int
    group: int
    span: int
    steps: tuple[int, ...]
    refined: bool = True

    @property
    def places(self) -> list[Place]:
        """Of the stacks, in the order of coding."""
        spans = range(-(-self.shape[0] // self.span))
        return [(level, span) for level in range(len(self.steps)) for span in spans if self.items((level, span))]

    def items(self, place: Place) -> list[Item]:
        """The slices of a stack."""
        level, span = place
        start, stop = span * self.span, min((span + 1) * self.span, self.shape[0])
        if level == 0:
            return [Item(k) for k in range(start, stop, self.group)]
        reach = self.group >> level
        items = []
        for k in range(start + reach, stop, 2 * reach):
            items.append(Item(k, k - reach, k + reach if k + reach < self.shape[0] else k - reach))
        return items

    def alone(self, place: Place) -> np.ndarray:
        """(slices) of a stack that are predicted from themselves only."""
        return np.array([item.before < 0 for item in self.items(place)])

    def needed(self, first: int, last: int) -> set[Place]:
        """Places of the stacks that slices first .. last need."""
        spans = set(range(max(first, 0) // self.span, min(last, self.shape[0] - 1) // self.span + 1))
        whole = {place for place in self.places if place[1] in spans}
        return whole | {(0, span + 1) for span in spans if (0, span + 1) in self.places}

    def to_bytes(self) -> bytes:
        """axis and ways, log2 of group and span (uint8 each), then the steps (uint16)."""
        ways = self.axis + _REFINED * self.refined
        head = _FIXED.pack(ways, self.group.bit_length() - 1, self.span.bit_length() - 1)
        return head + np.array(self.steps, "<u2").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes, volume: Shape) -> Sequence:
        """Raises `StreamError` where they make no sense; volume: its voxels along (k, j, i)."""
        if len(data) <= _FIXED.size or len(data) % 2 != _FIXED.size % 2:
            raise StreamError("the order of the slices has an impossible length")
        ways, group, span = _FIXED.unpack(data[: _FIXED.size])
        axis, refined = ways % _REFINED, bool(ways & _REFINED)
        steps = tuple(int(step) for step in np.frombuffer(data, "<u2", offset=_FIXED.size))
        if (
            axis > 2
            or ways >= 2 * _REFINED
            or not group <= span <= 16
            or len(steps) != group + 1
            or group >= _MOST_LEVELS
            or 0 in steps
        ):
            raise StreamError("the order of the slices makes no sense")
        shape = along(volume, axis)
        if min(shape[1:]) < SIZES[0] or -(-shape[0] >> span) > _MOST_SPANS:
            raise StreamError("the slices are too small or too many")
        return cls(shape, axis, 1 << group, 1 << span, steps, refined)


def _scaled(moves: np.ndarray, wanted: int, known: int) -> np.ndarray:
    """Moves over `known` slices as moves over `wanted` ones, rounded."""
    if known < 0:
        wanted, known = -wanted, -known
    return np.clip((2 * moves * wanted + known) // (2 * known), -4 * REACH, 4 * REACH)


def along(shape: Shape, axis: int) -> Shape:
    """Voxels along an axis, then along the others."""
    first, second = (n for a, n in enumerate(shape) if a != axis)
    return shape[axis], first, second


class Planes:
    """The slices of a sequence as far as they are known. values: int32 (slices, rows, columns), the last two filled up
    to multiples of 32."""

    def __init__(self, sequence: Sequence) -> None:
        self.sequence = sequence
        slices, rows, columns = sequence.shape
        self.values = np.zeros((slices, filled(rows), filled(columns)), np.int32)
        self.motion = np.full((slices, filled(rows) // 4, filled(columns) // 4), NOTHING, np.int64)
        self._spans: dict[int, tuple[int, int, int]] = {}

    def stack_shape(self, place: Place) -> Shape:
        """Of a stack's blocks."""
        return len(self.sequence.items(place)), self.values.shape[1], self.values.shape[2]

    def fetcher(self, place: Place) -> Fetch:
        """Gives the neighbours of a stack's slices, keeping one at a time."""
        items = self.sequence.items(place)
        kept: dict[int, np.ndarray] = {}

        def fetch(number: int, side: int) -> np.ndarray:
            key = items[number].after if side else items[number].before
            if key not in kept:
                kept.clear()
                kept[key] = padded(self.values[key])
            return kept[key]

        return fetch

    def put(self, place: Place, found: np.ndarray) -> None:
        """The slices of a stack."""
        self.values[[item.slice for item in self.sequence.items(place)]] = found

    def base(self, place: Place) -> np.ndarray:
        """(slices, rows / 4, columns / 4, before and after, 2): the moves of a stack's blocks if what the slices that
        they are predicted from say goes on."""
        items = self.sequence.items(place)
        found = np.zeros((len(items), *self.motion.shape[1:], 2, 2), np.int64)
        if not place[0]:
            return found
        for number, item in enumerate(items):
            told = np.zeros(self.motion.shape[1:], bool)
            for other in sorted({item.after, item.before}, key=lambda other: self._spans.get(other, (1 << 30, 0, 0))):
                if other not in self._spans:
                    continue
                _, before, after = self._spans[other]
                kinds, moves = unpacked(self.motion[other])
                new = ~told & (self.motion[other] != NOTHING)
                for goal, side, here in ((before, 0, new & (kinds != AFTER)), (after, 1, new & (kinds == AFTER))):
                    for to, slice_to in enumerate((item.before, item.after)):
                        found[number, :, :, to][here] = _scaled(
                            moves[..., side, :][here], slice_to - item.slice, goal - other
                        )
                told |= new
        return found

    def code(self, place: Place, coder: Coder, wanted: Stack | None = None) -> Stack:
        """A stack's blocks to decisions and back."""
        shape, alone = self.stack_shape(place), self.sequence.alone(place)
        if not self.sequence.refined:
            return StackCoding().code(coder, shape, bool(alone.all()), wanted)
        stack, motion = MergingCoding().code_stack(coder, shape, alone, self.base(place), wanted)
        self.learn(place, motion)
        return stack

    def learn(self, place: Place, motion: np.ndarray) -> None:
        """The packed motion of a stack."""
        for item, own in zip(self.sequence.items(place), motion, strict=True):
            self.motion[item.slice] = own
            if item.before >= 0:
                self._spans[item.slice] = (abs(item.after - item.before), item.before, item.after)

    def rebuild(self, place: Place, stack: Stack, shifts: tuple[int, ...], limits: tuple[int, int]) -> None:
        """The slices of a stack from its blocks."""
        step, fetch = self.sequence.steps[place[0]], self.fetcher(place)
        self.put(place, reconstruct(stack, step, shifts, limits, fetch, self.sequence.refined))

    def put_between(self, place: Place) -> None:
        """Slices of a stack that is not there: the mean of their neighbours."""
        for item in self.sequence.items(place):
            if item.before >= 0:
                total = self.values[item.before].astype(np.int64) + self.values[item.after]
                self.values[item.slice] = (total + 1) >> 1

    def volume(self) -> np.ndarray:
        """int64 (k, j, i) without what was filled up."""
        rows, columns = self.sequence.shape[1:]
        return np.moveaxis(self.values[:, :rows, :columns], 0, self.sequence.axis).astype(np.int64)


def decode_slices(
    sequence: Sequence,
    streams: Callable[[Place], bytes | None],
    limits: tuple[int, int],
    on_level: Callable[[int], None] = lambda level: None,
) -> np.ndarray:
    """int64 (k, j, i) whole units within the limits; stacks that `streams` gives as None are the mean of their
    neighbours. Raises `StreamError`."""
    planes = Planes(sequence)

    def decode_stack(place: Place) -> None:
        data = streams(place)
        if data is None:
            planes.put_between(place)
            return
        shifts = tuple(np.frombuffer(data[:_SHIFTS], np.int8).tolist())
        if len(shifts) != _SHIFTS:
            raise StreamError("a coded stream has an impossible length")
        coder = Decoder(data[_SHIFTS:])
        stack = planes.code(place, coder)
        coder.finish()
        planes.rebuild(place, stack, shifts, limits)

    with ThreadPoolExecutor(_THREADS) as threads:
        for level in range(len(sequence.steps)):
            list(threads.map(decode_stack, [place for place in sequence.places if place[0] == level]))
            on_level(len(sequence.steps) - 1 - level)
    return planes.volume()
