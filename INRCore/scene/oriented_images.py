"""The images that segments are made of <-> `Volume`, in the coordinates of their segmentation node."""

from __future__ import annotations

import numpy as np
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from ..geometry import Grid
from ..volume import Volume
from .mrml import Node, image_array, to_array


def oriented_image_grid(image: Node) -> Grid:
    """Grid of a vtkOrientedImageData; its first voxel is the first of its extent, which need not be (0, 0, 0)."""
    matrix = vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    grid = Grid(image.GetDimensions()[::-1], to_array(matrix))
    affine = grid.ijk_to_world.copy()
    affine[:3, 3] = grid.index_to_world(np.array(image.GetExtent()[::2]))
    return Grid(grid.shape, affine)


def volume_from_oriented_image(image: Node, name: str) -> Volume:
    """A copy of the voxels on their grid."""
    return Volume(image_array(image).copy(), oriented_image_grid(image), name=name)


def put_into_oriented_image(image: Node, array: np.ndarray) -> None:
    """Replaces the voxels of an image, whose extent and scalar type stay, by a (k, j, i) array."""
    image_array(image)[:] = array
    image.GetPointData().GetScalars().Modified()
    image.Modified()
