"""The files of peers that have no container for volumes: a header of 27 bytes and the codec's own streams. Needs only
numpy, because the peers run in an environment of their own."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

_HEADER = struct.Struct("<3HcBddI")  # (k, j, i), kind and size of a voxel, offset, step, number of streams


@dataclass(frozen=True)
class Levels:
    """Voxels as whole numbers 0 to 2^bits - 1: value = low + step * level.

    shape: (k, j, i); dtype: of the voxels that come back.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype
    low: float
    step: float

    @classmethod
    def of(cls, voxels: np.ndarray, bits: int) -> Levels:
        """Spread over the volume's whole range."""
        low, high = float(voxels.min()), float(voxels.max())
        return cls(voxels.shape, voxels.dtype, low, (high - low) / (2**bits - 1) or 1.0)

    def forward(self, voxels: np.ndarray) -> np.ndarray:
        """(k, j, i) little-endian uint16."""
        return np.rint((voxels.astype(np.float64) - self.low) / self.step).astype("<u2")

    def backward(self, levels: np.ndarray) -> np.ndarray:
        """(k, j, i) in the voxels' own type."""
        return as_dtype(self.low + self.step * levels.reshape(self.shape), self.dtype)


def as_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Integers are rounded and kept within their type's range."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        values = np.clip(np.rint(values), limits.min, limits.max)
    return values.astype(dtype)


def pack(levels: Levels, streams: list[bytes]) -> bytes:
    """Everything that a decoder needs. One stream takes no length, since it goes to the end of the file."""
    header = _HEADER.pack(
        *levels.shape, levels.dtype.kind.encode(), levels.dtype.itemsize, levels.low, levels.step, len(streams)
    )
    lengths = b"" if len(streams) == 1 else struct.pack(f"<{len(streams)}I", *map(len, streams))
    return header + lengths + b"".join(streams)


def unpack(data: bytes) -> tuple[Levels, list[bytes]]:
    """Undoes `pack`."""
    k, j, i, kind, size, low, step, count = _HEADER.unpack_from(data)
    levels = Levels((k, j, i), np.dtype(f"{kind.decode()}{size}"), low, step)
    at = _HEADER.size
    if count == 1:
        return levels, [data[at:]]
    lengths = struct.unpack_from(f"<{count}I", data, at)
    at += 4 * count
    streams = []
    for length in lengths:
        streams.append(data[at : at + length])
        at += length
    return levels, streams
