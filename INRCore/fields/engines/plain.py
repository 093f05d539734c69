"""The reference engine: layer by layer, differentiated by torch as often as wished, on any device, in any type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..jets import Jet, apply_linear

if TYPE_CHECKING:
    from ..networks import Network


def run(network: Network, jet: Jet) -> Jet:
    """The network's outputs (N, D) and as many of their derivatives as the jet has."""
    *hidden, last = network.scaled_layers()
    for index, layer in enumerate(hidden):
        jet = network.activate(index, apply_linear(jet, *layer))
    return Jet(*(None if tensor is None else network.finish(tensor) for tensor in apply_linear(jet, *last)))
