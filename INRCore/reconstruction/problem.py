"""The loss of super-resolution: the field, seen through the forward model, must give the slices."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..fields import Field
from ..fitting import Problem
from .stacks import Stack

_PREVIEW_SIDE = 96


class SuperResolutionProblem(Problem):
    """Mean squared difference, in units of the stacks' standard deviation, between random measured voxels and the field
    averaged over their slice profiles. Every measured voxel of every stack counts the same."""

    def __init__(self, field: Field, stacks: list[Stack], scale: float) -> None:
        self.module: Field = field
        self.stacks, self.scale = stacks, scale
        total = sum(stack.measured_count for stack in stacks)
        self.shares = [stack.measured_count / total for stack in stacks]
        self._values = [torch.from_numpy(stack.values.ravel()) for stack in stacks]
        self._numbers = [None if s.numbers is None else torch.from_numpy(s.numbers) for s in stacks]

    def to(self, device: torch.device) -> None:
        super().to(device)
        self._values = [values.to(device) for values in self._values]
        self._numbers = [None if numbers is None else numbers.to(device) for numbers in self._numbers]
        for stack in self.stacks:
            stack.forward.to(device)

    def losses(self, points: int, generator: torch.Generator, iteration: int) -> dict[str, Tensor]:
        total = torch.zeros((), device=self.module.device)
        for index, (stack, share) in enumerate(zip(self.stacks, self.shares, strict=True)):
            count = max(1, round(points * share / stack.forward.samples))
            chosen = torch.randint(stack.measured_count, (count,), generator=generator, device=self.module.device)
            numbers = self._numbers[index]
            voxels = chosen if numbers is None else numbers[chosen]
            error = (measured(self.module, stack, voxels) - self._values[index][voxels]) / self.scale
            total = total + share * error.square().mean()
        return {"slices": total}

    def preview(self) -> np.ndarray:
        """(1, n, n) section across the slices of the first stack, of the field alone."""
        stack = self.stacks[0]
        size = stack.grid.size_ijk
        long = max((a for a in range(3) if a != stack.slice_axis), key=lambda a: size[a] * stack.grid.spacing[a])
        index = np.broadcast_to((size - 1) / 2, (_PREVIEW_SIDE, _PREVIEW_SIDE, 3)).copy()
        index[..., stack.slice_axis] = np.linspace(size[stack.slice_axis] - 1, 0, _PREVIEW_SIDE)[:, None]
        index[..., long] = np.linspace(0, size[long] - 1, _PREVIEW_SIDE)
        values = self.module.evaluate(stack.grid.index_to_world(index.reshape(-1, 3)))
        return values.reshape(1, _PREVIEW_SIDE, _PREVIEW_SIDE)


def measured(field: Field, stack: Stack, voxels: Tensor) -> Tensor:
    """What the stack's forward model makes of the field at the voxels with these numbers (N): (N) values."""
    points, weights = stack.forward.nodes(voxels)
    return (field(points.reshape(-1, 3)).reshape(points.shape[:2]) * weights).sum(1)
