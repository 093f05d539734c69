"""SPERR, 3-D wavelets (Li, Lindstrom & Clyne, IEEE IPDPS 2023), through `imagecodecs`. Quality: bits per voxel, made
negative, so that files shrink as it grows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..streams import Levels, as_dtype, pack, unpack


def encode(voxels: np.ndarray, quality: float, options: dict[str, Any]) -> bytes:
    """One chunk: the whole volume."""
    import imagecodecs

    values = voxels.astype(np.float32)
    if len(voxels) == 1:  # a slice is 2-D for SPERR
        stream = imagecodecs.sperr_encode(values[0], 2.0**-quality, mode="bpp")
    else:
        stream = imagecodecs.sperr_encode(values, 2.0**-quality, mode="bpp", chunks=voxels.shape)
    return pack(Levels.of(voxels, 16), [stream])


def decode(data: bytes) -> np.ndarray:
    """(k, j, i) in the voxels' own type."""
    import imagecodecs

    levels, (stream,) = unpack(data)
    flat = {"shape": levels.shape[1:], "dtype": np.float32} if levels.shape[0] == 1 else {}
    return as_dtype(imagecodecs.sperr_decode(stream, **flat).reshape(levels.shape), levels.dtype)
