"""Centre lines of vessels with their radii, from tables and from polylines as VMTK writes them; RAS mm on our side."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkIdList
from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..errors import InputError
from .landmarks import read_landmarks
from .surfaces import READABLE_SURFACE_SUFFIXES, read_surface

RADIUS_ARRAYS = ("Radius", "MaximumInscribedSphereRadius", "radius")
_RADIUS = "radius"


def is_centerline_file(path: str | os.PathLike[str]) -> bool:
    """Whether a table has the column radius, or a surface file holds lines with a radius at each point."""
    file = Path(path).expanduser()
    suffix = file.suffix.lower()
    if suffix == ".csv":
        return _RADIUS in _header(file)
    return suffix in (".vtp", ".vtk") and file.is_file() and _radii(read_surface(file)) is not None


def read_centerlines(path: str | os.PathLike[str]) -> list[np.ndarray]:
    """Branches, each (N, 4): x, y, z (RAS mm) and the radius (mm) of points in order. CSV: columns x, y, z, radius and,
    for more than one, `branch`. .vtp and .vtk: one branch for each line, radii in the point array Radius or
    MaximumInscribedSphereRadius. Raises `InputError` for anything else."""
    file = Path(path).expanduser()
    if file.suffix.lower() in READABLE_SURFACE_SUFFIXES:
        return branches_of_lines(read_surface(file))
    points = read_landmarks(file)
    radii = read_landmarks(file, ("x", "y", _RADIUS))[:, 2]
    rows = np.column_stack([points, radii])
    if "branch" not in _header(file):
        return [rows]
    with file.open(newline="", encoding="utf-8-sig") as stream:
        table = [row for row in csv.reader(stream) if any(cell.strip() for cell in row)]
    column = [cell.strip().lower() for cell in table[0]].index("branch")
    names = [row[column].strip() for row in table[1:]]
    return [rows[[name == wanted for name in names]] for wanted in dict.fromkeys(names)]


def branches_of_lines(lines: vtkPolyData) -> list[np.ndarray]:
    """The lines of a vtkPolyData in RAS mm with their radii, as `read_centerlines` gives them."""
    radii = _radii(lines)
    if radii is None:
        raise InputError(f"The lines have no radii; give each point one in the array {' or '.join(RADIUS_ARRAYS[:2])}.")
    points = np.column_stack([vtk_to_numpy(lines.GetPoints().GetData()).astype(float), radii])
    branches, members = [], vtkIdList()
    cells = lines.GetLines()
    cells.InitTraversal()
    while cells.GetNextCell(members):
        branches.append(points[[members.GetId(place) for place in range(members.GetNumberOfIds())]])
    return branches


def _radii(lines: vtkPolyData) -> np.ndarray | None:
    if lines.GetNumberOfLines() == 0:
        return None
    for name in RADIUS_ARRAYS:
        array = lines.GetPointData().GetArray(name)
        if array is not None:
            return np.asarray(vtk_to_numpy(array), float)
    return None


def _header(file: Path) -> list[str]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            return [cell.strip().lower() for cell in next(csv.reader(stream), [])]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
