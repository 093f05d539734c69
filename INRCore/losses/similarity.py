"""How alike two images are on a sample of points."""

from __future__ import annotations

import torch
from torch import Tensor

_SMALLEST = 1e-12


def normalised_cross_correlation(a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
    """Pearson correlation of two samples (N), from -1 to 1, the same for any a -> s a + t with s > 0.

    `weight` (N) counts each point so many times (0: left out). 0 when either sample is constant. It is the global NCC
    over the batch, without windows, that IDIR maximises (Wolterink et al., MIDL 2022).
    """
    share = _shares(a, weight)
    a = a - (share * a).sum()
    b = b - (share * b).sum()
    variances = (share * a * a).sum() * (share * b * b).sum()
    return (share * a * b).sum() / variances.clamp(min=_SMALLEST).sqrt()


def mean_squared_difference(a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean of (a - b)^2 over two samples (N), in squared intensity units; `weight` as above."""
    return (_shares(a, weight) * (a - b).square()).sum()


def _shares(a: Tensor, weight: Tensor | None) -> Tensor:
    """(N) weights that sum to 1, or to 0 when every point is left out; without a look at the values on the host."""
    weight = torch.ones_like(a) if weight is None else weight
    return weight / weight.sum().clamp(min=_SMALLEST)
