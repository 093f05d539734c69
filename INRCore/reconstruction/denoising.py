"""Denoising on an image's own grid: sliding blocks in the cosine basis, as much of it as the data say is right.

Every 4 x 4 x 4 block of the image, wherever it begins, is taken into the basis of cosines, small coefficients are set
to 0, and the blocks are laid back, those with few coefficients left counting more (sliding-window DCT denoising:
Yaroslavsky et al., SPIE 4304, 2001; in three dimensions Manjon et al., New methods for MRI denoising based on
sparseness and self-similarity, MedIA 16, 2012, "ODCT3D"). How small is small is decided without the
truth: by Stein's unbiased estimate of the squared error, its divergence by Monte Carlo (Ramani, Blu & Unser, IEEE TIP
17(9), 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from scipy.fft import dct
from torch import Tensor

from ..fitting import Control, Progress
from ..fitting.progress import Steps
from .blocks import Block

_SIDE = 4
_THRESHOLDS = (1.5, 2.0, 2.4, 2.8, 3.3)
"""In standard deviations of the noise: from careful to thorough."""
_PROBED_VOXELS = 400_000
_PROBE = 0.1
"""Size of the random change that measures the divergence, in standard deviations of the noise."""
MARGIN = _SIDE


@dataclass(frozen=True)
class Risk:
    """threshold that was chosen, in deviations of the noise, and the root mean square error expected of it, as a share
    of the noise (1: nothing was gained)."""

    threshold: float
    expected_error: float


def denoised(image: Tensor, noise: float, threshold: float) -> Tensor:
    """(k, j, i) float32 of the same shape without noise of that standard deviation."""
    sides = [min(_SIDE, size) for size in image.shape]
    bases = [torch.as_tensor(dct(np.eye(side), norm="ortho", axis=0), dtype=torch.float32) for side in sides]
    bases = [basis.to(image.device) for basis in bases]
    # Mirrored borders, so that every voxel is seen by as many blocks.
    padded = image
    for axis, side in enumerate(sides):
        padded = _mirrored(padded, axis, side - 1)
    total, share = torch.zeros_like(padded), torch.zeros_like(padded)
    for start in product(*(range(side) for side in sides)):
        counts = [(size - first) // side for size, first, side in zip(padded.shape, start, sides, strict=True)]
        box = tuple(slice(first, first + count * side) for first, count, side in zip(start, counts, sides, strict=True))
        shape = [number for count, side in zip(counts, sides, strict=True) for number in (count, side)]
        blocks = padded[box].reshape(shape)
        for basis, axis in zip(bases, (1, 3, 5), strict=True):
            blocks = torch.movedim(torch.tensordot(basis, blocks, ([1], [axis])), 0, axis)
        kept = blocks.abs() > threshold * noise
        kept[:, 0, :, 0, :, 0] = True  # the mean always stays
        weight = 1 / kept.sum((1, 3, 5), keepdim=True)
        blocks = blocks * kept * weight
        for basis, axis in zip(bases, (1, 3, 5), strict=True):
            blocks = torch.movedim(torch.tensordot(basis.T, blocks, ([1], [axis])), 0, axis)
        total[box] += blocks.reshape(total[box].shape)
        share[box] += weight.expand(shape).reshape(share[box].shape)
    inner = tuple(slice(side - 1, size - side + 1) for side, size in zip(sides, padded.shape, strict=True))
    return total[inner] / share[inner]


def _mirrored(image: Tensor, axis: int, count: int) -> Tensor:
    if count == 0:
        return image
    size = image.shape[axis]
    before, after = image.narrow(axis, 0, count).flip(axis), image.narrow(axis, size - count, count).flip(axis)
    return torch.cat([before, image, after], axis)


def choose_threshold_steps(image: Tensor, noise: float, seed: int, control: Control) -> Steps[Risk]:
    """The threshold with the least expected squared error, from the middle of (k, j, i)."""
    middle = image[_middle(image.shape)]
    generator = torch.Generator("cpu").manual_seed(seed)
    change = torch.randn(middle.shape, generator=generator).to(image.device)
    best = Risk(_THRESHOLDS[-1], float("inf"))
    for number, threshold in enumerate(_THRESHOLDS):
        result = denoised(middle, noise, threshold)
        moved = denoised(middle + _PROBE * noise * change, noise, threshold)
        divergence = float((change * (moved - result)).mean()) / (_PROBE * noise)
        risk = float((result - middle).square().mean()) / noise**2 - 1 + 2 * divergence
        expected = float(np.sqrt(max(risk, 0.0)))
        if expected < best.expected_error:
            best = Risk(threshold, expected)
        yield Progress("choose", number + 1, len(_THRESHOLDS))
        if control.stopped:
            break
    return best


def _middle(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """A box around the middle of at most so many voxels, of the image's proportions."""
    share = min(1.0, (_PROBED_VOXELS / np.prod(shape)) ** (1 / sum(size > _SIDE for size in shape) if shape else 1))
    sizes = [size if size <= _SIDE else max(_SIDE, int(size * share)) for size in shape]
    return tuple(slice((size - part) // 2, (size - part) // 2 + part) for size, part in zip(shape, sizes, strict=True))


def denoise_steps(
    values: np.ndarray, blocks: list[Block], noise: float, threshold: float, device: torch.device
) -> Steps[np.ndarray]:
    """(k, j, i) float32, block by block, each with a margin of `MARGIN` voxels."""
    result = np.empty(values.shape, np.float32)
    for number, block in enumerate(blocks):
        image = torch.as_tensor(np.ascontiguousarray(values[block.whole]), device=device)
        result[block.kept] = denoised(image, noise, threshold)[block.inner].cpu().numpy()
        yield Progress("denoise", number + 1, len(blocks))
    return result
