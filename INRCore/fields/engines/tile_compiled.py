"""The sine's and FINER's activation at one tile by compiled loops (`compiled.activations`): three to five times as fast
as NumPy, and with few calls for which the threads have to take turns. Needs Numba, which nothing requires.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..switch import is_compiled
from .tile_activation import Before

NAMES = ("sine", "finer")


def can_run(name: str) -> bool:
    """Whether there are compiled loops for the activation and they may be used."""
    return name in NAMES and is_compiled()


class CompiledActivation:
    """An activation of `NAMES`. Keeps no more than what came before the activation."""

    def __init__(self, name: str, omega: float, order: int) -> None:
        from ...compiled import activations

        self._loops, self._order = activations, order
        self._bend = np.float32(2 / omega if name == "finer" else 0)

    def forward(self, before: Before, remember: bool) -> tuple[np.ndarray, Before]:
        return self._h(before), before

    def again(self, memory: Before) -> tuple[np.ndarray, np.ndarray | None]:
        if self._order:
            return self._h(memory), None
        h, slope = np.empty_like(memory.z), np.empty_like(memory.z)
        self._loops.values_and_slopes(memory.z, memory.bias, self._bend, h, slope)
        return h, slope

    def backward(self, gradient: np.ndarray, memory: Before, slopes: np.ndarray | None) -> None:
        if slopes is not None:
            gradient *= slopes
        else:
            loop = (self._loops.first_back, self._loops.second_back)[self._order - 1]
            loop(*_arguments(memory), self._bend, gradient)

    def _h(self, before: Before) -> np.ndarray:
        h = np.empty((len(before.z), (1, 4, 10)[self._order], before.z.shape[2]), np.float32)
        if self._order:
            (self._loops.first, self._loops.second)[self._order - 1](*_arguments(before), self._bend, h)
        else:
            self._loops.values(before.z, before.bias, self._bend, h)
        return h


def _arguments(before: Before) -> tuple[Any, ...]:
    """z, t, row, bias of `compiled.activations`."""
    t, row = (before.z, 1) if before.tangents is None else (before.tangents, 0)
    return before.z, t, row, before.bias
