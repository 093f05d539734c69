"""Copies of an image for the stages of a fit: smoothed and thinned for the coarse ones, and with voxels of half the
size, between which linear interpolation is good enough."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..fields.grid_levels import node_weights
from ..geometry import Grid

_FEWEST_VOXELS = 4
_MOST_REFINED_VOXELS = 1 << 26


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


def refined(values: np.ndarray, grid: Grid) -> tuple[np.ndarray, Grid]:
    """(k, j, i) image on voxels of half the size over the same field of view, by the cubic B-splines through its
    values (Unser, IEEE Signal Processing Magazine 16(6), 1999); an image too large for that comes back as it is.

    Linear interpolation blurs an image most half way between its voxels and not at all at them, so that a fit is drawn
    to and from voxel centres by what is no anatomy.
    """
    if 8 * values.size > _MOST_REFINED_VOXELS:
        return values, grid
    fine = ndimage.spline_filter(values, 3, np.float32, mode="mirror")
    ahead = np.array([0.0, *node_weights("cubic", 0.25, 0)])
    for axis in range(3):
        sides = [ndimage.correlate1d(fine, weights, axis, mode="mirror") for weights in (ahead[::-1], ahead)]
        fine = np.stack(sides, axis + 1).reshape(*fine.shape[:axis], -1, *fine.shape[axis + 1 :])
    return fine, grid.with_size((2 * grid.size_ijk).tolist())
