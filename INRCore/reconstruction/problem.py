"""The loss of super-resolution: the field, seen through the forward model, must give the slices."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..fields import Field
from ..fitting import Problem
from ..volume import Volume
from .stacks import Stack


class SuperResolutionProblem(Problem):
    """Mean squared difference, in units of `scale`, between random measured voxels and the field averaged over
    `samples` random points of their slice profile. Every measured voxel of every stack counts the same.

    With random points the expected loss is that of the exact average plus the field's variance within the parts of a
    slice, divided by their number: a mild smoothness through the slice that needs no weight. Measured on brain MR
    thickened 4 times it is worth 0.1 to 0.4 dB over fixed Gauss nodes, between which a long fit may oscillate, and
    three points cost half of what the six nodes do.
    """

    def __init__(self, field: Field, stacks: list[Stack], scale: float, samples: int = 3) -> None:
        self.module: Field = field
        self.stacks, self.scale, self.samples = stacks, scale, samples
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
            count = max(1, round(points * share / self.samples))
            chosen = torch.randint(stack.measured_count, (count,), generator=generator, device=self.module.device)
            numbers = self._numbers[index]
            voxels = chosen if numbers is None else numbers[chosen]
            nodes, weights = stack.forward.random_nodes(voxels, self.samples, generator)
            seen = (self.module(nodes.reshape(-1, 3)).reshape(nodes.shape[:2]) * weights).sum(1)
            total = total + share * ((seen - self._values[index][voxels]) / self.scale).square().mean()
        return {"slices": total}

    def preview(self, voxels: int) -> Volume:
        """The field alone, without what completes it, over the first stack's field of view."""
        stack = self.stacks[0]
        grid = stack.grid.with_spacing(stack.finest_mm).coarsened(voxels)
        values = self.module.evaluate(grid.points())
        return Volume(values.astype(np.float32).reshape(grid.shape), grid, name="preview")
