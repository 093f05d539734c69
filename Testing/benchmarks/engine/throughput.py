"""Points per second of training steps and of evaluation, ours and the peers', in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from INRCore.fields import Field, FieldSettings, Frame
from INRCore.fields.switch import use_engine

from . import peers
from .measure import Case, row, training_step


def rows(device: torch.device, cases: list[Case], compile_too: bool) -> Iterator[dict[str, Any]]:
    """One row for each who and case."""
    yield from peers.rows_of("eager", cases, device)
    if compile_too:
        yield from peers.rows_of("torch.compile", cases, device)
    for who, engine in (("INRCore, plain engine", "plain"), ("INRCore, NumPy alone", "numpy"), ("INRCore", "auto")):
        with use_engine(engine):
            for case in cases:
                settings = FieldSettings(width=case.width, depth=case.depth)
                field = Field(settings, Frame((0.0, 0.0, 0.0), 1.0), case.outputs).to(device)
                yield row(who, case, field, _work(field, case, device), device)


def _work(field: Field, case: Case, device: torch.device) -> Callable[[], Any]:
    points, targets = case.data(device)
    if case.what.startswith("evaluate"):
        evaluate = field if case.order == "value" else field.value_and_jacobian
        parts = points.split(field.points_per_chunk(order=int(case.order == "jacobian")))
        return torch.no_grad()(lambda: [evaluate(part) for part in parts])

    def loss() -> Tensor:
        if case.order == "value":
            return (field(points) - targets).square().mean()
        if case.order == "jacobian":
            values, jacobian = field.value_and_jacobian(points)
            return (values - targets).square().mean() + 1e-3 * jacobian.square().mean()
        values, jacobian, hessian = field.value_jacobian_hessian(points)
        return (values - targets).square().mean() + 1e-3 * jacobian.square().mean() + 1e-6 * hessian.square().mean()

    return training_step(field, torch.optim.Adam(field.parameters(), 1e-5, fused=True), loss)
