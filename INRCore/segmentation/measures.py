"""What is measured of a fitted segmentation, label by label."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..fitting import Progress
from ..fitting.progress import Steps
from ..volume import Volume
from .estimates import LabelLattice
from .given import Given
from .preparation import Prepared
from .result import SegmentationResult
from .shapes import Shapes
from .topology import largest_diameter_mm, topology_of

_MEANS = ("dice", "hd95_mm", "assd_mm", "surface_error_mm", "gradient_norm_deviation")
_TEST_POINTS = 2000


def native_labels(source: Volume, dtype: np.dtype, numbers: np.ndarray, shapes: Shapes) -> Volume:
    """Label map on the input's grid from the label numbers (k, j, i) on the domain's."""
    array = np.zeros(source.grid.shape, dtype)
    shapes.domain.crop(array)[...] = np.array([0, *shapes.label_values], dtype)[numbers]
    return source.with_array(array)


def measure_steps(
    result: SegmentationResult, prepared: Prepared, given: Given, numbers: np.ndarray, started: float
) -> Steps[SegmentationResult]:
    """The result with table, metrics, seconds and, when another spacing was asked for, labels on that grid; a report
    after every label. `numbers` (k, j, i) on the domain's grid: what was fitted, as numbers of labels (1 for the
    first)."""
    table: list[dict[str, Any]] = []
    for number in range(len(result.label_values)):
        table.append(_row(result, number, prepared, given, numbers == number + 1))
        yield Progress("sample", number + 1, len(result.label_values))
    labels, notes = result.labels, result.notes
    if result.settings.spacing_mm is not None:
        labels = result.labels_on(labels.grid.with_spacing(result.settings.spacing_mm))
        notes = (*notes, *missed_notes(labels, result.label_values))
    return dataclasses.replace(
        result,
        table=table,
        labels=labels,
        notes=notes,
        metrics={**_means(table), **result.metrics},
        seconds=time.perf_counter() - started,
    )


def missed_notes(labels: Volume, values: Sequence[int]) -> tuple[str, ...]:
    """What to say of shapes that lie between the voxel centres of a label map, which then has nothing of them."""
    missed = sorted(set(values) - set(np.unique(labels.array).tolist()))
    if not missed:
        return ()
    named = ", ".join(f"label {value}" for value in missed)
    return (f"Missing from the result, whose voxels are too large to show it: {named}. Choose a finer grid.",)


def _row(
    result: SegmentationResult, number: int, prepared: Prepared, given: Given, fitted: np.ndarray
) -> dict[str, Any]:
    value = given.values[number]
    mesh = result.mesh(value)
    row = {"label": value, "name": f"label {value}", "volume_ml": mesh.volume_ml, "surface_area_mm2": mesh.area_mm2}
    shape = topology_of(mesh.points, mesh.triangles)
    row |= {"diameter_mm": largest_diameter_mm(mesh.points), "pieces": shape.pieces}
    row |= {"cavities": shape.cavities, "handles": shape.handles}
    row |= _fit_quality(result.shapes, number, prepared.lattices[number])
    return {**row, **given.agreement(value, fitted, prepared.lattices[number])}


def _fit_quality(shapes: Shapes, number: int, lattice: LabelLattice) -> dict[str, float]:
    """surface_error_mm: mean |signed distance| at the surface points that the field should pass through;
    gradient_norm_deviation: mean of | |grad| - 1 | there."""
    points = lattice.surface.points[:: max(1, len(lattice.surface) // _TEST_POINTS)]
    if len(points) == 0:
        return {}
    slope = np.linalg.norm(shapes.gradient_of(number, points), axis=1)
    return {
        "surface_error_mm": float(np.abs(shapes.distance_to(number, points)).mean()),
        "gradient_norm_deviation": float(np.abs(slope - 1).mean()),
    }


def _means(table: list[dict[str, Any]]) -> dict[str, float]:
    """Means of the measures over the rows that have them."""
    columns = {name: [row[name] for row in table if name in row] for name in _MEANS}
    return {name: float(np.mean(values)) for name, values in columns.items() if values}
