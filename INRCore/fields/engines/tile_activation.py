"""A hidden layer's activation at one tile, forwards and backwards, for a jet whose features come first.

A jet of T tensors at P points is one matrix (C, T P); its parts (C, P) are the value, the first derivatives along x, y, z
and the second derivatives in the order of `PAIRS`. With z for the parts before the activation f and h for those behind:
h = f(z), h_a = f' z_a, h_ab = f' z_ab + f'' z_a z_b (Griewank & Walther, Evaluating Derivatives, SIAM 2008, ch. 13).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..jets import PAIRS

Part = Tensor | None
"""(C, P); (C, 1) where it is the same at all points; None where it is 0 everywhere."""


def parts_of(stacked: Tensor, count: int) -> list[Tensor]:
    """The `count` parts of a stacked jet, as views."""
    return list(stacked.split(stacked.shape[1] // count, dim=1))


def activate(z: Sequence[Part], slopes: Sequence[Part]) -> Tensor:
    """(C, T P) behind the activation. slopes: f, f' and f'' at z, as many as the jet's order asks for."""
    value = slopes[0]
    assert value is not None
    if len(z) == 1:
        return value
    stacked = value.new_empty(len(value), len(z) * value.shape[1])
    h = parts_of(stacked, len(z))
    h[0].copy_(value)
    for part, behind in zip(z[1:], h[1:], strict=True):
        _store_product(behind, slopes[1], part)
    if len(z) > 4 and slopes[2] is not None:
        bent = [_product(slopes[2], part) for part in z[1:4]]
        for (a, b), behind in zip(PAIRS, h[4:], strict=True):
            _add_product(behind, bent[a], z[1 + b])
    return stacked


def activate_back(gradient: Tensor, z: Sequence[Part], slopes: Sequence[Part]) -> None:
    """Turns the gradient (C, T P) by h in place into the one by z. slopes: f, f', f'' and f''' at z, one more than
    `activate` takes."""
    g = parts_of(gradient, len(z))
    slope = slopes[1]
    assert slope is not None
    if len(z) == 1 or slopes[2] is None:
        for part in g:
            part.mul_(slope)
        return
    bend = slopes[2]
    by_bend, by_twist, by_first = torch.zeros_like(g[0]), None, None
    for part, of_part in zip(z[1:], g[1:], strict=True):
        _add_product(by_bend, of_part, part)
    if len(z) > 4:
        # Sum over b of g_ab z_b, once for each of the two orders of a pair.
        by_first = [torch.zeros_like(g[0]) for _ in range(3)]
        for (a, b), of_part in zip(PAIRS, g[4:], strict=True):
            _add_product(by_first[a], of_part, z[1 + b])
            _add_product(by_first[b], of_part, z[1 + a])
        by_twist = torch.zeros_like(g[0])
        for a in range(3):
            _add_product(by_twist, by_first[a], z[1 + a])
    for part in g:
        part.mul_(slope)
    g[0].addcmul_(by_bend, bend)
    if by_first is not None and by_twist is not None:
        for of_first, mixed in zip(g[1:4], by_first, strict=True):
            of_first.addcmul_(mixed, bend)
        if slopes[3] is not None:
            g[0].addcmul_(by_twist, slopes[3], value=0.5)  # each pair was counted twice


def _product(a: Part, b: Part) -> Part:
    return None if a is None or b is None else a * b


def _store_product(target: Tensor, a: Part, b: Part) -> None:
    if a is None or b is None:
        target.zero_()
    else:
        torch.mul(a, b, out=target)


def _add_product(target: Tensor, a: Part, b: Part) -> None:
    if a is not None and b is not None:
        target.addcmul_(a, b)
