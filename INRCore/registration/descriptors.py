"""MIND-SSC descriptors of both images of a channel, looked up between their voxels."""

from __future__ import annotations

import numpy as np
import torch

from ..geometry import Grid
from ..losses.mind import image_on_axes, mind_ssc
from .side import Side
from .vectors import VectorSampler

_DISTANCE, _RADIUS = 1, 1
_MOST_VOXELS = 20_000_000
"""Descriptors take 24 bytes for each voxel: larger images are described on coarser voxels."""


def described_alike(
    fixed: Side, moving: Side, device: torch.device, max_memory_gb: float | None
) -> tuple[VectorSampler, VectorSampler]:
    """Samplers of the descriptors (N, 12) of both sides. Their voxels are cubes of one size along the axes of the fixed
    image, so that neighbours lie in the same directions and at the same distances."""
    axes, spacing = _right_angled(fixed.grid), _spacing_mm(fixed.level[1], moving.level[1])
    images = [image_on_axes(*side.level, axes, spacing, device, max_memory_gb) for side in (fixed, moving)]
    a, b = (
        VectorSampler(
            mind_ssc(image, distance=_DISTANCE, radius=_RADIUS, dtype=torch.float16, max_memory_gb=max_memory_gb),
            grid,
            device,
        )
        for image, grid in images
    )
    return a, b


def _right_angled(grid: Grid) -> np.ndarray:
    """(3, 3) columns at right angles next to the grid's directions, which a sheared grid's are not."""
    u, _, v = np.linalg.svd(grid.directions)
    return u @ v


def _spacing_mm(*grids: Grid) -> float:
    """Side of the voxels to describe both images on: that of the fixed one's, longer where there would be too many."""
    volumes = [float((grid.size_ijk * grid.spacing).prod()) for grid in grids]
    return max(grids[0].voxel_volume ** (1 / 3), (max(volumes) / _MOST_VOXELS) ** (1 / 3))
