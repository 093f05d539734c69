"""What is measured of a step, the same for ours and for the peers. Needs no INRCore."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..machine import peak_memory, seconds_per_call

ORDERS = ("value", "jacobian", "hessian")
_TANGENTS = {"value": 1, "jacobian": 4, "hessian": 10}
"""Vectors pushed through each layer: the value, three first and six second derivatives."""
_EVALUATED = 1 << 18


@dataclass(frozen=True)
class Case:
    """A network (three coordinates; one output for values, three with derivatives), what of it is fitted or evaluated,
    and for how many points at once."""

    what: str
    width: int
    depth: int
    batch: int

    @property
    def order(self) -> str:
        """'value', 'jacobian' or 'hessian'."""
        return self.what.split()[-1]

    @property
    def outputs(self) -> int:
        return 1 if self.order == "value" else 3

    def flops(self, network: nn.Module) -> float:
        """Multiplications and additions of the matrix products: two a weight, thrice that with the backward pass."""
        weights = sum(parameter.numel() for parameter in network.parameters() if parameter.dim() == 2)
        passes = 3 if self.what.startswith("train") else 1
        return 2.0 * weights * _TANGENTS[self.order] * passes * self.batch

    def data(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Points (batch, 3) in [-1, 1] and targets (batch, outputs)."""
        generator = torch.Generator(device).manual_seed(0)
        points = torch.rand(self.batch, 3, device=device, generator=generator) * 2 - 1
        return points, torch.rand(self.batch, self.outputs, device=device, generator=generator)


def cases(widths: tuple[int, ...], depths: tuple[int, ...], batches: tuple[int, ...]) -> Iterator[Case]:
    """Fits of all kinds, and the evaluation of a large set of points."""
    for width in widths:
        for depth in depths:
            for order in ORDERS:
                for batch in batches:
                    yield Case(f"train {order}", width, depth, batch)
            yield Case("evaluate value", width, depth, _EVALUATED)
            yield Case("evaluate jacobian", width, depth, _EVALUATED // 8)


def row(who: str, case: Case, network: nn.Module, work: Callable[[], Any], device: torch.device) -> dict[str, Any]:
    """One line of the table."""
    smallest, median = seconds_per_call(work, device)
    memory = peak_memory(work, device)
    return {
        "who": who, "what": case.what, "width": case.width, "depth": case.depth, "batch": case.batch,
        "Mpoints_per_s": case.batch / smallest / 1e6, "median_ms": median * 1e3,
        "GFLOP_per_s": case.flops(network) / smallest / 1e9, "memory_MB": memory if memory is None else memory / 1e6,
    }  # fmt: skip


def training_step(
    network: nn.Module, optimizer: torch.optim.Optimizer, loss: Callable[[], Tensor]
) -> Callable[[], None]:
    """Gradients and a step of the optimiser."""

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()

    return step
