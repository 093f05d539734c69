"""One image of a pair on the fit's device: its values, where it may be compared, and random points of its region.

Both images of a pair live in the fixed image's space: the moving one is laid there by the inverse of the affine start,
which moves its grid and interpolates nothing.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..geometry import Grid
from ..interpolation import ImageSampler
from .images import PreparedImage
from .pyramid import refined, smoothed

_MOST_VOXELS_DRAWN_FROM = 4_000_000


def voxels_to_draw_from(image: PreparedImage, rng: np.random.Generator) -> np.ndarray:
    """Numbers of the region's voxels, or of a few million of them, in the order of (k, j, i)."""
    numbers = np.flatnonzero(image.region)
    return numbers if numbers.size <= _MOST_VOXELS_DRAWN_FROM else rng.choice(numbers, _MOST_VOXELS_DRAWN_FROM)


class Side:
    """An image smoothed by `sigma_mm` and moved by the 4x4 RAS matrix `placed`; nothing here waits for the device once
    `to` has put it there. `grid`: its voxels where they lie then; `level`: the smoothed values and their grid there.
    """

    def __init__(self, image: PreparedImage, voxels: np.ndarray, sigma_mm: float, placed: np.ndarray) -> None:
        self.image, self._numbers = image, voxels
        self.grid = image.grid.transformed(placed)
        values, thin = smoothed(image.values, image.grid, sigma_mm, image.finite)
        self.level = values, thin.transformed(placed)

    def to(self, device: torch.device) -> None:
        self.values = ImageSampler(*refined(*self.level), device)
        # Without a mask only the field of view counts, for which the sampler needs no voxels.
        usable = np.ones((1, 1, 1), np.float32) if self.image.usable is None else self.image.usable
        self._usable = ImageSampler(usable, self.grid, device)
        self._voxels = torch.as_tensor(self._numbers, device=device)
        self._size = torch.as_tensor(self.grid.size_ijk.copy(), device=device)
        self._axes, self._center = _linear_part(self.grid, device)

    def weight(self, points: Tensor) -> Tensor:
        """(N) 1 where a point (N, 3) lies in the image and may be compared, else 0."""
        weight = self._usable.inside(points)
        if self.image.usable is not None:
            weight = weight & (self._usable(points) >= 0.5)
        return weight.float()

    def weight_around(self, points: Tensor) -> Tensor:
        """(N) likewise for neighbours of points that may be compared: a mask says where to compare, and what surrounds
        a place there is seen even if the mask ends at the very edge that tells where it is."""
        return self.weight(points) if self.image.finite is not None else self.inside(points).float()

    def inside(self, points: Tensor) -> Tensor:
        """(N) bool: which points lie in the field of view."""
        return self._usable.inside(points)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """(N, 3) RAS: uniform in the voxels of the region."""
        device = self._voxels.device
        picks = torch.randint(len(self._voxels), (count,), generator=generator, device=device)
        number = self._voxels[picks]
        ni, nj = self._size[0], self._size[1]
        index = torch.stack([number % ni, number // ni % nj, number // (ni * nj)], -1)
        return self.world(index + torch.rand(count, 3, generator=generator, device=device) - 0.5)

    def draw_anywhere(self, count: int, generator: torch.Generator) -> Tensor:
        """(N, 3) RAS: uniform in the field of view."""
        uniform = torch.rand(count, 3, generator=generator, device=self._voxels.device)
        return self.world(uniform * self._size - 0.5)

    def world(self, index: Tensor) -> Tensor:
        """(N, 3) continuous (i, j, k) to (N, 3) RAS."""
        return (index - (self._size - 1) / 2) @ self._axes + self._center


def _linear_part(grid: Grid, device: torch.device) -> tuple[Tensor, Tensor]:
    """Transposed axes (3, 3) and centre (3) in single precision, the centre to be subtracted in index space."""
    axes = torch.as_tensor(grid.ijk_to_world[:3, :3].T.copy(), dtype=torch.float32, device=device)
    return axes, torch.as_tensor(grid.center, dtype=torch.float32, device=device)
