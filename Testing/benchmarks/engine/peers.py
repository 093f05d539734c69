"""What our engine is compared with, written plainly as users write it in PyTorch, in a process of its own.

INRCore and the settings it makes for its own process (sleeping threads, kept memory) are not loaded there, so the peers
run as their users run them.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .measure import Case, row, training_step
from .race import Rules, race

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


def jacobian_by_autograd(network: nn.Module, points: Tensor, to_train: bool = True) -> tuple[Tensor, Tensor]:
    """Values (N, D) and Jacobian (N, D, 3) by one backward pass for each output, as IDIR's published code does."""
    points = points.detach().requires_grad_()
    values = network(points)
    rows = [
        torch.autograd.grad(values[:, d], points, torch.ones_like(values[:, d]), True, to_train)[0]
        for d in range(values.shape[1])
    ]
    return values, torch.stack(rows, 1)


def rows_of(who: str, cases: list[Case], device: torch.device) -> Iterator[dict[str, Any]]:
    """Rows of 'eager' or 'torch.compile', measured in a process of their own; nothing for second derivatives and for a
    compiled Jacobian, which torch.compile does not differentiate again."""
    chosen = [case for case in cases if case.order != "hessian" and (who == "eager" or case.order == "value")]
    yield from _in_own_process("rows", {"who": who, "device": device.type, "cases": [asdict(case) for case in chosen]})


def race_of(width: int, depth: int, image: Path, rules: Rules, device: torch.device) -> list[tuple[float, float]]:
    """The curve of an eager SIREN's fit, in a process of its own. image: an .npy file."""
    about = {"width": width, "depth": depth, "image": str(image), "rules": asdict(rules), "device": device.type}
    return [(seconds, quality) for seconds, quality in _in_own_process("race", about)]


def _in_own_process(task: str, about: dict[str, Any]) -> Iterator[Any]:
    """What `main` prints, line by line."""
    command = [sys.executable, "-m", "Testing.benchmarks.engine.peers", task, json.dumps(about)]
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}  # set by INRCore
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode:
        raise RuntimeError(f"The benchmark of the peers ended with code {process.returncode}.")


def _work(who: str, case: Case, network: nn.Module, device: torch.device) -> Callable[[], Any]:
    points, targets = case.data(device)
    run = torch.compile(network) if who == "torch.compile" else network
    if case.what == "evaluate jacobian":
        return lambda: jacobian_by_autograd(network, points, to_train=False)
    if case.what == "evaluate value":
        return torch.no_grad()(lambda: run(points))

    def loss() -> Tensor:
        if case.order == "value":
            return (run(points) - targets).square().mean()
        values, jacobian = jacobian_by_autograd(network, points)
        return (values - targets).square().mean() + 1e-3 * jacobian.square().mean()

    return training_step(network, torch.optim.Adam(network.parameters(), 1e-5), loss)


def main() -> None:
    """Prints rows, or the points of a curve."""
    task, about = sys.argv[1], json.loads(sys.argv[2])
    device = torch.device(about["device"])
    if task == "race":
        torch.manual_seed(0)
        network = EagerSiren(about["width"], about["depth"]).to(device)
        found: Iterable[Any] = race(network, np.load(about["image"]), Rules(**about["rules"]), device)
    else:
        found = (_row(about["who"], Case(**case), device) for case in about["cases"])
    for line in found:
        print(json.dumps(line), flush=True)


def _row(who: str, case: Case, device: torch.device) -> dict[str, Any]:
    network = EagerSiren(case.width, case.depth, case.outputs).to(device)
    return row(who, case, network, _work(who, case, network, device), device)


if __name__ == "__main__":
    main()
