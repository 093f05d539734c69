"""How well labels lie on each other, on a sample of points."""

from __future__ import annotations

from torch import Tensor

from .weights import SMALLEST, require_samples


def soft_dice_loss(fixed: Tensor, moving: Tensor, weight: Tensor | None = None) -> Tensor:
    """1 - the mean over labels of the soft Dice 2 sum(f m) / (sum(f^2) + sum(m^2)), from 0 (equal) to 1 (no overlap).

    fixed, moving: (N, L) shares of L labels at each point, 0 to 1: one-hot, interpolated or probabilities (leave the
    background out: it would count as one more label). `weight` (N) counts each point so many times (0: left out).
    Labels that neither sample shows are left out; without any the loss is 0. Milletari, Navab & Ahmadi, 3DV 2016
    (V-Net; squares in the denominator, so that equal shares below 1 are no error). Raises `InputError` for samples of
    other shapes.
    """
    require_samples(("fixed labels", "moving labels"), fixed, moving, ("N points", "L labels"), weight, 1)
    counted = 1.0 if weight is None else weight.to(fixed.dtype)[:, None]
    both = (counted * fixed * moving).sum(0)
    size = (counted * (fixed.square() + moving.square())).sum(0)
    present = (size > SMALLEST).to(fixed.dtype)
    miss = present * (1 - 2 * both / size.clamp(min=SMALLEST))
    return miss.sum() / present.sum().clamp(min=1)
