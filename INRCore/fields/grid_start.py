"""A field with the encoding 'grid' that starts from an image instead of from nothing."""

from __future__ import annotations

import numpy as np
import torch

from ..geometry import Grid
from ..settings import require
from .field import Field
from .grid_encoding import GridEncoding
from .grid_lattice import SeparableLattice


@torch.no_grad()
def start_from_image(field: Field, grid: Grid, values: np.ndarray) -> None:
    """Sets the field to splines that are near the values (k, j, i) at the grid's voxel centres, without one step of an
    optimiser: level by level, coarse to fine, the nodes' first features become the least-squares fit of what the
    coarser levels leave (a Laplacian pyramid: Burt & Adelson, IEEE Trans. Commun. 31(4), 1983, with least squares in
    place of filters), which is separable, and the network starts as the sum of the levels. The other features and
    hidden units are left as they are, for a fit to use.

    Raises `InputError` unless the field has one output, the encoding 'grid' and a 'relu' network of two units or more,
    the grid's axes are the frame's, and the values are finite.
    """
    encoding, lattice = field.encoding, SeparableLattice.of(field.frame, grid)
    require(
        isinstance(encoding, GridEncoding) and field.settings.network == "relu" and field.settings.width >= 2,
        "Only a field with the encoding 'grid' and a 'relu' network can start from an image.",
    )
    require(lattice is not None, "A field can only start from an image whose axes are those of the field's frame.")
    require(
        field.outputs == 1 and values.shape == grid.shape and bool(np.isfinite(values).all()),
        "A field with one output starts from an image with one finite value a voxel.",
    )
    assert isinstance(encoding, GridEncoding) and lattice is not None
    scale, offset = float(field.output_scale[0]), float(field.output_offset[0])
    wanted = (values.astype(np.float32) - offset) / (scale or 1.0)
    mean = float(wanted.mean(dtype=np.float64))
    _set_tables(encoding, lattice, wanted - np.float32(mean))
    _set_network(field, mean)


def _set_tables(encoding: GridEncoding, lattice: SeparableLattice, left: np.ndarray) -> None:
    """Fits each level to what the coarser ones leave of the values (K, J, I)."""
    for level in encoding.pyramid.levels:
        nodes, again = left, []
        for dimension, (axis, positions) in enumerate(zip(lattice.order, lattice.positions, strict=True)):
            first, matrix = encoding.pyramid.axis_matrix(level, axis, positions)
            columns = np.arange(first, first + matrix.shape[1])
            every = np.zeros((len(positions), level.nodes[axis]))
            every[:, columns] = matrix
            nodes = _along(np.linalg.pinv(every), nodes, dimension)
            again.append(every)
        shown = nodes
        for dimension, matrix in enumerate(again):
            shown = _along(matrix, shown, dimension)
        left = left - shown
        stored = nodes.transpose(np.argsort([2 - axis for axis in lattice.order]))  # to z, y, x
        encoding.table[level.start : level.stop, 0] = torch.from_numpy(stored.reshape(-1)).to(encoding.table)


def _along(matrix: np.ndarray, array: np.ndarray, dimension: int) -> np.ndarray:
    """The product of a matrix with one dimension of an array."""
    return np.moveaxis(np.tensordot(matrix.astype(np.float32), array, (1, dimension)), 0, dimension)


def _set_network(field: Field, mean: float) -> None:
    """x = max(x, 0) - max(-x, 0): two units carry the sum of all levels' first features through every layer."""
    *hidden, last = field.network.linears
    for index, layer in enumerate(hidden):
        layer.weight[:2], layer.bias[:2] = 0, 0
        if index == 0:
            channels = field.settings.grid_features
            layer.weight[0, ::channels], layer.weight[1, ::channels] = 1, -1
        else:
            layer.weight[0, 0], layer.weight[1, 1] = 1, 1
    last.weight.zero_()
    last.weight[0, 0], last.weight[0, 1] = 1, -1
    last.bias.fill_(mean)
