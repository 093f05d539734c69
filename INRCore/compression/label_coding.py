"""A label map without loss: every second sample first, then what lies between, each voxel guessed by its neighbours.

Lattices of every 2^n-th voxel follow each other from coarse to fine, axis by axis. On each, the slices between known
ones are filled in two rounds (the squares of a chess board), so that whole rounds are decoded at once. A voxel is asked
for yes or no: is it what most of its neighbours are? Is it the second guess? The odds of each answer, by how many
neighbours speak for it, are counted beforehand and stored (static contexts: Rissanen and Langdon, 1981).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from .pyramid.damage import StreamError
from .pyramid.decisions import code_whole_numbers
from .pyramid.rans import SCALE, Decoder, Encoder

_VOTES = 15
_ROUNDS, _GUESSES, _KINDS = 2, 2, 6
CONTEXTS = _KINDS * _ROUNDS * _GUESSES * _VOTES
Step = tuple[int, int]
"""(level, axis): slices between known ones along an axis of the lattice of every 2^level-th voxel."""


class Answers(Protocol):
    """Where answers come from or go to."""

    def code(self, contexts: np.ndarray, wanted: np.ndarray | None) -> np.ndarray: ...

    def numbers(self, count: int, wanted: np.ndarray | None) -> np.ndarray: ...


class Census:
    """Counts the answers of each context."""

    def __init__(self) -> None:
        self.counts = np.zeros((CONTEXTS, 2), np.int64)

    def code(self, contexts: np.ndarray, wanted: np.ndarray | None) -> np.ndarray:
        assert wanted is not None
        for answer in (0, 1):
            self.counts[:, answer] += np.bincount(contexts[wanted == answer], minlength=CONTEXTS)
        return wanted

    def numbers(self, count: int, wanted: np.ndarray | None) -> np.ndarray:
        assert wanted is not None
        return wanted

    def odds(self) -> np.ndarray:
        """Of a yes, in 65536ths, uint16."""
        yes, all_answers = self.counts[:, 1] + 0.4, self.counts.sum(1) + 0.8
        return np.clip(np.rint(SCALE * yes / all_answers), 1, SCALE - 1).astype(np.uint16)


class Coded:
    """Answers in a stream, by the odds of their contexts."""

    def __init__(self, odds: np.ndarray, coder: Encoder | Decoder) -> None:
        self._odds, self._coder = odds.astype(np.uint32), coder

    def code(self, contexts: np.ndarray, wanted: np.ndarray | None) -> np.ndarray:
        return self._coder.code(self._odds[contexts], wanted)

    def numbers(self, count: int, wanted: np.ndarray | None) -> np.ndarray:
        return code_whole_numbers(self._coder, count, wanted)


def encode_labels(places: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
    """(k, j, i) whole numbers from 0 (the place of each label in a list, frequent ones first) to odds (uint16) and
    streams: the coarsest lattice, then one for each level."""
    places = places.astype(np.int64)
    census = Census()
    levels = level_count(places.shape)
    for level in reversed(range(levels)):
        _walk_level(census, places[_every(level)], level, True)
    odds = census.odds()
    coder = Encoder()
    code_whole_numbers(coder, places[_every(levels)].size, places[_every(levels)].reshape(-1))
    streams = [coder.to_bytes()]
    for level in reversed(range(levels)):
        coder = Encoder()
        _walk_level(Coded(odds, coder), places[_every(level)], level, True)
        streams.append(coder.to_bytes())
    return odds, streams


def decode_labels(
    shape: tuple[int, int, int], labels: int, odds: np.ndarray, streams: list[bytes], finest: int = 0
) -> np.ndarray:
    """Undoes `encode_labels` down to every 2^finest-th voxel, int64. Raises `StreamError` for damaged streams."""
    levels = level_count(shape)
    if len(odds) != CONTEXTS or (odds == 0).any() or not streams:
        raise StreamError("the odds of the labels make no sense")
    coarse = tuple(len(range(0, n, 1 << levels)) for n in shape)
    coder = Decoder(streams[0])
    known = code_whole_numbers(coder, int(np.prod(coarse))).reshape(coarse)
    coder.finish()
    for number, level in enumerate(reversed(range(finest, levels)), 1):
        lattice = np.zeros([len(range(0, n, 1 << level)) for n in shape], np.int64)
        lattice[::2, ::2, ::2] = known
        if number >= len(streams):
            raise StreamError("a stream is missing")
        coder = Decoder(streams[number])
        _walk_level(Coded(odds, coder), lattice, level, False)
        coder.finish()
        known = lattice
    if known.size and known.max() >= labels:
        raise StreamError("a label does not exist")
    return known


def level_count(shape: tuple[int, ...]) -> int:
    """How often a lattice is thinned until it has at most 8 samples along its longest axis."""
    return max(0, int(np.ceil(np.log2(max(shape) / 8)))) if max(shape) > 8 else 0


def _every(level: int) -> tuple[slice, slice, slice]:
    step = slice(None, None, 1 << level)
    return step, step, step


def _walk_level(answers: Answers, lattice: np.ndarray, level: int, is_known: bool) -> None:
    """Fills what lies between every second sample of a lattice, in place (or asks for what is there)."""
    for axis in range(3):
        # Along the axes that come later only every second sample is there yet.
        part = np.moveaxis(lattice[tuple(slice(None, None, 1 if a <= axis else 2) for a in range(3))], axis, 0)
        if part.shape[0] > 1:
            _fill_between(answers, part, min(level, _KINDS - 1), is_known)


def _fill_between(answers: Answers, part: np.ndarray, kind: int, is_known: bool) -> None:
    """part: (n, a, b), of which every second slice is known."""
    between = part[1::2]
    before = part[0::2][: len(between)]
    after = np.concatenate([part[2::2], before[-1:]])[: len(between)]
    sides = [before, after]
    done = np.full(between.shape, -1, np.int64)
    squares = np.indices(between.shape[1:]).sum(0) % 2
    for round_ in range(_ROUNDS):
        chosen = np.broadcast_to(squares == round_, between.shape)
        around = [(one[chosen], weight) for one, weight in _neighbours(sides, done, round_)]
        wanted = between[chosen] if is_known else None
        found = _guess(answers, around, (kind * _ROUNDS + round_) * _GUESSES * _VOTES, wanted)
        done[chosen] = found
    between[...] = done


def _neighbours(sides: list[np.ndarray], done: np.ndarray, round_: int) -> Iterator[tuple[np.ndarray, int]]:
    """What speaks for a voxel: (labels, -1 where there is none; weight)."""
    for side in sides:
        yield side, 2
    if round_:
        for axis in (1, 2):
            for step in (-1, 1):
                yield _moved(done, axis, step), 2
    else:
        for side in sides:
            for axis in (1, 2):
                for step in (-1, 1):
                    yield _moved(side, axis, step), 1


def _moved(array: np.ndarray, axis: int, step: int) -> np.ndarray:
    """Each sample's neighbour along an axis, -1 beyond the border."""
    result = np.full_like(array, -1)
    to, source = [slice(None)] * 3, [slice(None)] * 3
    to[axis], source[axis] = (slice(1, None), slice(-1)) if step < 0 else (slice(-1), slice(1, None))
    result[tuple(to)] = array[tuple(source)]
    return result


def _guess(
    answers: Answers, around: list[tuple[np.ndarray, int]], context: int, wanted: np.ndarray | None
) -> np.ndarray:
    """(N) labels: the first guess, the second guess, or a number."""
    count = len(around[0][0])
    first, first_votes = _most_named(around, np.full(count, -1, np.int64))
    is_first = answers.code(context + first_votes, None if wanted is None else wanted == first)
    found = first.copy()
    rest = np.flatnonzero(~is_first)
    if not rest.size:
        return found
    around = [(labels[rest], weight) for labels, weight in around]
    second, second_votes = _most_named(around, first[rest])
    asked = None if wanted is None else wanted[rest]
    is_second = answers.code(context + _VOTES + second_votes, None if asked is None else asked == second)
    found[rest] = second
    others = rest[~is_second]
    numbers = answers.numbers(others.size, None if wanted is None else wanted[others]) if others.size else others
    found[others] = numbers
    return found


def _most_named(around: list[tuple[np.ndarray, int]], excluded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The label with most votes other than the one excluded (-1 where there is none), and its votes."""
    best, most = np.full(len(excluded), -1, np.int64), np.zeros(len(excluded), np.int64)
    for candidate, _weight in around[:6]:
        votes = np.zeros(len(excluded), np.int64)
        for labels, weight in around:
            votes += weight * (labels == candidate)
        better = (votes > most) & (candidate >= 0) & (candidate != excluded)
        best[better], most[better] = candidate[better], votes[better]
    return best, np.minimum(most, _VOTES - 1)
