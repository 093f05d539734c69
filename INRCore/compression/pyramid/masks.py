"""Sets of voxels, coded without loss as an octree whose contexts learn while coding. NumPy and whole numbers alone.

From large cubes to voxels, each cube that is neither empty nor full is split into eight. A decision's probability comes
from counts of what followed the same neighbours before.
"""

from __future__ import annotations

import numpy as np

from .adaptive import AdaptiveContexts, Coder
from .contexts import PHASES
from .rans import Decoder, Encoder

_EMPTY, _FULL, _MIXED = 0, 1, 2
_COARSEST = 5  # cubes of 2^5 voxels
_OFFSETS = [(k, j, i) for k in (-1, 0, 1) for j in (-1, 0, 1) for i in (-1, 0, 1) if (k, j, i) != (0, 0, 0)]
_FACES = [n for n, offset in enumerate(_OFFSETS) if np.abs(offset).sum() == 1]
_OTHERS = [n for n, offset in enumerate(_OFFSETS) if np.abs(offset).sum() > 1]
_TRENDS = 7
_CONTEXTS = len(PHASES) * 3 ** len(_FACES) * _TRENDS


def encode_mask(mask: np.ndarray) -> bytes:
    """Booleans (k, j, i) to a stream."""
    coder = Encoder()
    code_mask(coder, mask.shape, mask)
    return coder.to_bytes()


def decode_mask(shape: tuple[int, ...], data: bytes) -> np.ndarray:
    """Undoes `encode_mask`. Raises `StreamError`."""
    coder = Decoder(data)
    mask = code_mask(coder, shape)
    coder.finish()
    return mask


def code_mask(coder: Coder, shape: tuple[int, ...], wanted: np.ndarray | None = None) -> np.ndarray:
    """Booleans (k, j, i), coded where `wanted` gives them."""
    states = None if wanted is None else _octree(wanted)
    found = np.full(_cubes(shape, _COARSEST), _MIXED, np.int8)
    mixed, full = AdaptiveContexts(_CONTEXTS), AdaptiveContexts(_CONTEXTS)
    for level in range(_COARSEST, -1, -1):
        if level < _COARSEST:
            found = _children(found, _cubes(shape, level))
        known = None if states is None else states[level]
        _code_cubes(coder, found, known, full, None if level == 0 else mixed)
    return found == _FULL


def _code_cubes(
    coder: Coder, found: np.ndarray, known: np.ndarray | None, full: AdaptiveContexts, mixed: AdaptiveContexts | None
) -> None:
    """Decides, phase by phase, on the cubes of one size that are still _MIXED in `found`."""
    padded = np.full([n + 2 for n in found.shape], _MIXED, np.int8)
    inner = padded[1:-1, 1:-1, 1:-1]
    inner[...] = found
    steps = np.array(padded.strides)
    for phase, (k, j, i) in enumerate(PHASES):
        view = inner[k::2, j::2, i::2]
        places = np.argwhere(view == _MIXED)
        if not len(places):
            continue
        flat = (places * 2 + (1 + k, 1 + j, 1 + i)) @ steps
        contexts, trends = _contexts(padded.reshape(-1), flat, steps, phase)
        states = None if known is None else known[k::2, j::2, i::2][tuple(places.T)]
        going = np.arange(len(places))
        result = np.full(len(places), _MIXED, np.int8)
        if mixed is not None:
            split = mixed.code(coder, contexts, None if states is None else states == _MIXED, -np.abs(trends))
            going = np.flatnonzero(~split)
        result[going] = full.code(
            coder, contexts[going], None if states is None else states[going] == _FULL, trends[going]
        )
        padded.reshape(-1)[flat] = result
    found[...] = inner


def _contexts(padded: np.ndarray, places: np.ndarray, steps: np.ndarray, phase: int) -> tuple[np.ndarray, np.ndarray]:
    """(N) contexts and (N) trends, -6 (all around is empty) to 6 (full), at flat indices."""
    pattern = np.full(len(places), phase, np.int64)
    trend = np.zeros(len(places), np.int64)
    for number in _FACES:
        state = padded[places + np.dot(_OFFSETS[number], steps)].astype(np.int64)
        pattern = pattern * 3 + state
        trend += _SIGNS[state]
    others = np.zeros(len(places), np.int64)
    for number in _OTHERS:
        others += _SIGNS[padded[places + np.dot(_OFFSETS[number], steps)]]
    kind = np.searchsorted(_LIMITS, others, side="right")
    return pattern * _TRENDS + kind, np.clip(trend + others // 3, -6, 6)


_SIGNS = np.array([-1, 1, 0])
_LIMITS = np.array([-8, -4, -1, 2, 5, 9])


def _octree(mask: np.ndarray) -> list[np.ndarray]:
    """States of the cubes, from voxels up."""
    states = [mask.astype(np.int8)]
    for _ in range(_COARSEST):
        low, high = states[-1], states[-1]
        for axis in range(3):
            starts = np.arange(0, low.shape[axis], 2)
            low, high = np.minimum.reduceat(low, starts, axis), np.maximum.reduceat(high, starts, axis)
        states.append(np.where(low == high, low, _MIXED).astype(np.int8))
    return states


def _cubes(shape: tuple[int, ...], level: int) -> tuple[int, ...]:
    return tuple(-(-n // 2**level) for n in shape)


def _children(states: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    for axis in range(3):
        states = np.repeat(states, 2, axis)
    return np.ascontiguousarray(states[tuple(slice(n) for n in shape)])
