"""Training the upsampler on a user's own volumes."""

from __future__ import annotations

import math

import numpy as np

from ...errors import InputError
from ...fitting.progress import Steps
from ...settings import require
from ...volume import Volume
from .coding import FACTOR
from .lanczos import lanczos_larger, lanczos_smaller
from .model import UpsamplerModel
from .network import enlarge, model_of, network_of, train_steps
from .settings import UpsamplerSettings

_KEPT_AWAY = 8
"""Every eighth run of slices is not trained on, and tells how good the network is."""
_RUN = 4
_MOST_TESTED = 12


def training_steps(
    volumes: list[Volume], settings: UpsamplerSettings, name: str
) -> Steps[tuple[UpsamplerModel, dict[str, float]]]:
    """(model, metrics): psnr_db of slices kept away from the training, as made large again from their exact small form
    (float16 weights), and baseline_psnr_db of Lanczos interpolation on the same; peak: a volume's range.

    Raises `InputError` when there are too few slices, or they are too small."""
    trained, kept_away = _slices(volumes)
    least = FACTOR * settings.patch
    require(
        bool(trained) and min(min(image.shape) for image in trained) >= least,
        f"There are no slices of {least} x {least} pixels to train on; give larger volumes, or a smaller patch.",
    )
    network = yield from train_steps(trained, settings)
    model = model_of(network, settings, name)
    stored, metrics = network_of(model), {}
    tested = kept_away[:: max(1, len(kept_away) // _MOST_TESTED)]
    if tested:
        small = [lanczos_smaller(image, FACTOR) for image in tested]
        metrics = {
            "psnr_db": _psnr(tested, [enlarge(stored, image) for image in small]),
            "baseline_psnr_db": _psnr(tested, [lanczos_larger(image, FACTOR) for image in small]),
        }
    return model, metrics


def _slices(volumes: list[Volume]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(to train on, kept away), (j, i) 0 to 1 with sides that are multiples of the factor."""
    trained: list[np.ndarray] = []
    kept_away: list[np.ndarray] = []
    for volume in volumes:
        low, high = volume.finite_range()
        if low == high:
            raise InputError(f"{volume.label} is constant; nothing can be learned from it.")
        j, i = (FACTOR * (n // FACTOR) for n in volume.array.shape[1:])
        for k, image in enumerate(volume.array):
            scaled = (np.nan_to_num(image[:j, :i].astype(np.float64), nan=low, posinf=high, neginf=low) - low) / (
                high - low
            )
            (kept_away if k // _RUN % _KEPT_AWAY == _KEPT_AWAY - 1 else trained).append(scaled.astype(np.float32))
    return trained, kept_away


def _psnr(truth: list[np.ndarray], found: list[np.ndarray]) -> float:
    squares = [np.square(np.clip(b, 0, 1) - a).mean() for a, b in zip(truth, found, strict=True)]
    return -10 * math.log10(max(float(np.mean(squares)), 1e-12))
