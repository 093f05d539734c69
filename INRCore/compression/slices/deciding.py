"""An encoder's walk through a stack: how each square of 32 is cut and predicted, decided on what a decoder will have.

Squares on one diagonal are decided at once (`directions.waves`), each from its largest block down: a block is coded
whole, then in four parts, and what costs less in squared error and bits stays (Sullivan and Wiegand, IEEE Signal
Process. Mag. 15(6), 1998).
"""

from __future__ import annotations

import numpy as np

from .directions import LARGEST, MEAN, PLANE, borders, predict_refined
from .leaves import BOTH, INSIDE, Leaves, Shape, Stack, doubled, grid_of, places_of
from .motion_coding import NOTHING, packed, unpacked
from .offers import OWN_BITS, TAKEN_BITS, Offers, told_bits
from .quantising import coding_costs, quantised
from .reconstruction import restored
from .transform import SIZES, inverse


class Walk:
    """Decides the blocks of one stack. target: (slices, rows, columns) of whole units; guesses: for each size (slices,
    guesses, rows / size, columns / size) directions to try; others: for each size, None for none; base: (slices,
    rows / 4, columns / 4, 2, 2) moves that come for nothing; step: in units; price: of a bit, in squared steps."""

    def __init__(
        self,
        target: np.ndarray,
        guesses: list[np.ndarray],
        others: list[Offers | None],
        base: np.ndarray,
        step: int,
        shifts: tuple[int, ...],
        limits: tuple[int, int],
        price: float,
    ) -> None:
        self._target, self._guesses, self._others = target, guesses, others
        self._step, self._shifts, self._limits, self._price = step, shifts, limits, price
        shape = target.shape
        self.planes = np.zeros(shape, np.int64)
        self._levels = [np.zeros(shape, np.int32) for _ in SIZES]
        self._splits = [np.zeros(grid_of(shape, size), bool) for size in SIZES]
        self._codes = [np.zeros(grid_of(shape, size), np.int64) for size in SIZES]
        self._chosen = [np.zeros(grid_of(shape, size), np.int8) for size in SIZES]
        self._known = np.full((shape[0], shape[1] // 4, shape[2] // 4), -1, np.int8)
        self._motion, self._base = np.full(self._known.shape, NOTHING, np.int64), base

    def run(self) -> Stack:
        """The stack; `planes` are then what a decoder finds."""
        rows, columns = self._target.shape[1] // LARGEST, self._target.shape[2] // LARGEST
        for diagonal in range(columns + 2 * rows - 2):
            j = np.arange(rows)
            j = j[(diagonal - 2 * j >= 0) & (diagonal - 2 * j < columns)]
            k = np.repeat(np.arange(self._target.shape[0]), j.size)
            y = np.tile(j, self._target.shape[0])
            self._decide(0, k, y * LARGEST, (diagonal - 2 * y) * LARGEST)
        return self._stack()

    def _decide(self, number: int, k: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """(N) costs of the blocks of one size, in squared steps."""
        size, price = SIZES[number], self._price
        place = np.arange(size)
        window = (k[:, None, None], (y[:, None] + place)[:, :, None], (x[:, None] + place)[:, None, :])
        four = place[: size // 4]
        fours = (k[:, None, None], (y[:, None] // 4 + four)[:, :, None], (x[:, None] // 4 + four)[:, None, :])
        at = (k, y // size, x // size)
        target = self._target[window]
        found, direction, cost = self._inside(number, target, k, y, x)
        other, motion = self._others[number], np.full(len(k), NOTHING, np.int64)
        if other is not None:
            for offer in range(other.motion.shape[1]):
                offered, code = other.predicted[:, offer][window], other.motion[:, offer][at]
                offer_cost = coding_costs(target - offered, self._step, price)
                offer_cost += price * self._told_bits(code, k, y, x)
                better = offer_cost < cost
                found[better], motion[better] = offered[better], code[better]
                cost = np.minimum(offer_cost, cost)
            direction[motion != NOTHING] = -1
        levels = quantised(target - found, self._step, price)
        coded = np.flatnonzero(levels.any((1, 2)))
        found[coded] += inverse(restored(levels[coded], self._step, self._shifts))
        np.clip(found, *self._limits, out=found)
        self.planes[window], self._known[fours] = found, direction[:, None, None]
        self._motion[fours] = motion[:, None, None]
        self._levels[number][window], self._codes[number][at], self._chosen[number][at] = levels, motion, direction
        if number + 1 == len(SIZES):
            return cost
        tried = np.flatnonzero(cost > 8 * price)
        if not tried.size:
            return cost
        parts, half = np.full(tried.size, price), size // 2
        for down in (0, half):
            for across in (0, half):
                parts += self._decide(number + 1, k[tried], y[tried] + down, x[tried] + across)
        split = parts < cost[tried]
        self._splits[number][tuple(index[tried[split]] for index in at)] = True
        kept = tried[~split]
        self.planes[tuple(index[kept] for index in window)] = found[kept]
        self._known[tuple(index[kept] for index in fours)] = direction[kept, None, None]
        self._motion[tuple(index[kept] for index in fours)] = motion[kept, None, None]
        cost[tried] = np.minimum(parts, cost[tried])
        return cost

    def _told_bits(self, code: np.ndarray, k: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """About what the motion of blocks costs beside those to the left and above, and with the base."""
        left = np.where(x > 0, self._motion[k, y // 4, np.maximum(x // 4 - 1, 0)], NOTHING)
        above = np.where(y > 0, self._motion[k, np.maximum(y // 4 - 1, 0), x // 4], NOTHING)
        base = self._base[k, y // 4, x // 4]
        near = [np.where(one == NOTHING, packed(np.full(len(k), BOTH), base), one) for one in (left, above)]
        free = (code == left) | (code == above) | (code == packed(np.full(len(k), BOTH), base))
        return np.where(free, TAKEN_BITS, OWN_BITS + told_bits(*unpacked(code), near, base))

    def _inside(
        self, number: int, target: np.ndarray, k: np.ndarray, y: np.ndarray, x: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Prediction from the slice itself: samples, directions, costs."""
        size, price = SIZES[number], self._price
        border = borders(self.planes, k, y, x, size)
        left = np.where(x > 0, self._known[k, y // 4, np.maximum(x // 4 - 1, 0)], -1)
        above = np.where(y > 0, self._known[k, np.maximum(y // 4 - 1, 0), x // 4], -1)
        guesses = self._guesses[number][k, :, y // size, x // size].T
        options = [np.full(len(k), PLANE), np.full(len(k), MEAN), left, above, *guesses]
        modes = np.stack(options).astype(np.int64)
        bits = np.where((modes == left) | (modes == above), 1.5, np.where(modes <= MEAN, 3.0, 6.0))
        modes = np.maximum(modes, 0)
        count = len(modes)
        found = predict_refined(np.tile(border, (count, 1)), modes.reshape(-1), size)
        costs = coding_costs(np.tile(target, (count, 1, 1)) - found, self._step, price)
        costs = costs.reshape(modes.shape) + price * (bits + (1 if self._others[number] is None else 2))
        best = np.argmin(costs, 0)
        own = np.arange(len(k))
        return found.reshape(count, *target.shape)[best, own], modes[best, own], costs[best, own]

    def _stack(self) -> Stack:
        shape: Shape = self._target.shape
        leaves, open_blocks = [], np.ones(grid_of(shape, SIZES[0]), bool)
        for number, size in enumerate(SIZES):
            split = open_blocks & self._splits[number]
            mask = open_blocks & ~split
            k, y, x = places_of(mask, size)
            place = np.arange(size)
            window = (k[:, None, None], (y[:, None] + place)[:, :, None], (x[:, None] + place)[:, None, :])
            codes = self._codes[number][mask]
            kinds, moves = unpacked(np.maximum(codes, 0))
            kinds[codes == NOTHING], moves[codes == NOTHING] = INSIDE, 0
            directions = np.maximum(self._chosen[number][mask], 0).astype(np.int64)
            levels = self._levels[number][window]
            leaves.append(Leaves(size, k, y, x, kinds, directions, moves, levels))
            open_blocks = doubled(split)
        return Stack(shape, tuple(leaves), np.zeros((*grid_of(shape, SIZES[0]), 2, 2), np.int64))
