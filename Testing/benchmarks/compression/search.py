"""Which quality to try next, so that a file gets the size asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping

from .registry import Codec

TOLERANCE = 0.1  # octaves: 7 % of the bytes; the curve between the points does the rest


def next_quality(tried: Mapping[float, int], target_bytes: float, raw_bytes: int, codec: Codec) -> float | None:
    """tried: bytes by quality; None when a file is near enough or nothing nearer can be had.

    Straight lines through log2(bytes) against quality, kept away from the ends of a bracket, so that it always shrinks.
    """
    if not tried:
        return _allowed(codec.at_64 + codec.per_halving * math.log2(raw_bytes / 64 / target_bytes), codec)
    if abs(math.log2(tried[nearest(tried, target_bytes)] / target_bytes)) <= TOLERANCE:
        return None
    larger, smaller = bracket(tried, target_bytes)
    if larger is None or smaller is None:
        base = nearest(tried, target_bytes)
        step = codec.per_halving * math.log2(tried[base] / target_bytes)
        step = math.copysign(max(abs(step), codec.finest), step)
        quality = _allowed(base + step, codec)
        return None if quality in tried else quality
    if smaller - larger <= codec.finest * 1.001:
        return None
    share = math.log2(tried[larger] / target_bytes) / math.log2(tried[larger] / tried[smaller])
    quality = _allowed(larger + min(max(share, 0.1), 0.9) * (smaller - larger), codec)
    return None if quality in tried else quality


def nearest(tried: Mapping[float, int], target_bytes: float) -> float:
    """The quality whose file comes nearest to a size."""
    return min(tried, key=lambda quality: abs(math.log2(tried[quality] / target_bytes)))


def bracket(tried: Mapping[float, int], target_bytes: float) -> tuple[float | None, float | None]:
    """The qualities of the smallest file that is larger, and of the largest that is not."""
    larger = [quality for quality, size in tried.items() if size > target_bytes]
    smaller = [quality for quality, size in tried.items() if size <= target_bytes]
    return max(larger, default=None), min(smaller, default=None)


def worth_measuring(tried: Mapping[float, int], target_bytes: float) -> list[float]:
    """The file of about the size; else those on both sides of it, between which a curve can be drawn."""
    best = nearest(tried, target_bytes)
    if abs(math.log2(tried[best] / target_bytes)) <= TOLERANCE:
        return [best]
    return sorted({best, *(quality for quality in bracket(tried, target_bytes) if quality is not None)})


def _allowed(quality: float, codec: Codec) -> float:
    low, high = codec.limits
    return min(max(round(quality / codec.finest) * codec.finest, low), high)
