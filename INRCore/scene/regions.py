"""Regions of interest: volumes cropped to a box that the user placed."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from ..volume import Volume
from .mrml import Node, require_node, to_array, to_vtk_matrix, to_world, volume_grid, world_matrix
from .resampling import bounding_grid

_CLASS = "vtkMRMLMarkupsROINode"
_TINY = 1e-6
_CHUNK = 1 << 20


def crop_to_region(volume: Volume, region: Node) -> Volume:
    """The voxels of `volume` that the ROI node needs: all within the box of voxels, along the volume's own axes, that
    holds the region as Slicer shows it, parent transforms included.

    Raises `InputError` when the region is empty or misses the volume.
    """
    (i0, j0, k0), (i1, j1, k1) = _voxel_box(volume.grid, region, volume.label)
    return dataclasses.replace(
        volume,
        array=np.ascontiguousarray(volume.array[k0:k1, j0:j1, i0:i1]),
        grid=volume.grid.cropped((i0, j0, k0), (i1, j1, k1)),
    )


def grid_in_region(grid: Grid, region: Node, label: str) -> Grid:
    """The part of a grid that `crop_to_region` leaves of a volume on it. Raises `InputError` likewise."""
    start, stop = (tuple(end.tolist()) for end in _voxel_box(grid, region, label))
    return grid.cropped(start, stop)


def labels_from_region(region: Node, volume: Volume) -> Volume:
    """1 at the voxels of `volume` whose centres lie within the ROI node as Slicer shows it (parent transforms
    included), 0 elsewhere. Raises `InputError` when the region is empty or misses the volume."""
    (i0, j0, k0), (i1, j1, k1) = _voxel_box(volume.grid, region, volume.label)
    labels = np.zeros(volume.grid.shape, np.uint8)
    box = volume.grid.cropped((i0, j0, k0), (i1, j1, k1))
    place, half = to_array(region.GetObjectToWorldMatrix()), np.array(region.GetSize()) / 2
    inside = np.empty(box.voxel_count, np.uint8)
    for part, points in box.chunks(_CHUNK):
        own = (points - place[:3, 3]) @ np.linalg.inv(place[:3, :3]).T
        inside[part] = (np.abs(own) <= half + _TINY).all(axis=1)
    labels[k0:k1, j0:j1, i0:i1] = inside.reshape(box.shape)
    return Volume(labels, volume.grid, name=region.GetName() or "region", source=region.GetName() or "")


def fit_region(region: Node, volume_node: Node) -> None:
    """Makes an ROI node the box around all of a volume node where it stands in the world, along its axes."""
    require_node(region, _CLASS, "region of interest")
    grid, matrix = volume_grid(volume_node), world_matrix(volume_node)
    if matrix is not None:
        grid = grid.transformed(matrix)
    else:
        grid = bounding_grid(grid, to_world(volume_node), f"'{volume_node.GetName()}'")
    axes = _right_angled(grid.directions)
    corners = grid.corners @ axes
    low, high = corners.min(axis=0), corners.max(axis=0)
    place = np.eye(4)
    place[:3, :3], place[:3, 3] = axes, axes @ ((low + high) / 2)
    region.SetAndObserveTransformNodeID(None)
    region.SetAndObserveObjectToNodeMatrix(to_vtk_matrix(place))
    region.SetSize(*(high - low).tolist())


def _voxel_box(grid: Grid, region: Node, label: str) -> tuple[np.ndarray, np.ndarray]:
    """First voxel (i, j, k) and the one after the last."""
    index = grid.world_to_index(_corners(region))
    start = np.maximum(np.floor(index.min(axis=0) + 0.5 + _TINY).astype(int), 0)
    stop = np.minimum(np.ceil(index.max(axis=0) + 0.5 - _TINY).astype(int), grid.size_ijk)
    if (start >= stop).any():
        raise InputError(f"The region '{region.GetName()}' lies beside {label}; move it there or choose none.")
    return start, stop


def _corners(region: Node) -> np.ndarray:
    """(8, 3) RAS mm. Slicer shows the box at right angles whatever parent transform it has; so is it taken here."""
    require_node(region, _CLASS, "region of interest")
    size = np.array(region.GetSize())
    if region.GetNumberOfControlPoints() == 0 or not (size > 0).all():
        raise InputError(f"The region '{region.GetName()}' has no size yet; place it in the views or choose none.")
    steps = np.array(list(itertools.product((-0.5, 0.5), repeat=3)))
    place = to_array(region.GetObjectToWorldMatrix())
    return steps * size @ place[:3, :3].T + place[:3, 3]


def _right_angled(directions: np.ndarray) -> np.ndarray:
    """Axes at right angles, right-handed, along those of a grid, which may be left-handed or sheared."""
    axes, _ = np.linalg.qr(directions)
    axes = axes * np.sign((axes * directions).sum(axis=0))
    return axes if np.linalg.det(axes) > 0 else axes * [1, 1, -1]
