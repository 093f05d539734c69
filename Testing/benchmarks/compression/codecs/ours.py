"""INRCore.compress. Quality: log2 of the ratio asked for. Options: preset, affine (4x4, index to RAS mm), and any
setting by its dotted name ('fit.iterations')."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import numpy as np

from ...options import nested
from ..exchange import MissingError

_OWN = ("preset", "affine")


def encode(voxels: np.ndarray, quality: float, options: dict[str, Any]) -> bytes:
    """The bytes of the .inr file; decoding and measuring it, which `compress` does too, is in the time."""
    import INRCore
    from INRCore.compression.settings import CompressionSettings
    from INRCore.geometry import Grid
    from INRCore.process import keep_freed_memory
    from INRCore.settings import from_dict
    from INRCore.volume import Volume

    keep_freed_memory()
    preset = from_dict(CompressionSettings, presets()[options.get("preset", "balanced")])
    changes = {name: value for name, value in options.items() if name not in _OWN}
    settings = from_dict(CompressionSettings, nested({**changes, "target_ratio": 2.0**quality}), preset)
    grid = Grid(voxels.shape, np.array(options.get("affine", np.eye(4).tolist())))
    try:
        return INRCore.compress(Volume(voxels, grid), settings).data
    except INRCore.InputError as error:
        raise MissingError(f"refused: {error}") from error


def decode(data: bytes) -> np.ndarray:
    """(k, j, i) in the voxels' own type."""
    from INRCore.compression import inr_from_bytes

    return inr_from_bytes(data).decompress().array


def presets() -> dict[str, Any]:
    """Every preset of compression by name, so that a new one is a new row."""
    text = resources.files("INRCore").joinpath("presets/compression.json").read_text(encoding="utf-8")
    return json.loads(text)
