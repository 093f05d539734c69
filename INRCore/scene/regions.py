"""Regions of interest: volumes cropped to a box that the user placed."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from ..volume import Volume
from .mrml import Node, require_node, to_array, to_vtk_matrix, to_world, transform_points, volume_grid

_CLASS = "vtkMRMLMarkupsROINode"
_PROBES_PER_EDGE = 9


def crop_to_region(volume: Volume, region: Node) -> Volume:
    """The voxels of `volume` that the ROI node needs: all within the box of voxels, along the volume's own axes, that
    holds the region. Parent transforms of the region, bending ones too, are honoured.

    Raises `InputError` when the region is empty or misses the volume.
    """
    (i0, j0, k0), (i1, j1, k1) = _voxel_box(volume.grid, region, volume.label)
    return dataclasses.replace(
        volume,
        array=np.ascontiguousarray(volume.array[k0:k1, j0:j1, i0:i1]),
        grid=volume.grid.cropped((i0, j0, k0), (i1, j1, k1)),
    )


def fit_region(region: Node, volume_node: Node) -> None:
    """Makes an ROI node the box around a volume node, along its axes and below the same parent transform."""
    require_node(region, _CLASS, "region of interest")
    grid = volume_grid(volume_node)
    place = np.eye(4)
    place[:3, :3], place[:3, 3] = _right_handed(grid.directions), grid.center
    region.SetAndObserveObjectToNodeMatrix(to_vtk_matrix(place))
    region.SetSize(*(grid.spacing * grid.size_ijk).tolist())
    region.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())


def _voxel_box(grid: Grid, region: Node, label: str) -> tuple[np.ndarray, np.ndarray]:
    """First voxel (i, j, k) and the one after the last."""
    index = grid.world_to_index(_region_points(region))
    start = np.maximum(np.floor(index.min(axis=0) + 0.5 + 1e-6).astype(int), 0)
    stop = np.minimum(np.ceil(index.max(axis=0) + 0.5 - 1e-6).astype(int), grid.size_ijk)
    if (start >= stop).any():
        raise InputError(f"The region '{region.GetName()}' lies beside {label}; move it there or choose none.")
    return start, stop


def _region_points(region: Node) -> np.ndarray:
    """(n, 3) RAS mm of points all over the box: under a bending transform its corners are not enough."""
    require_node(region, _CLASS, "region of interest")
    size = np.array(region.GetSize())
    if region.GetNumberOfControlPoints() == 0 or not (size > 0).all():
        raise InputError(f"The region '{region.GetName()}' has no size yet; place it in the views or choose none.")
    steps = np.array(list(itertools.product(np.linspace(-0.5, 0.5, _PROBES_PER_EDGE), repeat=3)))
    place = to_array(region.GetObjectToNodeMatrix())
    return transform_points(to_world(region), steps * size @ place[:3, :3].T + place[:3, 3])


def _right_handed(directions: np.ndarray) -> np.ndarray:
    """Orthogonal axes of a right-handed box along those of a grid, which may be left-handed or sheared."""
    axes, _ = np.linalg.qr(directions)
    axes = axes * np.sign((axes * directions).sum(axis=0))
    return axes if np.linalg.det(axes) > 0 else axes * [1, 1, -1]
