"""How far mapped points lie from where they should be: landmarks, and curves of which only the course is known.

Errors are squared millimetres up to about `robust_mm` and grow with the distance beyond it (pseudo-Huber: Charbonnier
et al., IEEE TIP 6(2), 1997), so that one misplaced point cannot pull the whole map; None: squared throughout.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import InputError
from ..settings import require_range
from .weights import SMALLEST, require_samples, weighted_mean


def landmark_loss(
    mapped: Tensor, targets: Tensor, weight: Tensor | None = None, *, robust_mm: float | None = None
) -> Tensor:
    """Mean squared (or robust) distance, mm^2, of landmarks after the map (N, 3) from their places in the moving image
    (N, 3), both RAS mm; `weight` (N) counts each so many times. Raises `InputError` when they are not as many, or not
    points."""
    require_samples(("mapped landmarks", "target landmarks"), mapped, targets, ("N points", "x, y, z"), weight, 1)
    _require_points("landmarks", mapped, 1)
    return weighted_mean(_robust((mapped - targets).square().sum(-1), robust_mm), weight)


def curve_loss(
    mapped: Tensor,
    target: Tensor,
    *,
    closed: bool = False,
    robust_mm: float | None = None,
    one_way: bool = False,
) -> Tensor:
    """Mean squared (or robust) distance, mm^2, between two curves given by their points in order, mapped (N, 3) and
    target (M, 3) RAS mm: from each point of one to the nearest place on the line through the points of the other, the
    mean of both ways; points may slide along the curve.

    one_way: only from the mapped points to the target, where they cover a part of it. closed: the last point is joined
    to the first in both. Points of a curve should be about equally far apart, as those that markups curves interpolate
    are: each counts alike. Gradients reach both curves. Raises `InputError` for fewer than two points.
    """
    for name, curve in (("mapped curve", mapped), ("target curve", target)):
        _require_points(name, curve, 2)
    forth = _robust(squared_distance_to_curve(mapped, target, closed), robust_mm).mean()
    if one_way:
        return forth
    return (forth + _robust(squared_distance_to_curve(target, mapped, closed), robust_mm).mean()) / 2


def squared_distance_to_curve(points: Tensor, curve: Tensor, closed: bool = False) -> Tensor:
    """(N) mm^2 from points (N, 3) to the nearest place on the line through the points (M, 3) of a curve; memory grows
    with N x M."""
    ends = curve.roll(-1, 0) if closed else curve[1:]
    starts = curve if closed else curve[:-1]
    along = ends - starts
    offset = points[:, None] - starts
    length = along.square().sum(-1).clamp(min=SMALLEST)
    share = ((offset * along).sum(-1) / length).clamp(0, 1)
    return (offset - share[..., None] * along).square().sum(-1).amin(-1)


def _robust(square: Tensor, robust_mm: float | None) -> Tensor:
    if robust_mm is None:
        return square
    require_range("robust_mm", robust_mm, 1e-3, 1e4, "mm")
    scale = robust_mm**2
    return 2 * scale * (torch.sqrt(1 + square / scale) - 1)


def _require_points(name: str, points: Tensor, fewest: int) -> None:
    if points.ndim != 2 or points.shape[-1] != 3 or len(points) < fewest:
        raise InputError(
            f"The {name} have the shape {tuple(points.shape)}; {fewest} or more rows of x, y, z (RAS mm) are needed."
        )
