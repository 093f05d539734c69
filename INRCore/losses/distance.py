"""How far outputs are from being signed distances to given surfaces.

Distances are in mm, below 0 inside; every loss is free of units, errors being counted in voxels of `voxel_mm` (one
length for all axes). Errors below 0.3 voxel count with their square, larger ones with their size.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import smooth_l1_loss

_QUADRATIC_VOXELS = 0.3
_PULL = 0.05


def dirichlet_loss(sdf: Tensor, voxel_mm: float) -> Tensor:
    """Mean penalty of signed distances (N) at points of the surface, where they should be 0 (the second term of SIREN's
    loss for signed distances: Sitzmann et al., NeurIPS 2020, eq. 6)."""
    error = sdf / voxel_mm
    return smooth_l1_loss(error, error.new_zeros(()).expand_as(error), beta=_QUADRATIC_VOXELS)


def off_surface_loss(sdf: Tensor, distance: Tensor, tolerance: Tensor, own: Tensor, voxel_mm: float) -> Tensor:
    """Penalty of signed distances (N, D) away from the surfaces, where `distance` (N, D) is known up to `tolerance`
    (N, D) mm: the error beyond the tolerance over sqrt(1 voxel * (1 voxel + distance)). The mean over the points of
    that of the label `own` (N), and of the sum over all D labels divided by sqrt(D); for the own label there is also a
    weak pull to the middle of the tolerance.

    It takes the place of SIREN's exp(-alpha |sdf|), which says only that the value is not 0 and lets zero sets appear
    where there is no data. Distances that a network is asked for directly: DeepSDF (Park et al., CVPR 2019, eq. 4).
    """
    away = (sdf - distance).abs()
    scale = (voxel_mm * (voxel_mm + distance.abs())).sqrt()
    beyond = (away - tolerance).clamp(min=0) / scale
    penalty = smooth_l1_loss(beyond, beyond.new_zeros(()).expand_as(beyond), beta=_QUADRATIC_VOXELS, reduction="none")
    of_own = (penalty + _PULL * away / scale).gather(1, own[:, None])
    return of_own.mean() + penalty.sum(-1).mean() / sdf.shape[-1] ** 0.5


def eikonal_loss(jacobian: Tensor, distance: Tensor, voxel_mm: float) -> Tensor:
    """Weighted mean of | |grad| - 1 | for Jacobians (N, D, 3) mm per mm, weights falling with the distance (N, D) from
    the surface in voxels: a signed distance has slope 1 (Gropp et al., ICML 2020, eq. 3; absolute
    value as in SIREN)."""
    weights = voxel_mm / (voxel_mm + distance.abs())
    return ((jacobian.norm(dim=-1) - 1).abs() * weights).sum() / weights.sum()
