"""Slices anywhere, seen more exactly: linear between the points of a finer lattice, which splines fill."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..geometry import Grid
from .lattice_operators import PosedSlices, SliceGeometry, along_dimension
from .lattice_weights import spline_weights


class FinePosedSlices:
    """`PosedSlices` of the voxels' cubic spline on a lattice `factor` times finer. Linear interpolation between voxels
    blurs what is as fine as they are: on a brain at 1 mm whose slices had moved, twice as fine was worth 2 dB. Three
    stacks that lay straight, seen in this way, lost 0.7 dB to the exact `SeparableSlices` with a factor of 2 and
    nothing with 3."""

    def __init__(
        self, geometry: SliceGeometry, lattice: Grid, poses: np.ndarray, device: torch.device, factor: int
    ) -> None:
        sizes = np.where(lattice.size_ijk > 1, lattice.size_ijk * factor, 1)
        fine = lattice.with_size(sizes.tolist())
        # The spline's values are still means over whole voxels, however finely it is sampled.
        self._slices = PosedSlices(geometry, fine, poses, device, float(lattice.spacing.min()))
        self._matrices = [
            torch.as_tensor(
                spline_weights((np.arange(fine) + 0.5) * size / fine - 0.5, size), dtype=torch.float32, device=device
            )
            for size, fine in zip(lattice.shape, sizes[::-1], strict=True)
        ]

    def apply(self, voxels: Tensor) -> Tensor:
        for dimension, matrix in enumerate(self._matrices):
            voxels = along_dimension(matrix, voxels, dimension)
        return self._slices.apply(voxels)

    def adjoint(self, measured: Tensor) -> Tensor:
        voxels = self._slices.adjoint(measured)
        for dimension, matrix in enumerate(self._matrices):
            voxels = along_dimension(matrix.T, voxels, dimension)
        return voxels
