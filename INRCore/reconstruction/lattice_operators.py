"""Forward models on a lattice: what a scanner measures of an image given by its voxels, and the way back.

A reconstruction asks a `LatticeOperator` for nothing but `apply` and `adjoint`, so that line integrals or a Fourier
transform can take the place of slices: `least_squares` solves for any list of `Measurements`, each an operator with its
values and weights. A new kind of data needs the two methods and a counterpart of `MeasuredStack`, which says what of
the data a block of the lattice explains (data that see the whole lattice, such as k-space, allow one block only).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ..geometry import Grid
from .compiled_slices import CompiledSlices
from .lattice_weights import point_weights, profile_weights
from .slices import slice_normal

_STRAIGHT_VOXELS = 0.02
_POINTS_AT_ONCE = 1 << 19


class LatticeOperator(Protocol):
    """A linear measurement of the voxels (K, J, I) of a lattice."""

    def apply(self, voxels: Tensor) -> Tensor:
        """What is measured: for slices (slices, rows, columns)."""

    def adjoint(self, measured: Tensor) -> Tensor:
        """The transposed operator: measurements to (K, J, I)."""


@dataclass(frozen=True)
class SliceGeometry:
    """How a stack's slices lie: its grid, the axis across the slices (0, 1, 2 for i, j, k), their thickness in mm and
    their profile; with `pixel_area` pixels are means over their area, otherwise values at their centres."""

    grid: Grid
    slice_axis: int
    thickness_mm: float
    profile: str = "boxcar"
    pixel_area: bool = False

    def slices_first(self, array: np.ndarray) -> np.ndarray:
        """(k, j, i) to (slices, rows, columns)."""
        return np.moveaxis(array, 2 - self.slice_axis, 0)

    def slices_back(self, array: np.ndarray) -> np.ndarray:
        """(slices, rows, columns) to (k, j, i)."""
        return np.moveaxis(array, 0, 2 - self.slice_axis)

    @property
    def axes(self) -> list[int]:
        """The grid's axes in the order slices, rows, columns."""
        return [self.slice_axis, *(axis for axis in (2, 1, 0) if axis != self.slice_axis)]

    @property
    def count(self) -> int:
        """Number of slices."""
        return int(self.grid.size_ijk[self.slice_axis])

    def centers(self) -> np.ndarray:
        """(slices, 3) RAS mm of the slices' centres."""
        index = np.tile((self.grid.size_ijk - 1) / 2, (self.count, 1))
        index[:, self.slice_axis] = np.arange(self.count)
        return self.grid.index_to_world(index)


class SeparableSlices:
    """Slices along the lattice's own axes: three small matrix products, with no gathers."""

    def __init__(self, matrices: list[Tensor | None], order: list[int]) -> None:
        """Matrices for slices, rows and columns (None: identity), each for the lattice's dimension in `order`."""
        self._matrices, self._order = matrices, order

    @classmethod
    def of(cls, geometry: SliceGeometry, lattice: Grid, device: torch.device) -> SeparableSlices | None:
        """None when the axes are not parallel."""
        relation = lattice.world_to_ijk @ geometry.grid.ijk_to_world
        matrices, order = list[Tensor | None](), list[int]()
        for axis in geometry.axes:
            step, size = relation[:3, axis], int(geometry.grid.size_ijk[axis])
            along = int(np.argmax(np.abs(step)))
            if np.abs(np.delete(step, along)).max() * (size - 1) > _STRAIGHT_VOXELS or 2 - along in order:
                return None
            order.append(2 - along)
            wanted = int(lattice.size_ijk[along])
            positions = relation[along, 3] + step[along] * np.arange(size)
            if axis == geometry.slice_axis:
                # In a sheared lattice the way to the next voxel is not the way through the slice.
                turned = np.linalg.norm(np.cross(lattice.directions[:, along], slice_normal(geometry.grid, axis)))
                if turned * geometry.thickness_mm / 2 > _STRAIGHT_VOXELS * float(lattice.spacing.min()):
                    return None
                width = geometry.thickness_mm / lattice.spacing[along]
                matrix = profile_weights(positions, wanted, width, geometry.profile)
            elif geometry.pixel_area:
                matrix = profile_weights(positions, wanted, abs(step[along]), "boxcar")
            else:
                matrix = point_weights(positions, wanted)
            is_identity = matrix.shape[0] == matrix.shape[1] and np.allclose(matrix, np.eye(wanted), atol=1e-3)
            matrices.append(None if is_identity else torch.as_tensor(matrix, dtype=torch.float32, device=device))
        return cls(matrices, order)

    def apply(self, voxels: Tensor) -> Tensor:
        result = voxels.permute(self._order)
        for dimension, matrix in enumerate(self._matrices):
            result = along_dimension(matrix, result, dimension)
        return result

    def adjoint(self, measured: Tensor) -> Tensor:
        result = measured
        for dimension in (2, 1, 0):  # the slice axis last: it makes many voxels out of few
            matrix = self._matrices[dimension]
            result = along_dimension(None if matrix is None else matrix.T, result, dimension)
        return result.permute([self._order.index(dimension) for dimension in range(3)])


def along_dimension(matrix: Tensor | None, array: Tensor, dimension: int) -> Tensor:
    """The product of a matrix (None: identity) with one dimension of an array."""
    if matrix is None:
        return array
    return torch.movedim(torch.tensordot(matrix, array, ([1], [dimension])), 0, dimension)


class PosedSlices:
    """Slices anywhere, each at a pose of its own: trilinear at points through the slice."""

    def __init__(
        self,
        geometry: SliceGeometry,
        lattice: Grid,
        poses: np.ndarray,
        device: torch.device,
        voxel_mm: float | None = None,
    ) -> None:
        """`voxel_mm`: the width of what a lattice value is the mean of (the lattice's finest spacing)."""
        self.shape = lattice.shape
        self._size = torch.as_tensor(lattice.size_ijk.copy(), device=device)
        rows, columns = (int(geometry.grid.size_ijk[axis]) for axis in geometry.axes[1:])
        self._pixels = (geometry.count, rows, columns)
        matrices, starts = _slices_to_lattice(geometry, lattice, poses)
        self._steps = torch.as_tensor(matrices, dtype=torch.float32, device=device)
        self._starts = torch.as_tensor(starts, dtype=torch.float32, device=device)
        offsets, weights = through_slice(geometry, voxel_mm or float(lattice.spacing.min()))
        self._offsets = [float(offset) for offset in offsets]
        self._weights = [float(weight) for weight in weights]
        self._compiled = CompiledSlices(
            starts.astype(np.float32),
            matrices.astype(np.float32),
            offsets.astype(np.float32),
            weights.astype(np.float32),
        )

    def apply(self, voxels: Tensor) -> Tensor:
        if self._compiled.can_take(voxels):
            return self._compiled.apply(voxels, *self._pixels[1:])
        flat = voxels.reshape(-1)
        parts = []
        for chunk in self._chunks():
            total = torch.zeros(len(chunk) * self._pixels[1] * self._pixels[2], device=voxels.device)
            for numbers, weights in self._corners(chunk):
                total.addcmul_(flat[numbers], weights)
            parts.append(total.reshape(len(chunk), *self._pixels[1:]))
        return torch.cat(parts)

    def adjoint(self, measured: Tensor) -> Tensor:
        if self._compiled.can_take(measured):
            return self._compiled.adjoint(measured, self.shape)
        total = torch.zeros(int(np.prod(self.shape)), device=measured.device)
        for chunk in self._chunks():
            values = measured[chunk.start : chunk.stop].reshape(-1)
            for numbers, weights in self._corners(chunk):
                total.index_add_(0, numbers, values * weights)
        return total.reshape(self.shape)

    def inside(self) -> Tensor:
        """(slices, rows, columns) float: 1 where a pixel's centre lies in the lattice's field of view."""
        parts = [self._centers(chunk) for chunk in self._chunks()]
        index = torch.cat(parts)
        return ((index >= -0.5) & (index <= self._size - 0.5)).all(-1).float().reshape(self._pixels)

    def _chunks(self) -> list[range]:
        step = max(1, _POINTS_AT_ONCE // (self._pixels[1] * self._pixels[2]))
        return [range(first, min(first + step, self._pixels[0])) for first in range(0, self._pixels[0], step)]

    def _centers(self, chunk: range) -> Tensor:
        """(N, 3) lattice index (i, j, k) of the pixels of some slices."""
        device = self._starts.device
        rows = torch.arange(self._pixels[1], device=device, dtype=torch.float32)[:, None, None]
        columns = torch.arange(self._pixels[2], device=device, dtype=torch.float32)[None, :, None]
        parts = [
            self._starts[number] + rows * self._steps[number, :, 1] + columns * self._steps[number, :, 2]
            for number in chunk
        ]
        return torch.stack(parts).reshape(-1, 3)

    def _corners(self, chunk: range) -> Iterator[tuple[Tensor, Tensor]]:
        """Yields flat voxel numbers and weights (N), corner by corner of every point through the slices."""
        centers = self._centers(chunk)
        normals = self._steps[chunk.start : chunk.stop, :, 0].repeat_interleave(len(centers) // len(chunk), 0)
        _, rows, columns = self.shape
        last = (self._size - 1).to(centers.dtype)
        for offset, weight in zip(self._offsets, self._weights, strict=True):
            index = torch.minimum((centers + offset * normals).clamp(min=0), last)
            low = torch.minimum(index.floor(), (last - 1).clamp(min=0))
            fraction = index - low
            (i, j, k), (fi, fj, fk) = low.long().unbind(-1), fraction.unbind(-1)
            first = (k * rows + j) * columns + i
            steps = (torch.where(self._size > 1, 1, 0)).tolist()
            for dk in range(2):
                for dj in range(2):
                    outer = weight * (fk if dk else 1 - fk) * (fj if dj else 1 - fj)
                    base = first + (dk * steps[2] * rows + dj * steps[1]) * columns
                    yield base, outer * (1 - fi)
                    yield base + steps[0], outer * fi


def _slices_to_lattice(geometry: SliceGeometry, lattice: Grid, poses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each slice: lattice index per (mm of the slice normal, row, column), and the index of its pixel 0, 0."""
    affine, normal = geometry.grid.ijk_to_world, slice_normal(geometry.grid, geometry.slice_axis)
    across, row, column = (affine[:3, axis] for axis in geometry.axes)
    matrices, starts = [], []
    for number, pose in enumerate(poses):
        to_index = lattice.world_to_ijk @ pose
        start = affine[:3, 3] + number * across
        starts.append(to_index[:3, :3] @ start + to_index[:3, 3])
        matrices.append(to_index[:3, :3] @ np.stack([normal, row, column], 1))
    return np.stack(matrices), np.stack(starts)


def through_slice(geometry: SliceGeometry, step_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Offsets in mm and weights of points through a slice, middles of equal parts. `step_mm`: the voxels of a lattice,
    each of which stands for its mean, so that points closer together would blur the slice once more."""
    reach = geometry.thickness_mm * (1.0 if geometry.profile == "boxcar" else 2.0)
    count = max(1, int(np.ceil(reach / step_mm - 1e-6)))
    offsets = ((np.arange(count) + 0.5) / count - 0.5) * reach
    middle = np.array([(count - 1) / 2])
    weights = profile_weights(middle, count, geometry.thickness_mm * count / reach, geometry.profile)[0]
    return offsets, weights / weights.sum()
