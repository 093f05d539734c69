"""What our engine is compared with, written plainly as users write it in PyTorch."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

OMEGA = 30.0


class EagerSiren(nn.Module):
    """A SIREN as the paper's authors publish it: a linear layer, times omega, sine; Sitzmann's start (NeurIPS 2020)."""

    def __init__(self, width: int, depth: int, outputs: int = 1) -> None:
        super().__init__()
        sizes = [3] + [width] * depth + [outputs]
        self.layers = nn.ModuleList(nn.Linear(n, m) for n, m in itertools.pairwise(sizes))
        with torch.no_grad():
            for index, layer in enumerate(self.layers):
                n = layer.in_features
                bound = 1 / n if index == 0 else math.sqrt(6 / n) / OMEGA
                layer.weight.uniform_(-bound, bound)

    def forward(self, points: Tensor) -> Tensor:
        *hidden, last = self.layers
        for layer in hidden:
            points = torch.sin(OMEGA * layer(points))
        return last(points)


def jacobian_by_autograd(network: nn.Module, points: Tensor) -> tuple[Tensor, Tensor]:
    """Values (N, D) and Jacobian (N, D, 3) by one backward pass for each output, as IDIR's published code does."""
    points = points.detach().requires_grad_()
    values = network(points)
    rows = [
        torch.autograd.grad(values[:, d], points, torch.ones_like(values[:, d]), create_graph=True)[0]
        for d in range(values.shape[1])
    ]
    return values, torch.stack(rows, 1)
