"""How far a deformation is from moving given structures (bones, implants) as rigid bodies."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import InputError
from .deformation import bending_density, jacobian_determinant
from .weights import weighted_mean


def rigidity_loss(
    jacobian: Tensor,
    weight: Tensor,
    second: Tensor | None = None,
    *,
    orthonormality: float = 1.0,
    properness: float = 1.0,
    affinity: float = 1.0,
) -> Tensor:
    """Weighted mean over points of orthonormality |J^T J - I|^2 + properness (det J - 1)^2 + affinity |D^2 u|^2, where
    J = I + du (Staring, Klein & Pluim, Med. Phys. 34(11), 2007); 0 where each structure is turned and moved as a whole.

    jacobian: (N, 3, 3) du, mm per mm; weight: (N) how rigid the tissue is, 0 (soft) to 1 (bone), none above 0 gives 0;
    second: (N, 3, 6) second derivatives per mm, None: without affinity, which the other two imply where they hold in
    the whole structure (a locally rigid map is one rigid map) but reach sooner with it. The first two have no unit; the
    affinity's is per mm^2, so its factor is in mm^2. du must be that of the whole map: for phi(x) = A(x + u(x)) with an
    A that is not itself rigid, give A (I + du) - I. Raises `InputError` for tensors that do not fit together.
    """
    count = len(jacobian)
    fits = jacobian.shape == (count, 3, 3) and weight.shape == (count,)
    if not fits or (second is not None and second.shape != (count, 3, 6)):
        shapes = [tuple(tensor.shape) for tensor in (jacobian, weight, second) if tensor is not None]
        raise InputError(
            f"Jacobian, weights and second derivatives have the shapes {', '.join(map(str, shapes))}; they must be "
            "(N, 3, 3), (N) and (N, 3, 6)."
        )
    eye = torch.eye(3, dtype=jacobian.dtype, device=jacobian.device)
    whole = jacobian + eye
    stretch = (whole.mT @ whole - eye).square().sum((1, 2))
    density = orthonormality * stretch + properness * (jacobian_determinant(jacobian) - 1).square()
    if second is not None:
        density = density + affinity * bending_density(second)
    return weighted_mean(density, weight)
