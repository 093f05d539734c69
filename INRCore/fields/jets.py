"""Forward propagation of spatial derivatives.

A `Jet` is a value with its first and second derivatives with respect to the three coordinates. Pushing it through the
layers gives the exact Jacobian and Hessian of all outputs in ONE forward pass, and a loss on them needs one ordinary
backward pass; autograd would need one graph per output and per order (the way of IDIR's published code).
Source: Faa di Bruno's formula to second order; Griewank & Walther, Evaluating Derivatives, SIAM 2008, chapter 13.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
"""Order of the six distinct second derivatives in `Jet.second`."""


class Jet(NamedTuple):
    """`value` (N, C), `first` (3, N, C) = d/dx_a, `second` (6, N, C) = d2/dx_a dx_b in the order of `PAIRS`; None where
    a derivative is not asked for. Derivatives that are the same at all points may have N = 1."""

    value: Tensor
    first: Tensor | None = None
    second: Tensor | None = None

    @property
    def order(self) -> int:
        """0: a value alone; 1: with first, 2: with second derivatives."""
        return 0 if self.first is None else 1 if self.second is None else 2


def seed_jet(points: Tensor, second: bool) -> Jet:
    """Jet of the identity at points (N, 3)."""
    first = torch.eye(3, dtype=points.dtype, device=points.device)[:, None, :]
    return Jet(points, first, points.new_zeros(6, 1, 3) if second else None)


def apply_linear(jet: Jet, weight: Tensor, bias: Tensor) -> Jet:
    """Jet of x W^T + b."""
    value = torch.nn.functional.linear(jet.value, weight, bias)
    return Jet(value, *(None if tensor is None else tensor @ weight.T for tensor in jet[1:]))


def apply_pointwise(jet: Jet, value: Tensor, slope: Tensor | None = None, curvature: Tensor | None = None) -> Jet:
    """Jet of f(x) for an elementwise f with f = `value`, f' = `slope`, f'' = `curvature` (None: identically 0)."""
    if jet.first is None or slope is None:
        return Jet(value)
    first = slope * jet.first
    if jet.second is None:
        return Jet(value, first, None)
    second = slope * jet.second
    if curvature is not None:
        second = torch.addcmul(second, curvature, cross_products(jet.first))
    return Jet(value, first, second)


def cross_products(first: Tensor) -> Tensor:
    """(3, N, C) first derivatives to the (6, N, C) products x_a x_b in the order of `PAIRS`."""
    return torch.stack([first[a] * first[b] for a, b in PAIRS])
