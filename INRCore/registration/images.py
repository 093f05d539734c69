"""The two images as the fit sees them: checked, mapped to comparable intensities, with what may be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..errors import InputError
from ..foreground import foreground
from ..geometry import Grid
from ..settings import require
from ..volume import Volume

_CHUNK = 1 << 20
_PERCENTILES = (0.5, 99.5)


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """values: (k, j, i) float32, 0 to 1 between two percentiles of the region and clipped there, finite everywhere;
    region: (k, j, i) bool, the mask or the foreground, without voxels that touch a NaN; usable: (k, j, i) bool of the
    voxels that may be compared (in the mask, if given, and away from NaN), None: all; finite: (k, j, i) bool of the
    voxels that are numbers, None: all (smoothing needs it: a mask weights the loss, not the image)."""

    values: np.ndarray
    grid: Grid
    region: np.ndarray
    usable: np.ndarray | None
    finite: np.ndarray | None


def prepare_image(volume: Volume, mask: Volume | None, role: str) -> PreparedImage:
    """Checks and maps one volume; `mask` (nonzero = compare here) may lie on any grid. Raises `InputError` for an image
    of one slice, a constant one, and a mask that is empty there."""
    name = f"The {role} image {volume.label}"
    require(
        min(volume.grid.shape) > 1,
        f"{name} has a single slice ({volume.grid.describe()}); registration works in 3-D: give the whole volume. "
        "Single slices and projections (X-ray) cannot be registered here.",
    )
    low, high = volume.finite_range()
    require(low < high, f"{name} has the same value everywhere ({low:g}); there is nothing to align.")
    finite = _away_from_nan(volume)
    inside = None if mask is None else _mask_on_grid(mask, volume, role)
    usable = finite if inside is None else inside if finite is None else inside & finite
    region = foreground(volume) if inside is None else inside
    region = region if finite is None else region & finite
    require(bool(region.any()), f"{name} has no finite voxel to compare" + (" inside its mask." if mask else "."))
    return PreparedImage(_mapped(volume, region), volume.grid, region, usable, volume.finite_mask())


def _mapped(volume: Volume, region: np.ndarray) -> np.ndarray:
    """Percentiles of the region to 0 and 1: a few extreme voxels (metal, padding) must not set the scale."""
    values = volume.as_float32()
    inside = values[region]
    low, high = np.percentile(inside[:: max(1, inside.size // _CHUNK)], _PERCENTILES)
    if low == high:
        low, high = volume.finite_range()
    values -= np.float32(low)
    values /= np.float32(high - low)
    return np.clip(values, 0, 1, out=values)


def _away_from_nan(volume: Volume) -> np.ndarray | None:
    """(k, j, i) bool: voxels whose interpolation cell touches no voxel that is not a number; None: all."""
    finite = volume.finite_mask()
    if finite is None:
        return None
    return ~ndimage.binary_dilation(~finite, np.ones((3, 3, 3), bool))


def _mask_on_grid(mask: Volume, volume: Volume, role: str) -> np.ndarray:
    """(k, j, i) bool on the volume's grid: whether the mask's nearest voxel is not 0."""
    selected = (mask.array != 0) & np.isfinite(mask.array)
    if not selected.any():
        raise InputError(f"The {role} mask {mask.label} is empty (no voxel differs from 0).")
    if not mask.grid.same_as(volume.grid):
        selected = _nearest(selected, mask.grid, volume.grid)
        if not selected.any():
            raise InputError(
                f"The {role} mask {mask.label} lies outside the {role} image {volume.label}; check that it was drawn "
                "on this image, and that fixed and moving are not swapped."
            )
    return selected


def _nearest(selected: np.ndarray, source: Grid, target: Grid) -> np.ndarray:
    result = np.zeros(target.voxel_count, bool)
    for part, points in target.chunks(_CHUNK):
        index = np.rint(source.world_to_index(points)).astype(int)
        inside = ((index >= 0) & (index < source.size_ijk)).all(-1)
        i, j, k = index[inside].T
        result[part][inside] = selected[k, j, i]
    return result.reshape(target.shape)
