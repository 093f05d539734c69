"""The one value that fills what surrounds the object: 0 beyond a stripped skull, -1024 beyond a scanner's circle.

Its voxels are coded as a set, exactly, and the transform never sees the edge between them and the object.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..errors import InputError
from .pyramid.damage import StreamError
from .pyramid.layout import Shape
from .pyramid.masks import decode_mask, encode_mask

_SAMPLE = 1_000_000
_LEAST_SHARE = 0.02  # of the voxels


@dataclass(frozen=True, eq=False)
class Background:
    """value: of its voxels; stream: of the set (`encode_mask`); shape: of the volume."""

    value: float
    stream: bytes
    shape: Shape
    label: str = field(default="the file", compare=False)

    @cached_property
    def mask(self) -> np.ndarray:
        """Booleans (k, j, i). Raises `InputError` naming the file when the stream is damaged."""
        try:
            return decode_mask(self.shape, self.stream)
        except StreamError as error:
            raise InputError(f"{self.label} is damaged: {error}; use an intact copy.") from error

    @property
    def bits(self) -> np.ndarray:
        """Packed (`numpy.packbits`), C order of (k, j, i)."""
        return np.packbits(self.mask.reshape(-1))


def find_background(array: np.ndarray) -> Background | None:
    """The most frequent value of (k, j, i) voxels, where it has a share worth a try."""
    flat = array.reshape(-1)
    sample = flat[:: max(1, flat.size // _SAMPLE)]
    values, counts = np.unique(sample[np.isfinite(sample)], return_counts=True)
    if array.dtype.kind == "b" or not values.size:
        return None
    value = values[counts.argmax()]
    mask = array == value
    if not _LEAST_SHARE * array.size <= mask.sum() < np.isfinite(array).sum():
        return None
    k, j, i = array.shape
    return Background(float(value), encode_mask(mask), (k, j, i))
