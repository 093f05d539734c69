"""What is measured of a fitted segmentation, label by label."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np

from ..fitting import Progress
from ..fitting.progress import Steps
from ..metrics.surface import agreement
from ..volume import Volume
from .result import SegmentationResult
from .shapes import Shapes
from .sparse import DrawnSlices

_AGREEMENT = ("dice", "hd95_mm", "assd_mm")


def native_labels(source: Volume, dtype: np.dtype, numbers: np.ndarray, shapes: Shapes) -> Volume:
    """Label map on the input's grid from the label numbers (k, j, i) on the domain's."""
    array = np.zeros(source.grid.shape, dtype)
    shapes.domain.crop(array)[...] = np.array([0, *shapes.label_values], dtype)[numbers]
    return source.with_array(array)


def measure_steps(
    result: SegmentationResult, given: np.ndarray, numbers: np.ndarray, slices: DrawnSlices | None, started: float
) -> Steps[SegmentationResult]:
    """The result with table, metrics, seconds and, when another spacing was asked for, labels on that grid; a report
    after every label. `given` and `numbers` are (k, j, i) on the domain's grid: the input's labels, and what was
    fitted as numbers of labels (1 for the first)."""
    table: list[dict[str, Any]] = []
    for number, value in enumerate(result.label_values):
        table.append(_row(result, value, given == value, numbers == number + 1, slices))
        yield Progress("sample", number + 1, len(result.label_values))
    labels = result.labels
    if result.settings.spacing_mm is not None:
        labels = result.labels_on(labels.grid.with_spacing(result.settings.spacing_mm))
    return dataclasses.replace(
        result,
        table=table,
        labels=labels,
        metrics={**_means(table), **result.metrics},
        seconds=time.perf_counter() - started,
    )


def _row(
    result: SegmentationResult, value: int, given: np.ndarray, fitted: np.ndarray, slices: DrawnSlices | None
) -> dict[str, Any]:
    grid, mesh = result.shapes.domain.grid, result.mesh(value)
    row = {"label": value, "name": f"label {value}", "volume_ml": mesh.volume_ml, "surface_area_mm2": mesh.area_mm2}
    if slices is None:
        return {**row, **agreement(given, fitted, grid)}
    return {**row, **agreement(slices.only(given), slices.only(fitted), grid, slices.axis)}


def _means(table: list[dict[str, Any]]) -> dict[str, float]:
    """Means of the agreement over the labels that have it."""
    columns = {name: [row[name] for row in table if name in row] for name in _AGREEMENT}
    return {name: float(np.mean(values)) for name, values in columns.items() if values}
