"""Voxels of the fixed images that a fit does not see, and how well it foretells them.

What a fit makes of noise helps it where it looked and nowhere else: of two fits that explain the voxels they saw, the
one that foretells the others better is nearer to the truth (cross-validation: Stone, J. R. Stat. Soc. B 36(2), 1974).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch

from ..interpolation import ImageSampler
from .agreement import FOR_ONE_CONTRAST
from .images import PreparedImage
from .models import Model
from .problem import Pair, comparable
from .pyramid import refined
from .settings import RegistrationSettings

_SHARE = 0.2
_MOST_VOXELS = 100_000
_BLOCK = 5
_LEAST_IN_BLOCK = 8
_FLATNESS = 0.01
_CHUNK = 1 << 15


class HeldOut:
    """`pair`: what is to be fitted, where a fifth of the fixed voxels have no say and the means of their neighbours for
    values, so that no window gets to see them; of large images fewer, in blocks spread over them. `blocks`: in so many
    blocks of 5 x 5 x 5 voxels, of all channels, are there enough of them to tell how well they are foretold."""

    def __init__(self, pair: Pair, settings: RegistrationSettings) -> None:
        rng = np.random.default_rng(settings.fit.seed)
        names, shares = settings.measures(len(pair.channels)), settings.shares(len(pair.channels))
        self._channels, channels = [], []
        for (fixed, moving), name, share in zip(pair.channels, names, shares, strict=True):
            held = _drawn(fixed, rng)
            channels.append((_without(fixed, held), moving))
            self._channels.append(_Channel.of(fixed, moving, held, pair.affine, name in FOR_ONE_CONTRAST, share))
        self.pair = Pair(channels, pair.affine, settings.fit.seed)
        self.weights = np.concatenate([channel.weights for channel in self._channels])
        self.blocks = len(self.weights)

    def correlations(self, model: Model) -> np.ndarray:
        """(blocks) correlation, squared between contrasts, of the fixed images with the moving ones through the model,
        at the held out voxels of each block."""
        return np.concatenate([channel.correlations(model) for channel in self._channels])


@dataclass(frozen=True, eq=False)
class _Channel:
    """points: (M, 3) RAS mm of the held out voxels; fixed: (M) their values; block: (M) the number of the block of
    each; weights: (B) of the blocks; moving: the other image, `sampler` of it in the fixed one's space, `affine` (4x4)
    between both; signed: whether bright should lie on bright."""

    points: np.ndarray
    fixed: np.ndarray
    block: np.ndarray
    weights: np.ndarray
    moving: PreparedImage
    sampler: ImageSampler
    affine: np.ndarray
    signed: bool

    @classmethod
    def of(
        cls,
        fixed: PreparedImage,
        moving: PreparedImage,
        held: np.ndarray,
        affine: np.ndarray,
        signed: bool,
        share: float,
    ) -> _Channel:
        """`held`: (M, 3) voxels (k, j, i); `share`: of the channel among all."""
        _, block, counts = np.unique(
            np.ravel_multi_index((held // _BLOCK).T, fixed.grid.shape), return_inverse=True, return_counts=True
        )
        kept = counts[block] >= _LEAST_IN_BLOCK
        held, (_, block, counts) = held[kept], np.unique(block[kept], return_inverse=True, return_counts=True)
        values, grid = refined(moving.values, moving.grid)
        sampler = ImageSampler(values, grid.transformed(np.linalg.inv(affine)))
        weights = share * counts / max(counts.sum(), 1)
        points = fixed.grid.index_to_world(held[:, ::-1])
        return cls(points, fixed.values[tuple(held.T)].astype(float), block, weights, moving, sampler, affine, signed)

    def correlations(self, model: Model) -> np.ndarray:
        moved = self.points + _displacement(model, self.points)
        seen = comparable(self.moving, moved @ self.affine[:3, :3].T + self.affine[:3, 3])
        values = self.sampler(torch.as_tensor(moved, dtype=torch.float32)).numpy().astype(float)
        found = _in_blocks(self.fixed, values, seen.astype(float), self.block, len(self.weights))
        return found if self.signed else found * found


def _drawn(image: PreparedImage, rng: np.random.Generator) -> np.ndarray:
    """(M, 3) voxels (k, j, i) of the region."""
    shape = np.array(image.grid.shape)
    share = min(1.0, _MOST_VOXELS / (_SHARE * max(int(image.region.sum()), 1)))
    chosen = rng.random(-(-shape // _BLOCK)) < share
    blocks = np.ix_(*(np.arange(size) // _BLOCK for size in shape))
    return np.argwhere((rng.random(shape, np.float32) < _SHARE) & image.region & chosen[blocks])


def _without(image: PreparedImage, held: np.ndarray) -> PreparedImage:
    """The image as if the voxels (M, 3) had not been measured."""
    region = image.region.copy()
    region[tuple(held.T)] = False
    left_out = image.region & ~region
    steps = np.argwhere(np.ones((3, 3, 3), bool)) - 1
    total, weights = np.zeros(len(held)), np.zeros(len(held))
    for step in steps[np.abs(steps).any(1)]:
        near = np.clip(held + step, 0, np.array(image.grid.shape) - 1)
        weight = ~left_out[tuple(near.T)] / (step[::-1] * image.grid.spacing @ (step[::-1] * image.grid.spacing))
        total, weights = total + weight * image.values[tuple(near.T)], weights + weight
    values = image.values.copy()
    values[tuple(held.T)] = total / np.maximum(weights, 1e-12)
    return dataclasses.replace(image, values=values, region=region)


@torch.no_grad()
def _displacement(model: Model, points: np.ndarray) -> np.ndarray:
    model.prepare()
    device = next(model.parameters()).device
    parts = [
        model(torch.as_tensor(points[start : start + _CHUNK], dtype=torch.float32, device=device)).cpu().numpy()
        for start in range(0, len(points), _CHUNK)
    ]
    return np.concatenate(parts)


def _in_blocks(a: np.ndarray, b: np.ndarray, weight: np.ndarray, block: np.ndarray, blocks: int) -> np.ndarray:
    """(blocks) correlation of a and b (M) within each; where nothing is seen or nothing is there but noise, 0."""

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(block, weight * values, blocks) / np.maximum(np.bincount(block, weight, blocks), 1e-12)

    mean_a, mean_b = mean(a), mean(b)
    shared, *spreads = mean(a * b) - mean_a * mean_b, mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    lifted = [np.maximum(spread, 0) + _FLATNESS * spread.mean() + 1e-12 for spread in spreads]
    return shared / np.sqrt(lifted[0] * lifted[1])
