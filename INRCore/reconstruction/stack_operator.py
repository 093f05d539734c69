"""Which operator a stack gets, and which of its pixels the lattice can explain."""

from __future__ import annotations

import numpy as np
import torch

from ..geometry import Grid
from .fine_operator import FinePosedSlices
from .lattice_operators import LatticeOperator, PosedSlices, SeparableSlices, SliceGeometry

_MOST_VOXELS_TO_REFINE = 12_000_000


def operator_of_slices(
    geometry: SliceGeometry, lattice: Grid, poses: np.ndarray | None, device: torch.device, quick: bool = False
) -> LatticeOperator:
    """The operator of a stack; `poses` (slices, 4, 4) take a slice's points in the scanner to where they were in the
    patient (RAS mm), None: they stayed where the header says. `quick`: less exact between the voxels, as large lattices
    always are, whose finer ones would not fit into memory."""
    if poses is None:
        straight = SeparableSlices.of(geometry, lattice, device)
        if straight is not None:
            return straight
        poses = np.broadcast_to(np.eye(4), (geometry.count, 4, 4))
    if quick or is_too_large_to_refine(lattice):
        return PosedSlices(geometry, lattice, poses, device)
    return FinePosedSlices(geometry, lattice, poses, device)


def is_too_large_to_refine(lattice: Grid) -> bool:
    """Whether a lattice twice as fine would not fit into memory."""
    return lattice.voxel_count > _MOST_VOXELS_TO_REFINE


def weights_inside(geometry: SliceGeometry, lattice: Grid, poses: np.ndarray) -> np.ndarray:
    """(slices, rows, columns) float32: 1 for pixels whose centre at its pose lies in the lattice's field of view."""
    return PosedSlices(geometry, lattice, poses, torch.device("cpu")).inside().numpy()
