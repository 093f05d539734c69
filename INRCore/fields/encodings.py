"""Encodings: maps from normalised coordinates (N, 3) to features (N, C), with exact derivatives.

Registry: `ENCODINGS`, name -> class built from `FieldSettings`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .jets import PAIRS, Jet, seed_jet
from .settings import FieldSettings
from .sine import sine_and_cosine


class Encoding(nn.Module):
    """Base: `features` is C; `forward` maps (N, 3) to (N, C); `jet` gives its derivatives as well."""

    features: int

    def forward(self, points: Tensor) -> Tensor:
        raise NotImplementedError

    def jet(self, points: Tensor, second: bool) -> Jet:
        raise NotImplementedError


class IdentityEncoding(Encoding):
    """The coordinates themselves (what SIREN expects)."""

    def __init__(self, settings: FieldSettings, generator: torch.Generator | None) -> None:
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

    def __init__(self, settings: FieldSettings, generator: torch.Generator | None) -> None:
        octaves = math.pi * 2.0 ** torch.arange(settings.octaves, dtype=torch.float32)
        super().__init__(torch.kron(torch.eye(3), octaves[None, :]))


class FourierEncoding(FrequencyEncoding):
    """Gaussian random Fourier features: sin and cos of 2 pi b.x, b ~ N(0, sigma^2) (Tancik et al., NeurIPS 2020, sec.
    4). Coordinates run over [-1, 1] along the longest side, so sigma / 2 is in cycles per longest half side."""

    def __init__(self, settings: FieldSettings, generator: torch.Generator | None) -> None:
        normal = torch.randn(3, settings.fourier_features, generator=generator)
        super().__init__(2 * math.pi * settings.fourier_sigma * normal)


class HashGridEncoding(Encoding):
    """Multiresolution hash grid, trilinear (Instant-NGP: Mueller et al., ACM TOG 41(4), 2022, eq. 1-4).

    Levels whose lattice fits the table are indexed densely. First derivatives are those of trilinear interpolation:
    constant along each axis within a cell; second derivatives on the diagonal are 0, so bending and eikonal terms
    want another encoding.
    """

    table: Tensor
    _PRIMES = (1, 2654435761, 805459861)

    def __init__(self, settings: FieldSettings, generator: torch.Generator | None) -> None:
        super().__init__()
        levels, channels, entries = settings.hash_levels, settings.hash_features, 2**settings.hash_log2_entries
        growth = (settings.hash_finest / settings.hash_coarsest) ** (1 / max(levels - 1, 1))
        self.resolutions = [round(settings.hash_coarsest * growth**level) for level in range(levels)]
        self.entries = entries
        # U(-1e-4, 1e-4) as in the paper: close to zero, so that all levels start alike.
        start = (torch.rand(levels, entries, channels, generator=generator) * 2 - 1) * 1e-4
        self.table = nn.Parameter(start)
        self.features = levels * channels

    def forward(self, points: Tensor) -> Tensor:
        return torch.cat([self._level(points, level, 0)[0] for level in range(len(self.resolutions))], -1)

    def jet(self, points: Tensor, second: bool) -> Jet:
        parts = [self._level(points, level, 2 if second else 1) for level in range(len(self.resolutions))]
        value, first = (torch.cat([part[order] for part in parts], -1) for order in (0, 1))
        return Jet(value, first, torch.cat([part[2] for part in parts], -1) if second else None)

    def _level(self, points: Tensor, level: int, order: int) -> list[Tensor]:
        """Value (N, F) and, up to `order`, first (3, N, F) and second (6, N, F) derivatives of one level."""
        resolution = self.resolutions[level]
        position = ((points + 1) * 0.5).clamp(0, 1) * resolution
        cell = position.detach().floor().clamp(max=resolution - 1)
        fraction = position - cell
        sums: list[Tensor] = []
        for corner in range(8):
            bits = [(corner >> axis) & 1 for axis in range(3)]
            offset = torch.tensor(bits, device=points.device)
            features = self.table[level][self._slot(cell.long() + offset, resolution)]
            weights = self._corner_weights(fraction, bits, 0.5 * resolution, order)
            terms = [weight[..., None] * features for weight in weights]
            sums = terms if not sums else [total + term for total, term in zip(sums, terms, strict=True)]
        return sums

    @staticmethod
    def _corner_weights(fraction: Tensor, bits: list[int], scale: float, order: int) -> list[Tensor]:
        """Trilinear weight of a corner: (N), its gradient (3, N) and its six second derivatives (6, N)."""
        f = [fraction[:, a] if bits[a] else 1 - fraction[:, a] for a in range(3)]
        sign = [scale if bit else -scale for bit in bits]
        weights = [f[0] * f[1] * f[2]]
        if order >= 1:
            weights.append(torch.stack([sign[a] * f[(a + 1) % 3] * f[(a + 2) % 3] for a in range(3)]))
        if order >= 2:
            zero = torch.zeros_like(f[0])
            weights.append(torch.stack([zero if a == b else sign[a] * sign[b] * f[3 - a - b] for a, b in PAIRS]))
        return weights

    def _slot(self, corner: Tensor, resolution: int) -> Tensor:
        """Row of the table (N) of integer lattice corners (N, 3)."""
        side = resolution + 1
        if side**3 <= self.entries:
            return corner[:, 0] + side * (corner[:, 1] + side * corner[:, 2])
        mixed = corner[:, 0] * self._PRIMES[0]
        for axis in (1, 2):
            mixed = mixed ^ (corner[:, axis] * self._PRIMES[axis])
        return mixed % self.entries


ENCODINGS: dict[str, type[Encoding]] = {
    "none": IdentityEncoding,
    "positional": PositionalEncoding,
    "fourier": FourierEncoding,
    "hashgrid": HashGridEncoding,
}
