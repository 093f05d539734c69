"""Images under a bending parent transform, resampled into the world as Slicer shows and hardens them."""

from __future__ import annotations

import itertools

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonTransforms import vtkAbstractTransform, vtkGeneralTransform
from vtkmodules.vtkImagingCore import vtkImageReslice

from ..errors import InputError
from ..geometry import Grid
from .mrml import image_array, to_vtk_matrix, transform_points

_PROBES_PER_AXIS = 8
_LARGEST_GROWTH = 16
_SPARE_VOXEL = 1e-3


def bounding_grid(grid: Grid, to_world: vtkAbstractTransform, label: str) -> Grid:
    """The grid with the axes and spacing of `grid` that holds all of it after the transform.

    The field of view is probed on 8 x 8 x 8 points up to the outer voxel corners, as Slicer does when it hardens a
    transform (the faces of a warped box bulge, so its corners are not enough). Raises `InputError` when the transform
    blows the image up beyond reason.
    """
    steps = np.array(list(itertools.product(np.linspace(0, 1, _PROBES_PER_AXIS), repeat=3)))
    moved = grid.world_to_index(transform_points(to_world, grid.index_to_world(steps * grid.size_ijk - 0.5)))
    if not np.isfinite(moved).all():
        raise InputError(f"{label}: its parent transform gives no finite position; check the transform.")
    low, high = moved.min(axis=0), moved.max(axis=0)
    size = np.maximum(1, np.ceil(high - low - _SPARE_VOXEL))
    if np.prod(size) > _LARGEST_GROWTH * max(grid.voxel_count, 1000):
        raise InputError(
            f"{label}: its parent transform spreads it over {np.prod(size) / grid.voxel_count:.0f} times its volume; "
            "check the transform, or harden it and crop the result."
        )
    affine = grid.ijk_to_world.copy()
    affine[:3, 3] = grid.index_to_world(low + 0.5)
    return Grid((int(size[2]), int(size[1]), int(size[0])), affine)


def resample(
    image: vtkImageData,
    grid: Grid,
    to_world: vtkAbstractTransform,
    target: Grid,
    *,
    nearest: bool,
    background: float,
) -> np.ndarray:
    """(k, j, i) array on the world grid `target` of an image that lies on `grid` below the transform `to_world`.

    Linear interpolation in double precision rounded to the image's type, or nearest neighbour for labels; points
    outside the image become `background`.
    """
    target_to_image = vtkGeneralTransform()
    target_to_image.PostMultiply()
    target_to_image.Concatenate(to_vtk_matrix(target.ijk_to_world))
    target_to_image.Concatenate(to_world.GetInverse())
    target_to_image.Concatenate(to_vtk_matrix(grid.world_to_ijk))
    reslice = vtkImageReslice()
    reslice.SetInputData(_in_index_space(image))
    reslice.SetResliceTransform(target_to_image)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputSpacing(1, 1, 1)
    reslice.SetOutputExtent(*itertools.chain.from_iterable((0, int(n) - 1) for n in target.size_ijk))
    reslice.TransformInputSamplingOff()
    reslice.SetBackgroundLevel(background)
    reslice.SetInterpolationModeToNearestNeighbor() if nearest else reslice.SetInterpolationModeToLinear()
    reslice.Update()
    return image_array(reslice.GetOutput()).copy()


def _in_index_space(image: vtkImageData) -> vtkImageData:
    """The same voxels with origin 0 and spacing 1, whatever the image object says about its place."""
    plain = vtkImageData()
    plain.ShallowCopy(image)
    plain.SetExtent(*itertools.chain.from_iterable((0, n - 1) for n in image.GetDimensions()))
    plain.SetOrigin(0, 0, 0)
    plain.SetSpacing(1, 1, 1)
    return plain
