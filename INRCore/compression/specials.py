"""Voxels that are no numbers: kept as bits beside the field, so that NaN and infinity come back where they were."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np

from ..geometry import Grid

SPECIAL_VALUES = {"NANV": math.nan, "PINF": math.inf, "NINF": -math.inf}
"""Section of the file -> the value of the voxels whose bits are set in it."""

Marked: TypeAlias = list[tuple[float, np.ndarray]]
"""Values and the bits of the voxels that have them, packed as in `find_specials`."""
_CHUNK = 1 << 20  # a multiple of 8


def find_specials(array: np.ndarray) -> dict[str, np.ndarray]:
    """Tag -> packed bits (`numpy.packbits`, C order of (k, j, i)), only of the kinds that occur."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return {}
    kinds = {"NANV": np.isnan(array), "PINF": np.isposinf(array), "NINF": np.isneginf(array)}
    return {tag: np.packbits(mask.reshape(-1)) for tag, mask in kinds.items() if mask.any()}


def put_marked(flat: np.ndarray, marked: Marked) -> None:
    """Sets the marked voxels of the flattened (k, j, i) array."""
    for value, bits in marked:
        for start in range(0, flat.size, _CHUNK):
            part = flat[start : start + _CHUNK]
            part[np.unpackbits(bits[start // 8 : (start + _CHUNK) // 8], count=part.size).astype(bool)] = value


def put_nearest_marked(flat: np.ndarray, grid: Grid, native: Grid, marked: Marked, outside: float) -> None:
    """On another grid: voxels whose nearest native voxel is marked take its value, voxels beyond the native field of
    view (outer voxel edges) become `outside`."""
    last = native.size_ijk - 1
    for part, points in grid.chunks(_CHUNK):
        inside = native.contains(points)
        flat[part][~inside] = outside
        if marked:
            i, j, k = np.clip(np.rint(native.world_to_index(points)), 0, last).astype(np.int64).T
            numbers = (k * native.shape[1] + j) * native.shape[2] + i
            for value, bits in marked:
                here = (bits[numbers >> 3] >> (7 - (numbers & 7)).astype(np.uint8)) & 1
                flat[part][here.astype(bool) & inside] = value
