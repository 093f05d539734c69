"""What is measured of a map, the same for every method: all of it from the mapped fixed voxel centres."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from INRCore.geometry import Grid
from INRCore.metrics.deformation import folding_fraction
from INRCore.volume import Volume

from .pairs import Pair

_WINDOW = 5
_LEAST_DICE_VOXELS = 100
_CLIP_PERCENTILES = (0.5, 99.5)


def measure(pair: Pair, mapped: np.ndarray, truth: np.ndarray | None, back: np.ndarray | None) -> dict[str, Any]:
    """mapped: (k, j, i, 3) RAS mm, where the fixed voxel centres go; truth: the same, where they should go; back: the
    map from moving to fixed of the same method, on the moving voxel centres, for the inverse consistency."""
    body, determinant = pair.body, jacobian_determinant(mapped, pair.fixed.grid)
    result: dict[str, Any] = {"mean_mm": None, "p95_mm": None, "max_mm": None}
    if truth is not None:
        error = np.linalg.norm(mapped[body] - truth[body], axis=-1)
        result = {
            "mean_mm": float(error.mean()), "p95_mm": float(np.percentile(error, 95)), "max_mm": float(error.max()),
        }  # fmt: skip
    ncc, local = (None, None) if pair.multimodal else correlations(pair, mapped)
    return {
        **result,
        "ncc": ncc,
        "local_ncc": local,
        "dice": dice(pair, mapped),
        "folding_percent": 100 * folding_fraction(determinant, body),
        "least_determinant": float(determinant[body].min()),
        "inverse_mm": None if back is None else inverse_inconsistency(pair, mapped, back),
    }


def jacobian_determinant(mapped: np.ndarray, grid: Grid) -> np.ndarray:
    """(k, j, i) determinant of the map by central differences between voxels, so that no method's own is believed."""
    columns = np.stack([np.gradient(mapped, axis=2 - axis) for axis in range(3)], -1)  # d mapped / d (i, j, k)
    return np.linalg.det(columns) / np.linalg.det(grid.ijk_to_world[:3, :3])


def correlations(pair: Pair, mapped: np.ndarray) -> tuple[float, float]:
    """Correlation over the body, and the mean over the body of that in windows of 5 x 5 x 5 voxels; intensities
    clipped to their robust range, only points that land in the moving image."""
    warped, inside = resampled(pair.moving, mapped)
    region = pair.body & inside
    a, b = (np.clip(v, *np.percentile(v[region], _CLIP_PERCENTILES)) for v in (pair.fixed.array, warped))
    return float(np.corrcoef(a[region], b[region])[0, 1]), float(_local_correlation(a, b)[region].mean())


def _local_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a.astype(float), b.astype(float)

    def mean(values: np.ndarray) -> np.ndarray:
        return ndimage.uniform_filter(values, _WINDOW)

    mean_a, mean_b = mean(a), mean(b)
    spread_a, spread_b = (np.maximum(mean(v * v) - m * m, 0) for v, m in ((a, mean_a), (b, mean_b)))
    floor = 1e-4 * np.sqrt(spread_a.max() * spread_b.max())  # windows of nothing but noise count as 0
    return (mean(a * b) - mean_a * mean_b) / (np.sqrt(spread_a * spread_b) + floor)


def resampled(volume: Volume, mapped: np.ndarray, order: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Values of the volume at the (k, j, i, 3) points, and whether they lie in its field of view."""
    index = np.moveaxis(volume.grid.world_to_index(mapped)[..., ::-1], -1, 0)
    return ndimage.map_coordinates(volume.array, index, order=order, mode="nearest"), volume.grid.contains(mapped)


def dice(pair: Pair, mapped: np.ndarray) -> float | None:
    """Mean overlap (Dice, Ecology 26(3), 1945) of the labels that both images show with 100 voxels or more."""
    if pair.labels is None:
        return None
    fixed, moving = pair.labels
    found, inside = resampled(moving, mapped, order=0)
    found = np.where(inside, found, 0)
    scores = []
    for label in np.unique(fixed.array)[1:]:
        a, b = fixed.array == label, found == label
        if min(a.sum(), (moving.array == label).sum()) >= _LEAST_DICE_VOXELS:
            scores.append(2 * (a & b).sum() / (a.sum() + b.sum()))
    return float(np.mean(scores))


def inverse_inconsistency(pair: Pair, mapped: np.ndarray, back: np.ndarray) -> float:
    """Mean mm between a body point and where it comes to through the map and the method's map of the swapped pair."""
    inside = pair.body & pair.moving.grid.contains(mapped)
    index = pair.moving.grid.world_to_index(mapped[inside]).T[::-1]
    returned = np.stack([ndimage.map_coordinates(back[..., a], index, order=1, mode="nearest") for a in range(3)], -1)
    start = pair.fixed.grid.points().reshape(*pair.fixed.grid.shape, 3)[inside]
    return float(np.linalg.norm(returned - start, axis=-1).mean())
