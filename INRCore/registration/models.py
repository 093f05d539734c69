"""Deformation models as a fit sees them: from tensors of points to displacements, differentiable by the parameters.

All live in the fixed image's space: a point x of it goes to x + u(x), which the affine part then takes to the moving
image's space.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from ..fields import Field, Frame
from ..fields.grid_encoding import GridEncoding
from ..fields.grid_lattice import SeparableLattice
from ..geometry import Grid
from ..volume import Volume
from .flow import integrate
from .settings import RegistrationSettings
from .sliding import SlidingField, depth_field, half_layer_mm
from .vectors import VectorSampler

Places = Tensor | SeparableLattice
_DEFAULT_SCALE = 0.05
_BEYOND_VOXELS = 2.0
_FINER_STEP = 0.5


class Model(nn.Module):
    """Base: `fields` are what is fitted and regularised."""

    is_direct = True
    """Whether the displacement is the first field itself."""
    both_ways = False
    """Whether `backward` is there, to be compared with the images as well."""

    def __init__(self, *fields: Field) -> None:
        super().__init__()
        self._fields = nn.ModuleList(fields)

    @property
    def fields(self) -> list[Field]:
        return cast(list[Field], list(self._fields))

    @property
    def map_fields(self) -> list[Field]:
        """What the fitted map is made of (`FittedMap.fields`)."""
        return self.fields

    def forward(self, points: Places) -> Tensor:
        """u (N, 3) mm at points (N, 3) RAS mm; of a direct model also on lattices."""
        raise NotImplementedError

    def derivatives(self, places: Places, second: bool) -> tuple[list[Tensor], list[Tensor]]:
        """What regularisers look at: the Jacobians (N, 3, 3) of maps that should not fold, mm per mm, and, if asked
        for, the second derivatives (N, 3, 6) per mm of fields that should not bend."""
        if not second:
            return [field.value_and_jacobian(places)[1] for field in self.fields], []
        found = [field.value_jacobian_hessian(places) for field in self.fields]
        return [jacobian for _, jacobian, _ in found], [bends for _, _, bends in found]

    def backward(self, points: Places) -> Tensor:
        """Displacement (N, 3) mm of the map back at points (N, 3)."""
        raise NotImplementedError

    def slopes(self, points: Places, step_mm: float, back: bool = False) -> tuple[Tensor, Tensor]:
        """The displacement (N, 3) mm of the map there or back at points (N, 3) and its Jacobian (N, 3, 3), mm per mm:
        exact where fields give it, else by differences over `step_mm`."""
        assert isinstance(points, Tensor), "only a direct model takes lattices"
        steps = torch.cat([points.new_zeros(1, 3), step_mm * torch.eye(3, dtype=points.dtype, device=points.device)])
        way = self.backward if back else self.forward
        middle, *sides = way((points + steps[:, None]).flatten(0, 1)).unflatten(0, (4, -1))
        return middle, torch.stack([side - middle for side in sides], -1) / step_mm

    def refine(self, stages_to_come: int) -> None:
        """Leaves out one of the finest levels of spline fields for every two stages that are still to come: large
        motion is found by few coefficients before detail has a say. Fewer still are too stiff where organs slide."""
        for field in self.fields:
            if isinstance(field.encoding, GridEncoding):
                levels = len(field.encoding.pyramid.levels)
                field.encoding.levels_in_use = max(1, levels - stages_to_come // 2)

    def finish(self) -> None:
        """Called after the last stage: all levels count, and the map is what the fields say."""
        self.refine(0)

    def prepare(self) -> None:
        """Called before the first of several looks at the map between which no parameter changes."""

    def disagreement(self, points: Tensor, displacement: Tensor) -> Tensor | None:
        """(N, 3) mm by which the way there and back misses its start; None where the two are one map."""
        return None


class DisplacementModel(Model):
    """u is the field (IDIR: Wolterink, Zwienenberg & Brune, MIDL 2022)."""

    def forward(self, points: Places) -> Tensor:
        return cast(Tensor, self.fields[0](points))

    def slopes(self, points: Places, step_mm: float, back: bool = False) -> tuple[Tensor, Tensor]:
        return self.fields[0].value_and_jacobian(points)


class SlidingModel(Model):
    """Two displacements and a surface along which they may differ (`SlidingField`)."""

    def __init__(self, outside: Field, inside: Field, depth: Field, grid: Grid) -> None:
        super().__init__(outside, inside)
        self.field = SlidingField(outside, inside, depth, half_layer_mm(grid))

    @property
    def map_fields(self) -> list[Field]:
        return [*self.fields, self.field.depth]

    def forward(self, points: Places) -> Tensor:
        return cast(Tensor, self.field(points))

    def slopes(self, points: Places, step_mm: float, back: bool = False) -> tuple[Tensor, Tensor]:
        return self.field.value_and_jacobian(points)

    def derivatives(self, places: Places, second: bool) -> tuple[list[Tensor], list[Tensor]]:
        if not second:
            return [self.field.value_and_jacobian(places)[1]], []
        outside, inside = (field.value_jacobian_hessian(places) for field in self.fields)
        return [self.field.blended(places, outside[:2], inside[:2])[1]], [outside[2], inside[2]]


class VelocityModel(Model):
    """The field is a stationary velocity v, the map exp(v) its flow over a unit of time, a diffeomorphism (Arsigny et
    al., MICCAI 2006; by a coordinate network: MirNF, Sun et al. 2022; DNVF, Han et al., WACV 2023)."""

    is_direct = False
    _to_index: Tensor
    _to_world: Tensor
    _center: Tensor
    _half: Tensor

    def __init__(self, field: Field, grid: Grid, settings: RegistrationSettings) -> None:
        super().__init__(field)
        self.both_ways, self._steps = settings.symmetric, settings.velocity_steps
        self._prepared: VectorSampler | None = None
        self._nodes, self._lattice = _lattice_of_half_cells(field, grid)
        for name, array in (
            ("_to_index", grid.world_to_ijk[:3, :3].T), ("_to_world", grid.ijk_to_world[:3, :3].T),
            ("_center", grid.center), ("_half", grid.size_ijk / 2),
        ):  # fmt: skip
            self.register_buffer(name, torch.as_tensor(array.copy(), dtype=torch.float32), persistent=False)

    def prepare(self) -> None:
        """Looks at a spline velocity on a lattice of half its cells, where it costs little, for the flow to interpolate
        in: following points through the splines themselves costs 64 nodes of each level at every step."""
        if self._nodes is not None:
            values = self.fields[0](self._lattice).view(*self._nodes.shape, 3)
            self._prepared = VectorSampler(values, self._nodes, values.device)

    def velocity(self, points: Tensor) -> Tensor:
        """v (N, 3) mm; beyond the field of view that of the nearest point in it."""
        index = (points - self._center) @ self._to_index
        held = torch.minimum(torch.maximum(index, -self._half), self._half) @ self._to_world + self._center
        return cast(Tensor, (self._prepared or self.fields[0])(held))

    def finish(self) -> None:
        super().finish()
        self._prepared = None

    def forward(self, points: Places) -> Tensor:
        return cast(Tensor, integrate(self.velocity, points, self._steps))

    def backward(self, points: Places) -> Tensor:
        return cast(Tensor, integrate(self.velocity, points, self._steps, -1.0))


def _lattice_of_half_cells(field: Field, grid: Grid) -> tuple[Grid | None, SeparableLattice | None]:
    """Nodes that cover the field of view, twice as fine as the finest cells of a spline field; None for other fields
    and where the grid's axes are not the field's."""
    if not field.encoding.separable:
        return None, None
    cell_mm = 2 * field.frame.half_extent_mm / field.settings.grid_finest
    size = np.maximum(2, np.ceil(2 * grid.size_ijk * grid.spacing / cell_mm)).astype(int)
    nodes = grid.with_size(size.tolist()).padded((1, 1, 1))
    lattice = SeparableLattice.of(field.frame, nodes)
    return (None, None) if lattice is None else (nodes, lattice)


class CycleModel(Model):
    """Two fields, there and back, each of which should undo the other (van Harten, Stoker & Isgum, IEEE TMI 43(2),
    2024)."""

    both_ways = True

    def forward(self, points: Places) -> Tensor:
        return cast(Tensor, self.fields[0](points))

    def backward(self, points: Places) -> Tensor:
        return cast(Tensor, self.fields[1](points))

    def slopes(self, points: Places, step_mm: float, back: bool = False) -> tuple[Tensor, Tensor]:
        return self.fields[int(back)].value_and_jacobian(points)

    def disagreement(self, points: Tensor, displacement: Tensor) -> Tensor | None:
        return displacement + self.backward(points + displacement)


def new_model(grid: Grid, settings: RegistrationSettings, sliding: Volume | None = None) -> Model:
    """The model that the settings ask for over the field of view of the fixed grid; `sliding`: the region that moves on
    its own (model 'sliding'). It starts as the identity: a short fit then never makes the alignment worse by noise."""
    if settings.model == "sliding":
        assert sliding is not None
        sides = _new_field(grid, settings, 0), _new_field(grid, settings, 1)
        return SlidingModel(*sides, depth_field(sliding, grid, sides[0].frame), grid)
    if settings.model == "cycle":
        return CycleModel(_new_field(grid, settings, 0), _new_field(grid, settings, 1))
    field = _new_field(grid, settings, 0)
    return VelocityModel(field, grid, settings) if settings.model == "velocity" else DisplacementModel(field)


def _new_field(grid: Grid, settings: RegistrationSettings, number: int) -> Field:
    splines = settings.field.encoding == "grid"
    # Splines go on as constants where their nodes end; that bend should not lie in the image.
    frame = Frame.of_grid(grid, margin_mm=_BEYOND_VOXELS * float(grid.spacing.max()) if splines else 0.0)
    scale = settings.displacement_scale_mm or _DEFAULT_SCALE * frame.half_extent_mm
    parts = replace(settings.field, **_SUM_OF_LEVELS) if splines else settings.field
    field = Field(parts, frame, 3, seed=(settings.fit.seed + number) % 2**63, output_scale=scale)
    if splines:
        _add_levels_up(field)
    else:
        with torch.no_grad():
            for parameter in field.network.linears[-1].parameters():
                parameter.zero_()
    return field


_SUM_OF_LEVELS: dict[str, Any] = {"network": "relu", "width": 6, "depth": 1, "grid_features": 3}


@torch.no_grad()
def _add_levels_up(field: Field) -> None:
    """Makes the field the sum of its levels' splines (multi-level free-form deformation: Schnabel et al., MICCAI 2001)
    for good: linear in what is fitted. x = max(x, 0) - max(-x, 0)."""
    first, last = field.network.linears
    eye = torch.eye(3)
    levels = torch.arange(field.settings.grid_levels).repeat_interleave(3)
    first.weight.copy_(torch.cat([eye, -eye]).repeat(1, field.settings.grid_levels) * _FINER_STEP**levels)
    last.weight.copy_(torch.cat([eye, -eye], 1))
    for layer in (first, last):
        layer.bias.zero_()
        layer.requires_grad_(False)
