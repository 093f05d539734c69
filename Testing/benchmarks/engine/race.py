"""A fit of an image against the clock, the same for ours and for the peers. Needs no INRCore."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..machine import synchronise

_FIRST_MEASURE_S, _GROWTH = 0.5, 1.25
"""The PSNR over all voxels is taken at these growing times; taking it is not counted."""


@dataclass(frozen=True)
class Rules:
    """Learning rate and how it falls ('constant'; 'exponential': to 3 % at the end), voxels a step, and seconds."""

    rate: float
    points: int
    schedule: str
    seconds: float


def _adam(parameters: Iterable[nn.Parameter], rate: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, rate)


def _random_draw(count: int, points: int, seed: int, step: int, device: torch.device) -> Tensor:
    return torch.randint(count, (points,), device=device)


def race(
    network: nn.Module,
    image: np.ndarray,
    rules: Rules,
    device: torch.device,
    make_optimizer: Callable[..., torch.optim.Optimizer] = _adam,
    draw: Callable[[int, int, int, int, torch.device], Tensor] = _random_draw,
) -> list[tuple[float, float]]:
    """(seconds, PSNR in dB over all voxels) again and again. image: (k, j, i), from 0 to 1, over [-1, 1]^3; draw: from
    the voxel count, points a step, a seed and the step's number to the voxels of a step."""
    values = torch.from_numpy(image.ravel()).to(device)
    optimizer = make_optimizer(network.parameters(), rules.rate)
    torch.manual_seed(0)
    curve: list[tuple[float, float]] = []
    spent, pause, step = 0.0, _FIRST_MEASURE_S, 0
    while spent < rules.seconds:
        while spent < min(pause, rules.seconds):
            started = time.perf_counter()
            if rules.schedule == "exponential":
                optimizer.param_groups[0]["lr"] = rules.rate * 0.03 ** (spent / rules.seconds)
            chosen = draw(len(values), rules.points, 0, step, device)

            def closure(chosen: Tensor = chosen) -> Tensor:
                optimizer.zero_grad(set_to_none=True)
                loss = (network(places(chosen, image.shape))[:, 0] - values[chosen]).square().mean()
                loss.backward()
                return loss

            optimizer.step(closure)
            synchronise(device)
            step += 1
            spent += time.perf_counter() - started
        pause *= _GROWTH
        curve.append((spent, psnr(network, image.shape, values)))
    return curve


def seconds_to(curve: list[tuple[float, float]], target_db: float) -> float | None:
    """When the target was first measured; None: never."""
    return next((seconds for seconds, quality in curve if quality >= target_db), None)


def places(chosen: Tensor, shape: tuple[int, ...]) -> Tensor:
    """(N, 3) in [-1, 1] of voxel numbers; an axis of one voxel is at 0."""
    rows, columns = shape[1], shape[2]
    ijk = torch.stack([chosen % columns, chosen // columns % rows, chosen // (columns * rows)], -1)
    size = torch.tensor([columns, rows, shape[0]], device=chosen.device)
    return (2 * ijk + 1) / size - 1


@torch.no_grad()
def psnr(network: nn.Module, shape: tuple[int, ...], values: Tensor) -> float:
    """dB over all voxels; the peak is 1."""
    error = 0.0
    for part in torch.arange(len(values), device=values.device).split(1 << 16):
        error += float((network(places(part, shape))[:, 0] - values[part]).square().sum(dtype=torch.float64))
    return -10 * math.log10(error / len(values))
