"""Label maps as a term of the loss: the overlap of smoothed labels at points on and around them."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from ..geometry import Grid
from ..losses.overlap import soft_dice_loss
from ..settings import require
from ..volume import Volume
from .models import Model
from .pyramid import smoothed
from .vectors import VectorSampler

_MOST_SHARES = 100_000_000
_PLACES_PER_LABEL = 20_000
_AROUND_VOXELS = 2
_POINTS_PER_ONE = 4


class LabelTerm:
    """1 - mean soft Dice of the labels that both maps show, 0 apart, at points drawn as often for each label: from its
    voxels in the fixed map and some voxels around. Indicators are smoothed by `sigma_mm`, at least by a voxel, and by
    more where there are so many labels that they would fill the memory.

    Raises `InputError` when no label is in both maps.
    """

    def __init__(self, fixed: Volume, moving: Volume, affine: np.ndarray, sigma_mm: float, seed: int) -> None:
        in_fixed, in_moving = (np.unique(volume.array[volume.array != 0]) for volume in (fixed, moving))
        names = np.intersect1d(in_fixed, in_moving)
        require(
            len(names) > 0,
            f"The label maps {fixed.label} and {moving.label} have no label in common (0 is the background); give maps "
            "that number the same structures alike.",
        )
        self._shares = [
            (_smoothed_indicators(volume, names, sigma_mm), placed)
            for volume, placed in ((fixed, np.eye(4)), (moving, np.linalg.inv(affine)))
        ]
        self._places = torch.as_tensor(_places(fixed, names, np.random.default_rng(seed)), dtype=torch.float32)

    def to(self, device: torch.device) -> None:
        self._samplers = [
            VectorSampler(torch.as_tensor(values, device=device), grid.transformed(placed), device)
            for (values, grid), placed in self._shares
        ]
        self._places = self._places.to(device)

    def loss(self, model: Model, points: int, generator: torch.Generator) -> Tensor:
        labels, places = self._places.shape[:2]
        per_label = max(16, points // _POINTS_PER_ONE // labels)
        device = self._places.device
        picks = torch.randint(places, (labels, per_label), generator=generator, device=device)
        positions = self._places[torch.arange(labels, device=device)[:, None], picks].flatten(0, 1)
        moved = positions + model(positions)
        fixed, moving = self._samplers
        return soft_dice_loss(fixed(positions), moving(moved), moving.inside(moved.detach()).float())


def _smoothed_indicators(volume: Volume, names: np.ndarray, sigma_mm: float) -> tuple[np.ndarray, Grid]:
    """(k, j, i, L) float16 and their grid."""
    count = volume.grid.voxel_count * len(names)
    sigma_mm = max(sigma_mm, volume.grid.voxel_volume ** (1 / 3) * max(1.0, (count / _MOST_SHARES) ** (1 / 3)))
    found = [smoothed((volume.array == name).astype(np.float32), volume.grid, sigma_mm) for name in names]
    return np.stack([values for values, _ in found], -1).astype(np.float16), found[0][1]


def _places(volume: Volume, names: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(L, M, 3) RAS mm: random places in and around each label."""
    result = np.empty((len(names), _PLACES_PER_LABEL, 3))
    for row, name in zip(result, names, strict=True):
        index = np.argwhere(volume.array == name)
        low = np.maximum(index.min(0) - _AROUND_VOXELS, 0)
        high = np.minimum(index.max(0) + _AROUND_VOXELS + 1, volume.array.shape)
        box = volume.array[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] == name
        around = np.argwhere(ndimage.binary_dilation(box, iterations=_AROUND_VOXELS)) + low
        drawn = around[rng.integers(len(around), size=_PLACES_PER_LABEL)] + rng.uniform(-0.5, 0.5, row.shape)
        row[:] = volume.grid.index_to_world(drawn[:, ::-1])
    return result
