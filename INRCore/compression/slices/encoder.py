"""A volume of whole units to the streams of a sequence of slices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..pyramid.codec import CountingCoder
from ..pyramid.layout import Shape
from ..pyramid.rans import Encoder
from .choices import best_directions, choose_slice, close_loop, stack_of
from .layout_coding import StackCoding
from .leaves import AFTER, BEFORE, INSIDE, Stack, grid_of
from .search import move_bits, search, widened
from .sequence import Place, Planes, Sequence, along
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
            StackCoding().code(coder, stack.shape, place[0] == 0, stack)
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
            items = sequence.items(place)
            target = np.rint((self._values[[item.slice for item in items]] - middle) / unit).astype(np.int64)
            step = sequence.steps[place[0]]
            stack = self._chosen(planes, place, target, step)
            reached = close_loop(stack, target, step, _SHIFTS, limits, planes.fetcher(place), PRICE)
            planes.put(place, reached)
            coder = CountingCoder()
            StackCoding().code(coder, stack.shape, place[0] == 0, stack)
            found[place], bits = stack, bits + coder.cost_bits
        return Sliced(sequence, planes, found, bits)

    def _chosen(self, planes: Planes, place: Place, target: np.ndarray, step: int) -> Stack:
        choices, shape = [], planes.stack_shape(place)
        roots = np.zeros((*grid_of(shape, SIZES[0]), 2, 2), np.int64)
        for number, item in enumerate(planes.sequence.items(place)):
            directions = self._best_directions(item.slice)
            if item.before < 0:
                choices.append(choose_slice(target[number], directions, None, None, step, PRICE)[0])
                continue
            moves = self._searched(item.slice, item.before), self._searched(item.slice, item.after)
            others = planes.values[item.before].astype(np.int64), planes.values[item.after].astype(np.int64)
            choice, own = choose_slice(target[number], directions, others, moves, step, PRICE)
            choices.append(choice)
            roots[number] = 0 if own is None else own
        stack = stack_of(choices, shape, roots)
        if place[0]:
            _settle_roots(stack)
        return stack

    def _best_directions(self, number: int) -> list[np.ndarray]:
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


def _settle_roots(stack: Stack) -> None:
    """The roots that cost least with the moves of the leaves: as they are, 0, or as the one before says."""
    roots = stack.roots.reshape(-1, 2, 2)
    told: list[tuple[list[np.ndarray], list[np.ndarray]]] = [([], []) for _ in roots]
    rows, columns = stack.roots.shape[1:3]
    for leaves in stack.leaves:
        block = (leaves.slices * rows + leaves.rows // SIZES[0]) * columns + leaves.columns // SIZES[0]
        for side, only_other in ((0, AFTER), (1, BEFORE)):
            for leaf in np.flatnonzero((leaves.kinds != INSIDE) & (leaves.kinds != only_other)):
                told[block[leaf]][side].append(leaves.moves[leaf, side])
    last = np.zeros(2, np.int64)
    for number, sides in enumerate(told):
        for side in (0, 1):
            guess = -roots[number, 0] if side else last
            options = np.array([guess, roots[number, side], np.zeros(2, np.int64), *sides[side][:4]])
            bits = move_bits(options - guess)
            if sides[side]:
                bits = bits + move_bits(np.array(sides[side])[None] - options[:, None]).sum(1)
            roots[number, side] = options[np.argmin(bits)]
        last = roots[number, 0]


def sample_box(shape: Shape, axis: int = 0) -> Iterator[slice]:
    """A box in the middle of a volume, large enough to tell whether its slices are worth predicting."""
    for number, length in enumerate(shape):
        size = min(length, 2 * GROUP + 1 if number == axis else 4 * SIZES[0])
        start = (length - size) // 2
        yield slice(start, start + size)
