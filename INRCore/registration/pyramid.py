"""Smoothed and thinned copies of an image, for the coarse stages of a fit."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..geometry import Grid

_FEWEST_VOXELS = 4


def smoothed(
    values: np.ndarray, grid: Grid, sigma_mm: float, usable: np.ndarray | None = None
) -> tuple[np.ndarray, Grid]:
    """(k, j, i) image after a Gaussian of standard deviation `sigma_mm`, on a grid thinned to about that spacing.

    Blocks are averaged first and the Gaussian makes up the rest of the variance: the work shrinks with the blocks, and
    a coarse image stays in the processor's cache. Voxels that are not `usable` do not leak into their neighbours
    (normalised convolution: Knutsson & Westin, CVPR 1993).
    """
    if sigma_mm <= 0:
        return values, grid
    if usable is not None and not usable.all():
        weight = usable.astype(np.float32)
        top, thin = smoothed(values * weight, grid, sigma_mm)
        bottom, _ = smoothed(weight, grid, sigma_mm)
        return top / np.maximum(bottom, 1e-3), thin
    factors = np.floor(sigma_mm / grid.spacing).astype(int).clip(1, np.maximum(1, grid.size_ijk // _FEWEST_VOXELS))
    thin_values, thin_grid = _block_means(values, grid, factors)
    block_variance = (factors**2 - 1) / 12 * grid.spacing**2
    rest = np.sqrt(np.maximum(sigma_mm**2 - block_variance, 0)) / thin_grid.spacing
    return ndimage.gaussian_filter(thin_values, rest[::-1], mode="nearest", truncate=3), thin_grid


def _block_means(values: np.ndarray, grid: Grid, factors_ijk: np.ndarray) -> tuple[np.ndarray, Grid]:
    """Means over blocks of the given numbers of voxels (i, j, k); the last block is filled up with the border."""
    size = -(-grid.size_ijk // factors_ijk)
    missing = (size * factors_ijk - grid.size_ijk)[::-1]
    padded = np.pad(values, [(0, int(n)) for n in missing], mode="edge") if missing.any() else values
    (ni, nj, nk), (fi, fj, fk) = size.tolist(), factors_ijk.tolist()
    means = padded.reshape(nk, fk, nj, fj, ni, fi).mean((1, 3, 5), dtype=np.float32)
    affine = grid.ijk_to_world.copy()
    affine[:3, 3] = grid.index_to_world((factors_ijk - 1) / 2)
    affine[:3, :3] *= factors_ijk
    return means, Grid((nk, nj, ni), affine)
