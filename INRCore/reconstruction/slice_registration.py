"""The pose of every slice: each slice laid into the volume where it fits best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..geometry import Grid
from .lattice_operators import SliceGeometry, through_slice
from .poses import moved, small_motions
from .slices import slice_normal

_PIXELS_PER_SLICE = 2500
_DAMPING_MM, _DAMPING_RAD = 3.0, 0.06
"""Beyond so much motion a slice must be sure of what it sees."""
_HUBER = 1.5


@dataclass(frozen=True, eq=False)
class SlicePixels:
    """Evenly spread pixels of every slice of a stack: points (slices, pixels, 3) in RAS mm as the header says, values
    and weights (slices, pixels), centers (slices, 3)."""

    points: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    centers: np.ndarray

    @classmethod
    def of(cls, geometry: SliceGeometry, values: np.ndarray, weights: np.ndarray) -> SlicePixels:
        """From (slices, rows, columns)."""
        step = max(1, int(np.sqrt(values[0].size / _PIXELS_PER_SLICE)))
        rows, columns = np.arange(step // 2, values.shape[1], step), np.arange(step // 2, values.shape[2], step)
        index = np.zeros((len(values), len(rows), len(columns), 3))
        index[..., geometry.axes[0]] = np.arange(len(values))[:, None, None]
        index[..., geometry.axes[1]] = rows[:, None]
        index[..., geometry.axes[2]] = columns
        points = geometry.grid.index_to_world(index).reshape(len(values), -1, 3)
        chosen = np.ix_(np.arange(len(values)), rows, columns)
        return cls(
            points,
            values[chosen].reshape(len(values), -1),
            weights[chosen].reshape(len(values), -1),
            points.mean(1),
        )

    def as_one(self) -> SlicePixels:
        """All slices as one body, which has one pose."""
        return SlicePixels(
            self.points.reshape(1, -1, 3),
            self.values.reshape(1, -1),
            self.weights.reshape(1, -1),
            self.centers.mean(0, keepdims=True),
        )

    def contrast(self) -> np.ndarray:
        """(slices): standard deviation of each slice, where it shows next to nothing half of what the others show."""
        total = np.maximum(self.weights.sum(1), 1)
        mean = (self.weights * self.values).sum(1) / total
        variance = (self.weights * (self.values - mean[:, None]) ** 2).sum(1) / total
        return np.sqrt(variance + variance.mean() / 4) + 1e-9


def blurred_along(volume: np.ndarray, lattice: Grid, geometry: SliceGeometry) -> np.ndarray:
    """(k, j, i): the volume as thick slices of the stack's direction would show it, centred at every voxel. Motion
    turns slices by some degrees only, for which the blur hardly changes."""
    offsets, weights = through_slice(geometry, float(lattice.spacing.min()))
    normal = lattice.world_to_ijk[:3, :3] @ slice_normal(geometry.grid, geometry.slice_axis)
    total = np.zeros(volume.shape, np.float32)
    for offset, weight in zip(offsets, weights, strict=True):
        total += weight * ndimage.shift(volume, -(offset * normal)[::-1], order=1, mode="nearest", prefilter=False)
    return total


def register_slices(
    pixels: SlicePixels, seen: np.ndarray, lattice: Grid, poses: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Better poses (slices, 4, 4), and the root mean square misfit of each slice there. `seen`: from `blurred_along`.

    Gauss-Newton on the squared differences (Lucas & Kanade, IJCAI 1981), damped towards no further motion, pixels that
    do not fit weighted down (Huber 1964).
    """
    gradients = np.stack(np.gradient(seen), -1)[..., ::-1] @ lattice.world_to_ijk[:3, :3]
    channels = [seen, *(np.ascontiguousarray(gradients[..., axis]) for axis in range(3))]
    best, least = poses.copy(), np.full(len(poses), np.inf)
    for step in range(steps + 1):
        points = moved(poses, pixels.points)
        index = lattice.world_to_index(points)
        inside = ((index >= 0) & (index <= lattice.size_ijk - 1)).all(-1) * pixels.weights
        at = np.moveaxis(index, -1, 0)[::-1]
        value, *slope = (ndimage.map_coordinates(c, at, order=1, mode="nearest", output=np.float32) for c in channels)
        residual = pixels.values - value
        misfit = np.sqrt((inside * residual**2).sum(1) / np.maximum(inside.sum(1), 1))
        better = misfit < least
        best[better], least[better] = poses[better], misfit[better]
        if step == steps:
            break
        limit = _HUBER * 1.4826 * _median(np.abs(residual), inside) + 1e-6
        weights = inside * np.minimum(1, limit[:, None] / np.maximum(np.abs(residual), 1e-9))
        centers = moved(poses, pixels.centers[:, None])[:, 0]
        columns = np.stack(slope, -1)
        jacobian = np.concatenate([columns, np.cross(points - centers[:, None], columns)], -1)
        normal = np.einsum("np,npa,npb->nab", weights, jacobian, jacobian)
        right = np.einsum("np,npa,np->na", weights, jacobian, residual)
        noise = np.maximum(limit / 2, 1e-3) ** 2
        scale = np.array([_DAMPING_MM] * 3 + [_DAMPING_RAD] * 3) ** -2.0
        normal += noise[:, None, None] * np.diag(scale)
        change = np.linalg.solve(normal, right[..., None])[..., 0]
        poses = small_motions(change, centers) @ poses
    return best, least


def _median(values: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """(slices): of the pixels inside; 0 where there are none."""
    masked = np.where(inside > 0, values, np.nan)
    empty = ~(inside > 0).any(1)
    masked[empty] = 0
    return np.nanmedian(masked, axis=1)
