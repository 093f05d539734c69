"""A gzip NRRD as this project writes it, lossless: what a user has today. It has no quality. Options: affine."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np


def encode(voxels: np.ndarray, quality: float, options: dict[str, Any]) -> bytes:
    """The whole file, its header included."""
    from INRCore import write_volume
    from INRCore.geometry import Grid
    from INRCore.volume import Volume

    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "volume.nrrd")
        write_volume(Volume(voxels, Grid(voxels.shape, np.array(options.get("affine", np.eye(4).tolist())))), path)
        return path.read_bytes()


def decode(data: bytes) -> np.ndarray:
    """(k, j, i) in the voxels' own type."""
    from INRCore import read_volume

    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "volume.nrrd")
        path.write_bytes(data)
        return read_volume(path).array
