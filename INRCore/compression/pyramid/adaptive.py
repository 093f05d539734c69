"""Probabilities that learn while coding: counts of what followed each context (Krichevsky and Trofimov, 1981).

Whole numbers alone. The counts learn between the chunks of a call: its first 256 decisions, the next 512, 1024 ...
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from .rans import EVEN, SCALE

_FIRST_CHUNK = 256
_LEAST = 24  # probability, in 65536ths


class Coder(Protocol):
    def code(self, probabilities: np.ndarray, bits: np.ndarray | None = None) -> np.ndarray: ...


class Rehearsal:
    """Takes the decisions as they are, for a walk of which only the contexts are wanted."""

    def code(self, probabilities: np.ndarray, bits: np.ndarray | None = None) -> np.ndarray:
        """The bits."""
        assert bits is not None
        return bits


class AdaptiveContexts:
    """How often each of a number of contexts was followed by a 0 and by a 1."""

    def __init__(self, contexts: int) -> None:
        self._halves = np.ones((contexts, 2), np.int64)

    def begin(self, halves: np.ndarray) -> None:
        """(contexts, 2): half observations of a 0 and of a 1, as if they had been seen."""
        self._halves = halves.astype(np.int64)

    @property
    def halves(self) -> np.ndarray:
        """What was seen so far, and what it began with."""
        return self._halves

    def code(
        self, coder: Coder, contexts: np.ndarray, wanted: np.ndarray | None, trends: np.ndarray | None = None
    ) -> np.ndarray:
        """(N) contexts to (N) booleans. trends: what to expect of a context that was hardly seen, as the half
        observations of a 1 (above 0) or a 0 (below) that it begins with."""
        found, start, size = np.empty(len(contexts), bool), 0, _FIRST_CHUNK
        while start < len(contexts):
            part = slice(start, start + size)
            zeros, ones = self._halves[contexts[part]].T
            if trends is not None:
                zeros, ones = zeros + np.maximum(-trends[part], 0), ones + np.maximum(trends[part], 0)
            probabilities = np.clip(SCALE * ones // (zeros + ones), _LEAST, SCALE - _LEAST).astype(np.uint32)
            found[part] = coder.code(probabilities, None if wanted is None else wanted[part])
            counts = np.bincount(contexts[part] * 2 + found[part], minlength=self._halves.size)
            self._halves += 2 * counts.reshape(self._halves.shape)
            start, size = start + size, size * 2
        return found


class AdaptiveNumbers:
    """Whole numbers from 0 below 2^30: how many bits n + 1 has after its first (unary), the highest of them, each by
    context; the rest are even."""

    _MOST_BITS = 30

    def __init__(self, contexts: int) -> None:
        self._widths = AdaptiveContexts(contexts * self._MOST_BITS)
        self._highest = AdaptiveContexts(self._MOST_BITS + 1)

    @property
    def parts(self) -> tuple[AdaptiveContexts, AdaptiveContexts]:
        """The contexts of widths and of highest bits."""
        return self._widths, self._highest

    def code(self, coder: Coder, contexts: np.ndarray, wanted: np.ndarray | None) -> np.ndarray:
        """(N) contexts to (N) numbers, int64; those that a damaged stream gives may be too large by one bit."""
        if wanted is not None and isinstance(coder, Rehearsal):
            return wanted
        count = len(contexts)
        numbers = None if wanted is None else wanted.astype(np.int64) + 1
        wanted_widths = None if numbers is None else np.frexp(numbers.astype(np.float64))[1] - 1
        widths, going = np.zeros(count, np.int64), np.arange(count)
        for width in range(self._MOST_BITS):
            more = None if wanted_widths is None else wanted_widths[going] > width
            going = going[self._widths.code(coder, contexts[going] * self._MOST_BITS + width, more)]
            if not going.size:
                break
            widths[going] = width + 1
        values = np.ones(count, np.int64)
        for place in range(int(widths.max(initial=0))):
            going = np.flatnonzero(widths > place)
            shift = widths[going] - 1 - place
            bits = None if numbers is None else (numbers[going] >> shift & 1) > 0
            if place == 0:
                bits = self._highest.code(coder, widths[going], bits)
            else:
                bits = coder.code(np.full(going.size, EVEN, np.uint32), bits)
            values[going] = 2 * values[going] + bits
        return values - 1
