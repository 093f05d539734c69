"""The voxels that explain all slices best: regularised least squares on a lattice, without ever building a matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..volume import Volume
from .lattice_operators import LatticeOperator

_CONVERGED = 1e-4


@dataclass(frozen=True)
class Measurements:
    """What one stack measured: values and weights (how far each is trusted), both (slices, rows, columns), and the
    operator that leads there."""

    operator: LatticeOperator
    values: Tensor
    weights: Tensor

    def residual(self, voxels: Tensor) -> Tensor:
        return self.values - self.operator.apply(voxels)


@dataclass(frozen=True)
class Regularity:
    """What is known beside the measurements.

    variation: weight of the total variation, sum of sqrt(|difference to the next voxels|^2 + rounding^2): smooth, but
    edges stay (Rudin, Osher & Fatemi, Physica D 60, 1992; rounded as by Vogel & Oman, SIAM J. Sci. Comput. 17, 1996).
    guide: (K, J, I) squared length of a second contrast's differences, which makes edges cheap where it has them (joint
    total variation: Haber & Holtzman-Gazit, Surv. Geophys. 34, 2013). expected, expected_weight: voxels (K, J, I) that
    a prior expects, and how much a squared deviation from them costs.
    """

    variation: float = 0.0
    rounding: float = 0.05
    guide: Tensor | None = None
    expected: Tensor | None = None
    expected_weight: float | Tensor = 0.0


def solve_steps(
    measurements: list[Measurements],
    regularity: Regularity,
    start: Tensor,
    rounds: int = 3,
    steps: int = 8,
    control: Control | None = None,
    as_volume: Callable[[Tensor, int], Volume] | None = None,
) -> Steps[Tensor]:
    """The voxels (K, J, I) that minimise the weighted squared residuals plus the regularity, from `start`.

    Conjugate gradients (Hestenes & Stiefel 1952), `steps` in each of `rounds`; between rounds the total variation is
    replaced by the quadratic that touches it (lagged diffusivity: Vogel & Oman 1996). `as_volume` makes a preview.
    """
    control, voxels = control or Control(), start.clone()
    rounds = rounds if regularity.variation > 0 else 1
    total = rounds * steps
    for number in range(rounds):
        normal = _NormalEquations(measurements, regularity, voxels)
        residual = normal.descent(voxels)
        direction, square = residual.clone(), float(residual.square().sum())
        first = square
        for step in range(steps):
            if square <= _CONVERGED**2 * first or control.stopped:
                break
            curved = normal.product(direction)
            length = square / float((direction * curved).sum())
            voxels = voxels + length * direction
            residual = residual - length * curved
            new = float(residual.square().sum())
            direction, square = residual + (new / square) * direction, new
            preview = None if as_volume is None else _preview(as_volume, voxels)
            yield Progress("solve", number * steps + step + 1, total, preview=preview)
    return voxels


def _preview(as_volume: Callable[[Tensor, int], Volume], voxels: Tensor) -> Callable[[int], Volume]:
    return lambda count: as_volume(voxels, count)


class _NormalEquations:
    """The quadratic that touches the objective at the present voxels."""

    def __init__(self, measurements: list[Measurements], regularity: Regularity, voxels: Tensor) -> None:
        self._measurements, self._regularity = measurements, regularity
        self._weights = _variation_weights(voxels, regularity)

    def product(self, voxels: Tensor) -> Tensor:
        """The quadratic's matrix times voxels."""
        total = torch.zeros_like(voxels)
        for each in self._measurements:
            total += each.operator.adjoint(each.weights * each.operator.apply(voxels))
        if self._regularity.expected is not None:
            total += self._regularity.expected_weight * voxels
        for dimension, weights in self._weights.items():
            flow = weights * torch.diff(voxels, dim=dimension)
            size = voxels.shape[dimension] - 1
            total.narrow(dimension, 1, size).add_(flow)
            total.narrow(dimension, 0, size).sub_(flow)
        return total

    def descent(self, voxels: Tensor) -> Tensor:
        """Half the negative gradient."""
        total = -self.product(voxels)
        for each in self._measurements:
            total += each.operator.adjoint(each.weights * each.values)
        if self._regularity.expected is not None:
            total += self._regularity.expected_weight * self._regularity.expected
        return total


def squared_differences(voxels: Tensor) -> Tensor:
    """(K, J, I): the squared length of the differences to the next voxel along each axis."""
    total = torch.zeros_like(voxels)
    for dimension in range(3):
        if voxels.shape[dimension] > 1:
            part = torch.diff(voxels, dim=dimension).square()
            total.narrow(dimension, 0, voxels.shape[dimension] - 1).add_(part)
    return total


def _variation_weights(voxels: Tensor, regularity: Regularity) -> dict[int, Tensor]:
    if regularity.variation == 0:
        return {}
    squares = squared_differences(voxels)
    if regularity.guide is not None:
        squares = squares + regularity.guide
    weights = regularity.variation / torch.sqrt(squares + regularity.rounding**2)
    dimensions = [dimension for dimension in range(3) if voxels.shape[dimension] > 1]
    return {dimension: weights.narrow(dimension, 0, voxels.shape[dimension] - 1) for dimension in dimensions}
