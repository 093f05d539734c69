"""What a walk asks an encoder."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Source(Protocol):
    """Where an encoder's coefficients come from."""

    def flags(self, band: int) -> np.ndarray:
        """Booleans per block."""
        ...

    def large(self, band: int) -> bool:
        """Whether its magnitudes are beyond what the entropy model has learned."""
        ...

    def magnitudes(self, band: int, phase: int, active: np.ndarray, logits: np.ndarray | None) -> np.ndarray:
        """Of the active samples (flat indices within the phase). logits: None in a large band; with a trellis of
        both quantisers, and what is wanted are its numbers."""
        ...

    def negative(self, band: int, places: np.ndarray) -> np.ndarray:
        """Booleans at flat indices within the band."""
        ...
