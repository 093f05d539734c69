"""What our own optimisers share: checks of their settings, real views of parameters, and Adam's direction.

All state is floating-point tensors, so that a checkpoint holds it (`INRCore.fitting.checkpoint`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..settings import require, require_range
from .optimizer_base import Optimizer


def check_rates(learning_rate: float, betas: tuple[float, float], eps: float, weight_decay: float = 0.0) -> None:
    """Raises `InputError` for a learning rate that is not positive, a beta outside [0, 1), a negative eps or decay."""
    require_range("The learning rate", learning_rate, 1e-12, 1e3)
    for name, beta in zip(("beta1", "beta2"), betas, strict=True):
        require(0 <= beta < 1, f"The optimizer's {name} is {beta}; it must be at least 0 and below 1.")
    require_range("The optimizer's eps", eps, 0, 1)
    require_range("The weight decay", weight_decay, 0, 10)


def real(tensor: Tensor) -> Tensor:
    """A complex tensor as a real one with a last axis of 2 (a view); others unchanged."""
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


class DirectionOptimizer(Optimizer):
    """An optimiser that moves each parameter by the learning rate along a direction of its own."""

    def _update(self, group: dict[str, Any]) -> None:
        for parameter in group["params"]:
            if parameter.grad is not None:
                direction = self._direction(group, parameter, real(parameter.grad))
                if direction is not None:
                    real(parameter).sub_(direction, alpha=group["lr"])

    def _direction(self, group: dict[str, Any], parameter: torch.nn.Parameter, gradient: Tensor) -> Tensor | None:
        """Of the size of the parameter's real view; None: it stays where it is."""
        raise NotImplementedError


def start_moments(state: dict[str, Any], like: Tensor) -> None:
    """Zero first and second moments and the step count, for a real tensor."""
    state["step"] = torch.zeros(())
    state["first"], state["second"] = torch.zeros_like(like), torch.zeros_like(like)


def adam_direction(gradient: Tensor, state: dict[str, Any], betas: tuple[float, float], eps: float) -> Tensor:
    """Takes a real gradient into the moments and returns Adam's direction, of size about 1 for every weight
    (Kingma & Ba, ICLR 2015, algorithm 1)."""
    state["step"] += 1
    state["first"].lerp_(gradient, 1 - betas[0])
    return scaled_by_second_moment(state["first"], gradient, state, betas, eps)


def scaled_by_second_moment(
    first: Tensor, gradient: Tensor, state: dict[str, Any], betas: tuple[float, float], eps: float
) -> Tensor:
    """Takes the gradient into the second moment and returns the first one over its root, both without bias."""
    step = float(state["step"])
    state["second"].mul_(betas[1]).addcmul_(gradient, gradient, value=1 - betas[1])
    root = (state["second"] / (1 - betas[1] ** step)).sqrt_().add_(eps)
    return (first / (1 - betas[0] ** step)).div_(root)
