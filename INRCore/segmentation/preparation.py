"""The estimate of each label's signed distance that all methods start from, and the spline method ends with."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..volume import Volume
from .estimates import LabelLattice
from .given import Given
from .image_guidance import EdgeImage, guided
from .settings import SegmentationSettings
from .shapes import Shapes
from .spline_field import SplineField


@dataclass(frozen=True)
class Prepared:
    """Lattices of signed distances in the order of the labels, and why there are no better ones."""

    lattices: list[LabelLattice]
    stop_reason: str


def prepare_steps(
    given: Given, settings: SegmentationSettings, control: Control, started: float, image: EdgeImage | None = None
) -> Steps[Prepared]:
    """Reports after every label. Once stopped, the remaining labels are interpolated from slice to slice only."""
    lattices: list[LabelLattice] = []
    stage = "fit" if settings.method == "spline" else "prepare"
    for number, value in enumerate(given.values):
        lattice = given.lattice(value, settings, 0 if control.stopped else settings.rounds)
        if image is not None and settings.image_weight > 0 and not control.stopped:
            lattice = guided(lattice, value, given, image, settings.image_weight)
        lattices.append(lattice)
        elapsed, count = time.perf_counter() - started, len(given.values)
        yield Progress(
            stage,
            number + 1,
            count,
            elapsed_seconds=elapsed,
            eta_seconds=elapsed / (number + 1) * (count - number - 1),
            preview=partial(_preview, given, list(lattices), settings),
        )
    return Prepared(lattices, "stopped" if control.stopped else "iterations")


def label_preview(shapes: Shapes, voxels: int) -> Volume:
    """Label map of the domain with at most so many voxels."""
    grid = shapes.domain.grid.coarsened(voxels)
    values = np.array([0, *shapes.label_values], np.int32)
    return Volume(values[shapes.label_numbers(grid)], grid, name="preview")


def _preview(given: Given, lattices: list[LabelLattice], settings: SegmentationSettings, voxels: int) -> Volume:
    values = given.values[: len(lattices)]
    return label_preview(Shapes(SplineField(lattices), given.domain, values, settings), voxels)
