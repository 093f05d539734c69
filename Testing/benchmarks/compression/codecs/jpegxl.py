"""JPEG-XL (ISO/IEC 18181), the slices as frames of one file, through `imagecodecs`. Quality: log2 of the Butteraugli
distance, which libjxl limits to 25 (4.64). Options: effort (7)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..streams import Levels, pack, unpack


def encode(voxels: np.ndarray, quality: float, options: dict[str, Any]) -> bytes:
    """16 bit over the volume's range: JPEG-XL takes the largest level for white."""
    import imagecodecs

    levels = Levels.of(voxels, 16)
    stream = imagecodecs.jpegxl_encode(
        levels.forward(voxels), distance=2.0**quality, effort=int(options.get("effort", 7)), numthreads=1
    )
    return pack(levels, [stream])


def decode(data: bytes) -> np.ndarray:
    """(k, j, i) in the voxels' own type."""
    import imagecodecs

    levels, (stream,) = unpack(data)
    return levels.backward(imagecodecs.jpegxl_decode(stream))
