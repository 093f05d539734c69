"""Loops of `fields.grid_encoding`: features of one level of a dense grid pyramid, and their derivatives, at points.

Arrays are float32: table (R, F), points (N, 3) in network coordinates, found and changes (K, N, F) with K = 1, 4 or 10
for the value, the first and the second derivatives (x, y, z, then the order of `jets.PAIRS`). low, scale, cells,
stride, support (3) are the level's along x, y, z: network coordinate of the first cell's border, cells per coordinate
(0: the grid is constant there), cells, rows from a node to the next, and nodes that a value depends on (1, 2 or 4).

A sum over the nodes along x is used for all derivatives along y and z: the tensor product's order of work, several
times less than a weight for each node and derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .build import compiled

_ZERO, _ONE, _TWO, _HALF, _SIXTH = (np.float32(number) for number in (0, 1, 2, 0.5, 1 / 6))
_THREE, _FOUR, _SIX, _THREE_HALVES = (np.float32(number) for number in (3, 4, 6, 1.5))


@compiled
def _axis_weights(place: Any, low: float, scale: float, cells: int, support: int, weights: np.ndarray) -> int:
    """The cell of a place along one axis; fills weights (3, 4): derivative by the coordinate, node. The same splines as
    `grid_levels.node_weights`."""
    if support == 1:
        weights[0, 0], weights[1, 0], weights[2, 0] = _ONE, _ZERO, _ZERO
        return 0
    position = (place - low) * scale
    outside = position < _ZERO or position > np.float32(cells)
    position = min(max(position, _ZERO), np.float32(cells))
    cell = min(int(position), cells - 1)
    t = position - np.float32(cell)
    first = _ZERO if outside else scale
    second = first * first
    if support == 2:
        weights[0, 0], weights[0, 1] = _ONE - t, t
        weights[1, 0], weights[1, 1] = -first, first
        weights[2, 0], weights[2, 1] = _ZERO, _ZERO
        return cell
    s = _ONE - t
    weights[0, 0] = s * s * s * _SIXTH
    weights[0, 1] = (t * t * (t * _THREE - _SIX) + _FOUR) * _SIXTH
    weights[0, 2] = (s * s * (s * _THREE - _SIX) + _FOUR) * _SIXTH
    weights[0, 3] = t * t * t * _SIXTH
    weights[1, 0] = first * -_HALF * s * s
    weights[1, 1] = first * t * (t * _THREE_HALVES - _TWO)
    weights[1, 2] = first * s * (_TWO - s * _THREE_HALVES)
    weights[1, 3] = first * _HALF * t * t
    weights[2, 0] = second * s
    weights[2, 1] = second * (t * _THREE - _TWO)
    weights[2, 2] = second * (s * _THREE - _TWO)
    weights[2, 3] = second * t
    return cell


@compiled
def _first_row(
    point: np.ndarray,
    low: np.ndarray,
    scale: np.ndarray,
    cells: np.ndarray,
    stride: np.ndarray,
    support: np.ndarray,
    weights: np.ndarray,
) -> int:
    """The first row of the table that the value at a point (3) depends on; fills weights (axis, derivative, node)."""
    row = 0
    for axis in range(3):
        cell = _axis_weights(point[axis], low[axis], scale[axis], cells[axis], support[axis], weights[axis])
        row += cell * stride[axis]
    return row


@compiled
def evaluate(
    table: np.ndarray,
    points: np.ndarray,
    low: np.ndarray,
    scale: np.ndarray,
    cells: np.ndarray,
    stride: np.ndarray,
    support: np.ndarray,
    found: np.ndarray,
) -> None:
    """Fills `found`."""
    orders, channels = len(found), table.shape[1]
    weights = np.empty((3, 3, 4), np.float32)
    for n in range(len(points)):
        row = _first_row(points[n], low, scale, cells, stride, support, weights)
        for f in range(channels):
            for order in range(orders):
                found[order, n, f] = _ZERO
        for k in range(support[2]):
            z, dz, ddz = weights[2, 0, k], weights[2, 1, k], weights[2, 2, k]
            for j in range(support[1]):
                y, dy, ddy = weights[1, 0, j], weights[1, 1, j], weights[1, 2, j]
                start = row + k * stride[2] + j * stride[1]
                for f in range(channels):
                    along = d_along = dd_along = _ZERO
                    for i in range(support[0]):
                        value = table[start + i, f]
                        along += weights[0, 0, i] * value
                        d_along += weights[0, 1, i] * value
                        dd_along += weights[0, 2, i] * value
                    found[0, n, f] += z * y * along
                    if orders > 1:
                        found[1, n, f] += z * y * d_along
                        found[2, n, f] += z * dy * along
                        found[3, n, f] += dz * y * along
                    if orders > 4:
                        found[4, n, f] += z * y * dd_along
                        found[5, n, f] += z * dy * d_along
                        found[6, n, f] += dz * y * d_along
                        found[7, n, f] += z * ddy * along
                        found[8, n, f] += dz * dy * along
                        found[9, n, f] += ddz * y * along


@compiled
def evaluate_back(
    changes: np.ndarray,
    points: np.ndarray,
    low: np.ndarray,
    scale: np.ndarray,
    cells: np.ndarray,
    stride: np.ndarray,
    support: np.ndarray,
    total: np.ndarray,
) -> None:
    """Adds to `total` (R, F) the gradient by the table, from `changes`, the one by what `evaluate` found."""
    orders, channels = len(changes), total.shape[1]
    weights = np.empty((3, 3, 4), np.float32)
    for n in range(len(points)):
        row = _first_row(points[n], low, scale, cells, stride, support, weights)
        for k in range(support[2]):
            z, dz, ddz = weights[2, 0, k], weights[2, 1, k], weights[2, 2, k]
            for j in range(support[1]):
                y, dy, ddy = weights[1, 0, j], weights[1, 1, j], weights[1, 2, j]
                start = row + k * stride[2] + j * stride[1]
                for f in range(channels):
                    along, d_along, dd_along = z * y * changes[0, n, f], _ZERO, _ZERO
                    if orders > 1:
                        along += z * dy * changes[2, n, f] + dz * y * changes[3, n, f]
                        d_along = z * y * changes[1, n, f]
                    if orders > 4:
                        along += z * ddy * changes[7, n, f] + dz * dy * changes[8, n, f] + ddz * y * changes[9, n, f]
                        d_along += z * dy * changes[5, n, f] + dz * y * changes[6, n, f]
                        dd_along = z * y * changes[4, n, f]
                    for i in range(support[0]):
                        total[start + i, f] += (
                            weights[0, 0, i] * along + weights[0, 1, i] * d_along + weights[0, 2, i] * dd_along
                        )
