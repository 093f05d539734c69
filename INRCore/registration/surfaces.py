"""Surfaces carried by a map of points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkFiltersCore import vtkPolyDataNormals


def points_of(surface: vtkPolyData) -> np.ndarray:
    """(N, 3) RAS mm."""
    return vtk_to_numpy(surface.GetPoints().GetData()).astype(float)


def carried_surface(surface: vtkPolyData, move: Callable[[np.ndarray], np.ndarray]) -> vtkPolyData:
    """A copy of the surface whose points (RAS mm) are where `move`, (N, 3) to (N, 3), takes them; lines and attributes
    stay, normals are found anew."""
    moved = np.ascontiguousarray(move(points_of(surface)), np.float32)
    points, result = vtkPoints(), vtkPolyData()
    points.SetData(numpy_to_vtk(moved, deep=True))
    result.DeepCopy(surface)
    result.SetPoints(points)
    for attributes in (result.GetPointData(), result.GetCellData()):
        attributes.SetNormals(None)
    if result.GetNumberOfPolys() == 0:
        return result
    normals = vtkPolyDataNormals()
    normals.SetInputData(result)
    normals.SplittingOff()
    normals.ConsistencyOff()
    normals.Update()
    return normals.GetOutput()
