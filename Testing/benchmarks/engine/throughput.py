"""Points per second of training steps and of evaluation, ours and the peers', in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from INRCore.fields import Field, FieldSettings, Frame

from ..machine import seconds_per_call
from .peers import EagerSiren, jacobian_by_autograd

ORDERS = {"value": 0, "jacobian": 1, "hessian": 2}
_TANGENTS = {"value": 1, "jacobian": 4, "hessian": 10}
"""Vectors pushed through each layer: the value, three first and six second derivatives."""


def flops_per_point(network: nn.Module, order: str, training: bool) -> float:
    """Multiplications and additions of the matrix products: two a weight, three times that with the backward pass."""
    weights = sum(parameter.numel() for parameter in network.parameters() if parameter.dim() == 2)
    return 2.0 * weights * _TANGENTS[order] * (3 if training else 1)


def rows(
    device: torch.device, peak: float, widths: tuple[int, ...], depths: tuple[int, ...], batches: tuple[int, ...]
) -> Iterator[dict[str, Any]]:
    """One row for each who, what, width, depth and batch."""
    for width in widths:
        for depth in depths:
            for order in ORDERS:
                outputs = 1 if order == "value" else 3
                for batch in batches:
                    for who, network, step in _steps(width, depth, outputs, order, batch, device):
                        smallest, median = seconds_per_call(step, device)
                        flops = flops_per_point(network, order, training=True) * batch
                        yield {
                            "who": who, "what": f"train {order}", "width": width, "depth": depth, "batch": batch,
                            "Mpoints_per_s": batch / smallest / 1e6, "median_ms": median * 1e3,
                            "GFLOP_per_s": flops / smallest / 1e9, "share_of_peak": flops / smallest / peak,
                        }  # fmt: skip
            yield from _evaluation(width, depth, device, peak)


def _steps(
    width: int, depth: int, outputs: int, order: str, batch: int, device: torch.device
) -> Iterator[tuple[str, nn.Module, Callable[[], None]]]:
    generator = torch.Generator(device).manual_seed(0)
    points = torch.rand(batch, 3, device=device, generator=generator) * 2 - 1
    targets = torch.rand(batch, outputs, device=device, generator=generator)
    ours = _our_field(width, depth, outputs, device)
    yield "INRCore", ours, _step(ours, points, targets, _our_loss(order))
    if order != "hessian":
        eager = EagerSiren(width, depth, outputs).to(device)
        yield "eager", eager, _step(eager, points, targets, _eager_loss(order))


def _our_field(width: int, depth: int, outputs: int, device: torch.device) -> Field:
    settings = FieldSettings(width=width, depth=depth)
    return Field(settings, Frame((0.0, 0.0, 0.0), 1.0), outputs).to(device)


def _step(
    network: nn.Module, points: Tensor, targets: Tensor, loss: Callable[[Any, Tensor, Tensor], Tensor]
) -> Callable[[], None]:
    optimizer = torch.optim.Adam(network.parameters(), 1e-5)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        loss(network, points, targets).backward()
        optimizer.step()

    return step


def _our_loss(order: str) -> Callable[[Field, Tensor, Tensor], Tensor]:
    def loss(field: Field, points: Tensor, targets: Tensor) -> Tensor:
        if order == "value":
            return (field(points) - targets).square().mean()
        if order == "jacobian":
            values, jacobian = field.value_and_jacobian(points)
            return (values - targets).square().mean() + 1e-3 * jacobian.square().mean()
        values, jacobian, hessian = field.value_jacobian_hessian(points)
        return (values - targets).square().mean() + 1e-3 * jacobian.square().mean() + 1e-6 * hessian.square().mean()

    return loss


def _eager_loss(order: str) -> Callable[[nn.Module, Tensor, Tensor], Tensor]:
    def loss(network: nn.Module, points: Tensor, targets: Tensor) -> Tensor:
        if order == "value":
            return (network(points) - targets).square().mean()
        values, jacobian = jacobian_by_autograd(network, points)
        return (values - targets).square().mean() + 1e-3 * jacobian.square().mean()

    return loss


def _evaluation(width: int, depth: int, device: torch.device, peak: float) -> Iterator[dict[str, Any]]:
    """A large set of points, each in its own way of cutting it into pieces."""
    points = torch.rand(1 << 18, 3, device=device) * 2 - 1
    ours, eager = _our_field(width, depth, 1, device), EagerSiren(width, depth).to(device)
    chunk = ours.points_per_chunk()

    @torch.no_grad()
    def in_chunks() -> None:
        for part in points.split(chunk):
            ours(part)

    @torch.no_grad()
    def at_once() -> None:
        eager(points)

    for who, network, work in (("INRCore", ours, in_chunks), ("eager", eager, at_once)):
        smallest, median = seconds_per_call(work, device, warm_up=1)
        flops = flops_per_point(network, "value", training=False) * len(points)
        yield {
            "who": who, "what": "evaluate", "width": width, "depth": depth, "batch": len(points),
            "Mpoints_per_s": len(points) / smallest / 1e6, "median_ms": median * 1e3,
            "GFLOP_per_s": flops / smallest / 1e9, "share_of_peak": flops / smallest / peak,
        }  # fmt: skip
