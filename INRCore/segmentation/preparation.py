"""The estimate of each label's signed distance that all methods start from, and the spline method ends with."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..errors import InputError
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..volume import Volume
from .estimates import LabelLattice, dense_lattice, sparse_lattice
from .given import Given
from .settings import SegmentationSettings
from .shapes import Shapes
from .spline_field import SplineField


@dataclass(frozen=True)
class Prepared:
    """Lattices of signed distances in the order of the labels, and why there are no better ones."""

    lattices: list[LabelLattice]
    stop_reason: str


def prepare_steps(given: Given, settings: SegmentationSettings, control: Control, started: float) -> Steps[Prepared]:
    """Reports after every label. Once stopped, the remaining labels are interpolated from slice to slice only. Raises
    `InputError` for a label that fills the whole field of view."""
    lattices: list[LabelLattice] = []
    stage = "fit" if settings.method == "spline" else "prepare"
    for number, value in enumerate(given.values):
        lattice = estimate(given, value, settings, rounds=0 if control.stopped else settings.rounds)
        if len(lattice.surface) == 0 and (lattice.values <= 0).all():
            raise InputError(
                f"{given.volume.label}: label {value} fills the whole field of view, so it has no surface to fit; add a"
                " margin of background around it."
            )
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


def estimate(given: Given, value: int, settings: SegmentationSettings, rounds: int) -> LabelLattice:
    """The lattice of one label."""
    mask, grid, s = given.array == value, given.domain.grid, settings
    if given.slices is None:
        return dense_lattice(mask, grid, s.smoothness_mm, s.feature_mm, s.one_component)
    effort = s.stiffness, rounds, s.bending_iterations
    return sparse_lattice(given.slices.only(mask), grid, given.slices, effort, s.feature_mm, s.one_component)


def label_preview(shapes: Shapes, voxels: int) -> Volume:
    """Label map of the domain with at most so many voxels."""
    grid = shapes.domain.grid.coarsened(voxels)
    values = np.array([0, *shapes.label_values], np.int32)
    return Volume(values[shapes.label_numbers(grid)], grid, name="preview")


def _preview(given: Given, lattices: list[LabelLattice], settings: SegmentationSettings, voxels: int) -> Volume:
    values = given.values[: len(lattices)]
    return label_preview(Shapes(SplineField(lattices), given.domain, values, settings), voxels)
