"""The base of our optimisers: parameters in groups, state per parameter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

Closure = Callable[[], Tensor]


class Optimizer:
    """What the fitting loop and its checkpoints ask of an optimiser, under the names of `torch.optim.Optimizer`.

    Not derived from that class, which loads torch's compiler (`torch._dynamo`) when the first one is made: more than a
    second of processor time at the start of every fit, for something that no fit here uses.
    """

    def __init__(self, parameters: Iterable[Tensor], defaults: dict[str, Any]) -> None:
        self.param_groups: list[dict[str, Any]] = [{"params": list(parameters), **defaults}]
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients, or sets them to zero in place."""
        for parameter in self._parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad.detach_().zero_()

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> Tensor | None:
        """One step; the closure, if given, computes the gradients first. Returns what it returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._update(group)
        return loss

    def _update(self, group: dict[str, Any]) -> None:
        """Moves the parameters of a group that have a gradient."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """'state': each parameter's, by its number; 'param_groups': the settings, with numbers for the parameters."""
        numbers = {parameter: number for number, parameter in enumerate(self._parameters())}
        groups = [{**group, "params": [numbers[p] for p in group["params"]]} for group in self.param_groups]
        return {"state": {numbers[p]: dict(entry) for p, entry in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Undoes `state_dict`: tensors come to their parameter's device, but for a count of steps on the CPU where
        this optimiser keeps it there."""
        parameters = self._parameters()
        self.state.clear()
        for number, entry in saved["state"].items():
            device = parameters[number].device
            self.state[parameters[number]] = {
                name: value if name == "step" and not self._steps_on_device else value.to(device)
                for name, value in entry.items()
            }
        for group, settings in zip(self.param_groups, saved["param_groups"], strict=True):
            group.update({name: value for name, value in settings.items() if name != "params"})

    _steps_on_device = False

    def _parameters(self) -> list[Tensor]:
        return [parameter for group in self.param_groups for parameter in group["params"]]
