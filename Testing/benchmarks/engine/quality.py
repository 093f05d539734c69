"""Seconds and bytes until a field shows an image well enough, ours and the peers', in one run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from INRCore.fields import Field, FieldSettings, Frame
from INRCore.fields.grid_start import start_from_image
from INRCore.fitting.draws import even_draw
from INRCore.fitting.optimizers import OPTIMIZERS
from INRCore.geometry import Grid
from INRCore.io import read_volume

from . import peers
from .race import Rules, psnr, race, seconds_to

_SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
Curve = list[tuple[float, float]]


def images() -> dict[str, np.ndarray]:
    """(k, j, i) arrays from 0 to 1: a CT slice and a 128^3 crop of a T1 head."""
    head = read_volume(_SHARED / "mr_t1_submm_oblique.nrrd").as_float32()
    low = [n // 2 - 64 for n in head.shape]
    crop = head[tuple(slice(start, start + 128) for start in low)]
    chest = read_volume(_SHARED / "ct_chest.nrrd").as_float32()
    return {"CT slice": _scaled(chest[chest.shape[0] // 2][None]), "MR 128^3": _scaled(crop)}


class Ours(NamedTuple):
    """A field, its optimiser, learning rate, points a step and schedule."""

    settings: FieldSettings
    optimizer: str
    rate: float
    points: int
    schedule: str


def our_fields(image: np.ndarray) -> dict[str, Ours]:
    """What is fitted by steps."""
    return {
        "INRCore SIREN 128x3": Ours(FieldSettings(width=128, depth=3), "adam", 1e-3, 8192, "exponential"),
        "INRCore SIREN 256x3": Ours(FieldSettings(width=256, depth=3), "adam", 5e-4, 8192, "exponential"),
        "INRCore grid pyramid, Adam": Ours(_pyramid(max(image.shape), 2, "trilinear"), "adam", 0.04, 16384, "constant"),
        "INRCore grid pyramid, schedule-free": Ours(
            _pyramid(max(image.shape), 2, "trilinear"), "schedule_free", 0.1, 16384, "constant"
        ),
    }


def our_starts(image: np.ndarray) -> dict[str, FieldSettings]:
    """Grids that are set to splines by least squares, without any step: name -> field."""
    sizes = (192, 256, 384) if image.shape[0] == 1 else (48, 64, 88, 112)
    return {f"INRCore grid, least squares, {finest} cells": _pyramid(finest, 1, "cubic") for finest in sizes}


def _pyramid(finest: int, features: int, interpolation: str) -> FieldSettings:
    return FieldSettings(
        encoding="grid", network="relu", width=32, depth=1, grid_levels=4, grid_features=features,
        grid_coarsest=finest // 8, grid_finest=finest, grid_interpolation=interpolation,
    )  # fmt: skip


def eager_fields() -> dict[str, tuple[int, float, int, str]]:
    """Name -> (width of a SIREN with three hidden layers, learning rate, points a step, schedule)."""
    return {
        "eager SIREN 128x3": (128, 1e-3, 8192, "constant"),
        "eager SIREN 256x3": (256, 5e-4, 8192, "constant"),
        "eager SIREN 256x3, decaying rate": (256, 5e-4, 8192, "exponential"),
        "eager SIREN 256x3, 65536 points": (256, 5e-4, 65536, "constant"),
    }


def rows(
    device: torch.device, seconds: float, targets: tuple[float, ...], curves: dict[str, Curve]
) -> Iterator[dict[str, Any]]:
    """One row for each image and field: seconds to each target in dB (None: not reached in the time). Each curve is put
    into `curves` under 'image: field'."""
    for image_name, image in images().items():
        for name, parameters, curve in _races(image, seconds, device):
            curves[f"{image_name}: {name}"] = curve
            yield {
                "image": image_name, "field": name, "parameters": parameters, "half_precision_kB": parameters / 512,
                **{f"s_to_{target:g}_dB": seconds_to(curve, target) for target in targets},
                f"dB_after_{seconds:g}_s": curve[-1][1],
            }  # fmt: skip


def _races(image: np.ndarray, seconds: float, device: torch.device) -> Iterator[tuple[str, int, Curve]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "image.npy"
        np.save(file, image)
        for name, (width, rate, points, schedule) in eager_fields().items():
            curve = peers.race_of(width, 3, file, Rules(rate, points, schedule, seconds), device)
            yield name, sum(p.numel() for p in peers.EagerSiren(width, 3).parameters()), curve
    grid = Grid.from_parts(image.shape)
    for name, ours in our_fields(image).items():
        field = _field(ours.settings, grid).to(device)
        rules = Rules(ours.rate, ours.points, ours.schedule, seconds)
        curve = race(_Centred(field, grid), image, rules, device, OPTIMIZERS[ours.optimizer], even_draw)
        yield name, field.parameter_count, curve
    for name, settings in our_starts(image).items():
        field = _field(settings, grid)
        started = time.perf_counter()
        start_from_image(field, grid, image)
        spent = time.perf_counter() - started
        quality = psnr(_Centred(field, grid).to(device), image.shape, torch.from_numpy(image.ravel()).to(device))
        yield name, field.parameter_count, [(spent, quality)]


def _field(settings: FieldSettings, grid: Grid) -> Field:
    return Field(settings, Frame.of_grid(grid))


class _Centred(nn.Module):
    """A field in millimetres as a network over [-1, 1]^3, which the race asks for."""

    def __init__(self, field: Field, grid: Grid) -> None:
        super().__init__()
        self.field = field
        self.register_buffer("half_size", torch.tensor(grid.size_ijk / 2, dtype=torch.float32))

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        return self.field((places + 1) * self.half_size - 0.5)


def _scaled(array: np.ndarray) -> np.ndarray:
    low, high = np.percentile(array, [0, 99.9])
    return np.ascontiguousarray(np.clip((array - low) / (high - low), 0, 1), dtype=np.float32)
