"""How far a deformation phi(x) = x + u(x) is from well-behaved; all from exact derivatives of u, none by differences.

`jacobian` is du (N, 3, 3): du[n, d, a] = d u_d / d x_a (mm per mm), as `Field.value_and_jacobian` gives it; `second` is
(N, 3, 6) with the second derivatives xx, xy, xz, yy, yz, zz per mm, as `Field.value_jacobian_hessian` gives them. Every
loss is a mean over the points, taken once.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..fields.jets import PAIRS
from ..settings import require_range

_BARRIER_START = 0.1
_LEAST_VOLUME = 0.01


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


def log_jacobian_loss(jacobian: Tensor) -> Tensor:
    """Mean squared logarithm of det(I + du), no unit: a volume halved costs as much as one doubled, so the loss is the
    same for a map and its inverse (but for where it is taken). Leow et al., IEEE TMI 26(6), 2007, on why the logarithm
    is the measure without bias. Below det = 0.1, where the logarithm is on its way to minus infinity, it goes on as a
    straight line.
    """
    determinant = jacobian_determinant(jacobian)
    start = _BARRIER_START
    inner = determinant.clamp(min=start)
    slope = 2 * math.log(start) / start
    return (inner.log().square() + slope * (determinant - inner)).mean()


def folding_barrier(jacobian: Tensor, start: float = 0.3) -> Tensor:
    """Mean of (start / det - 1)^2 where det(I + du) is below `start` (above 0, at most 1), no unit: nothing as long as
    volumes shrink to no less than `start` of theirs, then a wall on the way to det = 0.

    Unlike a penalty that begins at 0, max(-det, 0), it acts before the map folds; the inverse barrier of interior-point
    methods (Nocedal & Wright, Numerical Optimization, 2006, chapter 19). In place of the infinity at 0 it goes on as a
    straight line below det = 0.01, so that a step that folds all the same is pushed back with a finite, steep slope. It
    forbids folding at the points it is taken at, of which the next step draws others: det has to be checked at the end.
    Raises `InputError` for another start.
    """
    require_range("The start of the folding barrier", start, 2 * _LEAST_VOLUME, 1)
    determinant = jacobian_determinant(jacobian)
    inner = determinant.clamp(min=_LEAST_VOLUME, max=start)
    slope = -2 * (start / _LEAST_VOLUME - 1) * start / _LEAST_VOLUME**2
    return ((start / inner - 1).square() + slope * (determinant - inner).clamp(max=0)).mean()


def bending_density(second: Tensor) -> Tensor:
    """(N) sum_d (xx^2 + yy^2 + zz^2 + 2 xy^2 + 2 xz^2 + 2 yz^2) of u_d, per mm^2; 0 for every affine map."""
    counts = torch.tensor([1.0 if a == b else 2.0 for a, b in PAIRS], dtype=second.dtype, device=second.device)
    return (second.square() * counts).sum((1, 2))


def bending_energy(second: Tensor) -> Tensor:
    """Mean over points of `bending_density`, per mm^2 (Rueckert et al., IEEE TMI 18(8), 1999)."""
    return bending_density(second).mean()


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
