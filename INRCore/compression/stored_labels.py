"""A label map as it lies in a file: odds and streams, decoded as far as they are wanted, and what its labels are."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from ..volume import Volume
from .container import damaged
from .label_coding import CONTEXTS, decode_labels, encode_labels, level_count
from .parts import deflated, inflated
from .pyramid.damage import StreamError

_MOST_LABELS = 1 << 24
_TABLE = struct.Struct("<I")


@dataclass(frozen=True, eq=False)
class StoredLabels:
    """shape: (k, j, i); values: of the labels, the most frequent first, int64; odds, streams: see `encode_labels`."""

    shape: tuple[int, int, int]
    values: np.ndarray
    odds: np.ndarray
    streams: list[bytes]
    label: str = field(default="the file", compare=False)

    @classmethod
    def of(cls, volume: Volume) -> StoredLabels:
        """Raises `InputError` when the volume does not hold whole numbers."""
        array = volume.array
        if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.rint(array)).all()):
            raise InputError(f"{volume.label} holds other numbers than whole ones, so it is no label map.")
        values, places, counts = np.unique(array.astype(np.int64), return_inverse=True, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        place_of = np.empty_like(order)
        place_of[order] = np.arange(len(order))
        k, j, i = array.shape
        odds, streams = encode_labels(place_of[places].reshape(array.shape))
        return cls((k, j, i), values[order], odds, streams, volume.label)

    def array(self, skipped: int = 0) -> np.ndarray:
        """int64 labels (k, j, i) of every 2^skipped-th voxel. Raises `InputError` when they are damaged."""
        try:
            return self.values[decode_labels(self.shape, len(self.values), self.odds, self.streams, skipped)]
        except (StreamError, IndexError) as error:
            raise InputError(f"{self.label} is damaged: {error}; use an intact copy.") from error

    def levels_for(self, spacing_ratio: float) -> int:
        """How many of the finest levels a grid of `spacing_ratio` times this one's spacing does without."""
        return max(0, min(int(np.floor(np.log2(spacing_ratio * (1 + 1e-6)))), level_count(self.shape)))

    def to_streams(self) -> dict[int, bytes]:
        """Numbered, as an assembly keeps them."""
        table = _TABLE.pack(len(self.values)) + self.values.astype("<i8").tobytes() + self.odds.astype("<u2").tobytes()
        return {0: deflated(table), **dict(enumerate(self.streams, 1))}

    @classmethod
    def from_streams(cls, shape: tuple[int, int, int], streams: dict[int, bytes], label: str) -> StoredLabels:
        """Undoes `to_streams`; streams that a truncated file lacks are noticed when they are wanted."""
        if 0 not in streams:
            damaged(label, "it ends before its labels")
        table = inflated(streams[0], _TABLE.size + 8 * _MOST_LABELS + 2 * CONTEXTS, label)
        count = _TABLE.unpack_from(table)[0] if len(table) >= _TABLE.size else 0
        if not 0 < count <= _MOST_LABELS or len(table) != _TABLE.size + 8 * count + 2 * CONTEXTS:
            damaged(label, "its table of labels has the wrong length")
        values = np.frombuffer(table, "<i8", count, _TABLE.size).astype(np.int64)
        odds = np.frombuffer(table, "<u2", CONTEXTS, _TABLE.size + 8 * count)
        own = [streams[n] for n in range(1, level_count(shape) + 2) if n in streams]
        return cls(shape, values, odds, own, label)

    @property
    def complete(self) -> bool:
        """Whether the finest level is there."""
        return len(self.streams) == level_count(self.shape) + 1
