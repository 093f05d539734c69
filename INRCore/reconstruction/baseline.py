"""Cubic B-spline interpolation: the baseline that a reconstruction is compared with, and how it is completed."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..fields.switch import is_compiled
from ..geometry import Grid
from ..tiles import on_threads, tiles_of_threads
from ..volume import Volume

# Mirrored about the outer edge of the outer slice: the half slice beyond the last centre is then level, which is all
# that a slice average says about it (and a little better in PSNR than mirroring about the centre).
MODE = "reflect"
_POINTS_PER_TILE = 1 << 14


class CubicSpline:
    """The cubic B-spline through the voxels of a (k, j, i) array, evaluated at RAS points.

    Source: Unser, Splines: a perfect fit for signal and image processing, IEEE SPM 16(6), 1999.
    """

    def __init__(self, array: np.ndarray, grid: Grid) -> None:
        self.grid = grid
        # In double precision first: the recursive filter runs along whole lines.
        self._coefficients = ndimage.spline_filter(array, 3, np.float64, mode=MODE).astype(np.float32)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N) float32."""
        if is_compiled():
            return self._compiled(np.ascontiguousarray(points, float))
        index = self.grid.world_to_index(points).T[::-1]
        return ndimage.map_coordinates(self._coefficients, index, np.float32, 3, mode=MODE, prefilter=False)

    def _compiled(self, points: np.ndarray) -> np.ndarray:
        from ..compiled.splines import cubic_spline

        matrix, values = np.ascontiguousarray(self.grid.world_to_ijk[:3]), np.empty(len(points), np.float32)

        def work(share: list[slice]) -> None:
            for part in share:
                cubic_spline(self._coefficients, matrix, points[part], values[part])

        if len(points):
            on_threads(work, tiles_of_threads(len(points), _POINTS_PER_TILE))
        return values


class SplineMean:
    """The mean of several stacks' splines at each point, over the stacks whose field of view holds it (the first stack
    where none does: the edge of a result rounded to whole voxels)."""

    def __init__(self, splines: list[CubicSpline]) -> None:
        self.splines = splines

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N) float32."""
        if len(self.splines) == 1:
            return self.splines[0](points)
        total, count = np.zeros(len(points), np.float32), np.zeros(len(points), np.float32)
        for spline in self.splines:
            inside = spline.grid.contains(points)
            total[inside] += spline(points[inside])
            count += inside
        nowhere = count == 0
        total[nowhere], count[nowhere] = self.splines[0](points[nowhere]), 1
        return total / count


def without_gaps(volume: Volume) -> np.ndarray:
    """(k, j, i) float32 with each voxel that is not finite replaced by its nearest finite one in mm, because a spline's
    recursive filter would carry a single NaN through the image."""
    array, mask = volume.as_float32(), volume.finite_mask()
    if mask is None:
        return array
    nearest = ndimage.distance_transform_edt(
        ~mask, sampling=volume.grid.spacing[::-1], return_distances=False, return_indices=True
    )
    return array[tuple(nearest)]
