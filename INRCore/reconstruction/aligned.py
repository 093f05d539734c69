"""The stacks as volumes where they were found to lie."""

from __future__ import annotations

import numpy as np
import torch

from ..geometry import Grid
from ..volume import Volume
from .lattice_operators import PosedSlices
from .motion import Motion
from .stacks import Stack

_PROBES = 1 << 20
_LEAST_SHARE = 0.05
"""Of what a slice that covers a voxel fully gives to it: where slices only touch there is nothing to show."""


def aligned_stacks(stacks: list[Stack], motion: Motion | None, grid: Grid) -> list[Volume]:
    """Each stack on the first one's intensity scale. One that moved as a whole keeps its voxels on a moved grid; one
    whose slices moved is laid, without those that were rejected, onto `grid`: each of its voxels is the mean of the
    slices that saw it, and the stack's smallest value where none did."""
    found = []
    for number, stack in enumerate(stacks):
        poses = None if motion is None else motion.poses[number]
        name = f"{stack.volume.name} aligned"
        if poses is None or np.ptp(poses, axis=0).max() < 1e-9:
            moved = stack.grid if poses is None else stack.grid.transformed(poses[0])
            found.append(stack.volume.with_array(stack.values, moved, name))
        else:
            trust = np.asarray(motion.trust[number] if motion is not None else 1)
            found.append(stack.volume.with_array(_laid_onto(grid, stack, poses, trust), grid, name))
    return found


def _laid_onto(grid: Grid, stack: Stack, poses: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """(k, j, i) float32."""
    slices = np.ascontiguousarray(stack.geometry.slices_first(stack.values), np.float32)
    operator = PosedSlices(stack.geometry, grid, poses, torch.device("cpu"))
    weights = operator.inside() * torch.as_tensor(trust > 0)[:, None, None]
    total, share = operator.adjoint(weights * torch.as_tensor(slices)), operator.adjoint(weights)
    covered = float(torch.quantile(share[share > 0][:_PROBES], 0.9)) if share.any() else 1.0
    is_seen = share > _LEAST_SHARE * covered
    return torch.where(is_seen, total / share.clamp(min=1e-9), float(stack.values.min())).numpy()
