"""Filters after synthesis that bring back some of what quantisation took, chosen by how rough the volume is around a
voxel and along which axis (adaptive loop filter: Tsai et al., IEEE J. Sel. Topics Signal Process. 7(6), 2013).

Whole numbers alone. A filter's taps come in pairs at opposite offsets that share a weight and are balanced by the
middle, so that constants stay as they are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from .damage import StreamError
from .loops import use_loops
from .tiles import Box

REACH = 2
"""How far from a voxel its result looks, in voxels."""
MOST_ACTIVITIES = 16
MOST_SHIFT = 15
_HEAD = struct.Struct("<BBBB")
_NEAR = [(k, j, i) for k in (-1, 0, 1) for j in (-1, 0, 1) for i in (-1, 0, 1) if (k, j, i) > (0, 0, 0)]
_SLICE = [(0, 1, 2), (0, 1, -2), (0, 2, 1), (0, 2, -1), (0, 2, 2), (0, 2, -2)]
_PAIRS = (*_NEAR, (2, 0, 0), (0, 2, 0), (0, 0, 2), *_SLICE)
_SLAB = 1 << 18  # voxels at once
_COMPILED_SLAB = 1 << 21
_THREADS = 4
_SAFE_32 = 1 << 15  # largest sample for which no sum leaves 32 bits, with room for samples that overshoot


@dataclass(frozen=True, eq=False)
class Filters:
    """limits: codes of the activities between classes, ascending (see `activity_limit`); directions: 3 where each
    activity has a filter for every axis, else 1; wide: whether the taps reach over 5 x 5 voxels of a slice; shift: taps
    are in 2^-shift; taps: (classes, pairs) int8, classes by activity, then direction, pairs as in `pairs_of`."""

    limits: tuple[int, ...]
    directions: int
    wide: bool
    shift: int
    taps: np.ndarray

    def to_bytes(self) -> bytes:
        """As they lie in a file."""
        head = _HEAD.pack(len(self.limits), self.directions, self.wide, self.shift)
        return head + bytes(self.limits) + self.taps.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes, shape: tuple[int, ...]) -> Filters:
        """Undoes `to_bytes`; shape: of the volume. Raises `StreamError`."""
        if len(data) < _HEAD.size:
            raise StreamError("its filters end too early")
        count, directions, wide, shift = _HEAD.unpack(data[: _HEAD.size])
        pairs, start = len(pairs_of(shape, wide == 1)), _HEAD.size + count
        size = (count + 1) * directions * pairs
        if count >= MOST_ACTIVITIES or directions not in (1, 3) or wide > 1 or shift > MOST_SHIFT:
            raise StreamError("its filters make no sense")
        if len(data) != start + size:
            raise StreamError("its filters have the wrong length")
        taps = np.frombuffer(data, np.int8, size, start).reshape((count + 1) * directions, pairs)
        return cls(tuple(data[_HEAD.size : start]), directions, wide == 1, shift, taps)

    def applied(self, samples: np.ndarray, boxes: list[Box], largest: float) -> np.ndarray:
        """Whole units (k, j, i) with the voxels of some boxes filtered; `largest`: bound on their magnitudes."""
        result = samples.copy()
        number = number_type(largest)
        voxels = _COMPILED_SLAB if use_loops() else _SLAB
        slabs = [slab for box in boxes for slab in slabs_of(samples.shape, box, voxels)]

        def run(slab: Box) -> None:
            result[slab] = self._filtered(padded_slab(samples, slab, number), samples.shape)

        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(run, slabs))
        return result

    def _filtered(self, padded: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        if use_loops():
            return self._compiled(padded, shape)
        middle = moved(padded, (0, 0, 0))
        changes = changes_of(padded) if self.directions > 1 else []
        chosen = classes_of(activity_of(padded), changes, [activity_limit(code) for code in self.limits])
        twice, total = 2 * middle, np.full(middle.shape, (1 << self.shift) >> 1, padded.dtype)
        weights = self.taps.T.astype(padded.dtype)
        for pair, weight in zip(pairs_of(shape, self.wide), weights, strict=True):
            if weight.any():
                total += pair_feature(padded, pair, twice) * weight[chosen]
        total >>= self.shift
        total += middle
        return total

    def _compiled(self, padded: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        from ...compiled.loop_filter import filtered

        kinds, limits = 4 if self.directions > 1 else 1, [activity_limit(code) for code in self.limits]
        pairs, taps = (
            np.array(pairs_of(shape, self.wide), np.int64),
            np.ascontiguousarray(self.taps.T.astype(padded.dtype)),
        )
        result = np.empty_like(moved(padded, (0, 0, 0)))
        filtered(padded, kinds, np.array(limits, np.int64), pairs, taps, self.shift, result)
        return result


def number_type(largest: float) -> type[np.signedinteger]:
    """int32 where no sum can overflow it for samples of up to `largest`, else int64. The result is the same."""
    return np.int32 if largest < _SAFE_32 else np.int64


def activity_limit(code: int) -> int:
    """The least activity of the class behind a limit, in units."""
    return (8 + code % 8) << (code // 8)


def pairs_of(shape: tuple[int, ...], wide: bool) -> list[tuple[int, int, int]]:
    """Offsets (k, j, i) of one tap of each pair: those that stay in a volume with axes of one sample; the first ones
    are the same whether wide or not."""
    pairs = _PAIRS if wide else _PAIRS[: -len(_SLICE)]
    return [pair for pair in pairs if all(n > 1 or not step for n, step in zip(shape, pair, strict=True))]


def slabs_of(shape: tuple[int, ...], box: Box, voxels: int = _SLAB) -> list[Box]:
    """A box of a lattice in parts of some planes each, of about so many voxels."""
    start, stop, _ = box[0].indices(shape[0])
    planes = max(1, voxels // max(1, shape[1] * shape[2]))
    return [(slice(k, min(k + planes, stop)), *box[1:]) for k in range(start, stop, planes)]


def padded_slab(samples: np.ndarray, slab: Box, number: type[np.signedinteger]) -> np.ndarray:
    """A slab with `REACH` voxels more on each side; beyond the lattice its outermost samples again."""
    kept, missing = [], []
    for part, count in zip(slab, samples.shape, strict=True):
        start, stop, _ = part.indices(count)
        first, last = max(start - REACH, 0), min(stop + REACH, count)
        kept.append(slice(first, last))
        missing.append((first - start + REACH, stop + REACH - last))
    return np.pad(samples[tuple(kept)].astype(number), missing, mode="edge")


def moved(padded: np.ndarray, offset: tuple[int, int, int], reach: int = REACH) -> np.ndarray:
    """The samples at an offset from those that have `reach` ones around them."""
    return padded[tuple(slice(reach + o, n - reach + o) for o, n in zip(offset, padded.shape, strict=True))]


def pair_feature(padded: np.ndarray, pair: tuple[int, int, int], twice: np.ndarray) -> np.ndarray:
    """Sum of the two samples of a pair less twice the middle."""
    k, j, i = pair
    feature = moved(padded, pair) + moved(padded, (-k, -j, -i))
    feature -= twice
    return feature


def activity_of(padded: np.ndarray) -> np.ndarray:
    """How rough the surroundings of each voxel are: absolute second differences along the axes, over 3 x 3 x 3."""
    twice = 2 * moved(padded, (0, 0, 0), 1)
    activity = np.zeros_like(twice)
    for before, after in _beside(padded):
        activity += np.abs(before + after - twice)
    return _box_sums(activity)


def changes_of(padded: np.ndarray) -> list[np.ndarray]:
    """How much the surroundings of each voxel change along k, j and i: first differences, likewise."""
    return [_box_sums(np.abs(after - before)) for before, after in _beside(padded)]


def classes_of(activity: np.ndarray, changes: list[np.ndarray], limits: list[int]) -> np.ndarray:
    """Number of the class of each voxel: how many limits its activity reaches; where changes are given, that times
    three, plus the axis along which it changes most, the first of equals."""
    chosen = np.zeros(activity.shape, np.uint8)
    for limit in limits:
        chosen += activity >= limit
    if changes:
        chosen *= 3
        second = changes[1] > changes[0]
        chosen += np.where(changes[2] > np.maximum(changes[0], changes[1]), np.uint8(2), second.astype(np.uint8))
    return chosen


def _beside(padded: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The samples before and after those that have neighbours on all sides, along k, j and i."""
    for axis in range(3):
        k, j, i = (int(axis == a) for a in range(3))
        yield moved(padded, (-k, -j, -i), 1), moved(padded, (k, j, i), 1)


def _box_sums(array: np.ndarray) -> np.ndarray:
    """Sums over 3 x 3 x 3, of the samples that have neighbours on all sides."""
    array = array[:-2] + array[1:-1] + array[2:]
    array = array[:, :-2] + array[:, 1:-1] + array[:, 2:]
    return array[:, :, :-2] + array[:, :, 1:-1] + array[:, :, 2:]
