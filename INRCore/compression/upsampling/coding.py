"""A volume whose slices are coded four times smaller along both of their axes, and made large again by a network.

The scheme of the founding paper (Sheibanifard and Yu: Lanczos down-sampling, a SIREN, SRDenseNet), with one network for
all slices of the small volume.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...geometry import Grid
from ...settings import require
from ...volume import Volume
from .lanczos import lanczos_smaller
from .model import UpsamplerModel, find_model
from .settings import UpsamplerSettings

if TYPE_CHECKING:
    from ..inr_file import InrFile
    from ..settings import CompressionSettings

FACTOR = 4
__all__ = ["FACTOR", "Upsampled", "UpsamplerSettings", "check_upsampling", "small_settings", "small_volume"]


@dataclass(frozen=True, eq=False)
class Upsampled:
    """small: the coded small volume (values scaled so that the volume's range is 0 to 1); name, checksum: of the model;
    model: its bytes where the file carries them; folders: where else to look for it."""

    small: InrFile
    name: str
    checksum: str
    model: bytes | None = None
    folders: tuple[Path, ...] = field(default=(), compare=False)

    def intensities(self, shape: tuple[int, int, int], low: float, high: float) -> np.ndarray:
        """float64 (k, j, i) within [low, high]. Raises `InputError` without torch or without the model."""
        try:
            from .network import enlarge, network_of
        except (ImportError, OSError) as error:
            raise InputError("Files of the codec 'upsampled' need PyTorch, which is not installed.") from error
        if self.model is None:
            model = find_model(self.name, self.checksum, self.folders)
        else:
            model = UpsamplerModel.of_bytes(self.name, self.model)
        network = network_of(model)
        small = self.small.decompress(device="cpu").array
        result = np.empty(shape, np.float64)
        for k, image in enumerate(small):
            result[k] = enlarge(network, image)[: shape[1], : shape[2]]
        return low + np.clip(result, 0, 1) * (high - low)


def check_upsampling(volume: Volume, settings: CompressionSettings) -> None:
    """Raises `InputError` when the codec 'upsampled' cannot do what is asked for."""
    require(bool(settings.upsampler), "The codec 'upsampled' needs a trained model: set upsampler to its file.")
    require(
        settings.target_max_error is None and settings.target_psnr_db is None,
        "The codec 'upsampled' knows ratios and file sizes only; leave the largest error and the PSNR out.",
    )
    require(
        volume.finite_mask() is None, f"{volume.label} has voxels that are no numbers, which 'upsampled' cannot keep."
    )
    require(min(volume.array.shape[1:]) >= 2 * FACTOR, f"{volume.label} is too small to be made smaller first.")


def small_volume(volume: Volume, low: float, high: float) -> Volume:
    """float32 (k, j / 4, i / 4, rounded up), 0 to 1 for low to high, each pixel in the middle of its sixteen."""
    _, j, i = volume.array.shape
    fill = ((0, -j % FACTOR), (0, -i % FACTOR))
    slices = []
    for image in volume.array:
        scaled = (np.pad(image, fill, "edge").astype(np.float64) - low) / (high - low)
        slices.append(lanczos_smaller(scaled, FACTOR))
    return Volume(np.stack(slices).astype(np.float32), _small_grid(volume.grid), "small")


def small_settings(
    settings: CompressionSettings, volume: Volume, small: Volume, model_bytes: int
) -> CompressionSettings:
    """Of the small volume's network, so that the file fills the ratio asked for."""
    aimed = settings.within(volume.nbytes)
    ratio = None
    if aimed.target_ratio is not None:
        left = volume.nbytes / aimed.target_ratio - model_bytes - 500
        require(
            left > 0,
            f"The upsampler alone takes {model_bytes} bytes; ask for a lower ratio, or leave it out of the file.",
        )
        ratio = max(small.nbytes / left, 1.0)
    return replace(aimed, codec="network", target_ratio=ratio, upsampler="", embed_upsampler=False)


def _small_grid(grid: Grid) -> Grid:
    k, j, i = grid.shape
    step = np.diag([FACTOR, FACTOR, 1.0, 1.0])
    step[:2, 3] = (FACTOR - 1) / 2
    return Grid((k, -(-j // FACTOR), -(-i // FACTOR)), grid.ijk_to_world @ step)
