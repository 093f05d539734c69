"""How much an image differs from its reference: PSNR (dB), SSIM, largest absolute error (the images' units).

Arrays are (k, j, i) of any numeric dtype and the same shape. Voxels where either image is not finite, or a given mask
is 0, take no part. Everything works slab by slab along k, so that large volumes need little extra memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..errors import InputError

_RADIUS = 5  # Wang's 11-voxel window
_SIGMA = 1.5
_K1, _K2 = 0.01, 0.03
_SLAB_VOXELS = 4_000_000


def psnr_db(
    reference: np.ndarray, test: np.ndarray, data_range: float | None = None, mask: np.ndarray | None = None
) -> float:
    """Peak signal-to-noise ratio, 10 log10(R^2 / mean squared error), in dB.

    R is `data_range`, or the reference's largest minus smallest finite value over the whole image. Infinite when the
    images are equal, NaN when R is 0 and they are not (no peak to compare with): see `compare_images` for reports.

    Raises `InputError` when the shapes differ or no voxel can be compared.
    """
    _check(reference, test, mask)
    extent = finite_range(reference) if data_range is None else data_range
    scale = extent if extent > 0 else 1.0  # squares of unscaled errors could leave the range of float64
    squares, count = 0.0, 0
    for part in _slabs(reference.shape):
        valid = _valid(reference[part], test[part], mask, part)
        error = test[part][valid].astype(np.float64) - reference[part][valid].astype(np.float64)
        squares += float(np.square(error / scale).sum())
        count += error.size
    if count == 0:
        raise InputError("The two images have no finite voxel in common (inside the mask); nothing can be compared.")
    if squares == 0:
        return math.inf
    return -10 * math.log10(squares / count) if extent > 0 else math.nan


def max_abs_error(reference: np.ndarray, test: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Largest absolute difference of two voxels, in the images' units; exact for integers of one dtype.

    Raises `InputError` when the shapes differ or no voxel can be compared.
    """
    _check(reference, test, mask)
    largest = -math.inf
    for part in _slabs(reference.shape):
        valid = _valid(reference[part], test[part], mask, part)
        if valid.any():
            largest = max(largest, float(_distance(reference[part][valid], test[part][valid]).max()))
    if largest < 0:
        raise InputError("The two images have no finite voxel in common (inside the mask); nothing can be compared.")
    return largest


def ssim(
    reference: np.ndarray, test: np.ndarray, data_range: float | None = None, mask: np.ndarray | None = None
) -> float:
    """Mean structural similarity with an 11^3 Gaussian window, sigma 1.5 voxels (Wang, Bovik, Sheikh, Simoncelli, IEEE
    TIP 13(4), 2004, eq. 13 and 14-17, K1 = 0.01, K2 = 0.03), the window carried over to three axes.

    At the border and beside voxels that take no part, the window's remaining weights are scaled to sum to 1; an axis of
    one voxel therefore gives the 2-D (or 1-D) index. R as in `psnr_db`; 1 when the images are equal, NaN when R is 0
    and they are not. Raises `InputError` when the shapes differ or no voxel can be compared.
    """
    _check(reference, test, mask)
    extent = finite_range(reference) if data_range is None else data_range
    if extent <= 0:
        return 1.0 if max_abs_error(reference, test, mask) == 0 else math.nan
    center = float(np.mean(_finite_corner_values(reference)))
    total, count = 0.0, 0
    for part in _slabs(reference.shape, _RADIUS):
        halo = slice(max(part.start - _RADIUS, 0), part.stop + _RADIUS)
        inner = slice(part.start - halo.start, part.stop - halo.start)
        valid = _valid(reference[halo], test[halo], mask, halo)
        x, y = (_scaled(image[halo], valid, center, extent) for image in (reference, test))
        index = _ssim_map(x, y, valid, inner, center / extent)[valid[inner]]
        total, count = total + float(index.sum(dtype=np.float64)), count + index.size
    if count == 0:
        raise InputError("The two images have no finite voxel in common (inside the mask); nothing can be compared.")
    return total / count


def compare_images(
    reference: np.ndarray, test: np.ndarray, data_range: float | None = None, mask: np.ndarray | None = None
) -> tuple[dict[str, float], list[str]]:
    """`psnr_db`, `ssim` and `max_abs_error` by their report names, and lines for the user on what had to be left out:
    a report holds finite numbers only (JSON has no infinity)."""
    metrics = {
        "psnr_db": psnr_db(reference, test, data_range, mask),
        "ssim": ssim(reference, test, data_range, mask),
        "max_abs_error": max_abs_error(reference, test, mask),
    }
    notes = []
    if metrics["psnr_db"] == math.inf:
        notes.append("The result equals the reference in every voxel; PSNR is infinite and left out.")
    elif math.isnan(metrics["psnr_db"]):
        notes.append("The reference is constant; PSNR and SSIM are undefined and left out.")
    return {name: value for name, value in metrics.items() if math.isfinite(value)}, notes


def finite_range(image: np.ndarray) -> float:
    """Largest minus smallest finite value; 0 when there is none."""
    low, high = math.inf, -math.inf
    for part in _slabs(image.shape):
        values = image[part]
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return max(high - low, 0.0)


def _check(reference: np.ndarray, test: np.ndarray, mask: np.ndarray | None) -> None:
    if reference.ndim != 3:
        raise InputError(f"Images to compare must be 3-D (k, j, i) arrays, not {reference.ndim}-D.")
    for name, other in (("image", test), ("mask", mask)):
        if other is not None and other.shape != reference.shape:
            raise InputError(f"The {name} has the shape {other.shape}, the reference {reference.shape}; resample it.")


def _slabs(shape: tuple[int, ...], halo: int = 0) -> Iterator[slice]:
    """Ranges of k with at most some million voxels each, but not much thinner than the halo they need around them."""
    step = max(1, 2 * halo, _SLAB_VOXELS // max(1, shape[1] * shape[2]))
    for start in range(0, shape[0], step):
        yield slice(start, min(start + step, shape[0]))


def _valid(x: np.ndarray, y: np.ndarray, mask: np.ndarray | None, part: slice) -> np.ndarray:
    valid = np.isfinite(x) & np.isfinite(y)
    return valid if mask is None else valid & (mask[part] != 0)


def _distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """|x - y| without wrapping around."""
    if x.dtype == y.dtype and x.dtype.kind in "iu":
        # The difference of larger and smaller always fits the unsigned type of the same size.
        unsigned = np.dtype(f"u{x.dtype.itemsize}")
        return (np.maximum(x, y) - np.minimum(x, y)).astype(unsigned, copy=False)
    return np.abs(x.astype(np.float64) - y.astype(np.float64))


def _finite_corner_values(image: np.ndarray) -> np.ndarray:
    """A coarse sample of finite values, to take the images' common offset away before squares are formed."""
    sample = image[:: max(1, image.shape[0] // 16), :: max(1, image.shape[1] // 16), :: max(1, image.shape[2] // 16)]
    finite = sample[np.isfinite(sample)].astype(np.float64)
    return finite if finite.size else np.zeros(1)


def _scaled(image: np.ndarray, valid: np.ndarray, center: float, extent: float) -> np.ndarray:
    return np.where(valid, (image.astype(np.float64) - center) / extent, 0).astype(np.float32)


def _ssim_map(x: np.ndarray, y: np.ndarray, valid: np.ndarray, inner: slice, level: float) -> np.ndarray:
    """SSIM of every voxel of the inner slices. x, y: scaled so that R = 1, with `level` taken away (squares of a large
    common offset would swamp the variances), 0 outside `valid`."""
    weight = _blur(valid.astype(np.float32), inner)
    weight[weight == 0] = 1
    mean_x, mean_y = _blur(x, inner) / weight, _blur(y, inner) / weight
    covariance = _blur(x * y, inner) / weight - mean_x * mean_y
    variances = _blur(x * x + y * y, inner) / weight - mean_x**2 - mean_y**2
    structure = (2 * covariance + _K2**2) / (variances + _K2**2)
    level_x, level_y = mean_x + np.float64(level), mean_y + np.float64(level)
    return structure * (2 * level_x * level_y + _K1**2) / (level_x**2 + level_y**2 + _K1**2)


def _blur(image: np.ndarray, inner: slice) -> np.ndarray:
    """Gaussian-weighted sums of the inner slices; nothing beyond the border."""
    from scipy.ndimage import correlate1d  # loads for half a second, and few who import this module come here

    offsets = np.arange(-_RADIUS, _RADIUS + 1)
    kernel = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
    kernel /= kernel.sum()
    for axis in (1, 2, 0):
        image = correlate1d(image, kernel, axis=axis, mode="constant")
    return image[inner]
