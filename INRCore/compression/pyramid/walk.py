"""The one walk over a pyramid's coefficients that encoder and decoder share.

Per level, coarse to fine, per band: flags of blocks of 4 x 4 x 4 that hold anything, the magnitudes within those
blocks, the signs of what is not zero.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .adaptive import Coder, Rehearsal
from .contexts import (
    HALVES_LOG_TABLE,
    LARGEST,
    LOG_TABLE,
    PHASES,
    box_sums,
    clipped,
    fitted,
    neighbour_sums,
    phase_views,
    shells,
    spread,
)
from .corrections import Corrections
from .decisions import LAST_UNARY, code_magnitudes, even
from .entropy_model import LOGIT_CLIP, PROBABILITIES, EntropyNetwork, load_networks
from .large import LARGEST_SEEN, LargeNumbers, large_contexts, sum_of
from .layout import Level, parent_of
from .loops import use_loops
from .rans import EVEN
from .source import Source
from .trellis import Trellis, halves_of

ENTROPY_CODING = 2
"""Of the entropy coding that is written; 1 has no large bands."""
SLICE_CODING = 3
"""Of files whose slices are predicted from each other."""
TRELLIS_CODING = 4
"""Of files with dependent quantisation."""
BLOCK = 4
QUESTIONS = 4
_LEVEL_KINDS = 5
PLACES = len(PHASES) + 8 + _LEVEL_KINDS
"""Biases: phase, band, level."""


def code_level(
    coder: Coder,
    levels: tuple[Level, ...],
    number: int,
    coarser: dict[int, np.ndarray],
    source: Source | None = None,
    model: int = ENTROPY_CODING,
    trellis: Trellis | None = None,
) -> dict[int, np.ndarray]:
    """Band -> int32 coefficients of one level, decoded where `source` is None. `coarser`: the next level's. trellis:
    instead of the one that the model has."""
    level, done = levels[number], {}
    numbers = LargeNumbers() if model >= ENTROPY_CODING else None
    if trellis is None and model >= TRELLIS_CODING:
        trellis = Trellis(level.low_shape)
    corrections = None if trellis is None else Corrections(2 * QUESTIONS)
    for band in level.bands:
        shape = level.band_shape(band)
        if 0 in shape:
            done[band] = np.zeros(shape, np.int32)
            continue
        walk = _BandWalk(coder, number, band, shape, source, numbers, trellis, corrections)
        parent, axes = parent_of(levels, number, band)
        siblings = {number: np.abs(values) for number, values in done.items()}
        done[band] = walk.run(np.abs(coarser[parent]) if parent else None, axes, siblings)
    return done


def code_band(
    coder: Coder, band: int, shape: tuple[int, ...], source: Source | None = None, model: int = ENTROPY_CODING
) -> np.ndarray:
    """int32 coefficients of a band of the finest level with nothing around it."""
    numbers = LargeNumbers() if model >= ENTROPY_CODING else None
    return _BandWalk(coder, 0, band, shape, source, numbers).run(None, (), {})


class _BandWalk:
    def __init__(
        self,
        coder: Coder,
        level: int,
        band: int,
        shape: tuple[int, ...],
        source: Source | None,
        numbers: LargeNumbers | None,
        trellis: Trellis | None = None,
        corrections: Corrections | None = None,
    ) -> None:
        self._coder, self._level, self._band, self._shape, self._source = coder, level, band, shape, source
        self._blocks, self._coefficients = load_networks(trellis is not None)
        self._numbers, self._trellis, self._corrections = numbers, trellis, corrections
        self._scale = 1 if trellis is None else 2
        self._table = LOG_TABLE if trellis is None else HALVES_LOG_TABLE

    def run(self, parent: np.ndarray | None, axes: tuple[int, ...], siblings: dict[int, np.ndarray]) -> np.ndarray:
        """int32 coefficients, from the magnitudes of the parent and of the siblings by their bands."""
        beside, nearest = np.zeros(self._shape, np.int16), np.zeros(self._shape, np.int16)
        for band, sibling in siblings.items():
            magnitudes = clipped(fitted(sibling, self._shape), LARGEST * self._scale)
            beside += magnitudes
            if (band ^ self._band).bit_count() == 1:
                nearest += magnitudes
        of_siblings = [beside] if self._trellis is None else [nearest, beside]
        seen = None if parent is None else clipped(parent, LARGEST * self._scale)
        flags = self._code_flags(seen, axes, of_siblings)
        magnitudes = np.zeros(self._shape, np.int32)
        if not flags.any():
            if self._trellis is not None:
                self._trellis.pass_over(magnitudes)
            return magnitudes
        if self._numbers is not None and self._code_large():
            around = [fitted(sibling, self._shape) for sibling in siblings.values()]
            around += [] if parent is None else [spread(parent, axes, self._shape)]
            self._code_large_magnitudes(magnitudes, flags, self._numbers, around)
        else:
            around = [] if seen is None else [spread(part, axes, self._shape) for part in shells(seen)]
            self._code_magnitudes(magnitudes, flags, np.stack([*around, *of_siblings, box_sums(beside)]))
        self._code_signs(magnitudes)
        return magnitudes

    def _code_large(self) -> bool:
        wanted = None if self._source is None else np.array([self._source.large(self._band)])
        return bool(self._coder.code(even(1), wanted)[0])

    def _code_flags(
        self, parent: np.ndarray | None, axes: tuple[int, ...], of_siblings: list[np.ndarray]
    ) -> np.ndarray:
        shape = tuple(-(-n // BLOCK) for n in self._shape)
        wanted = None if self._source is None else self._source.flags(self._band)
        if wanted is not None and isinstance(self._coder, Rehearsal):
            return wanted
        flags = np.zeros(shape, bool)
        around = []
        if parent is not None:
            steps = [BLOCK // 2 if axis in axes else BLOCK for axis in range(3)]
            around = shells(np.minimum(fitted(block_sums(parent, steps), shape), 100 * self._scale).astype(np.int16))
        sums = [block_sums(beside, [BLOCK] * 3) for beside in of_siblings]
        besides = [np.minimum(beside, 100 * self._scale).astype(np.int16) for beside in sums]
        fixed = np.stack([*around, *besides, box_sums(besides[-1])])
        padded = np.zeros([n + 2 for n in shape], np.int16)
        inner = padded[1:-1, 1:-1, 1:-1]
        for phase, view in phase_views(flags):
            active = np.arange(view.size)
            logits = self._logits(self._blocks, padded, fixed, phase, shape, active)
            target = None if wanted is None else phase_view(wanted, phase).reshape(-1)
            bits = self._coder.code(PROBABILITIES[logits[:, 0]], target)
            view[...] = bits.reshape(view.shape)
            phase_view(inner, phase)[...] = view
        return flags

    def _code_magnitudes(self, magnitudes: np.ndarray, flags: np.ndarray, fixed: np.ndarray) -> None:
        padded = np.zeros([n + 2 for n in self._shape], np.int16)
        inner = padded[1:-1, 1:-1, 1:-1]
        for phase, view, active in _flagged(magnitudes, flags):
            if active.size:
                second = self._second(view, active)
                logits = self._logits(self._coefficients, padded, fixed, phase, self._shape, active)
                found = self._code_active(phase, active, logits, second)
                self._put(view, active, found, second)
                phase_view(inner, phase)[...] = clipped(view, LARGEST * self._scale)
            elif self._trellis is not None:
                self._trellis.advance(view)

    def _code_active(self, phase: int, active: np.ndarray, logits: np.ndarray, second: np.ndarray | None) -> np.ndarray:
        """Magnitudes of the active samples, by the logits that the model gave."""
        better = logits if self._corrections is None else self._corrections.corrected(logits)
        wanted = None if self._source is None else self._source.magnitudes(self._band, phase, active, better)
        if self._corrections is None or second is None:
            return code_magnitudes(self._coder, better, wanted)
        found = code_magnitudes(self._coder, better, wanted, second)
        self._corrections.learn(logits, second, found, LAST_UNARY)
        return found

    def _code_large_magnitudes(
        self, magnitudes: np.ndarray, flags: np.ndarray, numbers: LargeNumbers, around: list[np.ndarray]
    ) -> None:
        beside = sum_of(around, self._shape)
        padded = np.zeros([n + 2 for n in self._shape], np.int32)
        inner = padded[1:-1, 1:-1, 1:-1]
        for phase, view, active in _flagged(magnitudes, flags):
            if active.size:
                second = self._second(view, active)
                parts = neighbour_sums(padded, PHASES[phase], self._shape)
                near = [part.reshape(-1)[active] for part in parts]
                contexts = large_contexts(near, phase_view(beside, phase).reshape(-1)[active], phase, second)
                wanted = None if self._source is None else self._source.magnitudes(self._band, phase, active, None)
                self._put(view, active, numbers.code(self._coder, contexts, wanted), second)
                phase_view(inner, phase)[...] = np.minimum(view, LARGEST_SEEN)
            elif self._trellis is not None:
                self._trellis.advance(view)

    def _second(self, view: np.ndarray, active: np.ndarray) -> np.ndarray | None:
        """Whether the second quantiser holds, for the active samples; None without a trellis."""
        return None if self._trellis is None else self._trellis.second(view.shape).reshape(-1)[active]

    def _put(self, view: np.ndarray, active: np.ndarray, found: np.ndarray, second: np.ndarray | None) -> None:
        values = np.zeros(view.size, np.int32)
        values[active] = found
        if self._trellis is not None and second is not None:
            self._trellis.advance(values.reshape(view.shape))
            values[active] = halves_of(found, second)
        view[...] = values.reshape(view.shape)

    def _code_signs(self, magnitudes: np.ndarray) -> None:
        flat = magnitudes.reshape(-1)
        places = np.flatnonzero(flat)
        wanted = None if self._source is None else self._source.negative(self._band, places)
        negative = self._coder.code(np.full(len(places), EVEN, np.uint32), wanted)
        flat[places[negative]] *= -1

    def _logits(
        self,
        network: EntropyNetwork,
        padded: np.ndarray,
        fixed: np.ndarray,
        phase: int,
        shape: tuple[int, ...],
        active: np.ndarray,
    ) -> np.ndarray:
        """(active, outputs): from the neighbours within the band and from what is known wholly (parent, siblings)."""
        kind = len(PHASES) + 8 + min(self._level, _LEVEL_KINDS - 1)
        weights, bias = network.weights(self._band, phase), network.bias(phase, len(PHASES) + self._band, kind)
        if use_loops():
            from ...compiled.entropy import logits

            found = np.empty((active.size, network.third.shape[1]), np.int32)
            place, counts = np.array(PHASES[phase]), np.array(phase_view(fixed[0], phase).shape)
            layers = network.layers(weights, bias)
            logits(padded, fixed, active, place, counts, self._table, layers, LOGIT_CLIP, found)
            return found
        parts = neighbour_sums(padded, PHASES[phase], shape)
        count = network.first.shape[-2]
        features = np.zeros((active.size, count), np.float32)
        for column, part in enumerate(parts):
            features[:, column] = self._table[part.reshape(-1)[active]]
        for column, part in enumerate(fixed, count - len(fixed)):
            features[:, column] = self._table[phase_view(part, phase).reshape(-1)[active]]
        return network.logits(features, weights, bias)


def _flagged(magnitudes: np.ndarray, flags: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """(phase, its view, flat indices of its samples in flagged blocks)."""
    mask = flags
    for axis in range(3):
        mask = np.repeat(mask, BLOCK // 2, axis)
    for phase, view in phase_views(magnitudes):
        yield phase, view, np.flatnonzero(mask[tuple(slice(n) for n in view.shape)])


def phase_view(array: np.ndarray, phase: int) -> np.ndarray:
    k, j, i = PHASES[phase]
    return array[k::2, j::2, i::2]


def block_sums(array: np.ndarray, steps: list[int]) -> np.ndarray:
    total = array if array.dtype == np.int32 else array.astype(np.int32)
    for axis, step in enumerate(steps):
        total = np.add.reduceat(total, np.arange(0, total.shape[axis], step), axis)
    return total
