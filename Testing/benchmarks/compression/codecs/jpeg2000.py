"""JPEG 2000 (ISO/IEC 15444), wavelet 9/7, through the programs of OpenJPEG. Quality: log2 of the bytes of
16-bit voxels over the file's. Options: across_slices (False; True: a 9/7 wavelet across the slices first, as the
multi-component transforms of part 2 have it, which OpenJPEG lacks)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..exchange import program
from ..streams import Levels, as_dtype, pack, unpack
from ..wavelet import forward_97, inverse_97

_BITS = 16


def encode(voxels: np.ndarray, quality: float, options: dict[str, Any]) -> bytes:
    """All slices are components of one codestream, so that OpenJPEG shares the bytes among them by what each gains."""
    planes, levels = voxels, Levels.of(voxels, _BITS)
    if options.get("across_slices"):
        planes = forward_97(voxels.astype(np.float64))
        largest = float(np.abs(planes).max()) or 1.0  # details of 0 lie in the middle, where JPEG 2000 has its own 0
        levels = Levels(voxels.shape, voxels.dtype, -largest, 2 * largest / (2**_BITS - 1))
    _, j, i = voxels.shape
    components = _components(voxels.shape)
    empty = np.full((components - len(voxels), j, i), 2 ** (_BITS - 1), "<u2")
    with tempfile.TemporaryDirectory() as name:
        raw, coded = Path(name, "planes.rawl"), Path(name, "planes.j2k")
        raw.write_bytes(levels.forward(planes).tobytes() + empty.tobytes())
        program(
            [
                "opj_compress", "-i", str(raw), "-o", str(coded), "-F", f"{i},{j},{components},{_BITS},u",
                "-mct", "0", "-I", "-r", f"{2.0**quality:.6g}",
            ]
        )  # fmt: skip
        stream = coded.read_bytes()
    return pack(levels, [stream, _flag(options)])


def decode(data: bytes) -> np.ndarray:
    """(k, j, i) in the voxels' own type."""
    levels, (stream, flag) = unpack(data)
    with tempfile.TemporaryDirectory() as name:
        raw, coded = Path(name, "planes.rawl"), Path(name, "planes.j2k")
        coded.write_bytes(stream)
        program(["opj_decompress", "-i", str(coded), "-o", str(raw), "-quiet"])
        planes = np.frombuffer(raw.read_bytes(), "<u2").reshape(-1, *levels.shape[1:])[: levels.shape[0]]
    if flag == _flag({"across_slices": True}):
        return as_dtype(inverse_97(levels.low + levels.step * planes), levels.dtype)
    return levels.backward(planes)


def _components(shape: tuple[int, ...]) -> int:
    """opj_compress 2.5 takes a raw image for invalid where width & height & components & bits, as bit patterns, have a
    bit in common: empty slices, which cost some bytes each, are added until they have none."""
    k, j, i = shape
    return next(count for count in range(k, 2 * k + 2**_BITS) if not i & j & count & _BITS)


def _flag(options: dict[str, Any]) -> bytes:
    return b"3" if options.get("across_slices") else b"2"
