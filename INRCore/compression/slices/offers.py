"""An encoder's choice of what blocks of each size would take from other slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .leaves import AFTER, BEFORE, BOTH
from .motion_coding import packed, unpacked
from .quantising import coding_costs
from .search import MOVING_SIZES, Mover, move_bits

TAKEN_BITS, OWN_BITS = 1.5, 4.5


@dataclass(frozen=True)
class Offers:
    """Of blocks of one size some offers each. motion: (..., offers, rows / size, columns / size) packed; predicted:
    (..., offers, rows, columns) samples, int32."""

    motion: np.ndarray
    predicted: np.ndarray


class _Choice:
    """The cheapest motion so far of the blocks of one size."""

    def __init__(self, target: np.ndarray, movers: tuple[Mover, Mover], size: int, step: float, price: float) -> None:
        rows, columns = target.shape
        self._blocks = blocks_of(target, size)
        self._movers, self._size, self._step, self._price = movers, size, step, price
        self.grid = (rows // size, columns // size)
        self.codes = np.full(self.grid, -1, np.int64)
        self.bits = np.zeros(self.grid)
        self._coding, self._least = np.full(self.grid, np.inf), np.full(self.grid, np.inf)
        self._predicted = np.zeros_like(self._blocks)

    def offer(self, codes: np.ndarray, bits: np.ndarray) -> np.ndarray:
        """Packed motion and bits of all blocks; gives (rows, columns) samples."""
        kinds, moves = unpacked(codes)
        before, after = (blocks_of(m.moved(moves[:, :, n], self._size), self._size) for n, m in enumerate(self._movers))
        return self._plane(self._take(kinds, moves, bits, before, after))

    def offer_sides(self, moves: np.ndarray, bits: np.ndarray) -> None:
        """Both sides' moves, together and each alone; bits: (..., before and after)."""
        before, after = (blocks_of(m.moved(moves[:, :, n], self._size), self._size) for n, m in enumerate(self._movers))
        for kind, cost in ((BOTH, bits.sum(-1)), (BEFORE, bits[..., 0] + 1), (AFTER, bits[..., 1] + 1)):
            self._take(np.full(self.grid, kind), moves, cost, before, after)

    def _take(
        self, kinds: np.ndarray, moves: np.ndarray, bits: np.ndarray, before: np.ndarray, after: np.ndarray
    ) -> np.ndarray:
        kind = kinds.reshape(-1)[:, None, None]
        found = np.where(kind == BOTH, (before + after + 1) >> 1, np.where(kind == BEFORE, before, after))
        coding = coding_costs(self._blocks - found, self._step, self._price).reshape(self.grid)
        better = coding + self._price * bits < self._least
        self.codes[better] = packed(kinds, moves)[better]
        self.bits[better], self._coding[better] = bits[better], coding[better]
        self._least[better] = (coding + self._price * bits)[better]
        self._predicted[better.reshape(-1)] = found[better.reshape(-1)]
        return found

    def settle(self, base: np.ndarray) -> None:
        """Says what the chosen ones cost beside each other, and takes over from neighbours where that costs less."""
        kinds, moves = unpacked(self.codes)
        near = [np.roll(self.codes, shift, axis) for axis in (0, 1) for shift in (1, -1)]
        free = (self.codes == packed(np.full(self.grid, BOTH), base)) | np.any([self.codes == n for n in near], 0)
        self.bits = np.where(free, TAKEN_BITS, OWN_BITS + told_bits(kinds, moves, near, base))
        self._least = self._coding + self._price * self.bits
        for option in near:
            self.offer(option, np.full(self.grid, TAKEN_BITS))

    @property
    def predicted(self) -> np.ndarray:
        """(rows, columns)."""
        return self._plane(self._predicted)

    def _plane(self, blocks: np.ndarray) -> np.ndarray:
        (rows, columns), size = self.grid, self._size
        return blocks.reshape(rows, columns, size, size).swapaxes(1, 2).reshape(rows * size, columns * size)


def told_bits(kinds: np.ndarray, moves: np.ndarray, near: list[np.ndarray], base: np.ndarray) -> np.ndarray:
    """About what moves cost, told by what is nearest."""
    options = [base, *(unpacked(code)[1] for code in near)]
    bits = np.min([move_bits(moves - option) for option in options], 0)
    return np.where(kinds == BOTH, bits.sum(-1), np.where(kinds == BEFORE, bits[..., 0], bits[..., 1]))


def offers(
    target: np.ndarray,
    movers: tuple[Mover, Mover],
    searched: tuple[list[np.ndarray], list[np.ndarray]],
    base: np.ndarray,
    step: float,
    price: float,
) -> list[Offers]:
    """For each of `MOVING_SIZES`. target: (rows, columns) of whole units; searched: moves by size before and after;
    base: (rows / 4, columns / 4, 2, 2) moves that come for nothing."""
    found: list[Offers] = []
    for number, size in enumerate(MOVING_SIZES):
        choice = _Choice(target, movers, size, step, price)
        own_base = base[:: size // 4, :: size // 4]
        both = np.full(choice.grid, BOTH)
        codes = [packed(both, own_base)]
        planes = [choice.offer(codes[0], np.full(choice.grid, TAKEN_BITS))]
        choice.offer_sides(np.zeros_like(own_base), np.full((*choice.grid, 2), 1.5))
        own = np.stack([side[number] for side in searched], 2)
        told = [[move_bits(own - np.roll(own, s, a)) for s in (1, -1)] for a in (0, 1)]
        choice.offer_sides(own, 2 + np.minimum(*(np.minimum(*one) for one in told)))
        codes.append(found[-1].motion[-1].repeat(2, 0).repeat(2, 1) if found else packed(both, 0 * own_base))
        planes.append(choice.offer(codes[-1], np.full(choice.grid, 3.0)))
        choice.settle(own_base)
        found.append(Offers(np.stack([*codes, choice.codes]), np.stack([*planes, choice.predicted]).astype(np.int32)))
    return found


def blocks_of(plane: np.ndarray, size: int) -> np.ndarray:
    """(N, size, size) of (rows, columns)."""
    rows, columns = plane.shape
    return plane.reshape(rows // size, size, columns // size, size).swapaxes(1, 2).reshape(-1, size, size)
