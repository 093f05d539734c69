"""How far a deformation phi(x) = x + u(x) is from well-behaved; all from exact derivatives of u, none by differences.

`jacobian` is du (N, 3, 3): du[n, d, a] = d u_d / d x_a (mm per mm), as `Field.value_and_jacobian` gives it; `second` is
(N, 3, 6) with the second derivatives xx, xy, xz, yy, yz, zz per mm, as `Field.value_jacobian_hessian` gives them. Every
loss is a mean over the points, taken once.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..fields.jets import PAIRS

_BARRIER_START = 0.1


def jacobian_determinant(jacobian: Tensor) -> Tensor:
    """det(I + du) (N): local volume after the map per volume before; 0 or less where the map folds."""
    x, _, _ = _columns(jacobian)
    return (x * _cofactor_columns(jacobian)[0]).sum(-1)


def volume_change_loss(jacobian: Tensor) -> Tensor:
    """Mean |1 - det(I + du)|, no unit (the Jacobian regulariser of IDIR: Wolterink et al., MIDL 2022)."""
    return (1 - jacobian_determinant(jacobian)).abs().mean()


def hyperelastic_loss(jacobian: Tensor, length: float = 1.0, area: float = 1.0, volume: float = 1.0) -> Tensor:
    """Mean hyperelastic energy density (Burger, Modersitzki & Ruthotto, SIAM J. Sci. Comput. 35(1), 2013):

    length |du|^2 / 2 + area sum_i max(|cof_i|^2 - 1, 0)^2 + volume (det - 1)^4 / det^2, no unit. cof_i, the i-th column
    of the cofactor matrix of I + du, is what a unit area across axis i becomes; only growth costs (the convex form).
    The last term, infinite at det = 0 in the paper, goes on as a straight line below det = 0.1, so that a step that
    folds is pushed back rather than lost.
    """
    columns = _cofactor_columns(jacobian)
    growth = sum((column.square().sum(-1) - 1).clamp(min=0).square() for column in columns)
    determinant = (_columns(jacobian)[0] * columns[0]).sum(-1)
    density = 0.5 * length * jacobian.square().sum((1, 2)) + area * growth + volume * _barrier(determinant)
    return density.mean()


def bending_energy(second: Tensor) -> Tensor:
    """Mean over points of sum_d (xx^2 + yy^2 + zz^2 + 2 xy^2 + 2 xz^2 + 2 yz^2) of u_d, per mm^2; 0 for every affine
    map (Rueckert et al., IEEE TMI 18(8), 1999)."""
    counts = torch.tensor([1.0 if a == b else 2.0 for a, b in PAIRS], device=second.device)
    return (second.square() * counts).sum((1, 2)).mean()


def _barrier(determinant: Tensor) -> Tensor:
    """(v - 1)^4 / v^2 above the start of the barrier, its tangent there below."""
    start = _BARRIER_START
    inner = determinant.clamp(min=start)
    slope = 2 * (start - 1) ** 3 * (start + 1) / start**3
    return (inner - 1) ** 4 / inner**2 + slope * (determinant - inner)


def _columns(jacobian: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The columns (N, 3) of I + du: where the unit steps along x, y and z go."""
    eye = torch.eye(3, dtype=jacobian.dtype, device=jacobian.device)
    x, y, z = (jacobian + eye).unbind(-1)
    return x, y, z


def _cofactor_columns(jacobian: Tensor) -> list[Tensor]:
    columns = _columns(jacobian)
    return [torch.linalg.cross(columns[(a + 1) % 3], columns[(a + 2) % 3]) for a in range(3)]
