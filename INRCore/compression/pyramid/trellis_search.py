"""The numbers of a level's cells with the least squared error + price x bits, along the whole trellis (Viterbi,
IEEE Trans. Information Theory 13(2), 1967)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .loops import use_loops
from .rate_distortion import BITS_OF_ONE, BITS_OF_ZERO, bits_of
from .source import Source
from .trellis import NEXT, SECOND, STATES, halves_of
from .walk import phase_view

_UNREACHED = np.float32(1e30)
_BEFORE = np.array([[(s, p) for s in range(STATES) for p in (0, 1) if NEXT[s, p] == state] for state in range(STATES)])
"""(state, way, 2): state before and parity of the two ways into a state."""
_BEFORE_ZERO = np.argsort(NEXT[:, 0])


@dataclass(frozen=True, eq=False)
class Call:
    """What one phase of a band asked its source: flat indices of the active samples and their logits, (N, 2 n), or
    None in a large band; then what the source answered."""

    band: int
    phase: int
    active: np.ndarray
    logits: np.ndarray | None
    numbers: np.ndarray


class RecordingSource:
    """Another source, whose answers it remembers."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.calls: list[Call] = []

    def flags(self, band: int) -> np.ndarray:
        """Booleans per block."""
        return self._source.flags(band)

    def large(self, band: int) -> bool:
        """Whether its magnitudes are beyond what the entropy model has learned."""
        return self._source.large(band)

    def magnitudes(self, band: int, phase: int, active: np.ndarray, logits: np.ndarray | None) -> np.ndarray:
        """Of the active samples (flat indices within the phase)."""
        numbers = self._source.magnitudes(band, phase, active, logits)
        kept = None if logits is None else logits.astype(np.int16)
        self.calls.append(Call(band, phase, active, kept, numbers))
        return numbers

    def negative(self, band: int, places: np.ndarray) -> np.ndarray:
        """Booleans at flat indices within the band."""
        return self._source.negative(band, places)


def search(
    scaled: dict[int, np.ndarray], calls: list[Call], low_shape: tuple[int, ...], price: float
) -> dict[int, np.ndarray]:
    """Coefficients of one level in steps, and how it was walked through, to int32 coefficients in half steps."""
    cells = [-(-n // 2) for n in low_shape]
    cost = np.full((STATES, *cells), _UNREACHED, np.float32)
    cost[0] = 0
    by_place = {(call.band, call.phase): call for call in calls}
    order = [(band, phase) for band in scaled for phase in range(8) if phase_view(scaled[band], phase).size]
    steps: list[tuple[tuple[int, int], np.ndarray | None, _Step | None]] = []
    for place in order:
        values = phase_view(scaled[place[0]], place[1])
        cut = (slice(None), *(slice(n) for n in values.shape))
        here = cost[cut].reshape(STATES, -1)
        after = here[_BEFORE_ZERO]
        if place in by_place:
            call = by_place[place]
            step = _Step.of(np.abs(values.reshape(-1)[call.active]), call, price)
            after[:, call.active] = step.extended(here[:, call.active])
            steps.append((place, call.active, step))
        else:
            steps.append((place, None, None))
        cost[cut] = after.reshape(STATES, *values.shape)
    found = {band: np.zeros(values.shape, np.int32) for band, values in scaled.items()}
    states = cost.argmin(0).astype(np.int8)
    for (band, phase), active, step in reversed(steps):
        view = phase_view(found[band], phase)
        cut = tuple(slice(n) for n in view.shape)
        flat = states[cut].reshape(-1)
        before = _BEFORE_ZERO[flat].astype(np.int8)
        if step is not None and active is not None:
            before[active], halves = step.traced(flat[active])
            negative = phase_view(scaled[band], phase).reshape(-1)[active] < 0
            values = np.zeros(view.size, np.int32)
            values[active] = np.where(negative, -halves, halves)
            view[...] = values.reshape(view.shape)
        states[cut] = before.reshape(view.shape)
    return found


class _Step:
    """costs: (quantiser, parity, N), numbers: the best of each; ways: (state, N) of the two the better one, once
    extended."""

    def __init__(self, costs: np.ndarray, numbers: np.ndarray) -> None:
        self._costs, self._numbers = costs, numbers
        self._ways = np.empty((0, 0), bool)

    @classmethod
    def of(cls, sizes: np.ndarray, call: Call, price: float) -> _Step:
        costs = np.empty((2, 2, sizes.size), np.float32)
        numbers = np.zeros((2, 2, sizes.size), np.int32)
        if call.logits is not None and use_loops():
            from ...compiled.trellis import weigh

            weigh(sizes, call.logits, price, BITS_OF_ZERO, BITS_OF_ONE, costs, numbers)
            return cls(costs, numbers)
        for second in (0, 1):
            below = np.maximum(np.floor(sizes + 0.5 * second), 1).astype(np.int32)
            zero_bits, *bits = _bits(call, second, [below, below + 1])
            lower, upper = ((sizes + 0.5 * second - below - n) ** 2 + price * bits[n] for n in (0, 1))
            odd = (below & 1) > 0
            costs[second, 1] = np.where(odd, lower, upper)
            numbers[second, 1] = np.where(odd, below, below + 1)
            even, zero = np.where(odd, upper, lower), sizes**2 + price * zero_bits
            costs[second, 0] = np.minimum(even, zero)
            numbers[second, 0] = np.where(even < zero, np.where(odd, below + 1, below), 0)
        return cls(costs, numbers)

    def extended(self, before: np.ndarray) -> np.ndarray:
        """(state, N) least costs before this step to those after it."""
        ways = [[before[state] + self._costs[int(SECOND[state]), parity] for state, parity in pair] for pair in _BEFORE]
        self._ways = np.array([other < first for first, other in ways])
        return np.array([np.minimum(first, other) for first, other in ways])

    def traced(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N) states after this step to those before it and to the half steps chosen."""
        every = np.arange(states.size)
        before, parity = _BEFORE[states, self._ways[states, every].astype(np.int8)].T
        second = SECOND[before]
        return before, halves_of(self._numbers[second.astype(np.int8), parity, every], second)


def _bits(call: Call, second: int, numbers: list[np.ndarray]) -> list[np.ndarray | float]:
    """Of 0 and of numbers above 0."""
    if call.logits is not None:
        half = call.logits.shape[1] // 2
        logits = call.logits[:, second * half : (second + 1) * half]
        return [BITS_OF_ZERO[logits[:, 0]], *(bits_of(n, logits) for n in numbers)]
    mean = max(float(call.numbers.mean()), 0.01)
    return [np.log2(1 + mean), *(1 + np.log2(1 + mean) + n * np.log2(1 + 1 / mean) for n in numbers)]
