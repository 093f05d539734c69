"""How far to trust each voxel: the half width of a 90 % interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from scipy import ndimage
from torch import Tensor

from ..fitting.progress import Steps
from .least_squares import Measurements

_REACH_OF_90_PERCENT = 1.645
_INFLATION_PER_VOXEL = 0.4
"""The result is smoother than the patient, the more so the thicker the slices, and so easier to find again: for each
voxel of a slice's thickness the patient is missed by so much more. From brain MR thickened in three orientations (see
Testing/benchmarks/reconstruction)."""
_NEIGHBOURHOOD_VOXELS = 1.5

Solve = Callable[[list[Measurements]], Steps[Tensor]]


def found_again_steps(
    measurements: list[Measurements],
    voxels: Tensor,
    noise: float,
    thickness_voxels: float,
    solve: Solve,
    seed: int = 0,
) -> Steps[Tensor]:
    """(K, J, I) half width of the 90 % interval, in the unit of the voxels; `thickness_voxels` of a slice.

    The parametric bootstrap (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 6.5): the result is
    taken for the patient, measured with the same slices and fresh noise, and reconstructed again; how far it is missed,
    averaged over the neighbourhood, says how far the patient may have been missed.
    """
    generator = torch.Generator(voxels.device).manual_seed(seed)
    again = []
    for each in measurements:
        seen = each.operator.apply(voxels)
        fresh = noise * torch.randn(seen.shape, generator=generator, device=seen.device)
        again.append(replace(each, values=seen + fresh))
    found = yield from solve(again)
    missed = ndimage.gaussian_filter((found - voxels).square().cpu().numpy(), _NEIGHBOURHOOD_VOXELS)
    spread = torch.as_tensor(missed, device=voxels.device).clamp(min=0).sqrt()
    return _REACH_OF_90_PERCENT * torch.hypot(_INFLATION_PER_VOXEL * thickness_voxels * spread, torch.tensor(noise))
