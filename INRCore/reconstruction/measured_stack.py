"""What one stack measured, ready to be seen from any lattice or part of one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from ..geometry import Grid
from .lattice_operators import SliceGeometry
from .least_squares import Measurements
from .stack_operator import operator_of_slices, weights_inside


@dataclass(frozen=True, eq=False)
class MeasuredStack:
    """values and weights (how far each is trusted): (slices, rows, columns) float32; poses (slices, 4, 4) as in
    `operator_of_slices`; first: the number of its first slice in the whole stack."""

    geometry: SliceGeometry
    values: np.ndarray
    weights: np.ndarray
    poses: np.ndarray | None = None
    first: int = 0

    def within(self, lattice: Grid) -> MeasuredStack | None:
        """The slices, rows and columns that the lattice holds; pixels outside of it weigh nothing. None: no pixel."""
        weights = self.weights_on(lattice)
        box = []
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            held = np.flatnonzero((weights > 0).any(others))
            if len(held) == 0:
                return None
            box.append(slice(int(held[0]), int(held[-1]) + 1))
        start, stop = np.zeros(3, int), np.zeros(3, int)
        for axis, part in zip(self.geometry.axes, box, strict=True):
            start[axis], stop[axis] = part.start, part.stop
        return MeasuredStack(
            replace(self.geometry, grid=self.geometry.grid.cropped(start.tolist(), stop.tolist())),
            np.ascontiguousarray(self.values[tuple(box)]),
            np.ascontiguousarray(weights[tuple(box)]),
            None if self.poses is None else self.poses[box[0]],
            self.first + box[0].start,
        )

    def weights_on(self, lattice: Grid) -> np.ndarray:
        """(slices, rows, columns): the weights of pixels in the lattice, 0 for others."""
        poses = np.tile(np.eye(4), (self.geometry.count, 1, 1)) if self.poses is None else self.poses
        return self.weights * weights_inside(self.geometry, lattice, poses)

    def on(self, lattice: Grid, device: torch.device, quick: bool) -> Measurements:
        """As the solver wants it, from the voxels of a lattice; `quick` as in `operator_of_slices`."""
        return Measurements(
            operator_of_slices(self.geometry, lattice, self.poses, device, quick),
            torch.as_tensor(self.values, device=device),
            torch.as_tensor(self.weights, device=device),
        )
