"""Two volumes against each other, for the eye: their difference, and a check board of both."""

from __future__ import annotations

import numpy as np

from .geometry import Grid
from .volume import Volume

_CHUNK = 1 << 20
_PERCENTILES = (0.5, 99.5)
_ALIKE = 0.25


def difference(first: Volume, second: Volume) -> Volume:
    """`first` - `second`, float32, on the grid of `first`; 0 where the second has no voxels or one is no number."""
    result = first.array.astype(np.float32) - on_grid(second, first.grid)
    result[~np.isfinite(result)] = 0
    return first.with_array(result, name=f"{first.name} - {second.name}")


def checkerboard(first: Volume, second: Volume, tiles: int = 8) -> Volume:
    """Cubes of both volumes in turn, on the grid of `first`, about `tiles` of them along its longest side.

    When their robust ranges of intensities (0.5 % to 99.5 %) differ by more than a quarter, the second one is stretched
    to that of the first: what differs at the edges of the cubes is then the place, not the brightness. Where the second
    one has no voxels, the first one shows.
    """
    other = on_grid(second, first.grid)
    own = first.array.astype(np.float32)
    both = np.isfinite(other) & np.isfinite(own)
    if both.any():
        other = _stretched(other, np.percentile(other[both], _PERCENTILES), np.percentile(own[both], _PERCENTILES))
    size_mm = first.grid.size_ijk * first.grid.spacing
    edge = size_mm.max() / tiles
    k, j, i = (np.arange(n) * s // edge for n, s in zip(first.grid.shape, first.grid.spacing[::-1], strict=True))
    is_second = (k[:, None, None] + j[:, None] + i).astype(int) % 2 == 1
    result = np.where(is_second & both, other, own).astype(np.float32)
    return first.with_array(result, name=f"{first.name} and {second.name}")


def _stretched(values: np.ndarray, present: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Values whose range is `present` brought to the range `wanted`, unless the two are alike anyway."""
    width, wanted_width = np.ptp(present), np.ptp(wanted)
    if np.abs(present - wanted).max() <= _ALIKE * wanted_width:
        return values
    return (values - present[0]) * (wanted_width / (width or 1.0)) + wanted[0]


def on_grid(volume: Volume, grid: Grid) -> np.ndarray:
    """(k, j, i) float32: the volume's values on another grid, interpolated linearly, NaN outside of it."""
    if volume.grid.same_as(grid):
        return volume.array.astype(np.float32)
    from scipy.ndimage import map_coordinates  # loads for half a second, which only this way needs

    values = np.full(grid.voxel_count, np.nan, np.float32)
    for part, points in grid.chunks(_CHUNK):
        inside = volume.grid.contains(points)
        index = volume.grid.world_to_index(points[inside]).T[::-1]
        values[part][inside] = map_coordinates(
            volume.array, index, output=np.float32, order=1, mode="nearest", prefilter=False
        )
    return values.reshape(grid.shape)
