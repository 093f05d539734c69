"""Seconds and bytes until a field shows an image well enough, ours and the peers', in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from INRCore.fields import Field, FieldSettings, Frame
from INRCore.io import read_volume

from . import peers
from .race import Rules, race, seconds_to

_SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
Curve = list[tuple[float, float]]


def images() -> dict[str, np.ndarray]:
    """(k, j, i) arrays from 0 to 1: a CT slice and a 128^3 crop of a T1 head."""
    head = read_volume(_SHARED / "mr_t1_submm_oblique.nrrd").as_float32()
    low = [n // 2 - 64 for n in head.shape]
    crop = head[tuple(slice(start, start + 128) for start in low)]
    chest = read_volume(_SHARED / "ct_chest.nrrd").as_float32()
    return {"CT slice": _scaled(chest[chest.shape[0] // 2][None]), "MR 128^3": _scaled(crop)}


def our_fields(image: np.ndarray) -> dict[str, tuple[FieldSettings, float, int, str]]:
    """Name -> (field, learning rate, points a step, schedule)."""
    flat = image.shape[0] == 1
    # As many table rows as the finest lattice has points: every level is then a dense grid.
    pyramid = FieldSettings(
        encoding="hashgrid", network="relu", width=32, depth=1, hash_levels=8 if flat else 4, hash_features=2,
        hash_coarsest=16, hash_finest=max(image.shape) if flat else 128, hash_log2_entries=18 if flat else 22,
    )  # fmt: skip
    return {
        "INRCore SIREN 128x3": (FieldSettings(width=128, depth=3), 1e-3, 8192, "exponential"),
        "INRCore SIREN 256x3": (FieldSettings(width=256, depth=3), 5e-4, 8192, "exponential"),
        "INRCore grid pyramid": (pyramid, 1e-2, 16384, "exponential"),
    }


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
    for name, (settings, rate, points, schedule) in our_fields(image).items():
        field = Field(settings, Frame((0.0, 0.0, 0.0), 1.0)).to(device)
        yield name, field.parameter_count, race(field, image, Rules(rate, points, schedule, seconds, True), device)


def _scaled(array: np.ndarray) -> np.ndarray:
    low, high = np.percentile(array, [0, 99.9])
    return np.ascontiguousarray(np.clip((array - low) / (high - low), 0, 1), dtype=np.float32)
