"""What a pyramid misses, coded so that an error bound holds on every voxel."""

from __future__ import annotations

import numpy as np

from .adaptive import Coder
from .rans import EVEN, Encoder
from .sources import FixedSource
from .walk import ENTROPY_CODING, code_band

_BAND = 0  # the entropy model's place for what has no band
_MOST_LOW_BITS = 60


def low_bits_of(corrections: np.ndarray) -> int:
    """How many low bits of whole corrections are noise, not worth a model."""
    mean = float(np.abs(corrections).mean(dtype=np.float64)) if corrections.size else 0.0
    return int(np.clip(np.floor(np.log2(max(mean, 1) / 1.2)), 0, _MOST_LOW_BITS))


def encode_corrections(corrections: np.ndarray, low_bits: int) -> bytes:
    """int64 (k, j, i) whole corrections to a stream."""
    coder = Encoder()
    code_corrections(coder, corrections.shape, low_bits, corrections)
    return coder.to_bytes()


def code_corrections(
    coder: Coder, shape: tuple[int, ...], low_bits: int, wanted: np.ndarray | None = None, model: int = ENTROPY_CODING
) -> np.ndarray:
    """int64 (k, j, i): the high part as a band of coefficients, then `low_bits` even bits per voxel, C order."""
    half = (1 << low_bits) >> 1
    high = None if wanted is None else (wanted + half) >> low_bits
    source = None if high is None else FixedSource({_BAND: high.astype(np.int32)})
    coded = code_band(coder, _BAND, shape, source, model).astype(np.int64)
    if not low_bits:
        return coded
    even = np.full(coded.size, EVEN, np.uint32)
    low = None if wanted is None or high is None else (wanted + half - (high << low_bits)).reshape(-1)
    rest = np.zeros(coded.size, np.int64)
    for place in range(low_bits):
        bits = coder.code(even, None if low is None else (low >> place & 1) > 0)
        rest += bits.astype(np.int64) << place
    return (coded << low_bits) + rest.reshape(shape) - half
