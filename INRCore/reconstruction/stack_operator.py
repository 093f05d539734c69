"""Which operator a stack gets, and which of its pixels the lattice can explain."""

from __future__ import annotations

import numpy as np
import torch

from ..geometry import Grid
from .fine_operator import FinePosedSlices
from .lattice_operators import LatticeOperator, PosedSlices, SeparableSlices, SliceGeometry

_MOST_FINE_VOXELS = 96_000_000
_LARGEST_FACTOR, _LEAST_FACTOR = 3, 2


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
    factor = _LARGEST_FACTOR if _is_held(lattice, _LARGEST_FACTOR) else _LEAST_FACTOR
    return FinePosedSlices(geometry, lattice, poses, device, factor)


def is_too_large_to_refine(lattice: Grid) -> bool:
    """Whether a lattice twice as fine would not fit into memory."""
    return not _is_held(lattice, _LEAST_FACTOR)


def _is_held(lattice: Grid, factor: int) -> bool:
    return lattice.voxel_count * factor**3 <= _MOST_FINE_VOXELS


def weights_inside(geometry: SliceGeometry, lattice: Grid, poses: np.ndarray) -> np.ndarray:
    """(slices, rows, columns) float32: 1 for pixels whose centre at its pose lies in the lattice's field of view."""
    return PosedSlices(geometry, lattice, poses, torch.device("cpu")).inside().numpy()
