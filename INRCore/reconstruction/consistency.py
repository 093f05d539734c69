"""Data consistency: how far slices taken from a volume through the forward model are from those that were measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..fitting import Progress
from ..fitting.progress import Steps
from ..geometry import Grid
from .blocks import Block
from .lattice_block import Known


@dataclass(frozen=True, eq=False)
class Misfit:
    """For each stack the sums over each slice of squared differences, in units of `scale`, and how many there are."""

    squares: list[np.ndarray]
    counts: list[np.ndarray]
    scale: float

    @property
    def rms(self) -> list[np.ndarray]:
        """Root mean square difference of each slice, in the slices' units; NaN for slices without measurements."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return [self.scale * np.sqrt(s / n) for s, n in zip(self.squares, self.counts, strict=True)]

    @property
    def relative(self) -> float:
        """Root mean square over all slices, in units of `scale`."""
        return float(np.sqrt(sum(s.sum() for s in self.squares) / max(1, sum(n.sum() for n in self.counts))))


def misfit_steps(
    known: Known, blocks: list[Block], lattice: Grid, volumes: list[np.ndarray], map_of_values: tuple[float, float]
) -> Steps[list[Misfit]]:
    """Of each of several volumes (k, j, i) on the lattice, in the slices' units, which an offset and a scale take to
    those of the measurements. Every pixel counts in the block that holds its centre."""
    offset, scale = (np.float32(value) for value in map_of_values)
    sizes = [len(stack.values) for stack in known.stacks]
    misfits = [Misfit([np.zeros(n) for n in sizes], [np.zeros(n) for n in sizes], float(scale)) for _ in volumes]
    for number, block in enumerate(blocks):
        voxels = [torch.as_tensor((volume[block.whole] - offset) / scale, device=known.device) for volume in volumes]
        kept = block.kept_grid(lattice)
        for index, stack in enumerate(known.stacks):
            near = stack.within(kept)
            if near is None:
                continue
            measured = near.on(block.grid, known.device, known.quick)
            counted = measured.weights > 0
            part = slice(near.first, near.first + len(near.values))
            for each, misfit in zip(voxels, misfits, strict=True):
                squares = (measured.residual(each) * counted).double().square().sum((1, 2))
                misfit.squares[index][part] += squares.cpu().numpy()
                misfit.counts[index][part] += counted.sum((1, 2)).cpu().numpy()
        yield Progress("check", number + 1, len(blocks))
    return misfits
