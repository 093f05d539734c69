"""Splines let go where they squeeze a map until it folds.

The barrier of a fit looks at random places and keeps nearly all of a map open; a fold of a few voxels between two
organs that want to be at one place it may miss. Here all voxels are looked at, and the finest splines around those that
are squeezed the most are changed until none of them folds, or comes near it. Nothing else of the map moves.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..fields.grid_encoding import GridEncoding
from ..fields.grid_lattice import SeparableLattice
from ..fitting.optimizer_adam import Adam
from ..geometry import Grid
from ..losses.deformation import jacobian_determinant
from .models import Model

_LEAST_DETERMINANT, _WANTED_DETERMINANT = 0.15, 0.25
"""What squeezes more is hardly anatomy, and its inverse bends more than a grid can follow."""
_ROUNDS, _STEPS, _RATE = 40, 5, 0.03
_MOST_PLACES = 20_000
_CHUNK = 1 << 17


def unfold(model: Model, grid: Grid, seed: int = 0) -> int:
    """Changes the model until it keeps more than 0.15 of the volume at every voxel of the grid, or 40 rounds are over;
    returns at how many voxels it did not at first. Only for splines on a lattice along their axes; others are left."""
    encodings = [field.encoding for field in model.fields if isinstance(field.encoding, GridEncoding)]
    lattice = SeparableLattice.of(model.fields[0].frame, grid)
    if lattice is None or not model.is_direct or len(encodings) < len(model.fields):
        return 0
    tables = [encoding.table for encoding in encodings]
    finest = [encoding.pyramid.levels[-1].start for encoding in encodings]
    optimizer = Adam(tables, _RATE)
    rng = np.random.default_rng(seed)
    first = None
    for _ in range(_ROUNDS):
        squeezed = _squeezed(model, lattice)
        first = len(squeezed) if first is None else first
        if not len(squeezed):
            break
        voxels = np.stack(np.unravel_index(squeezed, grid.shape), -1)[:, ::-1]
        for _ in range(_STEPS):
            index = rng.choice(voxels, min(_MOST_PLACES, 8 * len(voxels)))
            places = grid.index_to_world(index + rng.uniform(-0.5, 0.5, index.shape))
            determinants = _determinants(model, torch.as_tensor(places, dtype=torch.float32, device=tables[0].device))
            optimizer.zero_grad()
            (_WANTED_DETERMINANT - determinants).clamp(min=0).square().sum().backward()
            for table, start in zip(tables, finest, strict=True):
                if table.grad is not None:
                    table.grad[:start] = 0
            optimizer.step()
    return first or 0


def _determinants(model: Model, places: Tensor | SeparableLattice) -> Tensor:
    """(N) the least determinant of the Jacobians of the model's maps."""
    jacobians, _ = model.derivatives(places, second=False)
    return torch.stack([jacobian_determinant(jacobian) for jacobian in jacobians]).amin(0)


@torch.no_grad()
def _squeezed(model: Model, lattice: SeparableLattice) -> np.ndarray:
    """Numbers of the lattice's points, in the order of (k, j, i), where hardly anything of the volume is left."""
    found = [
        part.start + np.flatnonzero((_determinants(model, piece) < _LEAST_DETERMINANT).cpu().numpy())
        for part, piece in lattice.parts(_CHUNK)
    ]
    return np.concatenate(found)
