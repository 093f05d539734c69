"""Where the levels of a dense grid pyramid lie in space and in their table, and the weights of their nodes.

Needs no torch: the encoding, its NumPy twin and the start from an image share it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..settings import require
from .description import Frame
from .settings import FieldSettings

MOST_GRID_PARAMETERS = 1 << 28
"""1 GiB in float32; a fit needs four times as much."""
_DEGREES = {"trilinear": 1, "cubic": 3}


@dataclass(frozen=True)
class GridLevel:
    """`cells` along x, y, z of the pyramid's box (0: constant along that axis) and `nodes` of the lattice, whose
    features are the table's rows `start` to `stop`, x fastest."""

    cells: tuple[int, int, int]
    nodes: tuple[int, int, int]
    start: int

    @property
    def stop(self) -> int:
        return self.start + math.prod(self.nodes)

    @property
    def strides(self) -> tuple[int, int, int]:
        """Rows from a node to the next along x, y, z."""
        return 1, self.nodes[0], self.nodes[0] * self.nodes[1]


@dataclass(frozen=True)
class GridPyramid:
    """Levels, coarse to fine, over the box from `low` to `high` (x, y, z; network coordinates).

    The box is the frame's. Where the frame knows how far apart the data's samples are, it ends at the outermost sample
    centres: the finest lattice can then have a node on every sample, and an axis with a single sample needs one node.
    Points beyond the box take the value at its border (their derivative across it is 0).
    """

    interpolation: str
    low: tuple[float, ...]
    high: tuple[float, ...]
    levels: tuple[GridLevel, ...]

    @classmethod
    def of(cls, settings: FieldSettings, frame: Frame) -> GridPyramid:
        """The pyramid that the settings describe in a frame. Raises `InputError` when it would be absurdly large."""
        samples = frame.samples
        reach = np.array(frame.box)
        if samples is not None:
            reach = reach * (1 - 1 / samples)
        degree, levels = _DEGREES[settings.grid_interpolation], list[GridLevel]()
        growth = (settings.grid_finest / settings.grid_coarsest) ** (1 / max(settings.grid_levels - 1, 1))
        for number in range(settings.grid_levels):
            wanted = np.maximum(np.rint(reach * settings.grid_coarsest * growth**number), reach > 0)
            if samples is not None and settings.grid_cells_per_sample is not None:
                wanted = np.minimum(wanted, np.ceil((samples - 1) * settings.grid_cells_per_sample))
            x, y, z = (int(n) for n in wanted)
            nodes = tuple(n + degree if n else 1 for n in (x, y, z))
            levels.append(GridLevel((x, y, z), nodes, levels[-1].stop if levels else 0))  # type: ignore[arg-type]
        count = levels[-1].stop * settings.grid_features
        require(
            count <= MOST_GRID_PARAMETERS,
            f"The grid of this encoding would have {count / 1e6:.4g} million parameters, more than the "
            f"{MOST_GRID_PARAMETERS / 1e6:.0f} million possible; lower grid_finest, grid_levels or grid_features.",
        )
        return cls(settings.grid_interpolation, tuple((-reach).tolist()), tuple(reach.tolist()), tuple(levels))

    @property
    def support(self) -> tuple[int, int, int]:
        """Nodes along x, y, z that the value at a point depends on."""
        x, y, z = (_DEGREES[self.interpolation] + 1 if n else 1 for n in self.levels[0].cells)
        return x, y, z

    def place(self, level: GridLevel, axis: int, positions: Any) -> tuple[float, Any]:
        """Cells per network coordinate, and where positions (an array or tensor) lie, counted in cells from 0."""
        cells = level.cells[axis]
        if cells == 0:
            return 0.0, positions * 0
        scale = cells / (self.high[axis] - self.low[axis])
        return scale, ((positions - self.low[axis]) * scale).clip(0, cells)

    def axis_matrix(
        self, level: GridLevel, axis: int, positions: np.ndarray, derivative: int = 0
    ) -> tuple[int, np.ndarray]:
        """For positions (n) along one axis: the first node they depend on, and the matrix (n, m) float64 that takes
        this and the next m - 1 nodes to the values there, or to their first or second derivatives."""
        scale, place = self.place(level, axis, positions)
        if scale == 0:
            return 0, np.full((len(positions), 1), float(derivative == 0))
        cell = np.minimum(np.floor(place), level.cells[axis] - 1)
        weights = np.stack(node_weights(self.interpolation, place - cell, derivative), -1) * scale**derivative
        if derivative:
            weights[(positions < self.low[axis]) | (positions > self.high[axis])] = 0
        first = cell.astype(int)
        matrix = np.zeros((len(positions), int(np.ptp(first)) + weights.shape[1]))
        columns = first[:, None] - first.min() + np.arange(weights.shape[1])
        np.put_along_axis(matrix, columns, weights, 1)
        return int(first.min()), matrix


def node_weights(interpolation: str, t: Any, derivative: int) -> tuple[Any, ...]:
    """Weights of the nodes around a cell at the place `t` in it (0 to 1; arrays or tensors), or their first or second
    derivatives by t: two for linear interpolation, four for the uniform cubic B-spline (de Boor, A Practical Guide to
    Splines, 1978, chapter 9), which is twice continuously differentiable."""
    if interpolation == "trilinear":
        zero = t * 0
        return ((1 - t, t), (zero - 1, zero + 1), (zero, zero))[derivative]
    s = 1 - t
    if derivative == 0:
        return s * s * s / 6, (t * t * (t * 3 - 6) + 4) / 6, (s * s * (s * 3 - 6) + 4) / 6, t * t * t / 6
    if derivative == 1:
        return s * s / -2, t * (t * 1.5 - 2), s * (2 - s * 1.5), t * t / 2
    return s, t * 3 - 2, s * 3 - 2, t
