"""Points of a surface, with or without normals, from tables and surface files; RAS mm on our side."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkFiltersCore import vtkPolyDataNormals

from ..errors import InputError
from .landmarks import read_landmarks
from .surfaces import READABLE_SURFACE_SUFFIXES, read_surface

POINT_CLOUD_SUFFIXES = (".csv", *READABLE_SURFACE_SUFFIXES)
_NORMAL_COLUMNS = ("nx", "ny", "nz")


def read_point_cloud(path: str | os.PathLike[str]) -> tuple[np.ndarray, np.ndarray | None]:
    """(points (N, 3) RAS mm, outward normals (N, 3) or None) from a CSV file with the columns x, y, z and, if known,
    nx, ny, nz, or from a surface file: its points with their normals, or those of its faces. Raises `InputError` for
    files that are neither."""
    suffix = Path(path).suffix.lower()
    if suffix not in POINT_CLOUD_SUFFIXES:
        raise InputError(f"'{path}': points are read from {', '.join(POINT_CLOUD_SUFFIXES)}.")
    if suffix != ".csv":
        return points_of_surface(read_surface(path))
    points = read_landmarks(path)
    with Path(path).expanduser().open(encoding="utf-8-sig") as stream:
        header = [cell.strip().lower() for cell in stream.readline().split(",")]
    if not set(_NORMAL_COLUMNS) <= set(header):
        return points, None
    return points, read_landmarks(path, _NORMAL_COLUMNS)


def points_of_surface(surface: vtkPolyData) -> tuple[np.ndarray, np.ndarray | None]:
    """Points of a surface in RAS mm, and their normals: those stored, those of the faces, or None without faces."""
    if surface.GetPointData().GetNormals() is None and surface.GetNumberOfPolys() > 0:
        oriented = vtkPolyDataNormals()
        oriented.SetInputData(surface)
        oriented.SplittingOff()
        oriented.AutoOrientNormalsOn()
        oriented.Update()
        surface = oriented.GetOutput()
    normals = surface.GetPointData().GetNormals()
    points = vtk_to_numpy(surface.GetPoints().GetData()).astype(float)
    return points, None if normals is None else vtk_to_numpy(normals).astype(float)
