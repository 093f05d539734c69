"""Values of a volume between its voxels, on the fit's device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from .fields.switch import is_compiled
from .geometry import Grid
from .tiles import on_threads, tiles_of_threads

_POINTS_PER_TILE = 1 << 14


class _Sampler:
    """Where RAS points lie among the voxels of an image: what every interpolation starts with."""

    def __init__(self, image: np.ndarray, grid: Grid, device: torch.device | str = "cpu") -> None:
        self.values = torch.as_tensor(np.require(image, np.float32, ["C", "W"]), device=device)
        self.size = torch.as_tensor(grid.size_ijk.copy(), device=device)
        # World coordinates can be large compared with a voxel: subtract the centre before going to single precision.
        self._center = torch.as_tensor(grid.center, dtype=torch.float32, device=device)
        inverse = torch.as_tensor(grid.world_to_ijk[:3, :3], dtype=torch.float32, device=device)
        self._to_index = inverse.T.contiguous()
        offset = grid.world_to_index(self._center.double().cpu().numpy())
        self._index_center = torch.as_tensor(offset, dtype=torch.float32, device=device)

    def index(self, points: Tensor) -> Tensor:
        """(N, 3) RAS mm to (N, 3) continuous (i, j, k)."""
        return (points - self._center) @ self._to_index + self._index_center

    def inside(self, points: Tensor) -> Tensor:
        """(N) bool: which (N, 3) RAS points lie in the field of view."""
        index = self.index(points)
        return ((index >= -0.5) & (index <= self.size - 0.5)).all(-1)


class ImageSampler(_Sampler):
    """Trilinear interpolation of a (k, j, i) image at RAS points, differentiable with respect to the points.

    Written with eight gathers instead of `grid_sample`, which MPS lacks in 3-D. Points beyond the outermost voxel
    centres take the border's value; `inside` says which points lie in the field of view (voxel edges included).
    """

    def __call__(self, points: Tensor) -> Tensor:
        """(N, 3) RAS mm to (N) values."""
        return self.at_index(self.index(points))

    def at_index(self, index: Tensor) -> Tensor:
        """(N, 3) continuous (i, j, k) to (N) values."""
        if _can_be_compiled(index, self.values):
            return cast(Tensor, _CompiledTrilinear.apply(index, self.values))
        index = torch.minimum(index.clamp(min=0), (self.size - 1).to(index.dtype))
        low = torch.minimum(index.detach().floor().long(), (self.size - 2).clamp(min=0))
        fraction = index - low
        high = torch.minimum(low + 1, self.size - 1)
        i, j, k = (torch.stack([low[:, axis], high[:, axis]]) for axis in range(3))
        fi, fj, fk = fraction.unbind(-1)
        corners = self.values[k[:, None, None], j[None, :, None], i[None, None, :]]  # (2, 2, 2, N)
        rows = corners[:, :, 0] + (corners[:, :, 1] - corners[:, :, 0]) * fi
        columns = rows[:, 0] + (rows[:, 1] - rows[:, 0]) * fj
        return columns[0] + (columns[1] - columns[0]) * fk


class CubicVectorSampler(_Sampler):
    """Cubic convolution (Keys 1981, a = -1/2, four nodes an axis) of a (k, j, i, c) vector image at RAS points.

    It is what Slicer does with a displacement grid, so that what we warp is what Slicer warps. Beyond the border the
    outermost nodes are repeated.
    """

    def __call__(self, points: Tensor) -> Tensor:
        """(N, 3) RAS mm to (N, c) values."""
        index = self.index(points)
        if self.values.shape[-1] == 3 and _can_be_compiled(index, self.values) and not index.requires_grad:
            from .compiled import images

            values = torch.empty(len(index), 3)
            _in_tiles(lambda tile: images.cubic(self.values.numpy(), index.numpy()[tile], values.numpy()[tile]), index)
            return values
        index = torch.minimum(index.clamp(min=0), (self.size - 1).to(points.dtype))
        low = index.floor()
        nodes = low.long()[:, :, None] + torch.arange(-1, 3, device=index.device)  # (N, axis, 4)
        nodes = torch.minimum(nodes.clamp(min=0), (self.size - 1)[:, None])
        weights = _cubic_weights(index - low)
        columns, rows = int(self.size[0]), int(self.size[1])
        flat = self.values.reshape(-1, self.values.shape[-1])
        total = torch.zeros(len(points), flat.shape[-1], device=index.device)
        for k in range(4):
            for j in range(4):
                row = (nodes[:, 2, k] * rows + nodes[:, 1, j]) * columns
                weight = weights[:, 2, k] * weights[:, 1, j]
                for i in range(4):
                    total += (weight * weights[:, 0, i])[:, None] * flat[row + nodes[:, 0, i]]
        return total


def _can_be_compiled(index: Tensor, image: Tensor) -> bool:
    return is_compiled() and index.device.type == "cpu" and index.dtype == image.dtype == torch.float32


def _in_tiles(work: Callable[[slice], None], index: Tensor) -> None:
    def of_share(share: list[slice]) -> None:
        for tile in share:
            work(tile)

    if len(index):
        on_threads(of_share, tiles_of_threads(len(index), _POINTS_PER_TILE))


class _CompiledTrilinear(torch.autograd.Function):
    """Values and their gradient in one go, about ten times as fast as by torch's gathers."""

    @staticmethod
    def forward(ctx: Any, index: Tensor, image: Tensor) -> Tensor:
        from .compiled import images

        places, wanted = index.detach().contiguous().numpy(), len(index) if ctx.needs_input_grad[0] else 0
        values, gradient = torch.empty(len(index)), torch.empty(wanted, 3)

        def work(tile: slice) -> None:
            images.trilinear(image.numpy(), places[tile], values.numpy()[tile], gradient.numpy()[tile])

        _in_tiles(work, index)
        ctx.save_for_backward(gradient)
        return values

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, of_values: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return of_values[:, None] * gradient, None


def _cubic_weights(t: Tensor) -> Tensor:
    """(...) in [0, 1) to (..., 4): the shares of the nodes at -1, 0, 1, 2."""
    outer, inner = t * (1 - t) / 2, 1 - t
    return torch.stack(
        [-outer * inner, 1 + t * t * (1.5 * t - 2.5), 1 + inner * inner * (1.5 * inner - 2.5), -outer * t], -1
    )
