"""Where the levels of a hash grid lie in its table. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

from .settings import FieldSettings

HASH_PRIMES = (1, 2654435761, 805459861)
"""Factors of the spatial hash (Instant-NGP: Mueller et al., ACM TOG 41(4), 2022, eq. 4)."""


@dataclass(frozen=True)
class LatticeLevel:
    """`resolution` cells along each axis of [-1, 1]^3; its features are the table's rows `start` to `start + rows`, one
    for each lattice point if `is_dense`, else shared by their hash."""

    resolution: int
    start: int
    rows: int

    @property
    def side(self) -> int:
        """Lattice points along an axis."""
        return self.resolution + 1

    @property
    def is_dense(self) -> bool:
        return self.side**3 <= self.rows

    @property
    def stop(self) -> int:
        return self.start + self.rows


def lattice_levels(settings: FieldSettings) -> list[LatticeLevel]:
    """The levels, coarse to fine; dense ones take as many rows as they have lattice points."""
    growth = (settings.hash_finest / settings.hash_coarsest) ** (1 / max(settings.hash_levels - 1, 1))
    levels: list[LatticeLevel] = []
    for number in range(settings.hash_levels):
        resolution = round(settings.hash_coarsest * growth**number)
        rows = min((resolution + 1) ** 3, 2**settings.hash_log2_entries)
        levels.append(LatticeLevel(resolution, levels[-1].stop if levels else 0, rows))
    return levels
