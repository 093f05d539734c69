"""Engines: ways to push a jet through a network, all with the same result within rounding.

`plain` is the reference, layer by layer with torch's own differentiation; the others are faster where they can run. The
environment variable INRCORE_ENGINE=plain switches them off, `with use_engine("plain")` does so for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..jets import Jet
from ..switch import is_plain
from . import plain, tiled, triton_network

if TYPE_CHECKING:
    from ..networks import Network


def engine_for(network: Network, jet: Jet) -> Callable[[Network, Jet], Jet]:
    """The fastest engine that can push this jet through this network."""
    if not is_plain():
        for engine in (triton_network, tiled):
            if engine.can_run(network, jet):
                return engine.run
    return plain.run
