"""zfp, blocks of 4 x 4 x 4 (Lindstrom, IEEE TVCG 20(12), 2014), through `imagecodecs`. Quality: log2 of the tolerance
as a share of the volume's range, in whole steps, because zfp cuts whole bit planes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..streams import Levels, as_dtype, pack, unpack


def encode(voxels: np.ndarray, quality: float, options: dict[str, Any]) -> bytes:
    """Fixed accuracy, which needs fewer bytes than a fixed rate for the same error."""
    import imagecodecs

    tolerance = float(np.ptp(voxels.astype(np.float64))) * 2.0**quality
    stream = imagecodecs.zfp_encode(voxels.astype(np.float32), tolerance, mode="a", header=True)
    return pack(Levels.of(voxels, 16), [stream])


def decode(data: bytes) -> np.ndarray:
    """(k, j, i) in the voxels' own type."""
    import imagecodecs

    levels, (stream,) = unpack(data)
    return as_dtype(imagecodecs.zfp_decode(stream).reshape(levels.shape), levels.dtype)
