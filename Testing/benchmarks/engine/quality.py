"""Seconds until a field shows an image with a given PSNR, ours and plain PyTorch's, on real data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from INRCore.fields import Field, FieldSettings, Frame
from INRCore.io import read_volume

from ..machine import synchronise
from .peers import EagerSiren

_SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
_MEASURE_SHARE = 0.08
"""The PSNR over all voxels is taken each time when so much of the time limit has gone by; taking it is not counted."""


def images() -> dict[str, np.ndarray]:
    """(k, j, i) arrays from 0 to 1: a CT slice and a 128^3 crop of a T1 head."""
    head = read_volume(_SHARED / "mr_t1_submm_oblique.nrrd").as_float32()
    low = [n // 2 - 64 for n in head.shape]
    crop = head[tuple(slice(start, start + 128) for start in low)]
    chest = read_volume(_SHARED / "ct_chest.nrrd").as_float32()
    return {"CT slice": _scaled(chest[chest.shape[0] // 2][None]), "MR 128^3": _scaled(crop)}


def contestants(image: np.ndarray) -> dict[str, tuple[Callable[[], nn.Module], float, int, str]]:
    """Name -> (a fresh network, its learning rate, points a step, schedule)."""
    finest = min(128, max(image.shape))
    # As many table rows as the finest lattice has points: every level is then a dense grid.
    pyramid = FieldSettings(
        encoding="hashgrid", network="relu", width=32, depth=1, hash_levels=4, hash_features=2, hash_coarsest=16,
        hash_finest=finest, hash_log2_entries=22,
    )  # fmt: skip
    if image.shape[0] == 1:
        pyramid = FieldSettings(
            encoding="hashgrid", network="relu", width=32, depth=1, hash_levels=8, hash_features=2, hash_coarsest=16,
            hash_finest=max(image.shape), hash_log2_entries=18,
        )  # fmt: skip
    return {
        "eager SIREN 128x3": (lambda: EagerSiren(128, 3), 1e-3, 8192, "constant"),
        "eager SIREN 256x3": (lambda: EagerSiren(256, 3), 5e-4, 8192, "constant"),
        "eager SIREN 256x3, 65536 points": (lambda: EagerSiren(256, 3), 5e-4, 65536, "constant"),
        "INRCore SIREN 128x3": (lambda: _field(FieldSettings(width=128, depth=3)), 1e-3, 8192, "constant"),
        "INRCore SIREN 256x3": (lambda: _field(FieldSettings(width=256, depth=3)), 5e-4, 8192, "constant"),
        "INRCore grid pyramid": (lambda: _field(pyramid), 1e-2, 16384, "exponential"),
    }


def rows(device: torch.device, seconds: float, targets: tuple[float, ...]) -> Iterator[dict[str, Any]]:
    """One row for each image and contestant: seconds to each target in dB (None: not reached in the time)."""
    for image_name, image in images().items():
        for name, (make, rate, points, schedule) in contestants(image).items():
            torch.manual_seed(0)
            network = make().to(device)
            reached, last = _race(network, image, rate, points, schedule, seconds, targets, device)
            parameters = sum(p.numel() for p in network.parameters())
            yield {
                "image": image_name, "field": name, "parameters": parameters, "half_precision_kB": parameters / 512,
                **{f"s_to_{target:g}_dB": reached.get(target) for target in targets},
                f"dB_after_{seconds:g}_s": last,
            }  # fmt: skip


def _race(
    network: nn.Module,
    image: np.ndarray,
    rate: float,
    points: int,
    schedule: str,
    seconds: float,
    targets: tuple[float, ...],
    device: torch.device,
) -> tuple[dict[float, float], float]:
    """Seconds at which each target was first measured, and the last PSNR in dB."""
    values = torch.from_numpy(image.ravel()).to(device)
    optimizer = torch.optim.Adam(network.parameters(), rate, betas=(0.9, 0.99), eps=1e-15)
    generator = torch.Generator(device).manual_seed(0)
    reached: dict[float, float] = {}
    spent, next_measure, quality = 0.0, 0.0, 0.0
    while spent < seconds:
        next_measure += _MEASURE_SHARE * seconds
        while spent < next_measure:
            started = time.perf_counter()
            if schedule == "exponential":
                optimizer.param_groups[0]["lr"] = rate * 0.03 ** (spent / seconds)
            chosen = torch.randint(len(values), (points,), generator=generator, device=device)
            loss = (network(_places(chosen, image.shape))[:, 0] - values[chosen]).square().mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            synchronise(device)
            spent += time.perf_counter() - started
        quality = _psnr(network, image.shape, values)
        for target in targets:
            if quality >= target:
                reached.setdefault(target, spent)
    return reached, quality


def _places(chosen: Tensor, shape: tuple[int, ...]) -> Tensor:
    """(N, 3) in [-1, 1] of voxel numbers; an axis of one voxel is at 0."""
    rows, columns = shape[1], shape[2]
    ijk = torch.stack([chosen % columns, chosen // columns % rows, chosen // (columns * rows)], -1)
    size = torch.tensor([columns, rows, shape[0]], device=chosen.device)
    return (2 * ijk + 1) / size - 1


@torch.no_grad()
def _psnr(network: nn.Module, shape: tuple[int, ...], values: Tensor) -> float:
    """dB over all voxels; the peak is 1."""
    error = 0.0
    for part in torch.arange(len(values), device=values.device).split(1 << 16):
        error += float((network(_places(part, shape))[:, 0] - values[part]).square().sum(dtype=torch.float64))
    return -10 * float(np.log10(error / len(values)))


def _field(settings: FieldSettings) -> Field:
    return Field(settings, Frame((0.0, 0.0, 0.0), 1.0))


def _scaled(array: np.ndarray) -> np.ndarray:
    low, high = np.percentile(array, [0, 99.9])
    return np.ascontiguousarray(np.clip((array - low) / (high - low), 0, 1), dtype=np.float32)
