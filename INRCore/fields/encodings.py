"""Encodings: maps from normalised coordinates (N, 3) to features (N, C), with exact derivatives.

Registry: `ENCODINGS`, name -> class built from `FieldSettings`.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from .constants import constant
from .description import Frame
from .encoding import Encoding
from .grid_encoding import GridEncoding
from .grid_sums import weighted_rows
from .jets import PAIRS, Jet, seed_jet
from .lattice import HASH_PRIMES, lattice_levels
from .settings import FieldSettings
from .sine import sine_and_cosine

_CORNERS = tuple((x, y, z) for z, y, x in itertools.product((0, 1), repeat=3))


class IdentityEncoding(Encoding):
    """The coordinates themselves (what SIREN expects)."""

    def __init__(self, settings: FieldSettings, frame: Frame, generator: torch.Generator | None) -> None:
        super().__init__()
        self.features = 3

    def forward(self, points: Tensor) -> Tensor:
        return points

    def jet(self, points: Tensor, second: bool) -> Jet:
        return seed_jet(points, second)


class FrequencyEncoding(Encoding):
    """[sin(B x), cos(B x)] for a fixed matrix B (3, M) of angular frequencies; C = 2 M."""

    frequencies: Tensor

    def __init__(self, frequencies: Tensor) -> None:
        super().__init__()
        self.register_buffer("frequencies", frequencies)
        self.features = 2 * frequencies.shape[1]

    def forward(self, points: Tensor) -> Tensor:
        return torch.cat(sine_and_cosine(points @ self.frequencies), -1)

    def jet(self, points: Tensor, second: bool) -> Jet:
        sine, cosine = sine_and_cosine(points @ self.frequencies)
        rate = self.frequencies[:, None, :]
        first = torch.cat([cosine * rate, -sine * rate], -1)
        if not second:
            return Jet(torch.cat([sine, cosine], -1), first, None)
        products = torch.stack([self.frequencies[a] * self.frequencies[b] for a, b in PAIRS])[:, None, :]
        return Jet(torch.cat([sine, cosine], -1), first, torch.cat([-sine * products, -cosine * products], -1))


class PositionalEncoding(FrequencyEncoding):
    """sin and cos of 2^l pi x for each axis, l = 0 .. octaves - 1 (NeRF: Mildenhall et al., ECCV 2020, eq. 4)."""

    def __init__(self, settings: FieldSettings, frame: Frame, generator: torch.Generator | None) -> None:
        octaves = math.pi * 2.0 ** torch.arange(settings.octaves, dtype=torch.float32)
        super().__init__(torch.kron(torch.eye(3), octaves[None, :]))


class FourierEncoding(FrequencyEncoding):
    """Gaussian random Fourier features: sin and cos of 2 pi b.x, b ~ N(0, sigma^2) (Tancik et al., NeurIPS 2020, sec.
    4). Coordinates run over [-1, 1] along the longest side, so sigma / 2 is in cycles per longest half side."""

    def __init__(self, settings: FieldSettings, frame: Frame, generator: torch.Generator | None) -> None:
        normal = torch.randn(3, settings.fourier_features, generator=generator)
        super().__init__(2 * math.pi * settings.fourier_sigma * normal)


class HashGridEncoding(Encoding):
    """Multiresolution hash grid, trilinear (Instant-NGP: Mueller et al., ACM TOG 41(4), 2022, eq. 1-4).

    Levels whose lattice fits the table are indexed densely: with a table as large as the finest lattice it is a pyramid
    of dense grids, which on a CPU fits an image several times as fast as a sine network. First derivatives are those of
    trilinear interpolation: constant along each axis within a cell; second derivatives on the diagonal are 0, so
    bending and eikonal terms want another encoding.
    """

    table: Tensor

    def __init__(self, settings: FieldSettings, frame: Frame, generator: torch.Generator | None) -> None:
        super().__init__()
        self.levels, channels = lattice_levels(settings), settings.hash_features
        # U(-1e-4, 1e-4) as in the paper: close to zero, so that all levels start alike.
        start = (torch.rand(self.levels[-1].stop, channels, generator=generator) * 2 - 1) * 1e-4
        self.table = nn.Parameter(start)
        self.features, self.gathered = len(self.levels) * channels, len(self.levels) * len(_CORNERS)
        self._dense = sum(level.is_dense for level in self.levels)  # the first ones: resolutions rise

    def forward(self, points: Tensor) -> Tensor:
        fraction, rows = self._places(points)
        return self._sum(rows, self._weights(fraction, ()))

    def jet(self, points: Tensor, second: bool) -> Jet:
        fraction, rows = self._places(points)
        value = self._sum(rows, self._weights(fraction, ()))
        first = torch.stack([self._sum(rows, self._weights(fraction, (a,))) for a in range(3)])
        if not second:
            return Jet(value, first, None)
        mixed = [
            torch.zeros_like(value) if a == b else self._sum(rows, self._weights(fraction, (a, b))) for a, b in PAIRS
        ]
        return Jet(value, first, torch.stack(mixed))

    def _places(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Place within the cell (N, L, 3), 0 to 1, and rows of the table (N, L, 8) of the cell's corners."""
        resolutions = self._numbers("resolution", points.device).to(points.dtype)[:, None]
        starts, sides = (self._numbers(name, points.device) for name in ("start", "side"))
        corners = constant(_CORNERS, points.device, torch.int64)
        position = ((points + 1) * 0.5).clamp(0, 1)[:, None, :] * resolutions
        cell = torch.minimum(position.detach().floor(), resolutions - 1)
        lattice, dense = cell.long(), self._dense
        steps = torch.stack([torch.ones_like(sides), sides, sides**2], -1)[:dense]  # (L, 3)
        first = (lattice[:, :dense] * steps).sum(-1) + starts[:dense]
        rows = [first[..., None] + (corners * steps[:, None]).sum(-1)]
        if dense < len(self.levels):
            corner = lattice[:, dense:, None] + corners
            mixed = corner[..., 0] ^ (corner[..., 1] * HASH_PRIMES[1]) ^ (corner[..., 2] * HASH_PRIMES[2])
            rows.append(mixed % self.levels[-1].rows + starts[dense:, None])
        return position - cell, torch.cat(rows, 1)

    def _numbers(self, name: str, device: torch.device) -> Tensor:
        """An attribute of all levels (L), whole numbers."""
        return constant(tuple(getattr(level, name) for level in self.levels), device, torch.int64)

    def _weights(self, fraction: Tensor, derived: tuple[int, ...]) -> Tensor:
        """Trilinear weights (N, L, 8) of the corners, or their derivatives along the axes in `derived`."""
        slope = 0.5 * self._numbers("resolution", fraction.device).to(fraction.dtype)
        x, y, z = (
            torch.stack([-slope, slope], -1).expand(len(fraction), -1, 2)
            if axis in derived
            else torch.stack([1 - fraction[..., axis], fraction[..., axis]], -1)
            for axis in range(3)
        )
        return (z[..., :, None, None] * y[..., None, :, None] * x[..., None, None, :]).flatten(2)

    def _sum(self, rows: Tensor, weights: Tensor) -> Tensor:
        """(N, L * channels): at each level the weighted sum of eight rows."""
        return weighted_rows(self.table, rows.unbind(1), [weight[None] for weight in weights.unbind(1)])[0]


ENCODINGS: dict[str, type[Encoding]] = {
    "none": IdentityEncoding,
    "positional": PositionalEncoding,
    "fourier": FourierEncoding,
    "hashgrid": HashGridEncoding,
    "grid": GridEncoding,
}
