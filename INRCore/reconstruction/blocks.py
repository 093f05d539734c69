"""A large lattice in parts that are solved one after the other, so that memory follows the settings and not the result.
No torch here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from ..memory import peak_memory_bytes

SOLVER_BYTES_PER_VOXEL = 96
"""Voxels, residual, direction, weights of the differences and the like, and a second lattice for each thread."""
_MOST_VOXELS = 24_000_000
"""Of a block when the user sets no limit: about 2.3 GB."""
_FEWEST_INNER_VOXELS = 6
_LEAST_SHARE = 0.25

Box = tuple[slice, ...]


@dataclass(frozen=True)
class Block:
    """grid: a part of a lattice with a margin around, where slices reach in from outside; whole: where it lies in the
    lattice; kept: the part without its margin, in the lattice; inner: the same in the block (all k, j, i)."""

    grid: Grid
    whole: Box
    kept: Box
    inner: Box

    def kept_grid(self, lattice: Grid) -> Grid:
        return part_of(lattice, self.kept)


def part_of(lattice: Grid, box: Box) -> Grid:
    """The grid of a box (k, j, i) of a lattice."""
    return lattice.cropped([part.start for part in box[::-1]], [part.stop for part in box[::-1]])


def margin_of(thickness_mm: float, lattice: Grid) -> int:
    """Voxels around a block: what lies further away is seen by no slice of its voxels, and hardly felt through their
    smoothness."""
    return int(np.ceil(thickness_mm / float(lattice.spacing.min()))) + 4


def most_voxels(max_memory_gb: float | None, input_bytes: int) -> int:
    """Voxels of a block under a memory limit: what the program and its inputs do not hold already, and at least a
    quarter of the limit."""
    if max_memory_gb is None:
        return _MOST_VOXELS
    limit = max_memory_gb * (1 << 30)
    free = max(limit - peak_memory_bytes() - input_bytes, _LEAST_SHARE * limit)
    return min(_MOST_VOXELS, int(free / SOLVER_BYTES_PER_VOXEL))


def blocks_of(lattice: Grid, margin: int, voxels: int) -> list[Block]:
    """The lattice in as few blocks as may be of at most so many voxels each, margins included.

    Raises `InputError` where the margins alone take more.
    """
    size, counts = np.array(lattice.shape), np.ones(3, int)
    while _largest(size, counts, margin) > voxels:
        inner = np.ceil(size / counts)
        axis = int(np.argmax(inner))
        if inner[axis] <= _FEWEST_INNER_VOXELS:
            raise InputError(
                "The memory limit is too low for slices as thick as these; raise it, or ask for a coarser spacing."
            )
        counts[axis] += 1
    return list(_cut(lattice, counts, margin))


def _largest(size: np.ndarray, counts: np.ndarray, margin: int) -> float:
    return float(np.minimum(size, np.ceil(size / counts) + np.where(counts > 1, 2 * margin, 0)).prod())


def _cut(lattice: Grid, counts: np.ndarray, margin: int) -> Iterator[Block]:
    sides = [
        [slice(n * size // count, (n + 1) * size // count) for n in range(count)]
        for size, count in zip(lattice.shape, counts, strict=True)
    ]
    for kept in product(*sides):
        whole = tuple(
            slice(max(0, part.start - margin), min(size, part.stop + margin))
            for part, size in zip(kept, lattice.shape, strict=True)
        )
        inner = tuple(slice(a.start - b.start, a.stop - b.start) for a, b in zip(kept, whole, strict=True))
        yield Block(part_of(lattice, whole), whole, kept, inner)
