"""The grid encoding at points by compiled loops (`compiled.grids`): several times as fast as gathers and scatters, and
with no array of weights. Needs Numba, which nothing requires."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..tiles import on_threads, tiles_of_threads
from .grid_levels import GridLevel, GridPyramid
from .switch import is_compiled

_POINTS_PER_TILE = 1 << 12


def can_run(table: Tensor, points: Tensor) -> bool:
    """Single precision on the CPU; points without a gradient."""
    one_type = table.dtype == points.dtype == torch.float32 and table.device.type == points.device.type == "cpu"
    return one_type and not points.requires_grad and is_compiled()


class CompiledGrid(torch.autograd.Function):
    """Features and derivatives (K, N, C) of points (N, 3) from a pyramid's table (R, F); K as in `compiled.grids`."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, points: Tensor, pyramid: GridPyramid, orders: int) -> Tensor:
        from ..compiled import grids

        ctx.save_for_backward(points)
        ctx.pyramid, ctx.shape = pyramid, table.shape
        nodes, places, channels = table.detach().numpy(), points.contiguous().numpy(), table.shape[1]
        found = np.empty((len(pyramid.levels), orders, len(points), channels), np.float32)
        levels = _levels(pyramid)

        def work(share: list[slice]) -> None:
            for tile in share:
                for (rows, about), part in zip(levels, found, strict=True):
                    grids.evaluate(nodes[rows], places[tile], *about, part[:, tile])

        if len(points):
            on_threads(work, tiles_of_threads(len(points), _POINTS_PER_TILE))
        return torch.from_numpy(np.concatenate(list(found), -1))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, changes: Tensor) -> tuple[Tensor | None, None, None, None]:
        from ..compiled import grids

        (points,) = ctx.saved_tensors
        places, gradient, channels = points.contiguous().numpy(), changes.contiguous().numpy(), ctx.shape[1]
        levels = _levels(ctx.pyramid)

        def work(share: list[slice]) -> np.ndarray:
            total = np.zeros(ctx.shape, np.float32)
            for tile in share:
                for number, (rows, about) in enumerate(levels):
                    part = gradient[:, tile, number * channels : (number + 1) * channels]
                    grids.evaluate_back(part, places[tile], *about, total[rows])
            return total

        if not len(points):
            return torch.zeros(ctx.shape), None, None, None
        first, *others = on_threads(work, tiles_of_threads(len(points), _POINTS_PER_TILE))
        for other in others:
            first += other
        return torch.from_numpy(first), None, None, None


def _levels(pyramid: GridPyramid) -> list[tuple[slice, tuple[np.ndarray, ...]]]:
    """Rows of the table, and low, scale, cells, stride, support as the loops take them, of each level."""
    return [(slice(level.start, level.stop), _about(pyramid, level)) for level in pyramid.levels]


def _about(pyramid: GridPyramid, level: GridLevel) -> tuple[np.ndarray, ...]:
    scale = [pyramid.place(level, axis, np.zeros(1))[0] for axis in range(3)]
    return (
        np.array(pyramid.low, np.float32),
        np.array(scale, np.float32),
        np.array(level.cells),
        np.array(level.strides),
        np.array(pyramid.support),
    )
