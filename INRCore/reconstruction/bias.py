"""Bias fields: smooth factors on the brightness of each stack, estimated where stacks overlap. No torch here.

What a coil sees differs from stack to stack when the patient or the coil moved. The logarithm of each stack's field is
a polynomial of low order (as in Van Leemput et al., IEEE TMI 18(10), 1999); where two stacks saw the same tissue, the
difference of their logarithms is that of their polynomials. What all fields share cannot be told from the tissue that
way; N4 (Tustison et al., IEEE TMI 29(6), 2010) may be asked to estimate that from each stack alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from ..geometry import Grid

_ORDER = 3
_POWERS = [(a, b, c) for a in range(_ORDER + 1) for b in range(_ORDER + 1 - a) for c in range(_ORDER + 1 - a - b)]
_PROBES = 60_000
_FOREGROUND = 0.15
"""Of the 99th percentile: darker places are air or noise."""
_RIDGE = 1e-3
_HUBER, _ROUNDS = 1.345, 8
_N4_VOXELS = 200_000


@dataclass(frozen=True, eq=False)
class BiasField:
    """The factor on a stack's brightness: exp of a polynomial of places in units of `reach_mm` around `center` (RAS
    mm), times an array (k, j, i) of the stack's own grid that N4 found (None: 1)."""

    coefficients: np.ndarray
    center: np.ndarray
    reach_mm: float
    own: np.ndarray | None = None

    def on(self, grid: Grid) -> np.ndarray:
        """(k, j, i) float32 on the stack's grid."""
        factor = np.exp(_polynomials((grid.points() - self.center) / self.reach_mm) @ self.coefficients)
        factor = factor.reshape(grid.shape).astype(np.float32)
        return factor if self.own is None else factor * self.own


def find_bias(arrays: list[np.ndarray], grids: list[Grid], with_n4: bool = False) -> list[BiasField]:
    """The field of each stack, (k, j, i) values that are not negative where there is tissue. The polynomials' mean over
    the stacks is level, and each stack stays as bright as it was on the whole."""
    own = [_n4(array, grid) if with_n4 else None for array, grid in zip(arrays, grids, strict=True)]
    corners = np.concatenate([grid.corners for grid in grids])
    center, reach = corners.mean(0), float(np.ptp(corners, axis=0).max() / 2)
    thickness = max(float(grid.spacing.max()) for grid in grids)
    logs = [
        _smooth_log(array if field is None else array / field, grid, thickness)
        for array, grid, field in zip(arrays, grids, own, strict=True)
    ]
    rows, targets = [], []
    for one, other in combinations(range(len(arrays)), 2):
        points, difference = _differences(logs[one], grids[one], logs[other], grids[other])
        if len(points):
            columns = _polynomials((points - center) / reach)
            row = np.zeros((len(points), len(arrays), len(_POWERS)))
            row[:, one], row[:, other] = columns, -columns
            rows.append(row.reshape(len(points), -1))
            targets.append(difference)
    coefficients = np.zeros((len(arrays), len(_POWERS)))
    if rows:
        coefficients = _robust_fit(np.concatenate(rows), np.concatenate(targets)).reshape(coefficients.shape)
        coefficients -= coefficients.mean(0)
        for each, log, grid in zip(coefficients, logs, grids, strict=True):
            # On the whole each stack stays as bright as it was.
            seen = _polynomials((grid.points()[np.isfinite(log).ravel()] - center) / reach)
            each[_POWERS.index((0, 0, 0))] -= (seen @ each).mean()
    return [BiasField(each, center, reach, field) for each, field in zip(coefficients, own, strict=True)]


def _polynomials(places: np.ndarray) -> np.ndarray:
    """(N, 3) to (N, terms)."""
    return np.stack([np.prod(places ** np.array(powers), axis=1) for powers in _POWERS], 1)


def _smooth_log(array: np.ndarray, grid: Grid, width_mm: float) -> np.ndarray:
    """(k, j, i): the logarithm of the brightness, blurred as far as the thickest slices blur, so that stacks of
    different directions can be compared; NaN where it is dark."""
    missing = np.sqrt(np.maximum(width_mm**2 - grid.spacing**2, 0)) / 2.355
    smooth = ndimage.gaussian_filter(array.astype(np.float32), (missing / grid.spacing)[::-1])
    dark = smooth < _FOREGROUND * np.percentile(smooth, 99)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(dark, np.nan, np.log(np.where(dark, 1, smooth)))


def _differences(one: np.ndarray, grid: Grid, other: np.ndarray, other_grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) places that both saw, evenly spread, and how much brighter the first shows them (logarithm)."""
    numbers = np.linspace(0, one.size - 1, min(_PROBES, one.size)).astype(np.int64)
    k, j, i = np.unravel_index(numbers, grid.shape)
    points = grid.index_to_world(np.stack([i, j, k], -1))
    index = other_grid.world_to_index(points).T[::-1]
    seen = ndimage.map_coordinates(other, index, order=1, mode="constant", cval=np.nan, prefilter=False)
    difference = one.ravel()[numbers] - seen
    known = np.isfinite(difference)
    return points[known], difference[known]


def _robust_fit(rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Least squares with what does not fit weighted down (Huber 1964), held near 0 where the data say nothing."""
    weights = np.ones(len(targets))
    ridge = _RIDGE * len(targets) * np.eye(rows.shape[1])
    for _ in range(_ROUNDS):
        weighted = rows * weights[:, None]
        found = np.linalg.solve(weighted.T @ rows + ridge, weighted.T @ targets)
        rest = np.abs(targets - rows @ found)
        limit = _HUBER * 1.4826 * np.median(rest) + 1e-9
        weights = np.minimum(1, limit / np.maximum(rest, 1e-12))
    return found


def _n4(array: np.ndarray, grid: Grid) -> np.ndarray:
    """(k, j, i) float32, of mean 1 in logarithm, from a coarse copy."""
    image = sitk.GetImageFromArray(np.maximum(array, 0).astype(np.float32))
    image.SetSpacing(grid.spacing.tolist())
    factor = max(1.0, (array.size / _N4_VOXELS) ** 0.5)
    shrink = [max(1, min(round(factor), size // 8)) if size >= 16 else 1 for size in grid.size_ijk.tolist()]
    small = sitk.Shrink(image, shrink)
    mask = small > _FOREGROUND * float(np.percentile(array, 99))
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations([30, 30, 20])
    corrector.Execute(small, sitk.Cast(mask, sitk.sitkUInt8))
    log_field = sitk.GetArrayFromImage(corrector.GetLogBiasFieldAsImage(image)).astype(np.float32)
    return np.exp(log_field - log_field.mean())
