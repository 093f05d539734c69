"""From a zero set to a closed triangle surface in RAS mm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

from ..geometry import Grid
from .shapes import Shapes

LABEL_ARRAY = "Label"
_VERTICES_AT_ONCE = 16384
_LONGEST_STEP = 0.3
_SMALLEST_LEVEL = 1e-3


@dataclass(frozen=True)
class Mesh:
    """A closed triangle surface: `points` (P, 3) RAS mm, outward unit `normals` (P, 3), `triangles` (T, 3) point
    numbers, counter-clockwise seen from outside."""

    points: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray

    @property
    def volume_ml(self) -> float:
        """Enclosed volume, ml (sum of signed tetrahedra; cavities count negative)."""
        a, b, c = self._corners()
        return float((a * np.cross(b, c)).sum() / 6 / 1000)

    @property
    def area_mm2(self) -> float:
        a, b, c = self._corners()
        return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)

    def _corners(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # About the middle, since tetrahedra reaching to a far world origin would cancel badly.
        corners = (self.points - self.points.mean(0) if len(self.points) else self.points)[self.triangles]
        return corners[:, 0], corners[:, 1], corners[:, 2]


def tracing_grid(shapes: Shapes, spacing_mm: float | None) -> Grid:
    """Lattice that surfaces are traced on: along the domain's axes with the given spacing or, for None, the voxels' own
    but through thick slices no coarser than the cube root of the voxel volume. One point more than the domain on each
    side, so that surfaces close at its faces."""
    grid = shapes.domain.grid
    spacing = np.minimum(grid.spacing, shapes.domain.voxel_mm) if spacing_mm is None else np.full(3, spacing_mm)
    finer = grid if np.allclose(spacing, grid.spacing) else grid.with_spacing(tuple(spacing))
    return finer.padded((1, 1, 1))


def trace(shapes: Shapes, number: int, grid: Grid) -> Mesh:
    """Zero set of label `number` (column of the field) traced on `grid`, which must reach beyond the domain: marching
    cubes in index space (flying edges: Schroeder, Maynard & Geveci, LDAV 2015), mapped to the world, then one Newton
    step of every vertex onto the field's own zero. Without points where the label is nowhere."""
    levels, start = shapes.level_near_surface(number, grid)
    if levels.size == 0 or not (levels < 0).any():
        return Mesh(np.empty((0, 3)), np.empty((0, 3)), np.empty((0, 3), np.int64))
    # A vertex exactly on a lattice point would make triangles without area: keep levels off zero.
    smallest = _SMALLEST_LEVEL * float(grid.spacing.min())
    levels = np.where(np.abs(levels) < smallest, np.where(levels < 0, -smallest, smallest), levels)
    index, triangles = march(levels)
    points = grid.index_to_world(index + start)
    if _signed_volume(points, triangles) < 0:  # a left-handed grid turns the triangles inside out
        triangles = triangles[:, ::-1]
    points, slopes = _settle(shapes, number, points, _LONGEST_STEP * float(grid.spacing.min()))
    normals = _mesh_normals(points, triangles)
    known = np.linalg.norm(slopes, axis=1) > 0
    normals[known] = slopes[known]
    return Mesh(points, normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12), triangles)


def to_polydata(meshes: Iterable[tuple[int, Mesh]]) -> vtkPolyData:
    """Surfaces (label value, mesh) as one vtkPolyData in RAS mm, with point normals and the cell array 'Label'."""
    pairs = list(meshes)
    sizes = [len(mesh.points) for _, mesh in pairs]
    offsets = np.cumsum([0, *sizes])
    points = np.concatenate([np.empty((0, 3)), *(mesh.points for _, mesh in pairs)])
    normals = np.concatenate([np.empty((0, 3)), *(mesh.normals for _, mesh in pairs)])
    faces = [mesh.triangles + offset for (_, mesh), offset in zip(pairs, offsets, strict=False)]
    triangles = np.concatenate([np.empty((0, 3), np.int64), *faces])
    values = np.repeat([value for value, _ in pairs], [len(mesh.triangles) for _, mesh in pairs]).astype(np.int32)
    polydata, vertices, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    vertices.SetData(numpy_to_vtk(points.astype(np.float32), deep=True))
    starts = np.arange(len(triangles) + 1, dtype=np.int64) * 3
    cells.SetData(numpy_to_vtkIdTypeArray(starts, deep=True), numpy_to_vtkIdTypeArray(triangles.ravel(), deep=True))
    polydata.SetPoints(vertices)
    polydata.SetPolys(cells)
    normal_array = numpy_to_vtk(normals.astype(np.float32), deep=True)
    normal_array.SetName("Normals")
    polydata.GetPointData().SetNormals(normal_array)
    label_array = numpy_to_vtk(values, deep=True)
    label_array.SetName(LABEL_ARRAY)
    polydata.GetCellData().SetScalars(label_array)
    return polydata


def march(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (P, 3) ijk and triangles (T, 3) of the zero set of a (k, j, i) array."""
    image, contour = vtkImageData(), vtkFlyingEdges3D()
    image.SetDimensions(*levels.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(levels.astype(np.float32).ravel(), deep=True))
    contour.SetInputData(image)
    contour.SetValue(0, 0.0)
    contour.ComputeNormalsOff()
    contour.ComputeScalarsOff()
    contour.Update()
    output = contour.GetOutput()
    triangles = vtk_to_numpy(output.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return vtk_to_numpy(output.GetPoints().GetData()).astype(float), triangles.astype(np.int64)


def _settle(shapes: Shapes, number: int, points: np.ndarray, longest: float) -> tuple[np.ndarray, np.ndarray]:
    """Vertices after a Newton step onto the zero of the signed distance, and its gradient there (P, 3). Vertices that
    lie where the shape is cut off, or at a seam to another label, stay and get no gradient."""
    settled, slopes = points.copy(), np.zeros_like(points)
    for first in range(0, len(points), _VERTICES_AT_ONCE):
        part = slice(first, first + _VERTICES_AT_ONCE)
        distance = shapes.distance_to(number, points[part]).astype(float)
        slope = shapes.gradient_of(number, points[part]).astype(float)
        square = np.maximum((slope**2).sum(1), 1e-6)
        free = np.abs(shapes.levels(points[part])[:, number] - distance) < 1e-4 * longest
        step = -(distance / square)[:, None] * slope
        free &= np.linalg.norm(step, axis=1) <= longest
        settled[part][free] += step[free]
        slopes[part][free] = slope[free]
    return settled, slopes


def _signed_volume(points: np.ndarray, triangles: np.ndarray) -> float:
    a, b, c = (points - points.mean(0))[triangles].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum())


def _mesh_normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Area-weighted mean (P, 3) of the normals of the triangles around each point."""
    a, b, c = points[triangles].transpose(1, 0, 2)
    face = np.cross(b - a, c - a)
    sums = [np.bincount(triangles.ravel(), np.repeat(face[:, axis], 3), len(points)) for axis in range(3)]
    return np.stack(sums, -1)
