"""`SplineField`: the signed distances of labels as cubic splines, each on a lattice of its own around the label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..fields.grid_levels import node_weights
from ..geometry import Grid
from .estimates import LabelLattice

_BYTES_PER_VALUE = 64
_EDGE = 4


@dataclass(frozen=True, eq=False)
class _Spline:
    """A cubic spline through `values` (k, j, i); `coefficients` have a rim of so many nodes as the spline reaches."""

    grid: Grid
    values: np.ndarray
    coefficients: np.ndarray

    @classmethod
    def through(cls, grid: Grid, values: np.ndarray) -> _Spline:
        rim = (
            np.pad(values, _EDGE, mode="reflect", reflect_type="odd")
            if min(values.shape) > _EDGE
            else np.pad(values, _EDGE, mode="edge")
        )
        return cls(grid, values, ndimage.spline_filter(rim.astype(float), 3, mode="mirror").astype(np.float32))

    def place(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 3) RAS mm: indices (i, j, k) in the lattice, and how far (mm) the points lie beyond it."""
        index = self.grid.world_to_index(points)
        inside = np.clip(index, 0, self.grid.size_ijk - 1)
        return inside, np.linalg.norm((index - inside) @ self.grid.ijk_to_world[:3, :3].T, axis=1)

    def value(self, points: np.ndarray) -> np.ndarray:
        """Values (N); beyond the lattice those of its edge and the way there."""
        index, way = self.place(points)
        found = np.empty(len(points), np.float32)
        near = way == 0
        found[near] = ndimage.map_coordinates(
            self.coefficients, index[near, ::-1].T + _EDGE, order=3, mode="mirror", prefilter=False
        )
        found[~near] = ndimage.map_coordinates(self.values, index[~near, ::-1].T, order=1, mode="nearest")
        return found + way.astype(np.float32)

    def least_distance(self, points: np.ndarray) -> float | None:
        """A bound on the values at points (N, 3) that all lie beyond one face of the lattice; else None."""
        low, high = points.min(0), points.max(0)
        box = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
        index = self.grid.world_to_index(box)
        if not ((index.max(0) < 0) | (index.min(0) > self.grid.size_ijk - 1)).any():
            return None
        v = self.values
        faces = min(float(f.min()) for f in (v[0], v[-1], v[:, 0], v[:, -1], v[:, :, 0], v[:, :, -1]))
        return max(faces, float(self.grid.spacing.max()))

    def gradient(self, points: np.ndarray) -> np.ndarray:
        """Gradient (N, 3) per mm, at points beyond the lattice that of its edge."""
        place = self.place(points)[0] + _EDGE
        cell = np.clip(np.floor(place).astype(int), 1, np.array(self.coefficients.shape[::-1]) - 3)
        t = place - cell
        weights = [[node_weights("cubic", t[:, axis], order) for order in (0, 1)] for axis in range(3)]
        rise = np.zeros((len(points), 3))
        for k in range(4):
            for j in range(4):
                for i in range(4):
                    at = cell + np.array([i, j, k]) - 1
                    node = self.coefficients[at[:, 2], at[:, 1], at[:, 0]]
                    for axis in range(3):
                        x, y, z = (weights[n][int(n == axis)][(i, j, k)[n]] for n in range(3))
                        rise[:, axis] += node * x * y * z
        return rise @ self.grid.world_to_ijk[:3, :3]


class SplineField:
    """Signed distances, mm, of D labels at any point: cubic splines through the values of each label's lattice (twice
    continuously differentiable; Unser, IEEE Signal Processing Magazine 16(6), 1999). Has the doors of `fields.Field`
    that a segmentation uses, and needs no torch. Close to ridges of the distance, where two parts of a surface are as
    near, it is rounder than that (see `DistanceField`)."""

    def __init__(self, lattices: list[LabelLattice]) -> None:
        self.lattices = lattices
        self._splines = [_Spline.through(lattice.grid, lattice.values) for lattice in lattices]

    @property
    def outputs(self) -> int:
        return len(self._splines)

    def points_per_chunk(self, max_memory_gb: float | None = None, order: int = 0) -> int:
        """Points that can be evaluated at once in so much memory."""
        budget = 0.5e9 if max_memory_gb is None else 0.25e9 * max_memory_gb
        return max(1024, int(budget / (_BYTES_PER_VALUE * (self.outputs + 4) * (1 + 3 * order))))

    def evaluate(self, points: np.ndarray, max_memory_gb: float | None = None) -> np.ndarray:
        """(N, 3) RAS mm to values (N, D) float32."""
        output = np.empty((len(points), self.outputs), np.float32)
        for part in self._parts(len(points), max_memory_gb, 0):
            for number, spline in enumerate(self._splines):
                far = spline.least_distance(points[part])
                output[part, number] = spline.value(points[part]) if far is None else far
        return output

    def evaluate_jacobian(self, points: np.ndarray, max_memory_gb: float | None = None) -> np.ndarray:
        """(N, 3) RAS mm to the Jacobian (N, D, 3) float32, per mm."""
        output = np.empty((len(points), self.outputs, 3), np.float32)
        for part in self._parts(len(points), max_memory_gb, 1):
            for number in range(self.outputs):
                output[part, number] = self.gradient_of(number, points[part])
        return output

    def value_of(self, number: int, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to the values (N) of one output."""
        return self._splines[number].value(points)

    def gradient_of(self, number: int, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to the gradient (N, 3) of one output, per mm."""
        return self._splines[number].gradient(points)

    def _parts(self, count: int, max_memory_gb: float | None, order: int) -> Iterator[slice]:
        step = self.points_per_chunk(max_memory_gb, order)
        return (slice(first, first + step) for first in range(0, count, step))
