"""Volumes and quick settings that the compression tests share."""

import numpy as np

from INRCore.compression import CompressionSettings
from INRCore.fields import FieldSettings
from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.volume import Volume


def settings(field=None, **changes):
    fit = {"iterations": 200, "points": 1024, "learning_rate": 2.5e-3, "device": "cpu", **changes.pop("fit", {})}
    field = {"network": "finer", "width": 48, "depth": 3, **(field or {})}
    return CompressionSettings(FieldSettings(**field), FitSettings(**fit), codec="network", **changes)


def quick(fit=None, **changes):
    return settings(field={"width": 8, "depth": 2}, fit={"iterations": 5, "points": 256, **(fit or {})}, **changes)


def phantom(grid=None, dtype=np.int16, peak=1000.0):
    """A head-like object: an ellipsoid shell, two ventricles, a ramp, an oscillation of 8 voxels' period."""
    grid = grid or Grid.from_parts((16, 40, 48), (1.1, 1.2, 2.5), (30, -20, 15))
    i, j, k = np.moveaxis(grid.world_to_index(grid.points()).reshape(*grid.shape, 3), -1, 0)
    x, y, z = (2 * axis / (n - 1) - 1 if n > 1 else 0 * axis for axis, n in zip((i, j, k), grid.size_ijk, strict=True))
    radius = np.sqrt((x / 0.9) ** 2 + (y / 0.8) ** 2 + (z / 1.1) ** 2)
    inside = 1 / (1 + np.exp((radius - 0.9) * 25))
    value = inside * (0.5 + 0.15 * x + 0.1 * np.cos(2 * np.pi * i / 8)) + 0.35 * np.exp(
        -(((radius - 0.85) / 0.08) ** 2)
    )
    for side in (-0.3, 0.3):
        value -= 0.3 * np.exp(-(((x - side) / 0.12) ** 2) - ((y - 0.1) / 0.3) ** 2 - (z / 0.5) ** 2)
    value = np.clip(value, 0, 1) * peak
    return Volume((value if np.dtype(dtype).kind == "f" else np.rint(value)).astype(dtype), grid, "phantom", "a.u.")


def moving_shapes(shape_kji=(19, 70, 84), dtype=np.int16):
    """Sharp shapes of one value each that move from slice to slice: a disc, a square, a growing ring."""
    k, j, i = np.indices(shape_kji).astype(float)
    value = np.zeros(shape_kji)
    value += 900 / (1 + np.exp(2 * (np.hypot(j - 20 - 0.8 * k, i - 25 - 1.3 * k) - 11)))
    value += 500 / (1 + np.exp(2 * (np.maximum(abs(j - 48), abs(i - 60 + 0.7 * k)) - 9)))
    value += 300 / (1 + np.exp(2 * (abs(np.hypot(j - 35, i - 42) - 28 - 0.3 * k) - 2)))
    grid = Grid.from_parts(shape_kji, (0.8, 0.9, 1.5), (30, -20, 15))
    return Volume(np.rint(value).astype(dtype), grid, "shapes", "a.u.")


def noise(dtype, shape=(6, 9, 11), seed=5):
    generator = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return generator.random(shape) < 0.5
    if dtype.kind == "f":
        return (generator.standard_normal(shape) * 300).astype(dtype)
    info = np.iinfo(dtype)
    low, high = max(info.min, -(2**31)), min(info.max, 2**31)
    return generator.integers(low, high, shape, np.int64, endpoint=True).astype(dtype)


def shift(offset):
    matrix = np.eye(4)
    matrix[:3, 3] = offset
    return matrix
