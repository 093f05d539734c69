"""The one affine map between a volume's intensities and the field's values, and what a field's values become."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..volume import Volume

LARGEST_INTEGER = 2**53
_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DTYPES = ("bool", *_INTEGERS, "float16", "float32", "float64")
"""Voxel types that a file can hold; the byte order is not kept."""
_SAMPLE = 1_000_000
_OUTLIERS = 8


@dataclass(frozen=True)
class IntensityMap:
    """intensity = value * scale + offset, in float64; `low` and `high` are the volume's smallest and largest finite
    intensity, beyond which nothing is decoded. A scale of 0 says that the volume is constant."""

    scale: float
    offset: float
    low: float
    high: float

    def __post_init__(self) -> None:
        numbers = (self.scale, self.offset, self.low, self.high)
        if not all(map(math.isfinite, numbers)) or self.scale < 0 or self.low > self.high:
            raise InputError("The intensity map is not a finite one with low <= high.")

    @classmethod
    def of(cls, volume: Volume) -> IntensityMap:
        """Map that takes the bulk of the intensities (0.1 to 99.9 %) to [-1, 1].

        A few outliers then do not squeeze everything else into a corner of the network's range; they lie outside
        [-1, 1], at most 16 away. Raises `InputError` when no voxel is finite or the values are beyond what float64
        can hold.
        """
        low, high = volume.finite_range()
        if not math.isfinite(high - low) or (volume.is_integer and max(-low, high) > LARGEST_INTEGER):
            raise InputError(
                f"{volume.label} has values too large to be coded ({low:g} to {high:g}); rescale it first."
            )
        if low == high:
            return cls(0.0, low, low, high)
        bottom, top = np.percentile(_sample(volume), [0.1, 99.9])
        half = max((top - bottom) / 2, (high - low) / (2 * _OUTLIERS), np.finfo(np.float64).tiny)
        return cls(float(half), float(bottom + (top - bottom) / 2), low, high)

    @property
    def value_range(self) -> float:
        """Largest minus smallest intensity, in the field's values."""
        return (self.high - self.low) / self.scale if self.scale else 0.0

    @property
    def largest_value(self) -> float:
        """Bound on the magnitude of the field's values (or a pyramid's units) that lead to intensities."""
        return max(abs(self.low - self.offset), abs(self.high - self.offset)) / self.scale

    def to_values(self, intensities: np.ndarray) -> np.ndarray:
        """Intensities of any shape and dtype to float32 values for the field."""
        return ((intensities.astype(np.float64) - self.offset) / self.scale).astype(np.float32)

    def to_intensities(self, values: np.ndarray) -> np.ndarray:
        """The field's values to float64 intensities within [low, high]."""
        found = values.astype(np.float64)
        found *= self.scale
        found += self.offset
        return np.clip(found, self.low, self.high, out=found)

    def stored(self, intensities: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """float64 intensities as the volume's dtype: clipped, and rounded for integers."""
        clipped = np.clip(intensities, self.low, self.high)
        return (clipped if dtype.kind == "f" else np.rint(clipped)).astype(dtype)


def check_limits(intensity: IntensityMap, dtype: np.dtype) -> None:
    """Raises `InputError` when decoded values would not fit the voxel type."""
    if dtype.kind == "b":
        low, high = 0.0, 1.0
    else:
        info: Any = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
        low, high = float(info.min), float(info.max)
    limit = math.inf if dtype.kind == "f" else LARGEST_INTEGER
    if intensity.low < max(low, -limit) or intensity.high > min(high, limit):
        raise InputError(f"values from {intensity.low:g} to {intensity.high:g} do not fit the voxel type {dtype}")
    if not intensity.scale and intensity.offset != intensity.low:
        raise InputError("a constant volume's value and range differ")


def _sample(volume: Volume) -> np.ndarray:
    """At most about a million finite intensities, evenly from the whole volume."""
    values = volume.array.reshape(-1)[:: max(1, volume.array.size // _SAMPLE)]
    values = values.astype(np.float64)
    values = values[np.isfinite(values)]
    return values if values.size else np.asarray(volume.finite_range())
