"""A lattice of whole samples to coded streams, coarse level first, and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from .adaptive import Coder, Rehearsal
from .decisions import code_whole_numbers
from .layout import Level, Shape
from .lifting import analyse, integer_type, synthesise
from .loops import prepare_loops
from .quantisation import SHIFT_KINDS, UNITS, BandStep, band_units, shifts_of
from .rans import Decoder, Encoder
from .rate_distortion import RateDistortionSource
from .sources import FixedSource
from .tiles import Piece, coding_order
from .trellis import NoTrellis
from .trellis_search import RecordingSource, search
from .walk import TRELLIS_CODING, code_level

PRICE = 0.08
"""Squared error, in squared steps, that a bit is worth."""
Bands = dict[int, np.ndarray]
Place = tuple[int, int]
"""(level, number of the tile) of a stream; level -1: the low part."""
LOW_PLACE: Place = (-1, 0)
_THREADS = 4


class CountingCoder(Encoder):
    """Counts what decisions would cost, and keeps nothing."""

    def code(self, probabilities: np.ndarray, bits: np.ndarray | None = None) -> np.ndarray:
        kept = super().code(probabilities, bits)
        self._calls.clear()
        return kept


@dataclass(frozen=True)
class Pyramid:
    """shape: of the volume; low: what the last level leaves, int64; coefficients: level -> band -> int32 (k, j, i),
    level 0 the finest, with a trellis in half steps; shifts: per level, see `BandStep`; edge: of the tiles, 0 for none;
    bits: what the streams take, 0 when unknown; model: of the entropy coding."""

    shape: Shape
    levels: tuple[Level, ...]
    low: np.ndarray
    coefficients: list[Bands]
    shifts: list[tuple[int, ...]]
    edge: int = 0
    bits: float = 0.0
    model: int = TRELLIS_CODING

    def samples(self, largest: float, coarsest: int = 0) -> np.ndarray:
        """Whole units (k, j, i) of the lattice that level `coarsest` splits (0: the volume itself); `largest`: bound
        on a sample's magnitude, which decides the type."""
        levels, units = self.levels[coarsest:], band_units(self.levels)
        result = np.zeros(levels[0].shape if levels else self.low.shape, integer_type(largest, len(self.levels)))
        for number, level in enumerate(levels, coarsest):
            part = result[tuple(slice(n) for n in level.shape)]
            for band in level.bands:
                step = BandStep(units[number][band], self.shifts[number], parts_of(self.model))
                step.restore_into(self.coefficients[number][band], part[level.band_slices(band)])
        low_step = BandStep(units[-1][0] if units else UNITS * 256, (0,) * SHIFT_KINDS)
        result[tuple(slice(n) for n in self.low.shape)] = low_step.restore(self.low)
        return synthesise(result, levels)


def quantise(
    samples: np.ndarray,
    levels: tuple[Level, ...],
    edge: int = 0,
    price: float = PRICE,
    needed: list[dict[int, np.ndarray]] | None = None,
    model: int = TRELLIS_CODING,
) -> Pyramid:
    """Whole units (k, j, i) to a pyramid; `samples` is overwritten. needed: see `needed_coefficients`, None for all."""
    prepare_loops(samples.size)
    k, j, i = samples.shape
    shape, units = (k, j, i), band_units(levels)
    analyse(samples, levels)
    scaled = []
    for level, steps in zip(levels, units, strict=True):
        part = samples[tuple(slice(n) for n in level.shape)]
        scaled.append({band: part[level.band_slices(band)] * np.float32(256 / steps[band]) for band in level.bands})
    for bands, wanted in zip(scaled, needed or [], strict=needed is not None):
        for band, values in bands.items():
            values *= wanted[band]
    low_shape = levels[-1].low_shape if levels else samples.shape
    low_units = units[-1][0] if units else UNITS * 256
    low = np.rint(samples[tuple(slice(n) for n in low_shape)] * (256 / low_units)).astype(np.int64)
    chosen = _zeros(levels)
    coder = CountingCoder()
    code_low(coder, low.shape, low)
    for number, piece in coding_order(shape, levels, edge):
        own, found = piece.cut(scaled[number], number), piece.cut(chosen[number], number)
        _choose(coder, own, found, piece.levels, number, _coarser(chosen, piece, number), price, model)
    shifts = [_level_shifts(scaled[n], chosen[n], parts_of(model)) for n in range(len(levels))]
    return Pyramid(shape, levels, low, chosen, shifts, edge, coder.cost_bits, model)


def _choose(
    coder: Coder,
    scaled: Bands,
    chosen: Bands,
    levels: tuple[Level, ...],
    number: int,
    coarser: Bands,
    price: float,
    model: int,
) -> None:
    """Writes the whole coefficients of a piece's level, and codes them."""
    greedy = RateDistortionSource(scaled, chosen, price)
    if model < TRELLIS_CODING:
        code_level(coder, levels, number, coarser, greedy)
        return
    low_shape = levels[number].low_shape
    walked = RecordingSource(greedy)
    code_level(Rehearsal(), levels, number, coarser, walked, model, NoTrellis(low_shape))
    for last in (False, True):
        for band, values in search(scaled, walked.calls, low_shape, price).items():
            chosen[band][...] = values
        walked = RecordingSource(FixedSource(chosen, in_halves=True))
        code_level(coder if last else Rehearsal(), levels, number, coarser, walked, model)


def encode(pyramid: Pyramid) -> dict[Place, bytes]:
    """Streams in the order in which they belong into a file: the low part, then the levels from coarse to fine."""
    coder = Encoder()
    code_low(coder, pyramid.low.shape, pyramid.low)
    streams = {LOW_PLACE: coder.to_bytes()}
    for number, piece in coding_order(pyramid.shape, pyramid.levels, pyramid.edge):
        coder, own = Encoder(), piece.cut(pyramid.coefficients[number], number)
        source = FixedSource(own, in_halves=pyramid.model >= TRELLIS_CODING)
        code_level(coder, piece.levels, number, _coarser(pyramid.coefficients, piece, number), source, pyramid.model)
        shifts = np.array(pyramid.shifts[number], np.int8).tobytes()
        streams[number, piece.number] = shifts + coder.to_bytes()
    return streams


def decode(
    shape: Shape,
    levels: tuple[Level, ...],
    edge: int,
    streams: Callable[[Place], bytes | None],
    finest: int = 0,
    on_level: Callable[[int], None] = lambda level: None,
    model: int = TRELLIS_CODING,
) -> Pyramid:
    """Undoes `encode` down to level `finest`; what `streams` gives as None stays zero. Raises `StreamError`."""
    prepare_loops(math.prod(shape))
    coder = Decoder(streams(LOW_PLACE) or b"")
    low = code_low(coder, levels[-1].low_shape if levels else shape, None)
    coder.finish()
    coefficients, shifts = _zeros(levels, finest), [(0,) * SHIFT_KINDS] * len(levels)

    def decode_piece(number: int, piece: Piece) -> None:
        stream = streams((number, piece.number))
        if stream is None:
            return
        shifts[number] = tuple(np.frombuffer(stream[:SHIFT_KINDS], np.int8).tolist())
        own = Decoder(stream[SHIFT_KINDS:])
        found = code_level(own, piece.levels, number, _coarser(coefficients, piece, number), None, model)
        own.finish()
        for band, place in piece.cut(coefficients[number], number).items():
            place[...] = found[band]

    order = list(coding_order(shape, levels, edge))
    with ThreadPoolExecutor(_THREADS) as threads:
        for number in reversed(range(finest, len(levels))):
            list(threads.map(lambda task: decode_piece(*task), [task for task in order if task[0] == number]))
            on_level(number)
    return Pyramid(shape, levels, low, coefficients, shifts, edge, model=model)


def code_low(coder: Coder, shape: tuple[int, ...], low: np.ndarray | None) -> np.ndarray:
    """The coarsest lattice, int64: differences of consecutive samples (C order)."""
    wanted = None
    if low is not None:
        differences = np.diff(low.reshape(-1), prepend=0)
        wanted = np.where(differences < 0, -2 * differences - 1, 2 * differences)
    codes = code_whole_numbers(coder, int(np.prod(shape)), wanted)
    return np.cumsum(np.where(codes & 1, -(codes + 1) // 2, codes // 2)).reshape(shape)


def _coarser(coefficients: list[Bands], piece: Piece, number: int) -> Bands:
    return piece.cut(coefficients[number + 1], number + 1) if number + 1 < len(coefficients) else {}


def _zeros(levels: tuple[Level, ...], finest: int = 0) -> list[Bands]:
    """Empty bands; those of levels finer than `finest` take no memory."""
    return [
        {band: np.zeros(level.band_shape(band) if number >= finest else (0, 0, 0), np.int32) for band in level.bands}
        for number, level in enumerate(levels)
    ]


def parts_of(model: int) -> int:
    """In how many parts a step is counted."""
    return 2 if model >= TRELLIS_CODING else 1


def _level_shifts(scaled: Bands, chosen: Bands, parts: int) -> tuple[int, ...]:
    places = {band: np.flatnonzero(values) for band, values in chosen.items()}
    sizes = [np.abs(scaled[band].reshape(-1)[places[band]]) for band in chosen]
    magnitudes = [np.abs(chosen[band].reshape(-1)[places[band]]) for band in chosen]
    return shifts_of(np.concatenate(sizes), np.concatenate(magnitudes), parts)
