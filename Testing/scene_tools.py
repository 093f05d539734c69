"""Parents, nodes and truths for the tests of the scene bridge, built with MRML calls only (not with our own code)."""

from typing import Any

import numpy as np
import vtk
from grids import rotation
from vtk.util.numpy_support import numpy_to_vtk

from INRCore.geometry import Grid

HARD_GRIDS = ["oblique", "left-handed oblique", "flipped and permuted", "sheared"]
LINEAR = np.eye(4)
LINEAR[:3, :3] = rotation(-12, 25, 30) @ np.diag([1.1, 0.9, 1.0])
LINEAR[:3, 3] = (4, -9, 13)


def vtk_matrix(matrix: np.ndarray) -> vtk.vtkMatrix4x4:
    result = vtk.vtkMatrix4x4()
    result.DeepCopy(np.asarray(matrix, float).ravel().tolist())
    return result


def add_volume(
    scene: Any, array: np.ndarray, grid: Grid, class_name: str = "vtkMRMLScalarVolumeNode", name: str = "input"
) -> Any:
    """A volume node filled by hand."""
    image = vtk.vtkImageData()
    image.SetDimensions(*array.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(array.ravel(), deep=True))
    node = scene.AddNewNodeByClass(class_name, name)
    node.SetAndObserveImageData(image)
    node.SetIJKToRASMatrix(vtk_matrix(grid.ijk_to_world))
    node.CreateDefaultDisplayNodes()
    return node


def linear_parent(scene: Any, node: Any, matrix: np.ndarray = LINEAR) -> Any:
    """Puts `node` below a linear transform."""
    parent = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "linear")
    parent.SetMatrixTransformToParent(vtk_matrix(matrix))
    node.SetAndObserveTransformNodeID(parent.GetID())
    return parent


def bent_parent(scene: Any, node: Any, grid: Grid, size_mm: float = 2.0) -> Any:
    """Puts `node` below a thin-plate spline that pulls the middle of `grid` by `size_mm` and holds its corners."""
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for corner in grid.corners:
        source.InsertNextPoint(corner)
        target.InsertNextPoint(corner)
    source.InsertNextPoint(grid.center)
    target.InsertNextPoint(grid.center + size_mm * np.array([0.6, -0.7, 0.4]))
    spline = vtk.vtkThinPlateSplineTransform()
    spline.SetBasisToR()
    spline.SetSourceLandmarks(source)
    spline.SetTargetLandmarks(target)
    parent = scene.AddNewNodeByClass("vtkMRMLTransformNode", "bent")
    parent.SetAndObserveTransformToParent(spline)
    node.SetAndObserveTransformNodeID(parent.GetID())
    return parent


def world_point(node: Any, ijk: np.ndarray) -> np.ndarray:
    """Where Slicer says that the voxel (i, j, k) of a volume node is."""
    matrix, local, world = vtk.vtkMatrix4x4(), [0.0] * 4, [0.0] * 3
    node.GetIJKToRASMatrix(matrix)
    matrix.MultiplyPoint([*ijk, 1.0], local)
    node.TransformPointToWorld(local[:3], world)
    return np.array(world)


def numbered(grid: Grid) -> np.ndarray:
    """(k, j, i) int16, every voxel another value."""
    return np.arange(grid.voxel_count, dtype=np.int16).reshape(grid.shape)


def node_count(scene: Any) -> int:
    return scene.GetNumberOfNodes()
