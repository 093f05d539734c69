"""Comparison at equal bytes: what a codec's measured points say about a size that none of them has exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

BEYOND = 0.12  # octaves by which the outermost points may be drawn on: 9 % of the bytes
WIDEST = 1.5  # octaves between two points that a straight line may bridge: curves are bent


def at_bytes(sizes: Sequence[float], values: Sequence[float], target: float) -> float | None:
    """The value at `target` bytes: straight lines between the points in log2(bytes). None where no point is near, the
    points on both sides lie far apart, or no value is finite. Sizes may come in any order; of equal ones the last
    counts."""
    found = {math.log2(size): value for size, value in zip(sizes, values, strict=True) if math.isfinite(value)}
    rates = sorted(found)
    rate = math.log2(target)
    if not rates or not rates[0] - BEYOND <= rate <= rates[-1] + BEYOND:
        return None
    if len(rates) == 1:
        return float(found[rates[0]])
    upper = min(max(int(np.searchsorted(rates, rate)), 1), len(rates) - 1)
    low, high = rates[upper - 1], rates[upper]
    if low < rate < high and high - low > WIDEST:
        return None
    share = (rate - low) / (high - low)
    return float(found[low] + share * (found[high] - found[low]))
