"""SOAP: Adam in the eigenbasis of Shampoo's preconditioner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from ..settings import require_range
from .optimizer_parts import DirectionOptimizer, adam_direction, check_rates, scaled_by_second_moment, start_moments

_SIDES = ("left", "right")


class Soap(DirectionOptimizer):
    """Vyas et al., SOAP: Improving and Stabilizing Shampoo using Adam, ICLR 2025, algorithm 3.

    For each matrix, averages of G G^T and G^T G are kept; every `refresh` steps one step of a QR iteration turns the
    basis towards their eigenvectors, in which Adam then works. Sides longer than `longest` (the table of a grid) keep
    their own basis; vectors and complex parameters get plain Adam. As in the authors' code the first gradient only
    sets up the basis.
    """

    def __init__(
        self,
        parameters: Iterable[torch.nn.Parameter],
        learning_rate: float,
        betas: tuple[float, float] = (0.95, 0.95),
        eps: float = 1e-8,
        refresh: int = 10,
        longest: int = 1024,
    ) -> None:
        check_rates(learning_rate, betas, eps)
        require_range("The optimizer's refresh interval", refresh, 1, 1_000_000, "steps")
        defaults = {"lr": learning_rate, "betas": betas, "eps": eps, "refresh": refresh, "longest": longest}
        super().__init__(list(parameters), defaults)

    def _direction(self, group: dict[str, Any], parameter: torch.nn.Parameter, gradient: Tensor) -> Tensor | None:
        state = self.state[parameter]
        sides = _rotated_sides(parameter, group["longest"])
        if not state:
            start_moments(state, gradient)
            if sides:
                _start_bases(state, gradient, sides, group["betas"][1])
                return None
        if not sides:
            return adam_direction(gradient, state, group["betas"], group["eps"])
        state["step"] += 1
        state["first"].lerp_(gradient, 1 - group["betas"][0])
        first, turned = (_turned(tensor, state, sides) for tensor in (state["first"], gradient))
        direction = scaled_by_second_moment(first, turned, state, group["betas"], group["eps"])
        direction = _turned_back(direction, state, sides)
        for side in sides:
            state[side].lerp_(_product(gradient, side), 1 - group["betas"][1])
        if int(state["step"]) % group["refresh"] == 0:
            for side in sides:
                _refresh_basis(state, side)
        return direction


def _rotated_sides(parameter: Tensor, longest: int) -> list[str]:
    if parameter.dim() != 2 or parameter.is_complex():
        return []
    return [side for side, length in zip(_SIDES, parameter.shape, strict=True) if 1 < length <= longest]


def _product(gradient: Tensor, side: str) -> Tensor:
    return gradient @ gradient.T if side == "left" else gradient.T @ gradient


def _turned(tensor: Tensor, state: dict[str, Any], sides: list[str]) -> Tensor:
    """Into the bases."""
    tensor = state["left_basis"].T @ tensor if "left" in sides else tensor
    return tensor @ state["right_basis"] if "right" in sides else tensor.clone()


def _turned_back(tensor: Tensor, state: dict[str, Any], sides: list[str]) -> Tensor:
    tensor = state["left_basis"] @ tensor if "left" in sides else tensor
    return tensor @ state["right_basis"].T if "right" in sides else tensor


def _start_bases(state: dict[str, Any], gradient: Tensor, sides: list[str], beta: float) -> None:
    for side in sides:
        state[side] = _product(gradient, side) * (1 - beta)
        state[f"{side}_basis"] = torch.linalg.eigh(state[side])[1].flip(-1).contiguous()


def _refresh_basis(state: dict[str, Any], side: str) -> None:
    """One step of orthogonal iteration, the strongest direction first; the second moment follows the order."""
    matrix, basis = state[side], state[f"{side}_basis"]
    moved = matrix @ basis
    order = (basis * moved).sum(0).argsort(descending=True)
    state["second"] = state["second"].index_select(0 if side == "left" else 1, order)
    # Contiguous, as it will be when read from a checkpoint: another layout would round otherwise.
    state[f"{side}_basis"] = torch.linalg.qr(moved[:, order])[0].contiguous()
