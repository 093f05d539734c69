"""The reference engine: layer by layer, differentiated by torch as often as wished, on any device, in any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from ..jets import Jet, apply_linear

if TYPE_CHECKING:
    from ..networks import Network


def run(network: Network, jet: Jet) -> Jet:
    """The network's outputs (N, D) and as many of their derivatives as the jet has."""
    return run_layers(network, network.scaled_layers(), jet)


def run_layers(network: Network, layers: Sequence[tuple[Tensor, Tensor]], jet: Jet) -> Jet:
    """As `run`, with these scaled weights (m, n) and biases (m) instead of the network's own."""
    *hidden, last = layers
    for index, layer in enumerate(hidden):
        jet = network.activate(index, apply_linear(jet, *layer))
    value, *derivatives = (None if tensor is None else network.finish(tensor) for tensor in apply_linear(jet, *last))
    assert value is not None
    return Jet(value, *derivatives)
