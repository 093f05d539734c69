"""Engines: ways to push a jet through a network, all with the same result within rounding.

`plain` is the reference, layer by layer with torch's own differentiation; the others are faster where they can run. The
environment variable INRCORE_ENGINE=plain switches them off, `with use_engine("plain")` does so for a while.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...errors import InputError
from ..jets import Jet
from . import plain, tiled

if TYPE_CHECKING:
    from ..networks import Network

ENGINE_NAMES = ("auto", "plain")
_chosen = os.environ.get("INRCORE_ENGINE", "auto")


def engine_for(network: Network, jet: Jet) -> Callable[[Network, Jet], Jet]:
    """The fastest engine that can push this jet through this network."""
    return tiled.run if _chosen != "plain" and tiled.can_run(network, jet) else plain.run


@contextmanager
def use_engine(name: str) -> Iterator[None]:
    """'plain': only the reference; 'auto': the fastest that can run. Raises `InputError` for other names."""
    global _chosen
    if name not in ENGINE_NAMES:
        raise InputError(f"There is no engine '{name}'; choose one of: {', '.join(ENGINE_NAMES)}.")
    before, _chosen = _chosen, name
    try:
        yield
    finally:
        _chosen = before
