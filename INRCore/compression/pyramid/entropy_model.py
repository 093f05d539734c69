"""The learned entropy model: how likely a coefficient is 0, 1, 2 ... given what is known around it.

Two small networks in integer arithmetic (products of 8-bit numbers whose sums stay below 2^24, where float32 is exact
in any order), so every machine finds the same probabilities. Their weights were learned once on other volumes
(Testing/tools/train_entropy_model.py) and belong to the format: files name the model they need.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from .rans import SCALE

ACTIVATION_BITS = 5
"""Activations are in 32nds, weights in 32nds, biases in 1024ths."""
LOGIT_CLIP = 11 * 64
LOGITS = np.arange(-LOGIT_CLIP, LOGIT_CLIP + 1) / 64
PROBABILITIES = np.clip(np.rint(SCALE / (1 + np.exp(-LOGITS))), 1, SCALE - 1).astype(np.uint32)
"""Of a 1, in 65536ths, for logits of -11, -11 + 1/64 ... 11."""


@dataclass(frozen=True)
class EntropyNetwork:
    """first: (features, hidden), or (bands, features, hidden) with what phases add to it, (phases, features, hidden);
    by_place: (places, hidden) biases of the first layer; second: (hidden, hidden 2); third: (hidden 2, outputs); all
    whole numbers as float32."""

    first: np.ndarray
    by_place: np.ndarray
    second: np.ndarray
    second_bias: np.ndarray
    third: np.ndarray
    third_bias: np.ndarray
    by_phase: np.ndarray | None = None

    def logits(self, features: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """(N, features) whole float32 in 0 .. 255, the weights and the (hidden) bias of their place to (N, outputs)
        indices into `PROBABILITIES`."""
        hidden = _activated(features @ weights + bias)
        hidden = _activated(hidden @ self.second + self.second_bias)
        logits = np.floor((hidden @ self.third + self.third_bias) * np.float32(2.0**-4))
        return np.clip(logits, -LOGIT_CLIP, LOGIT_CLIP).astype(np.int32) + LOGIT_CLIP

    def layers(self, weights: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, ...]:
        """Weights and biases of all layers, for the compiled loops."""
        return weights, bias, self.second, self.second_bias, self.third, self.third_bias

    def weights(self, band: int, phase: int) -> np.ndarray:
        """(features, hidden) of the first layer."""
        return self.first if self.by_phase is None else self.first[band] + self.by_phase[phase]

    def bias(self, *places: int) -> np.ndarray:
        """Sum of the biases of some places."""
        return self.by_place[list(places)].sum(0)


def _activated(sums: np.ndarray) -> np.ndarray:
    sums *= np.float32(2.0**-ACTIVATION_BITS)
    return np.clip(np.floor(sums, out=sums), 0, 255, out=sums)


@lru_cache
def load_networks(trellis: bool = False) -> tuple[EntropyNetwork, EntropyNetwork]:
    """The networks of blocks (one output) and of coefficients (four; with a trellis four for each quantiser)."""
    name = "trellis_model.json" if trellis else "entropy_model.json"
    stored = json.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
    return network_of(stored["blocks"]), network_of(stored["coefficients"])


def network_of(tables: dict[str, list]) -> EntropyNetwork:
    """A network from nested lists of whole numbers."""
    return EntropyNetwork(**{name: np.array(table, np.float32) for name, table in tables.items()})
