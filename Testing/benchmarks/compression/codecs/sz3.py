"""SZ3, prediction by interpolation (Liang et al., IEEE Trans. Big Data 9(2), 2023), through `imagecodecs`. Quality:
log2 of the largest error allowed as a share of the volume's range."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..streams import Levels, as_dtype, pack, unpack


def encode(voxels: np.ndarray, quality: float, options: dict[str, Any]) -> bytes:
    """An absolute bound on the error of every voxel."""
    import imagecodecs

    bound = float(np.ptp(voxels.astype(np.float64))) * 2.0**quality
    stream = imagecodecs.sz3_encode(voxels.astype(np.float32), mode="abs", abs=bound)
    return pack(Levels.of(voxels, 16), [stream])


def decode(data: bytes) -> np.ndarray:
    """(k, j, i) in the voxels' own type."""
    import imagecodecs

    levels, (stream,) = unpack(data)
    return as_dtype(imagecodecs.sz3_decode(stream, levels.shape, np.float32), levels.dtype)
