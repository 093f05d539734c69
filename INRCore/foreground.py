"""The object in an image, and the air around it."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .geometry import Grid
from .volume import Volume

_CELLS_PER_AXIS = 128
_PERCENTILES = (0.5, 99.5)
_FACES = (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1], np.s_[:, :, 0], np.s_[:, :, -1])


def foreground(volume: Volume) -> np.ndarray:
    """(k, j, i) bool: the object and a small margin, not the air around it.

    Otsu's threshold (IEEE Trans. SMC 9(1), 1979) on at most 128 voxels per axis, holes filled slice by slice along
    each axis, so that lungs and ventricles count. The whole image when the object reaches most of its faces.
    """
    steps = np.maximum(1, -(-np.array(volume.grid.shape) // _CELLS_PER_AXIS))
    coarse = volume.with_array(volume.array[:: steps[0], :: steps[1], :: steps[2]], _coarse_grid(volume.grid, steps))
    values = coarse.as_float32(fill=volume.finite_range()[0])
    low, high = np.percentile(values, _PERCENTILES)
    mask = values > otsu_threshold(np.clip(values, low, high))
    if not mask.any() or np.mean([mask[face].mean() for face in _FACES]) > 0.5:
        return np.ones(volume.grid.shape, bool)
    for axis in range(3):
        layers = np.moveaxis(mask, axis, 0)  # a view: filled in place
        for layer in layers:
            layer |= ndimage.binary_fill_holes(layer)
    mask = ndimage.binary_dilation(mask, iterations=2)
    k, j, i = (np.arange(n) // step for n, step in zip(volume.grid.shape, steps, strict=True))
    return mask[np.ix_(k, j, i)]


def otsu_threshold(values: np.ndarray, bins: int = 256) -> float:
    """The threshold with the largest variance between the two classes (Otsu, IEEE Trans. SMC 9(1), 1979)."""
    counts, edges = np.histogram(values, bins)
    middles, total = (edges[1:] + edges[:-1]) / 2, counts.sum()
    below = np.cumsum(counts)[:-1]
    sum_below = np.cumsum(counts * middles)[:-1]
    above = total - below
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sum_below / below - ((counts * middles).sum() - sum_below) / above
        spread = np.nan_to_num(below * above * gap**2)
    return float(edges[1 + int(spread.argmax())])


def _coarse_grid(grid: Grid, steps: np.ndarray) -> Grid:
    affine = grid.ijk_to_world.copy()
    affine[:3, :3] *= steps[::-1]
    k, j, i = (int(n) for n in -(-np.array(grid.shape) // steps))
    return Grid((k, j, i), affine)
