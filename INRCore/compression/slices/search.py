"""An encoder's search for motion between slices, on the slices as they were."""

from __future__ import annotations

import numpy as np

from .leaves import filled
from .motion import _TAPS, MARGIN, REACH, padded
from .transform import SIZES

MOVING_SIZES = SIZES[:3]
_COARSE = 4
_COARSE_REACH = 8
_LIMIT = 4 * REACH


class Mover:
    """A slice that whole planes of prediction are taken from. plane: int (rows, columns), multiples of 32."""

    def __init__(self, plane: np.ndarray) -> None:
        wide = padded(plane).astype(np.int32)
        self._shape, self._wide = plane.shape, wide.shape
        planes = np.empty((16, *wide.shape), np.int32)
        for across in range(4):
            rows = _shifted(wide, across, 1)
            for down in range(4):
                planes[down * 4 + across] = _shifted(rows, down, 0)
        self._planes = planes.reshape(-1)
        row, column = np.arange(plane.shape[0]) + MARGIN, np.arange(plane.shape[1]) + MARGIN
        self._places = row[:, None] * wide.shape[1] + column

    def moved(self, moves: np.ndarray, size: int) -> np.ndarray:
        """int32 (rows, columns) for (rows / size, columns / size, 2) moves in quarters."""
        y, x = moves[..., 0], moves[..., 1]
        offset = ((y & 3) * 4 + (x & 3)) * (self._wide[0] * self._wide[1]) + (y >> 2) * self._wide[1] + (x >> 2)
        return self._planes.take(self._places + offset.repeat(size, 0).repeat(size, 1))


def _shifted(plane: np.ndarray, fraction: int, axis: int) -> np.ndarray:
    if not fraction:
        return plane
    total = np.full(plane.shape, 32, np.int32)
    for number, tap in enumerate(_TAPS[fraction]):
        if tap:
            total += tap * np.roll(plane, 3 - number, axis)
    return total >> 6


def block_totals(values: np.ndarray, size: int) -> np.ndarray:
    """Sums over blocks of (rows, columns)."""
    rows, columns = values.shape
    return values.reshape(rows // size, size, columns // size, size).sum((1, 3))


def move_bits(moves: np.ndarray) -> np.ndarray:
    """About what (..., 2) differences of moves cost."""
    return (2 * np.log2(1 + np.abs(moves)) + (moves != 0)).sum(-1) + 0.5


def search(target: np.ndarray, other: np.ndarray, noise: float) -> list[np.ndarray]:
    """For each of `MOVING_SIZES` the moves (rows / size, columns / size, 2), in quarters of a sample, that bring the
    other slice's blocks onto the target's. noise: squared differences beyond this count by their logarithm."""
    mover, found = Mover(other), []
    start = [_coarse(target, other, noise)]
    for number, size in enumerate(MOVING_SIZES):
        rounds = ((8, 3), (4, 2), (2, 1), (1, 1)) if number == 0 else ((4, 2), (2, 1), (1, 1))
        found.append(_refined(target, mover, size, start, rounds, noise))
        if number + 1 < len(MOVING_SIZES):
            wide = found[-1].repeat(2, 0).repeat(2, 1)
            start = [wide, *(np.roll(wide, s, axis) for axis in (0, 1) for s in (2, -2))]
    return found


def _difference(target: np.ndarray, found: np.ndarray, noise: float) -> np.ndarray:
    missed = (target - found).astype(np.float32)
    return np.log1p(missed * missed * np.float32(1 / noise)) * np.float32(noise)


def _refined(
    target: np.ndarray,
    mover: Mover,
    size: int,
    start: list[np.ndarray],
    rounds: tuple[tuple[int, int], ...],
    noise: float,
) -> np.ndarray:
    price = 0.15 * noise
    first = start[0]

    def cost(moves: np.ndarray) -> np.ndarray:
        return block_totals(_difference(target, mover.moved(moves, size), noise), size) + price * move_bits(
            moves - first
        )

    best = first.copy()
    least = cost(best)
    for other in (*start[1:], np.zeros_like(first)):
        here = cost(other)
        best[here < least] = other[here < least]
        least = np.minimum(here, least)
    for step, times in rounds:
        for _ in range(times):
            centre = best.copy()
            for dy, dx in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
                moves = np.clip(centre + np.array([dy * step, dx * step]), -_LIMIT, _LIMIT)
                here = cost(moves)
                better = here < least
                best[better] = moves[better]
                least = np.minimum(here, least)
            if (best == centre).all():
                break
    return best


def _coarse(target: np.ndarray, other: np.ndarray, noise: float) -> np.ndarray:
    """Moves of the largest blocks by whole fours of samples, all of them tried."""
    size, reach = SIZES[0] // _COARSE, _COARSE_REACH
    small, wide = _smaller(target), np.pad(_smaller(other), reach, mode="edge")
    rows, columns = small.shape
    least = np.full((rows // size, columns // size), np.inf)
    best = np.zeros((*least.shape, 2), np.int64)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            there = wide[reach + dy : reach + dy + rows, reach + dx : reach + dx + columns]
            here = block_totals(_difference(small, there, noise), size) * _COARSE**2
            here = here + 0.15 * noise * move_bits(4 * _COARSE * np.array([dy, dx]))
            better = here < least
            best[better] = (4 * _COARSE * dy, 4 * _COARSE * dx)
            least = np.minimum(here, least)
    return best


def _smaller(plane: np.ndarray) -> np.ndarray:
    rows, columns = plane.shape
    return plane.reshape(rows // _COARSE, _COARSE, columns // _COARSE, _COARSE).mean((1, 3))


def widened(slices: np.ndarray) -> np.ndarray:
    """(n, rows, columns) filled up to multiples of 32 with their last samples."""
    return np.pad(slices, ((0, 0), *((0, filled(n) - n) for n in slices.shape[1:])), mode="edge")
