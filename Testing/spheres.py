"""Two spheres as labels and as surfaces, on fine grids of every kind, for the tests of the scene bridge."""

import numpy as np
import vtk
from grids import GRIDS

from INRCore.geometry import Grid
from INRCore.volume import Volume

NAMES = {3: "liver", 17: "spleen"}


def fine_grid(kind: str) -> Grid:
    """A grid with the axes of `kind`, fine enough for spheres."""
    return Grid.from_parts((26, 28, 30), (1.0, 1.2, 1.5), (-40, 25, 110), GRIDS[kind].directions)


def centers(grid: Grid) -> dict[int, np.ndarray]:
    return {3: grid.index_to_world([9, 10, 8]), 17: grid.index_to_world([20, 18, 17])}


def two_spheres(grid: Grid, radius: float = 6.0) -> Volume:
    points = grid.points().reshape(*grid.shape, 3)
    array = np.zeros(grid.shape, np.int64)
    for value, center in centers(grid).items():
        array[np.linalg.norm(points - center, axis=-1) < radius] = value
    return Volume(array, grid, name="labels")


def sphere(center: np.ndarray, radius: float = 6.0) -> vtk.vtkPolyData:
    source = vtk.vtkSphereSource()
    source.SetCenter(*center)
    source.SetRadius(radius)
    source.SetThetaResolution(40)
    source.SetPhiResolution(40)
    source.Update()
    return source.GetOutput()


def middle(surface: vtk.vtkPolyData) -> np.ndarray:
    return np.array(surface.GetBounds()).reshape(3, 2).mean(axis=1)
