"""A fit of an image against the clock, the same for ours and for the peers. Needs no INRCore."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..machine import synchronise

_FIRST_MEASURE_S, _GROWTH = 0.5, 1.25
"""The PSNR over all voxels is taken at these growing times; taking it is not counted."""


@dataclass(frozen=True)
class Rules:
    """Adam's learning rate and how it falls ('constant'; 'exponential': to 3 % at the end), random voxels a step, and
    seconds."""

    rate: float
    points: int
    schedule: str
    seconds: float
    fused: bool = False


def race(network: nn.Module, image: np.ndarray, rules: Rules, device: torch.device) -> list[tuple[float, float]]:
    """(seconds, PSNR in dB over all voxels) again and again. image: (k, j, i), from 0 to 1, over [-1, 1]^3."""
    values = torch.from_numpy(image.ravel()).to(device)
    optimizer = torch.optim.Adam(network.parameters(), rules.rate, betas=(0.9, 0.99), eps=1e-15, fused=rules.fused)
    generator = torch.Generator(device).manual_seed(0)
    curve: list[tuple[float, float]] = []
    spent, pause = 0.0, _FIRST_MEASURE_S
    while spent < rules.seconds:
        while spent < min(pause, rules.seconds):
            started = time.perf_counter()
            if rules.schedule == "exponential":
                optimizer.param_groups[0]["lr"] = rules.rate * 0.03 ** (spent / rules.seconds)
            chosen = torch.randint(len(values), (rules.points,), generator=generator, device=device)
            loss = (network(places(chosen, image.shape))[:, 0] - values[chosen]).square().mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            synchronise(device)
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
