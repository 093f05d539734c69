"""Surface files as Slicer reads and writes them: points in LPS mm with a SPACE=LPS stamp, RAS on our side."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkStringArray
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkCommonTransforms import vtkTransform
from vtkmodules.vtkFiltersCore import vtkTriangleFilter
from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter
from vtkmodules.vtkIOGeometry import vtkOBJReader, vtkSTLReader, vtkSTLWriter
from vtkmodules.vtkIOLegacy import vtkPolyDataReader, vtkPolyDataWriter
from vtkmodules.vtkIOPLY import vtkPLYWriter
from vtkmodules.vtkIOXML import vtkXMLPolyDataReader, vtkXMLPolyDataWriter

from ..errors import InputError, OutputError
from .atomic import atomic_path
from .vtk_messages import first_message, quiet_vtk

SURFACE_SUFFIXES = (".vtp", ".vtk", ".stl", ".ply", ".obj")
READABLE_SURFACE_SUFFIXES = (".vtp", ".vtk", ".stl", ".obj")  # VTK's PLY reader crashes on a file cut short
UNCERTAINTY_ARRAY = "Uncertainty (mm)"
"""Point array of a fitted surface: standard deviation of its place."""
_SPACE = "SPACE"
_STAMP = "SPACE=LPS"
_LEGACY_VERSION = 42  # 5.1, VTK's newer default, cannot be read by older Slicer versions and most other programs


def check_surface_path(path: str | os.PathLike[str]) -> str:
    """The file's extension in lower case. Raises `OutputError` when surfaces cannot be written to this kind of file."""
    suffix = Path(path).suffix.lower()
    if suffix not in SURFACE_SUFFIXES:
        raise OutputError(
            f"'{path}': a surface cannot be written to this kind of file; choose one of {', '.join(SURFACE_SUFFIXES)}."
        )
    return suffix


def write_surface(polydata_ras: vtkPolyData, path: str | os.PathLike[str], force: bool = False) -> None:
    """Writes a surface given in RAS mm to .vtp, .vtk, .stl, .ply or .obj, in LPS and stamped so, as Slicer does.

    Raises `OutputError` for an unknown extension, an existing file (unless `force`) or a write error; `InputError` for
    a surface without points.
    """
    suffix = check_surface_path(path)
    if polydata_ras is None or polydata_ras.GetNumberOfPoints() == 0:
        raise InputError(f"The surface for '{path}' has no points; there is nothing to write.")
    surface = _turned(polydata_ras)
    surface.GetFieldData().RemoveArray(_SPACE)
    with atomic_path(path, force) as temporary:
        if suffix == ".obj":
            _write_obj(surface, temporary)
            return
        writer = _WRITERS[suffix](surface)
        writer.SetFileName(str(temporary))
        with quiet_vtk() as window:
            written = writer.Write()
        if not written or window.GetOutput():
            raise OutputError(f"'{path}' could not be written: {first_message(window) or 'disk full?'}")


def read_surface(path: str | os.PathLike[str]) -> vtkPolyData:
    """Surface in RAS mm from .vtp, .vtk, .stl or .obj. A SPACE=RAS or SPACE=LPS stamp in the file is obeyed; a file
    without one is LPS, as Slicer takes it. Raises `InputError` when the file is missing, of another kind, damaged or
    without faces."""
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in READABLE_SURFACE_SUFFIXES:
        raise InputError(
            f"'{path}': surfaces are read from {', '.join(READABLE_SURFACE_SUFFIXES)}; convert it in Slicer."
        )
    if not file.is_file():
        raise InputError(f"'{path}': there is no such file.")
    reader = _READERS[suffix]()
    reader.SetFileName(str(file))
    with quiet_vtk() as window:
        reader.Update()
    surface = reader.GetOutput()
    if window.GetOutput() or surface is None or surface.GetNumberOfCells() == 0:
        raise InputError(f"'{path}' cannot be read as a surface: {first_message(window) or 'it has no faces.'}")
    is_ras = "RAS" in _stamp(reader, surface)
    surface.GetFieldData().RemoveArray(_SPACE)
    return surface if is_ras else _turned(surface)


def _turned(surface: vtkPolyData) -> vtkPolyData:
    """RAS to LPS or back: half a turn about the third axis, normals included; triangles keep their sense."""
    half_turn = vtkTransform()
    half_turn.Scale(-1, -1, 1)
    turn = vtkTransformPolyDataFilter()
    turn.SetInputData(surface)
    turn.SetTransform(half_turn)
    turn.Update()
    return turn.GetOutput()


def _stamp(reader: Any, surface: vtkPolyData) -> str:
    """The text after SPACE= in the file, wherever its format keeps it; empty without one."""
    array = surface.GetFieldData().GetAbstractArray(_SPACE)
    if array is not None and array.GetNumberOfValues():
        return str(array.GetValue(0))
    if isinstance(reader, vtkXMLPolyDataReader):
        return ""
    text = (reader.GetComment() if isinstance(reader, vtkOBJReader) else reader.GetHeader()) or ""
    return text.partition(f"{_SPACE}=")[2][:3]


def _vtp_writer(surface: vtkPolyData) -> vtkXMLPolyDataWriter:
    stamp = vtkStringArray()
    stamp.SetName(_SPACE)
    stamp.InsertNextValue("LPS")
    surface.GetFieldData().AddArray(stamp)
    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(surface)
    return writer


def _vtk_writer(surface: vtkPolyData) -> vtkPolyDataWriter:
    writer = vtkPolyDataWriter()
    writer.SetFileVersion(_LEGACY_VERSION)
    writer.SetFileTypeToBinary()
    writer.SetHeader(f"INRCore output. {_STAMP}")
    writer.SetInputData(surface)
    return writer


def _stl_writer(surface: vtkPolyData) -> vtkSTLWriter:
    writer = vtkSTLWriter()
    writer.SetFileTypeToBinary()
    writer.SetHeader(f"INRCore output. {_STAMP}")
    writer.SetInputData(_triangles(surface))
    return writer


def _ply_writer(surface: vtkPolyData) -> vtkPLYWriter:
    writer = vtkPLYWriter()
    writer.SetFileTypeToBinary()
    writer.AddComment(_STAMP)
    writer.SetInputData(_triangles(surface))
    return writer


def _write_obj(surface: vtkPolyData, path: Path) -> None:
    """By hand, because VTK's plain OBJ writer has no room for the stamp and its exporter needs a render window."""
    triangles = _triangles(surface)
    points = vtk_to_numpy(triangles.GetPoints().GetData())
    faces = vtk_to_numpy(triangles.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    with path.open("w", encoding="ascii") as file:
        file.write(f"# INRCore output. {_STAMP}\n")
        np.savetxt(file, points, fmt="v %.9g %.9g %.9g")
        np.savetxt(file, faces + 1, fmt="f %d %d %d")


def _triangles(surface: vtkPolyData) -> vtkPolyData:
    triangulation = vtkTriangleFilter()
    triangulation.SetInputData(surface)
    triangulation.PassLinesOff()
    triangulation.PassVertsOff()
    triangulation.Update()
    return triangulation.GetOutput()


_WRITERS: dict[str, Callable[[vtkPolyData], Any]] = {
    ".vtp": _vtp_writer,
    ".vtk": _vtk_writer,
    ".stl": _stl_writer,
    ".ply": _ply_writer,
}
_READERS: dict[str, Callable[[], Any]] = {
    ".vtp": vtkXMLPolyDataReader,
    ".vtk": vtkPolyDataReader,
    ".stl": vtkSTLReader,
    ".obj": vtkOBJReader,
}
