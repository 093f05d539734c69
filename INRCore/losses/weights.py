"""Weighted means over sampled points, and the check that samples fit together: what every loss on points starts with.

Nothing here looks at values on the host: a loss may run inside a compiled step or a CUDA graph.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ..errors import InputError

SMALLEST = 1e-12
"""Keeps a quotient of two numbers that are both 0 at 0; far below any weight, variance or probability that counts."""


def shares(weight: Tensor | None, like: Tensor) -> Tensor:
    """Weights over the last axis that sum to 1, or to 0 when every point is left out; shaped and typed as `like`.
    `weight`: how often each point counts (0: left out), bool or real, None: all alike."""
    weight = like.new_ones(like.shape) if weight is None else weight.to(like.dtype)
    return weight / weight.sum(-1, keepdim=True).clamp(min=SMALLEST)


def weighted_mean(values: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean of `values` (N), each counted `weight` (N) times; 0 when every point is left out."""
    return (shares(weight, values) * values).sum()


def require_samples(
    names: tuple[str, str],
    a: Tensor,
    b: Tensor,
    axes: Sequence[str],
    weight: Tensor | None,
    weight_axes: int | None = None,
) -> None:
    """Raises `InputError` unless a and b have one shape with the named axes, and `weight`, if given, the first
    `weight_axes` of them (None: all)."""
    if a.shape != b.shape or a.ndim != len(axes):
        raise InputError(
            f"The {names[0]} and the {names[1]} have the shapes {tuple(a.shape)} and {tuple(b.shape)}; both must be "
            f"sampled at the same places and be ({', '.join(axes)})."
        )
    if weight is not None and weight.shape != a.shape[:weight_axes]:
        raise InputError(
            f"The weights have the shape {tuple(weight.shape)} for samples of {tuple(a.shape)}; give one for each of "
            f"{' and '.join(axes[:weight_axes])}."
        )
