"""The encoding 'grid' with NumPy alone; see `GridEncoding`."""

from __future__ import annotations

import itertools

import numpy as np

from .grid_lattice import SeparableLattice
from .grid_levels import GridLevel, GridPyramid, node_weights


def grid_features(points: np.ndarray, table: np.ndarray, pyramid: GridPyramid) -> np.ndarray:
    """(N, 3) network coordinates to (N, levels * features)."""
    return np.concatenate([_at_points(points, table, pyramid, level) for level in pyramid.levels], -1)


def _at_points(points: np.ndarray, table: np.ndarray, pyramid: GridPyramid, level: GridLevel) -> np.ndarray:
    first = np.full(len(points), level.start)
    axes = []
    for axis in range(3):
        scale, place = pyramid.place(level, axis, points[:, axis])
        cell = np.minimum(np.floor(place), max(level.cells[axis] - 1, 0))
        first += cell.astype(np.int64) * level.strides[axis]
        weights = node_weights(pyramid.interpolation, place - cell, 0) if scale else (np.ones_like(place),)
        axes.append([(number * level.strides[axis], weight) for number, weight in enumerate(weights)])
    total = np.zeros((len(points), table.shape[1]), points.dtype)
    for (x, of_x), (y, of_y), (z, of_z) in itertools.product(*axes):
        total += (of_x * of_y * of_z)[:, None] * table[first + (x + y + z)]
    return total


def grid_features_on_lattice(lattice: SeparableLattice, table: np.ndarray, pyramid: GridPyramid) -> np.ndarray:
    """The features (K * J * I, levels * features) at the points of a lattice along the frame's axes, i fastest."""
    features = []
    for level in pyramid.levels:
        nodes = table[level.start : level.stop].reshape(*level.nodes[::-1], -1)
        nodes = nodes.transpose(*(2 - axis for axis in lattice.order), 3)
        for dimension, (axis, positions) in enumerate(zip(lattice.order, lattice.positions, strict=True)):
            first, matrix = pyramid.axis_matrix(level, axis, positions)
            needed = nodes.take(range(first, first + matrix.shape[1]), dimension)
            product = np.tensordot(matrix.astype(table.dtype), needed, (1, dimension))
            nodes = np.moveaxis(product, 0, dimension)
        features.append(nodes.reshape(-1, table.shape[1]))
    return np.concatenate(features, -1)
