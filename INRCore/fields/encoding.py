"""What every encoding offers."""

from __future__ import annotations

from torch import Tensor, nn

from .grid_lattice import SeparableLattice
from .jets import Jet


class Encoding(nn.Module):
    """Base: `features` is C; `forward` maps (N, 3) network coordinates to (N, C); `jet` gives its derivatives as well.

    Subclasses are built from (`FieldSettings`, `Frame`, generator of the start or None).
    """

    features: int
    gathered = 0
    """Table rows that the features of a point are made of."""
    separable = False
    """Whether `on_lattice` and `jet_on_lattice` are there."""

    def forward(self, points: Tensor) -> Tensor:
        raise NotImplementedError

    def jet(self, points: Tensor, second: bool) -> Jet:
        raise NotImplementedError

    def on_lattice(self, lattice: SeparableLattice) -> Tensor:
        """Features (K * J * I, C) at the points of a lattice along the frame's axes, i fastest: what `forward` gives
        there, in less time."""
        raise NotImplementedError

    def jet_on_lattice(self, lattice: SeparableLattice, second: bool) -> Jet:
        """Likewise what `jet` gives."""
        raise NotImplementedError
