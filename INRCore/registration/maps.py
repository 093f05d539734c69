"""Fitted deformations as maps of points, in both directions: what a result evaluates, in numpy, anywhere in space.

All live in the fixed image's space, without the affine part, like the models they come from.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..fields import Field
from ..geometry import Grid
from .domain import (
    Domain,
    VectorField,
    bearable,
    cells_within,
    choose_spacing,
    flow_domain,
    largest_on_border,
    make_domain,
)
from .flow import enough_steps, expansion, integrate
from .inversion import invert
from .models import Model
from .settings import RegistrationSettings
from .sliding import SlidingField, half_layer_mm

if TYPE_CHECKING:
    from typing_extensions import Self

_PROBES = 512
_FLOW_TOLERANCE_MM = 1e-3
_MOST_TOLERANCE_MM = 0.1
"""However large the voxels, so that the sampled inverse leads back to within a tenth of a millimetre."""


class FittedMap(ABC):
    """x -> x + u(x). `fields`: the fitted ones, the first from fixed to moving; `domain`: where u is what they say and
    how it ends; `nodes`: a grid fine and wide enough to sample u on."""

    outputs: ClassVar[tuple[int, ...]] = (3,)
    """Of each field."""

    def __init__(self, fields: list[Field], domain: Domain, nodes: Grid, max_memory_gb: float | None = None) -> None:
        self.fields, self.domain, self.nodes, self.max_memory_gb = fields, domain, nodes, max_memory_gb

    @classmethod
    @abstractmethod
    def of(cls, fields: list[Field], grid: Grid, settings: RegistrationSettings) -> Self:
        """The map of fitted fields over the field of view of the fixed grid."""

    @abstractmethod
    def displacement(self, points: np.ndarray) -> np.ndarray:
        """u (N, 3) mm at points (N, 3) RAS mm."""

    @abstractmethod
    def determinant(self, points: np.ndarray) -> np.ndarray:
        """det of the Jacobian of x + u(x) (N); exact in the field of view, where nothing fades."""

    def inverse(self, points: np.ndarray) -> np.ndarray:
        """w (N, 3) mm with z + w(z) the inverse map. Where the map folds there is none, and it is the nearest found."""
        return invert(self.displacement, points)[0]

    def _cells(self, settings: RegistrationSettings) -> Grid:
        """Cells in the field of view that are fine enough for what the map is there."""
        grid = self.domain.grid
        tolerance = min(settings.grid_tolerance_voxels * float(grid.spacing.min()), _MOST_TOLERANCE_MM)
        return cells_within(grid, settings.grid_spacing_mm or choose_spacing(self.displacement, grid, tolerance))


class DisplacementMap(FittedMap):
    """u is the field."""

    @classmethod
    def of(cls, fields: list[Field], grid: Grid, settings: RegistrationSettings) -> Self:
        reach, memory = float(grid.spacing.max()), settings.fit.max_memory_gb
        # To look at the map with, before it is known how far it has to go on.
        held = cls(fields, Domain(grid, reach, reach, float((grid.size_ijk * grid.spacing).max())), grid, memory)
        cells, border = held._cells(settings), largest_on_border(held.displacement, grid)
        return cls(fields, *bearable(lambda c: make_domain(grid, c, settings.margin_mm, border), cells), memory)

    @property
    def field(self) -> VectorField:
        """u within the domain."""
        return self.fields[0]

    def displacement(self, points: np.ndarray) -> np.ndarray:
        return self.domain.vectors(self.field, points, self.max_memory_gb)

    def determinant(self, points: np.ndarray) -> np.ndarray:
        return _determinant(self.domain.vectors_and_jacobian(self.field, points, self.max_memory_gb)[1])


class SlidingMap(DisplacementMap):
    """u is the displacement outside or inside a region, and in between in a thin layer about its surface; the third
    field is the distance from that surface."""

    outputs = (3, 3, 1)

    def __init__(self, fields: list[Field], domain: Domain, nodes: Grid, max_memory_gb: float | None = None) -> None:
        super().__init__(fields, domain, nodes, max_memory_gb)
        outside, inside, depth = fields
        self._field = SlidingField(outside, inside, depth, half_layer_mm(domain.grid))

    @property
    def field(self) -> VectorField:
        return self._field


class VelocityMap(FittedMap):
    """x + u(x) is the flow of the field over a unit of time; it never folds, and the flow back is its inverse."""

    def __init__(self, fields: list[Field], domain: Domain, nodes: Grid, max_memory_gb: float | None = None) -> None:
        super().__init__(fields, domain, nodes, max_memory_gb)
        grid = domain.grid
        probes = grid.index_to_world(np.random.default_rng(0).uniform(-0.5, grid.size_ijk - 0.5, (_PROBES, 3)))
        self._steps = enough_steps(self._velocity, probes, _FLOW_TOLERANCE_MM)

    @classmethod
    def of(cls, fields: list[Field], grid: Grid, settings: RegistrationSettings) -> Self:
        memory = settings.fit.max_memory_gb
        border = largest_on_border(lambda points: fields[0].evaluate(points, memory), grid)
        flow = cls(fields, flow_domain(grid, border, settings.margin_mm), grid, memory)
        _, flow.nodes = bearable(lambda _: flow.domain, flow._cells(settings))
        return flow

    def displacement(self, points: np.ndarray) -> np.ndarray:
        return integrate(self._velocity, points, self._steps).astype(np.float32)

    def inverse(self, points: np.ndarray) -> np.ndarray:
        return integrate(self._velocity, points, self._steps, -1.0).astype(np.float32)

    def determinant(self, points: np.ndarray) -> np.ndarray:
        return expansion(self._velocity_and_divergence, points, self._steps).astype(np.float32)

    def _velocity(self, points: np.ndarray) -> np.ndarray:
        return self.domain.vectors(self.fields[0], points, self.max_memory_gb).astype(float)

    def _velocity_and_divergence(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, jacobian = self.domain.vectors_and_jacobian(self.fields[0], points, self.max_memory_gb)
        return value.astype(float), np.trace(jacobian, axis1=1, axis2=2)


class CycleMap(DisplacementMap):
    """u is the mean of the field there and the inverse of the field back; how far apart the two are is the uncertainty
    (van Harten, Stoker & Isgum, IEEE TMI 43(2), 2024)."""

    outputs = (3, 3)

    def displacement(self, points: np.ndarray) -> np.ndarray:
        there, back = self._estimates(points)
        return (there + back) / 2

    def uncertainty(self, points: np.ndarray) -> np.ndarray:
        """(N) mm between the two estimates of where a point goes."""
        there, back = self._estimates(points)
        return np.linalg.norm(there - back, axis=-1)

    def determinant(self, points: np.ndarray) -> np.ndarray:
        there = self.domain.vectors_and_jacobian(self.fields[0], points, self.max_memory_gb)[1]
        end = points + self._estimates(points)[1]
        back = self.domain.vectors_and_jacobian(self.fields[1], end, self.max_memory_gb)[1]
        # The Jacobian of an inverse is the inverse of the Jacobian; where there is none, a pseudo-inverse stands in.
        return _determinant((there + np.linalg.pinv(np.eye(3) + back) - np.eye(3)) / 2)

    def _estimates(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Displacements (N, 3) float32 by the field there and by the inverse of the field back."""
        there = self.domain.vectors(self.fields[0], points, self.max_memory_gb)
        back, _ = invert(lambda x: self.domain.vectors(self.fields[1], x, self.max_memory_gb), points)
        return there, back.astype(np.float32)


MAPS: dict[str, type[FittedMap]] = {
    "displacement": DisplacementMap,
    "velocity": VelocityMap,
    "cycle": CycleMap,
    "sliding": SlidingMap,
}


def fitted_map(model: Model, grid: Grid, settings: RegistrationSettings) -> FittedMap:
    """The map of a fitted model over the field of view of the fixed grid."""
    return MAPS[settings.model].of(model.map_fields, grid, settings)


def _determinant(jacobian: np.ndarray) -> np.ndarray:
    """det(I + du) (N) float32 for du (N, 3, 3)."""
    return np.linalg.det(jacobian + np.eye(3)).astype(np.float32)
