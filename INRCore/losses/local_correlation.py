"""Normalised cross-correlation in small windows around sampled points, and the windows themselves."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..geometry import Grid
from ..settings import require, require_range
from .weights import SMALLEST, require_samples, shares, weighted_mean

_FEWEST_NEIGHBOURS = 4
# Steps that fill a cube evenly, however many are taken: 1 / g, 1 / g^2, 1 / g^3 with g^4 = g + 1, for three axes what
# the golden ratio is for one and the plastic number for two (Roberts, 2018).
_EVEN_STEPS = 1.2207440846057596 ** -np.arange(1.0, 4.0)


class Window:
    """Where the neighbours of a centre lie: `count` offsets spread evenly over a box along the axes of `grid` that
    reaches `half_width_mm` to either side, along thick slices at least one voxel.

    A window of 9^3 voxels has 729 neighbours, of which some dozens give the correlation well enough for a step of a
    stochastic fit; they are other ones at every step if a generator is given. Raises `InputError` for a window of
    fewer than four neighbours or no size.
    """

    def __init__(self, grid: Grid, half_width_mm: float, count: int, device: torch.device | str = "cpu") -> None:
        require_range("The half width of the window", half_width_mm, 1e-3, 1e3, "mm")
        require(count >= _FEWEST_NEIGHBOURS, f"A window of {count} neighbours has no correlation; give 16 or more.")
        reach = np.maximum(half_width_mm, grid.spacing)
        unit = (0.5 + np.arange(count)[:, None] * _EVEN_STEPS) % 1
        self._unit = torch.as_tensor(unit, dtype=torch.float32, device=device)
        self._box = torch.as_tensor((grid.directions * reach).T.copy(), dtype=torch.float32, device=device)

    def offsets(self, generator: torch.Generator | None = None) -> Tensor:
        """(P, 3) RAS mm from the centre; with a generator all shifted alike, those that leave the box at one side
        coming in at the other."""
        unit = self._unit
        if generator is not None:
            unit = (unit + torch.rand(3, generator=generator, device=unit.device)) % 1
        return (2 * unit - 1) @ self._box


def linearised(mapped: Tensor, jacobian: Tensor, offsets: Tensor) -> Tensor:
    """Where the neighbours x + offset of centres x go, to first order: phi(x) + (I + du(x)) offset, (N, P, 3) mm.

    mapped (N, 3): phi(x); jacobian (N, 3, 3): du, as `Field.value_and_jacobian` gives it; offsets (P, 3) mm. One
    evaluation with its Jacobian at N centres takes the place of N x P evaluations; what it leaves out is half the
    second derivative times the squared offset.
    """
    steps = offsets + torch.einsum("pa,nda->npd", offsets, jacobian)
    return mapped[:, None] + steps


def local_correlation(
    fixed: Tensor, moving: Tensor, weight: Tensor | None = None, *, flatness: float = 0.01, signed: bool = True
) -> Tensor:
    """Mean over N windows of the correlation of two images within each, from -1 to 1 (squared: 0 to 1); higher is
    better and 1 - it a loss.

    fixed, moving: (N, P) values at the P neighbours of each of N centres; weight: (N, P), how often each counts (0:
    left out), so that a window counts with the sum of its weights. It is cov / sqrt((var_f + e_f)(var_m + e_m)) in each
    window, with e = `flatness` times the mean variance within windows of the same image: where a window is flat, that
    is, where its deviation is below sqrt(flatness) times the usual one, noise decides what the correlation is, and it
    is drawn to 0 instead of to +-1. e grows with the image's gain, so the measure is the same for any a -> s a + t with
    s > 0, in either image; equal images reach slightly less than 1. signed: False squares each window's correlation,
    for contrasts that are inverted in places; it no longer tells which.

    Avants, Epstein, Grossman & Gee, Med. Image Anal. 12(1), 2008 (ANTs; squared); Balakrishnan et al., IEEE TMI 38(8),
    2019 (VoxelMorph, eq. 6); both on full windows of voxels. Raises `InputError` for samples of other shapes and a
    negative flatness.
    """
    require_samples(("fixed windows", "moving windows"), fixed, moving, ("N centres", "P neighbours"), weight)
    require_range("The flatness", flatness, 0, 1e3)
    share = shares(weight, fixed)
    fixed = fixed - (share * fixed).sum(-1, keepdim=True)
    moving = moving - (share * moving).sum(-1, keepdim=True)
    shared_fixed = share * fixed
    covariance = (shared_fixed * moving).sum(-1)
    counted = None if weight is None else weight.to(fixed.dtype).sum(-1)
    spread_fixed = _lifted((shared_fixed * fixed).sum(-1), counted, flatness)
    spread_moving = _lifted((share * moving.square()).sum(-1), counted, flatness)
    correlation = covariance * spread_fixed.rsqrt() * spread_moving.rsqrt()
    return weighted_mean(correlation if signed else correlation.square(), counted)


def _lifted(variance: Tensor, counted: Tensor | None, flatness: float) -> Tensor:
    """(N) variances of the windows plus what they would be where there is nothing to see."""
    return variance + flatness * weighted_mean(variance, counted) + SMALLEST
