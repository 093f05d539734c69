"""Magnitudes and whole numbers as decisions."""

from __future__ import annotations

import numpy as np

from .adaptive import Coder, Rehearsal
from .damage import StreamError
from .entropy_model import PROBABILITIES
from .loops import use_loops
from .rans import EVEN, Decoder
from .trellis import of_quantiser

LAST_UNARY = 14


def code_magnitudes(
    coder: Coder, logits: np.ndarray, wanted: np.ndarray | None, second: np.ndarray | None = None
) -> np.ndarray:
    """(N) magnitudes: nonzero?, more than 1?, more than 2? ... each by its logit, from LAST_UNARY on Exp-Golomb.
    second: where the logits are of both quantisers, whether the second one holds."""
    if wanted is not None and isinstance(coder, Rehearsal):
        return wanted
    if wanted is None and isinstance(coder, Decoder) and use_loops():
        magnitudes, going = coder.magnitudes(logits, second, PROBABILITIES, LAST_UNARY)
        if going.size:
            magnitudes[going] += code_whole_numbers(coder, going.size).astype(np.int32)
        return magnitudes
    if second is not None:
        logits = of_quantiser(logits, second)
    count = len(logits)
    magnitudes, going = np.zeros(count, np.int32), np.arange(count)
    for reached in range(LAST_UNARY):
        probabilities = PROBABILITIES[logits[going, min(reached, logits.shape[1] - 1)]]
        bits = coder.code(probabilities, None if wanted is None else wanted[going] > reached)
        going = going[bits]
        if not going.size:
            return magnitudes
        magnitudes[going] = reached + 1
    rest = code_whole_numbers(coder, going.size, None if wanted is None else wanted[going] - LAST_UNARY)
    magnitudes[going] += rest.astype(np.int32)
    return magnitudes


def code_whole_numbers(coder: Coder, count: int, wanted: np.ndarray | None = None) -> np.ndarray:
    """(count) integers from 0 below 2^30, int64, by Exp-Golomb codes (Teuhola, 1978) of even decisions."""
    widths, going = np.zeros(count, np.int64), np.arange(count)
    wanted_widths = None if wanted is None else np.floor(np.log2(wanted.astype(float) + 1)).astype(np.int64)
    for width in range(30):
        bits = coder.code(even(going.size), None if wanted_widths is None else wanted_widths[going] > width)
        going = going[bits]
        if not going.size:
            break
        widths[going] = width + 1
    if (widths >= 30).any():
        raise StreamError("a coded number is too large")
    values = np.ones(count, np.int64)
    for place in range(int(widths.max(initial=0))):
        going = np.flatnonzero(widths > place)
        shift = widths[going] - 1 - place
        bits = coder.code(even(going.size), None if wanted is None else ((wanted[going] + 1) >> shift & 1) > 0)
        values[going] = 2 * values[going] + bits
    return values - 1


def even(count: int) -> np.ndarray:
    return np.full(count, EVEN, np.uint32)
