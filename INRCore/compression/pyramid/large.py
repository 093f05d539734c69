"""Bands whose magnitudes are larger than the entropy model has learned: their neighbourhood says how large, and counts
that learn while coding say how likely that makes each number.
"""

from __future__ import annotations

import numpy as np

from .adaptive import AdaptiveNumbers
from .contexts import PHASES

LARGEST_SEEN = 1 << 20
"""Magnitudes count no more than this as context."""
_WEIGHTS = (4, 2, 1)
"""Of neighbours across faces, edges, corners."""
_FINENESS = 16  # the expected magnitude is in 16ths
_HALF_OCTAVES = np.array(sorted({round(2 ** (n / 2)) for n in range(2 * 26)}))

LARGE_CONTEXTS = 4 * (len(_HALF_OCTAVES) + 1)
"""By quantiser, by phase (the first or another), by what is expected."""
_FEW = 12  # expected magnitudes below 4


class LargeNumbers(AdaptiveNumbers):
    """Magnitudes of the large bands of one level, by `large_contexts`."""

    def __init__(self) -> None:
        super().__init__(LARGE_CONTEXTS)


def sum_of(arrays: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Sum of magnitudes of one shape, int32."""
    total = np.zeros(shape, np.int32)
    for array in arrays:
        total += np.minimum(array, LARGEST_SEEN)
    return total


def large_contexts(
    near: list[np.ndarray], beside: np.ndarray, phase: int, second: np.ndarray | None = None
) -> np.ndarray:
    """(N) contexts, from the seven sums over neighbours within the band (see `neighbour_sums`) and the (N) sums of
    what is known at the same place of other bands, which counts as one more face neighbour. second: with a trellis,
    whose magnitudes are in half steps, whether the second quantiser holds; that matters where little is expected."""
    total = beside.astype(np.int64) * _WEIGHTS[0]
    for number, part in enumerate(near):
        total += part.astype(np.int64) * _WEIGHTS[min(number // 3, 2)]
    scale = 1 if second is None else 2
    expected = np.searchsorted(
        _HALF_OCTAVES, total * _FINENESS // (scale * (_WEIGHTS[0] + _known_weight(phase))), side="right"
    )
    contexts = expected + (phase > 0) * (len(_HALF_OCTAVES) + 1)
    return contexts if second is None else contexts + (second & (expected < _FEW)) * (LARGE_CONTEXTS // 2)


def _known_weight(phase: int) -> int:
    """Of the neighbours that come in phases before this one."""
    before, own, total = PHASES[:phase], PHASES[phase], 0
    for k in (-1, 0, 1):
        for j in (-1, 0, 1):
            for i in (-1, 0, 1):
                distance = abs(k) + abs(j) + abs(i)
                if distance and ((own[0] + k) % 2, (own[1] + j) % 2, (own[2] + i) % 2) in before:
                    total += _WEIGHTS[distance - 1]
    return total
