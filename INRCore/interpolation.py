"""Values of a volume between its voxels, on the fit's device."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .geometry import Grid


class ImageSampler:
    """Trilinear interpolation of a (k, j, i) image at RAS points, differentiable with respect to the points.

    Written with eight gathers instead of `grid_sample`, which MPS lacks in 3-D. Points beyond the outermost voxel
    centres take the border's value; `inside` says which points lie in the field of view (voxel edges included).
    """

    def __init__(self, image: np.ndarray, grid: Grid, device: torch.device | str = "cpu") -> None:
        self.values = torch.as_tensor(np.ascontiguousarray(image, dtype=np.float32), device=device)
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

    def __call__(self, points: Tensor) -> Tensor:
        """(N, 3) RAS mm to (N) values."""
        return self.at_index(self.index(points))

    def at_index(self, index: Tensor) -> Tensor:
        """(N, 3) continuous (i, j, k) to (N) values."""
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
