"""The bricks of the scene bridge: Slicer's classes, numpy <-> VTK, nodes found or made, places in the world.

`slicer` is the namespace of Slicer's own Python, or outside Slicer that of the `slicer-core` wheel. Only what exists in
both is used: VTK, MRML nodes and their static methods; never `slicer.app`, `slicer.mrmlScene` or `slicer.modules`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkAbstractTransform, vtkGeneralTransform

from ..errors import InputError
from ..geometry import Grid


class SlicerMissingError(InputError, ImportError):
    """There is neither Slicer nor its wheel here."""


try:
    import slicer
except ImportError as error:
    raise SlicerMissingError(
        "Slicer's classes are missing: run this inside Slicer, or install the wheel with "
        "`pip install 'trame-slicer[standalone]'`."
    ) from error

Node = Any
Scene = Any


# -- numpy <-> VTK ---------------------------------------------------------------------------------------------------
def to_vtk_matrix(matrix: np.ndarray) -> vtkMatrix4x4:
    """vtkMatrix4x4 from a 4x4 (or 3x3) array."""
    padded = np.eye(4)
    padded[: matrix.shape[0], : matrix.shape[1]] = matrix
    result = vtkMatrix4x4()
    result.DeepCopy(padded.ravel().tolist())
    return result


def to_array(matrix: vtkMatrix4x4) -> np.ndarray:
    """4x4 array from a vtkMatrix4x4."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def storable(array: np.ndarray) -> np.ndarray:
    """The array in a type that VTK, Slicer and its file formats hold: bool becomes uint8, half precision float32, other
    byte orders the machine's."""
    if array.dtype == bool:
        return array.astype(np.uint8)
    if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        return array.astype(np.float32 if array.dtype.itemsize < 4 else np.float64)
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))


def fill_image(image: vtkImageData, array: np.ndarray) -> vtkImageData:
    """Puts a (k, j, i) or (k, j, i, component) array into `image`, which owns a copy of it afterwards."""
    components = 1 if array.ndim == 3 else array.shape[3]
    image.SetDimensions(*array.shape[2::-1])
    flat = storable(array).reshape(-1, components)
    scalars = numpy_to_vtk(flat if components > 1 else flat[:, 0], deep=True)
    scalars.SetName("ImageScalars")
    image.GetPointData().SetScalars(scalars)
    return image


def image_array(image: vtkImageData) -> np.ndarray:
    """(k, j, i) view on the voxels of a one-component image; valid as long as the image is."""
    size = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(size[2], size[1], size[0])


def component_image(image: vtkImageData, component: int) -> vtkImageData:
    """An image of one component of another, on the same voxels."""
    size = image.GetDimensions()
    voxels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(size[2], size[1], size[0], -1)
    return fill_image(vtkImageData(), voxels[..., component])


def transform_points(transform: vtkAbstractTransform, points: np.ndarray) -> np.ndarray:
    """(..., 3) points moved by any VTK transform, in double precision."""
    before, after = vtkPoints(), vtkPoints()
    after.SetDataTypeToDouble()
    flat = np.ascontiguousarray(points, dtype=float).reshape(-1, 3)
    before.SetData(numpy_to_vtk(flat, deep=False))
    transform.TransformPoints(before, after)
    return vtk_to_numpy(after.GetData()).reshape(np.shape(points)).copy()


# -- places ----------------------------------------------------------------------------------------------------------
def to_world(node: Node) -> vtkGeneralTransform:
    """The transform that carries points of `node` to the world through all its parents (identity when it has none)."""
    result = vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(node.GetParentTransformNode(), None, result)
    return result


def world_matrix(node: Node) -> np.ndarray | None:
    """4x4 matrix that carries points of `node` to the world, or None when a parent transform bends space."""
    parent = node.GetParentTransformNode()
    if parent is None:
        return np.eye(4)
    if not parent.IsTransformToWorldLinear():
        return None
    matrix = vtkMatrix4x4()
    slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(parent, None, matrix)
    return to_array(matrix)


def volume_grid(node: Node) -> Grid:
    """The grid of a volume node in its own coordinates, parent transforms left out."""
    image, matrix = node.GetImageData(), vtkMatrix4x4()
    if image is None or min(image.GetDimensions()) < 1 or image.GetPointData().GetScalars() is None:
        raise InputError(f"'{node.GetName()}' holds no image; load or choose a volume with voxels.")
    node.GetIJKToRASMatrix(matrix)
    return Grid(image.GetDimensions()[::-1], to_array(matrix))


# -- nodes -----------------------------------------------------------------------------------------------------------
def require_node(node: Node, class_name: str, what: str) -> None:
    """Raises `InputError` unless `node` is of the MRML class."""
    if node is None:
        raise InputError(f"No {what} is chosen.")
    if not node.IsA(class_name):
        raise InputError(f"'{node.GetName()}' is a {node.GetClassName()}, not a {what}; choose a {what}.")


def require_output(scene: Scene, node: Node, class_name: str, what: str) -> None:
    """Raises `InputError` unless `node` (when there is one) can be updated: of the class, and in this scene."""
    if node is None:
        return
    require_node(node, class_name, what)
    if node.GetScene() is not scene:
        raise InputError(f"'{node.GetName()}' is not in this scene (was it deleted?); choose another output.")


def obtain_node(scene: Scene, node: Node, class_name: str, name: str) -> Node:
    """`node`, standing in the world without a parent transform, or a new one of the class under a unique name."""
    if node is None:
        return scene.AddNewNodeByClass(class_name, scene.GenerateUniqueName(name))
    if node.GetTransformNodeID():
        node.SetAndObserveTransformNodeID(None)
    return node
