"""Muon for the hidden matrices of a network, Adam for everything else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from ..settings import require
from .optimizer_parts import DirectionOptimizer, adam_direction, check_rates, start_moments

_QUINTIC = (3.4445, -4.7750, 2.0315)
_NARROWEST, _LONGEST_RATIO = 16, 32


def is_hidden_matrix(parameter: Tensor) -> bool:
    """Whether a parameter has the shape of a hidden layer: a real matrix, neither from or to a few numbers (first and
    last layer) nor as long as the table of a grid."""
    if parameter.dim() != 2 or parameter.is_complex():
        return False
    short, long = sorted(parameter.shape)
    return short >= _NARROWEST and long <= _LONGEST_RATIO * short


def orthogonalised(matrix: Tensor, steps: int = 5) -> Tensor:
    """Nearly the orthogonal factor U V^T of a matrix U S V^T: a quintic Newton-Schulz iteration, which brings all
    singular values between about 0.7 and 1.2."""
    a, b, c = _QUINTIC
    x = matrix / (matrix.norm() + 1e-30)
    transposed = x.shape[0] > x.shape[1]
    x = x.T if transposed else x
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if transposed else x


class Muon(DirectionOptimizer):
    """Momentum made orthogonal for hidden matrices (Jordan et al., Muon: an optimizer for hidden layers, 2024), scaled
    to the size of Adam's steps (Liu et al., Muon is scalable for LLM training, 2025, eq. 4) so that one learning rate
    serves both; Adam for the other parameters. In float32: torch's own Muon iterates in bfloat16, which CPUs without
    such units emulate, and takes matrices only.
    """

    def __init__(
        self,
        parameters: Iterable[torch.nn.Parameter],
        learning_rate: float,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-15,
    ) -> None:
        check_rates(learning_rate, betas, eps)
        require(0 <= momentum < 1, f"The optimizer's momentum is {momentum}; it must be at least 0 and below 1.")
        super().__init__(list(parameters), {"lr": learning_rate, "momentum": momentum, "betas": betas, "eps": eps})

    def _direction(self, group: dict[str, Any], parameter: torch.nn.Parameter, gradient: Tensor) -> Tensor:
        state = self.state[parameter]
        if not is_hidden_matrix(parameter):
            if not state:
                start_moments(state, gradient)
            return adam_direction(gradient, state, group["betas"], group["eps"])
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        state["momentum"].lerp_(gradient, 1 - group["momentum"])
        ahead = gradient.lerp(state["momentum"], group["momentum"])  # Nesterov
        return orthogonalised(ahead).mul_(0.2 * max(parameter.shape) ** 0.5)
