"""Schedule-free AdamW: averages its weights instead of lowering its learning rate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from .optimizer_base import Closure, Optimizer
from .optimizer_parts import check_rates, real


class ScheduleFreeAdamW(Optimizer):
    """Defazio et al., The Road Less Scheduled, NeurIPS 2024, algorithm 1.

    Three points: z takes the steps, x averages z (weighted by the squared learning rate), and gradients are taken at
    y = (1 - beta1) z + beta1 x. The parameters hold x, the one to use, except while `step` evaluates its closure, which
    it therefore cannot do without: nobody has to switch between training and evaluation.
    """

    def __init__(
        self,
        parameters: Iterable[torch.nn.Parameter],
        learning_rate: float,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-12,
        weight_decay: float = 0.0,
        warm_up: int = 50,
    ) -> None:
        check_rates(learning_rate, betas, eps, weight_decay)
        defaults = {"lr": learning_rate, "betas": betas, "eps": eps, "decay": weight_decay, "warm_up": warm_up}
        super().__init__(list(parameters), defaults)

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> Tensor:
        """One step; the closure computes the gradients. Raises `InputError` without one."""
        if closure is None:
            raise InputError("The schedule-free optimizer takes its gradients itself; give its step a closure.")
        averages = self._move_to_training_points()
        with torch.enable_grad():
            loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step_one(group, parameter, averages[parameter])
        return loss

    def _move_to_training_points(self) -> dict[torch.nn.Parameter, Tensor]:
        """Puts y into all parameters; returns x."""
        averages = {}
        for group in self.param_groups:
            for parameter in group["params"]:
                state, weight = self.state[parameter], real(parameter)
                if not state:
                    state["step"], state["weights"] = torch.zeros(()), torch.zeros(())
                    state["fast"], state["second"] = weight.clone(), torch.zeros_like(weight)
                averages[parameter] = weight.clone()
                weight.lerp_(state["fast"], 1 - group["betas"][0])
        return averages

    def _step_one(self, group: dict[str, Any], parameter: torch.nn.Parameter, average: Tensor) -> None:
        state, gradient, beta = self.state[parameter], real(parameter.grad), group["betas"][1]  # type: ignore[arg-type]
        state["step"] += 1
        step = float(state["step"])
        state["second"].mul_(beta).addcmul_(gradient, gradient, value=1 - beta)
        rate = group["lr"] * min(1.0, step / max(group["warm_up"], 1))
        root = (state["second"] / (1 - beta**step)).sqrt_().add_(group["eps"])
        state["fast"].addcdiv_(gradient, root, value=-rate).sub_(real(parameter), alpha=rate * group["decay"])
        state["weights"] += rate**2
        share = rate**2 / float(state["weights"]) if rate > 0 else 0.0
        real(parameter).copy_(average.lerp_(state["fast"], share))
