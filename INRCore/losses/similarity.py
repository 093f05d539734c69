"""How alike two images are on a sample of points, all at once; and how to put several channels together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from ..errors import InputError
from .weights import SMALLEST, require_samples, shares, weighted_mean


def normalised_cross_correlation(a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
    """Pearson correlation of two samples (N), from -1 to 1, the same for any a -> s a + t with s > 0.

    `weight` (N) counts each point so many times (0: left out). 0 when either sample is constant. It is the global NCC
    over the batch, without windows, that IDIR maximises (Wolterink et al., MIDL 2022). Raises `InputError` for samples
    of different lengths.
    """
    require_samples(("first sample", "second sample"), a, b, ("N points",), weight)
    share = shares(weight, a)
    a = a - (share * a).sum()
    b = b - (share * b).sum()
    variances = (share * a * a).sum() * (share * b * b).sum()
    return (share * a * b).sum() / variances.clamp(min=SMALLEST).sqrt()


def mean_squared_difference(a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean of (a - b)^2 over two samples (N), in squared intensity units; `weight` and errors as above."""
    require_samples(("first sample", "second sample"), a, b, ("N points",), weight)
    return weighted_mean((a - b).square(), weight)


def over_channels(
    measure: Callable[..., Tensor],
    fixed: Tensor,
    moving: Tensor,
    channel_weights: Sequence[float] | None = None,
    **options: Any,
) -> Tensor:
    """Weighted mean over channels of any measure of two samples: `measure(fixed[..., c], moving[..., c], **options)`.

    fixed, moving: (N, C), or (N, P, C) for windows; the c-th channel of either shows the same contrast or a pair that
    the measure can compare (T1 and T1, FLAIR and FLAIR). channel_weights: C numbers, 0 or more, None: all alike; they
    are scaled to sum to 1, so the range of the measure stays what it is. Raises `InputError` when the numbers of
    channels differ or no channel counts.
    """
    count = fixed.shape[-1]
    weights = [1.0] * count if channel_weights is None else [float(weight) for weight in channel_weights]
    if moving.shape != fixed.shape or len(weights) != count:
        raise InputError(
            f"The fixed samples have {count} channels, the moving ones {moving.shape[-1]} (shapes {tuple(fixed.shape)} "
            f"and {tuple(moving.shape)}), and there are {len(weights)} channel weights; give as many of each."
        )
    if not all(weight >= 0 for weight in weights) or not sum(weights) > 0:
        raise InputError(f"The channel weights are {weights}; give numbers of 0 or more, one of them above 0.")
    terms = [
        weight / sum(weights) * measure(fixed[..., channel], moving[..., channel], **options)
        for channel, weight in enumerate(weights)
        if weight > 0
    ]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
