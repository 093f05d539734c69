"""Which data points a step looks at."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_GOLDEN = 0.6180339887498949


def even_draw(count: int, points: int, seed: int, step: int | Tensor, device: torch.device) -> Tensor:
    """Numbers (points) int64, rising, from 0 to count - 1: one at random from each of `points` runs of equal length.

    Steps go through the runs in rounds that leave no number out, so that all data are seen equally often (sampling
    without replacement: Mishchenko et al., Random Reshuffling, NeurIPS 2020), every batch is spread over all of them
    (stratified sampling), and neighbours in memory are read one after another. Nothing is stored, whatever the count,
    and the same seed and step give the same numbers; `step` may be a tensor of one whole number on the device.
    """
    runs = torch.arange(points, device=device)
    starts = torch.div(runs * count, points, rounding_mode="floor")
    longest = -(-count // points)
    place = step % longest
    lap = torch.div(torch.as_tensor(step, device=device), longest, rounding_mode="floor")
    first = _mixed(runs + points * lap + (seed & 0x7FFFFFFF) * 0x9E3779B1) % longest
    return (starts + (first + place * _stride(longest)) % longest).clamp_(max=count - 1)


def _stride(length: int) -> int:
    """A step that meets every place of a ring once, far from the last ones: next to the golden section."""
    stride = max(1, round(length * _GOLDEN))
    while math.gcd(stride, length) > 1:
        stride += 1
    return stride


def _mixed(numbers: Tensor) -> Tensor:
    """Whole numbers that look random, from 0 to 2^31 - 1, each made from its own number (int64): the finishing step of
    MurmurHash3's 32-bit variant (A. Appleby, 2011)."""
    x = numbers & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    x = ((x ^ (x >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return (x ^ (x >> 16)) >> 1
