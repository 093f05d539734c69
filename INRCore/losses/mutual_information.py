"""Mutual information of two images on a sample of points: for contrasts that no formula takes into each other.

The joint histogram is filled with cubic B-spline windows (Parzen), so that it is smooth in the intensities of both
images (Mattes, Haynor, Vesselle, Lewellen & Eubank, IEEE TMI 22(1), 2003; on random samples as Wells, Viola, Atsumi,
Nakajima & Kikinis, Med. Image Anal. 1(1), 1996).

Bias: the windows, about one bin wide (variance 1/3 of a squared bin), blur the histogram, so an image and itself do not
reach 1: normalised, evenly spread values reach 0.36 with 8 bins, 0.55 with 16, 0.65 with 32, 0.71 with 64. A finite
sample makes independent images seem to share something, about 0.07, 0.13, 0.18, 0.21 times bins^2 / (2 N) nats for N
points (measured). So values are good for comparing alignments from equally many points, not for comparing pairs of
images or numbers of bins. With batches of some thousand points, 16 bins gave steadier gradients than 32 or 64.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..settings import require, require_range
from .weights import SMALLEST, require_samples, shares

Range = tuple[float, float]


def mutual_information(
    fixed: Tensor,
    moving: Tensor,
    weight: Tensor | None = None,
    *,
    bins: int = 16,
    fixed_range: Range = (0.0, 1.0),
    moving_range: Range = (0.0, 1.0),
) -> Tensor:
    """Mutual information H(F) + H(M) - H(F, M) of two samples (N), in nats, 0 or more; higher is better.

    bins: of either image, from lowest to highest value of its range; values beyond it count as the nearest end (and
    have no gradient). `weight` (N) counts each point so many times (0: left out); no point at all gives 0. Raises
    `InputError` for samples of different lengths, an empty range and fewer than 5 or more than 256 bins.
    """
    entropies = _entropies(fixed, moving, weight, bins, (fixed_range, moving_range))
    return entropies[0] + entropies[1] - entropies[2]


def normalised_mutual_information(
    fixed: Tensor,
    moving: Tensor,
    weight: Tensor | None = None,
    *,
    bins: int = 16,
    fixed_range: Range = (0.0, 1.0),
    moving_range: Range = (0.0, 1.0),
) -> Tensor:
    """2 I(F, M) / (H(F) + H(M)) of two samples (N), from 0 (independent) to 1 (each determines the other); arguments
    and errors as `mutual_information`, 1 - it is a loss.

    It rises and falls with Y = (H(F) + H(M)) / H(F, M) (Studholme, Hill & Hawkes, Pattern Recognition 32(1), 1999),
    being 2 (1 - 1 / Y), and like Y it changes less with the size of the overlap than mutual information does.
    """
    of_fixed, of_moving, joint = _entropies(fixed, moving, weight, bins, (fixed_range, moving_range))
    return 2 * (of_fixed + of_moving - joint) / (of_fixed + of_moving).clamp(min=SMALLEST)


def _entropies(
    fixed: Tensor, moving: Tensor, weight: Tensor | None, bins: int, ranges: tuple[Range, Range]
) -> tuple[Tensor, Tensor, Tensor]:
    """H(F), H(M) and H(F, M) in nats."""
    require_samples(("fixed sample", "moving sample"), fixed, moving, ("N points",), weight)
    require_range("The number of bins", bins, 5, 256)
    in_fixed = _windows(fixed, bins, ranges[0]) * shares(weight, fixed)[:, None]
    joint = in_fixed.T @ _windows(moving, bins, ranges[1])
    return _entropy(joint.sum(1)), _entropy(joint.sum(0)), _entropy(joint)


def _windows(values: Tensor, bins: int, limits: Range) -> Tensor:
    """(N) values to (N, bins) shares in the bins, which sum to 1: the cubic B-spline about each value.

    The range covers all but the outermost bins, so that no window is cut off. Written as a scatter and a matrix product
    rather than sums into the joint histogram, whose order on a GPU, and with it the last digits, would change from run
    to run.
    """
    low, high = limits
    require(low < high, f"The range of intensities is {low:g} to {high:g}; the first number must be the smaller one.")
    position = ((values - low) / (high - low)).clamp(0, 1) * (bins - 3) + 1
    first = position.detach().floor().clamp(max=bins - 3)
    t = position - first
    s = 1 - t
    parts = torch.stack([s**3, 4 - 3 * t * t * (2 - t), 4 - 3 * s * s * (2 - s), t**3], -1) / 6
    index = first.long()[:, None] + torch.arange(-1, 3, device=values.device)
    return torch.zeros(len(values), bins, dtype=values.dtype, device=values.device).scatter(1, index, parts)


def _entropy(probability: Tensor) -> Tensor:
    return -(probability * probability.clamp(min=SMALLEST).log()).sum()
