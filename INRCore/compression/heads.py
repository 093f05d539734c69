"""Entries of a file's JSON head, checked before they are believed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..geometry import Grid
from .container import damaged
from .decoding import MAX_VOXELS
from .intensity import DTYPES


def text_of(value: Any) -> str:
    """A string that can be printed (JSON can smuggle in halves of characters)."""
    str(value).encode()
    return str(value)


def dtype_of(header: dict[str, Any], label: str) -> np.dtype:
    if header["dtype"] not in DTYPES:
        damaged(label, "its voxel type does not exist")
    return np.dtype(header["dtype"])


def grid_of(header: dict[str, Any], label: str) -> Grid:
    shape = header["shape_kji"]
    if not (isinstance(shape, list) and len(shape) == 3 and all(type(n) is int and n > 0 for n in shape)):
        damaged(label, "its size is not three positive numbers")
    if math.prod(shape) > MAX_VOXELS:
        damaged(label, f"it claims more than {MAX_VOXELS} voxels")
    return Grid(tuple(shape), np.array(header["ijk_to_ras"], dtype=float))
