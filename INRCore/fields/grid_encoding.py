"""The encoding 'grid': a pyramid of dense grids over the frame's box, trilinear or cubic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import cast

import torch
from torch import Tensor, nn

from . import grid_compiled
from .description import Frame
from .encoding import Encoding
from .grid_lattice import SeparableLattice
from .grid_levels import GridLevel, GridPyramid, node_weights
from .grid_sums import weighted_rows
from .jets import PAIRS, Jet
from .settings import FieldSettings

_VALUE = ((0, 0, 0),)
_FIRST = (*_VALUE, (1, 0, 0), (0, 1, 0), (0, 0, 1))
_SECOND = (*_FIRST, *(tuple((axis == a) + (axis == b) for axis in range(3)) for a, b in PAIRS))
_LONGEST_PIECE = 96


class GridEncoding(Encoding):
    """Features of all levels of a `GridPyramid`, each interpolated linearly or by cubic B-splines (free-form
    deformations: Rueckert et al., IEEE TMI 18(8), 1999, eq. 1-3) from the nodes of its own box-shaped lattice.

    Cubic features are twice continuously differentiable with exact derivatives; trilinear ones have first derivatives
    that jump from cell to cell and no second derivative along an axis. On a lattice along the frame's axes each level
    is upsampled by three small matrix products (`on_lattice`), with no gathers.
    """

    separable = True
    table: Tensor

    def __init__(self, settings: FieldSettings, frame: Frame, generator: torch.Generator | None) -> None:
        super().__init__()
        self.pyramid, channels = GridPyramid.of(settings, frame), settings.grid_features
        # Close to zero, so that all levels start alike.
        start = (torch.rand(self.pyramid.levels[-1].stop, channels, generator=generator) * 2 - 1) * 1e-4
        self.table = nn.Parameter(start)
        self.features = len(self.pyramid.levels) * channels
        self.gathered = len(self.pyramid.levels) * math.prod(self.pyramid.support)
        self.levels_in_use = len(self.pyramid.levels)
        """So many of the coarsest levels; the features of the others are 0 and cost nothing."""

    def forward(self, points: Tensor) -> Tensor:
        return self._derivatives(points, _VALUE)[0]

    def jet(self, points: Tensor, second: bool) -> Jet:
        found = self._derivatives(points, _SECOND if second else _FIRST)
        return Jet(found[0], found[1:4], found[4:] if second else None)

    def on_lattice(self, lattice: SeparableLattice) -> Tensor:
        return self._derivatives_on_lattice(lattice, _VALUE)[0]

    def jet_on_lattice(self, lattice: SeparableLattice, second: bool) -> Jet:
        found = torch.stack(self._derivatives_on_lattice(lattice, _SECOND if second else _FIRST))
        return Jet(found[0], found[1:4], found[4:] if second else None)

    def _derivatives_on_lattice(self, lattice: SeparableLattice, wanted: Sequence[tuple[int, ...]]) -> list[Tensor]:
        """Features' derivatives (K * J * I, C) of the wanted orders along x, y, z."""
        channels = self.table.shape[1]
        tables = self.table.split([level.stop - level.start for level in self.pyramid.levels])
        parts: list[list[Tensor]] = [[] for _ in wanted]
        for level, table in list(zip(self.pyramid.levels, tables, strict=True))[: self.levels_in_use]:
            nodes = table.view(*level.nodes[::-1], channels).permute(*(2 - axis for axis in lattice.order), 3)
            for part, found in zip(parts, self._upsampled(level, nodes, lattice, wanted), strict=True):
                part.append(found.reshape(-1, channels))
        return [self._with_unused(torch.cat(part, -1)) for part in parts]

    def _upsampled(
        self, level: GridLevel, nodes: Tensor, lattice: SeparableLattice, wanted: Sequence[tuple[int, ...]]
    ) -> list[Tensor]:
        """Nodes (nk, nj, ni, F) of a level to derivatives (K * J, I * F) on the lattice; what several of them have in
        common along k and j is done once. Pieces along i keep the product with the banded matrix small."""
        each_channel = torch.eye(nodes.shape[-1], dtype=nodes.dtype, device=nodes.device)
        pieces = [slice(at, at + _LONGEST_PIECE) for at in range(0, len(lattice.positions[2]), _LONGEST_PIECE)]

        @cache
        def along_k(order: int) -> Tensor:
            first, matrix = self._matrix(level, lattice, 0, order)
            narrow = nodes.narrow(0, first, matrix.shape[1])
            return (matrix @ narrow.flatten(1)).unflatten(1, narrow.shape[1:])

        @cache
        def along_j(order_k: int, order_j: int) -> Tensor:
            first, matrix = self._matrix(level, lattice, 1, order_j)
            narrow = along_k(order_k).narrow(1, first, matrix.shape[1])
            return (matrix @ narrow.flatten(2)).unflatten(2, narrow.shape[2:])

        @cache
        def matrices_along_i(order: int) -> list[tuple[int, int, Tensor]]:
            found = [self._matrix(level, lattice, 2, order, piece) for piece in pieces]
            return [(first, matrix.shape[1], torch.kron(matrix, each_channel).T) for first, matrix in found]

        def along_i(lines: Tensor, order: int) -> Tensor:
            matrices = matrices_along_i(order)
            products = [lines.narrow(2, at, n).flatten(0, 1).flatten(1) @ matrix for at, n, matrix in matrices]
            return products[0] if len(products) == 1 else torch.cat(products, 1)

        k, j, i = lattice.order
        return [along_i(along_j(orders[k], orders[j]), orders[i]) for orders in wanted]

    def _matrix(
        self,
        level: GridLevel,
        lattice: SeparableLattice,
        dimension: int,
        order: int,
        part: slice = slice(None),
    ) -> tuple[int, Tensor]:
        """`GridPyramid.axis_matrix` along k, j or i, of a derivative of this order, as a tensor."""
        axis, positions = lattice.order[dimension], lattice.positions[dimension][part]
        first, matrix = self.pyramid.axis_matrix(level, axis, positions, order)
        return first, torch.as_tensor(matrix, dtype=self.table.dtype, device=self.table.device)

    def _derivatives(self, points: Tensor, wanted: Sequence[tuple[int, ...]]) -> Tensor:
        """Features' derivatives of the wanted orders along x, y, z: points (N, 3) to (K, N, C)."""
        pyramid = replace(self.pyramid, levels=self.pyramid.levels[: self.levels_in_use])
        if grid_compiled.can_run(self.table, points):
            found = cast(Tensor, grid_compiled.CompiledGrid.apply(self.table, points, pyramid, len(wanted)))
        else:
            rows, weights = zip(*(self._level(level, points, wanted) for level in pyramid.levels), strict=True)
            found = weighted_rows(self.table, rows, weights)
        return self._with_unused(found)

    def _with_unused(self, features: Tensor) -> Tensor:
        """Features (..., n) of the levels in use, and 0 for the others."""
        return nn.functional.pad(features, (0, self.features - features.shape[-1]))

    def _level(self, level: GridLevel, points: Tensor, wanted: Sequence[tuple[int, ...]]) -> tuple[Tensor, Tensor]:
        """Rows (N, S) of the table around each point on one level and their weights (K, N, S)."""
        first = torch.full((len(points),), level.start, dtype=torch.int32, device=points.device)
        steps, axes = [], []
        for axis in range(3):
            along = points[:, axis]
            scale, place = self.pyramid.place(level, axis, along)
            cell = place.detach().floor().clamp(max=max(level.cells[axis] - 1, 0))
            first = first + cell.int() * level.strides[axis]
            count = self.pyramid.support[axis]
            steps.append(torch.arange(count, device=points.device, dtype=torch.int32) * level.strides[axis])
            orders = sorted({orders[axis] for orders in wanted})
            axes.append({order: self._axis_weights(axis, along, place - cell, scale, order) for order in orders})
        around = (steps[2][:, None, None] + steps[1][:, None] + steps[0]).flatten()
        weights = [
            (axes[2][z][:, :, None, None] * axes[1][y][:, None, :, None] * axes[0][x][:, None, None]).flatten(1)
            for x, y, z in wanted
        ]
        return first[:, None] + around, torch.stack(weights)

    def _axis_weights(self, axis: int, along: Tensor, t: Tensor, scale: float, derivative: int) -> Tensor:
        """(N, support) weights along an axis, or their derivatives by the network coordinate."""
        if scale == 0:
            return torch.full_like(t, float(derivative == 0))[:, None]
        weights = torch.stack(node_weights(self.pyramid.interpolation, t, derivative), -1)
        if derivative:
            inside = (along >= self.pyramid.low[axis]) & (along <= self.pyramid.high[axis])
            weights = weights * (inside * scale**derivative)[:, None]
        return weights
