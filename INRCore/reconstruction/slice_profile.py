"""Forward models: how a measurement comes about from the field. Today the slice profile of 2-D imaging."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ..geometry import Grid
from .lattice_weights import SIGMA_OF_FWHM
from .slices import slice_normal


class ForwardModel(Protocol):
    """A linear measurement: number m sees sum_q weights[m, q] * field(points[m, q]).

    Everything that fits or checks a reconstruction asks only this, so that a line integral (nodes along a ray) or
    another point-spread function can take the place of the slice profile.
    """

    count: int
    """Number of measurements; they are numbered 0 .. count - 1."""
    samples: int
    """Number of points Q per measurement."""

    def to(self, device: torch.device) -> None:
        """Moves the model's tensors to a device."""

    def nodes(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Measurement numbers (N) to points (N, Q, 3) in RAS mm and weights broadcastable to (N, Q): a fixed rule, as
        exact as Q allows."""

    def random_nodes(self, numbers: Tensor, samples: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same with few random points (about `samples`), right on average; for stochastic fits."""


class SliceProfile:
    """Voxel (k, j, i) of a stack of slices, numbered in C order, is the field averaged through the slice's thickness,
    along the NORMAL of the slice plane: in a sheared grid (gantry tilt) the way to the next slice is not the normal.

    With `pixel_area` it is also averaged over the pixel's parallelogram instead of taken at its centre.
    """

    def __init__(
        self,
        grid: Grid,
        slice_axis: int,
        thickness_mm: float,
        profile: str = "boxcar",
        samples: int = 8,
        pixel_area: bool = False,
    ) -> None:
        """`slice_axis` is 0, 1, 2 for i, j, k; `profile` is a 'boxcar' of width `thickness_mm` or a 'gaussian' of that
        full width at half maximum; `samples` is the number of Gauss nodes through the slice."""
        self.profile, self.thickness_mm, self.pixel_area = profile, thickness_mm, pixel_area
        normal = slice_normal(grid, slice_axis)
        in_plane = [grid.ijk_to_world[:3, axis] for axis in range(3) if axis != slice_axis]
        through, weights = quadrature(profile, thickness_mm, samples)
        offsets = through[:, None] * normal
        for side in in_plane if pixel_area else []:
            across, factors = quadrature("boxcar", 1.0, 2)
            offsets = (offsets[:, None] + across[:, None] * side).reshape(-1, 3)
            weights = np.outer(weights, factors).ravel()
        self.count, self.samples = grid.voxel_count, len(weights)
        self._shape = grid.shape
        self._axes = torch.as_tensor(grid.ijk_to_world[:3, :3].T.copy(), dtype=torch.float32)
        self._origin = torch.as_tensor(grid.origin, dtype=torch.float32)
        self._normal = torch.as_tensor(normal, dtype=torch.float32)
        self._in_plane = torch.as_tensor(np.stack(in_plane), dtype=torch.float32)
        self._offsets = torch.as_tensor(offsets, dtype=torch.float32)
        self._weights = torch.as_tensor(weights, dtype=torch.float32)

    def to(self, device: torch.device) -> None:
        for name in ("_axes", "_origin", "_normal", "_in_plane", "_offsets", "_weights"):
            setattr(self, name, getattr(self, name).to(device))

    def nodes(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Voxel numbers (N) to points (N, Q, 3) RAS mm and weights (Q), which sum to 1 (Gauss rule)."""
        return self._centers(numbers)[:, None] + self._offsets, self._weights

    def random_nodes(self, numbers: Tensor, samples: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """One random point in each of `samples` parts of the slice that carry equal weight (stratified sampling)."""
        count, device = len(numbers), self._axes.device
        jitter = torch.rand(count, samples, generator=generator, device=device)
        share = (torch.arange(samples, device=device) + jitter) / samples
        if self.profile == "boxcar":
            through = (share - 0.5) * self.thickness_mm
        else:
            sigma = SIGMA_OF_FWHM * self.thickness_mm
            through = math.sqrt(2) * sigma * torch.erfinv((2 * share - 1).clamp(-0.9999, 0.9999))
        points = self._centers(numbers)[:, None] + through[..., None] * self._normal
        if self.pixel_area:
            points = points + (torch.rand(count, samples, 2, generator=generator, device=device) - 0.5) @ self._in_plane
        return points, torch.full((samples,), 1 / samples, device=device)

    def _centers(self, numbers: Tensor) -> Tensor:
        """(N, 3) RAS mm of the voxels' centres."""
        _, rows, columns = self._shape
        i, j, k = numbers % columns, numbers // columns % rows, numbers // (columns * rows)
        return torch.stack([i, j, k], -1).to(self._axes.dtype) @ self._axes + self._origin


def quadrature(profile: str, width_mm: float, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Offsets in mm and weights (sum 1) that integrate polynomials up to degree 2 * samples - 1 exactly over a 'boxcar'
    of the given width (Gauss-Legendre) or a 'gaussian' of that full width at half maximum (Gauss-Hermite).

    Source of the rules: Abramowitz & Stegun, Handbook of Mathematical Functions, 25.4.29 and 25.4.46.
    """
    if profile == "boxcar":
        x, weights = np.polynomial.legendre.leggauss(samples)
        return x * width_mm / 2, weights / 2
    x, weights = np.polynomial.hermite.hermgauss(samples)
    return x * math.sqrt(2) * SIGMA_OF_FWHM * width_mm, weights / math.sqrt(math.pi)
