"""How near a filled label map comes to the truth where nothing was drawn, and how sound its surfaces are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersGeneral import vtkCurvatures

from INRCore.geometry import Grid
from INRCore.metrics.surface import agreement, dice
from INRCore.volume import Volume

from .exchange import Job

_LEAST_VOXELS = 30
_NOTHING_MM = np.nan


def measured_labels(truth: Volume, job: Job) -> list[int]:
    """Labels that are drawn on two slices or more, and of which 30 voxels or more are to be found."""
    hidden = hidden_voxels(job)
    found = []
    for value in np.unique(truth.array)[1:]:
        mask = truth.array == value
        drawn = sum(
            int(np.take(mask, job.drawn[axis], 2 - axis).any(tuple(n for n in range(3) if n != 2 - axis)).sum())
            for axis in range(3)
        )
        if drawn >= 2 and (mask & hidden).sum() >= _LEAST_VOXELS:
            found.append(int(value))
    return found


def hidden_voxels(job: Job) -> np.ndarray:
    """(k, j, i) bool: not drawn, and within the drawn range (with slices of one orientation: between the first and the
    last of them)."""
    hidden = np.ones(job.labels.shape, bool)
    only = job.only_axis()
    if only is not None:
        place = np.arange(hidden.shape[2 - only])
        outside = (place < job.drawn[only][0]) | (place > job.drawn[only][-1])
        hidden[tuple(outside if n == 2 - only else slice(None) for n in range(3))] = False
    for axis in range(3):
        hidden[tuple(job.drawn[axis] if n == 2 - axis else slice(None) for n in range(3))] = False
    return hidden


def dice_in(truth: Volume, filled: np.ndarray, region: np.ndarray, values: list[int]) -> float | None:
    """Mean Dice of the labels that are there in a region (k, j, i) bool."""
    pairs = [((truth.array == value) & region, (filled == value) & region) for value in values]
    return _mean([dice(a, b) for a, b in pairs if a.any()])


def seen(truth: Volume, job: Job, values: list[int]) -> tuple[np.ndarray, float | None]:
    """What drawn slices show at all: the truth (k, j, i) without the bodies of a label that no slice meets, which is
    the best that a filling can give; and the share of a label's voxels that is drawn, mean over the labels."""
    drawn = np.zeros(truth.array.shape, bool)
    for axis in range(3):
        drawn[tuple(job.drawn[axis] if n == 2 - axis else slice(None) for n in range(3))] = True
    best, shares = np.zeros_like(truth.array), []
    for value in values:
        mask = truth.array == value
        bodies = ndimage.label(mask, np.ones((3, 3, 3)))[0]
        best[mask & np.isin(bodies, np.unique(bodies[mask & drawn]))] = value
        shares.append(float((mask & drawn).sum() / mask.sum()))
    return best, _mean(shares)


def score(truth: Volume, filled: np.ndarray, job: Job, values: list[int]) -> dict[str, Any]:
    """Means over the labels, of the voxels that were hidden. A label that a method lost altogether has no surface
    distance; `lost` counts those, and the mean is over the others."""
    hidden, rows = hidden_voxels(job), []
    for value in values:
        a, b = (truth.array == value) & hidden, (filled == value) & hidden
        flat = job.only_axis()
        row = agreement(a, b, truth.grid, flat)
        row["volume_error"] = abs(int(b.sum()) - int(a.sum())) / int(a.sum())
        rows.append(row)
    mean = {name: _mean([row.get(name, _NOTHING_MM) for row in rows]) for name in ("dice", "hd95_mm", "assd_mm")}
    lost = sum("assd_mm" not in row for row in rows)
    return {**mean, "volume_error": _mean([row["volume_error"] for row in rows]), "lost": lost, "labels": len(rows)}


def _mean(values: list[float]) -> float | None:
    finite = [value for value in values if np.isfinite(value)]
    return float(np.mean(finite)) if finite else None


def mesh_report(folder: Path, values: list[int]) -> dict[str, Any]:
    """Over all meshes that a method wrote: share of those that are closed, manifold and wound outwards, and the spread
    of curvature (standard deviation of the mean curvature, 1/mm, vertices within the 2nd and 98th percentile)."""
    sound, spreads = [], []
    for path in sorted(folder.glob("mesh_*.npz")):
        if int(path.stem.split("_")[1]) not in values:
            continue
        with np.load(path) as file:
            points, triangles = file["points"], file["triangles"]
        if len(triangles):
            sound.append(is_sound(points, triangles))
            spreads.append(curvature_spread(points, triangles))
    if not sound:
        return {"sound_meshes": None, "curvature_spread": None}
    return {"sound_meshes": float(np.mean(sound)), "curvature_spread": float(np.mean(spreads))}


def is_sound(points: np.ndarray, triangles: np.ndarray) -> bool:
    """Every edge belongs to two triangles that run along it in opposite directions, no triangle uses a point twice, and
    the enclosed volume is positive."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    numbers = edges[:, 0].astype(np.int64) * len(points) + edges[:, 1]
    back = edges[:, 1].astype(np.int64) * len(points) + edges[:, 0]
    once = len(np.unique(numbers)) == len(numbers)
    paired = np.array_equal(np.sort(numbers), np.sort(back))
    a, b, c = (points[triangles] - points.mean(0)).transpose(1, 0, 2)
    return bool(once and paired and (edges[:, 0] != edges[:, 1]).all() and (a * np.cross(b, c)).sum() > 0)


def curvature_spread(points: np.ndarray, triangles: np.ndarray) -> float:
    """Standard deviation, 1/mm, of the mean curvature over the vertices without the 2 % at either end."""
    surface, vertices, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    vertices.SetData(numpy_to_vtk(points.astype(float), deep=True))
    for triangle in triangles.tolist():
        cells.InsertNextCell(3, triangle)
    surface.SetPoints(vertices)
    surface.SetPolys(cells)
    curvature = vtkCurvatures()
    curvature.SetCurvatureTypeToMean()
    curvature.SetInputData(surface)
    curvature.Update()
    values = vtk_to_numpy(curvature.GetOutput().GetPointData().GetScalars())
    low, high = np.percentile(values, [2, 98])
    return float(values[(values >= low) & (values <= high)].std())


def write_voxel_meshes(filled: np.ndarray, grid: Grid, values: list[int], folder: Path) -> None:
    """For methods that give only a label map: its labels' surfaces by flying edges, as Slicer makes them unsmoothed."""
    from INRCore.segmentation.surface import march

    for value in values:
        mask = np.pad(filled == value, 1)
        if mask.any():
            index, triangles = march(np.where(mask, -0.5, 0.5))
            points = grid.index_to_world(index - 1)
            triangles = triangles[:, ::-1] if grid.is_left_handed else triangles
            np.savez(folder / f"mesh_{value}.npz", points=points, triangles=triangles)
