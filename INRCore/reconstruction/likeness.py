"""Whether there is as much detail across the slices as within them, as far as thick slices tell."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .lattice_weights import profile_weights

_SHARE = 0.9
_AIR = -0.3
"""Darker places, in deviations from the mean, are mostly air, which tells nothing of the patient."""
_FEWEST = 100
_LEAST, _MOST = 0.7, 1.4


def likeness(images: list[Tensor], factor: int, width: float, profile: str) -> float:
    """How much changes from slice to slice, as a share of what changes within them over the same distance; 1 for an
    object that looks the same along all axes, and where there is too little to tell.

    `images`: (slices, rows, columns) of mean 0 and deviation 1, with `factor` fine columns in the distance of two
    slices; `width` of the slice profile in fine columns. Blurred along the columns as they are across, the slices are
    made of samples that are as long in both directions; the 90 % quantiles of their second differences are compared.
    """
    ratios = []
    for image in images:
        slices, _, columns = image.shape
        count = columns // factor
        if slices < 3 or count < 3:
            continue
        centers = (np.arange(count) + 0.5) * factor - 0.5
        weights = torch.as_tensor(profile_weights(centers, count * factor, width, profile), dtype=torch.float32)
        thick = image[..., : count * factor] @ weights.T
        across, within = (_changes(thick, dimension) for dimension in (0, 2))
        if min(len(across), len(within)) >= _FEWEST and within.any():
            ratios.append(float(np.quantile(across, _SHARE) / max(np.quantile(within, _SHARE), 1e-9)))
    return float(np.clip(np.prod(ratios) ** (1 / len(ratios)), _LEAST, _MOST)) if ratios else 1.0


def _changes(samples: Tensor, dimension: int) -> np.ndarray:
    """Flat: how far samples are from the mean of their neighbours, where it is not dark."""
    size = samples.shape[dimension] - 2
    before, middle, after = (samples.narrow(dimension, start, size) for start in range(3))
    return (middle - (before + after) / 2).abs()[middle > _AIR].numpy()
