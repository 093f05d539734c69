"""The estimate of each label's signed distance that all methods start from, and the spline method ends with."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..fitting import Control, Progress
from ..fitting.progress import FIRST_STAGE, Steps
from ..geometry import Grid
from ..volume import Volume
from .estimates import LabelLattice
from .given import Given
from .image_guidance import EdgeImage, guided
from .settings import SegmentationSettings
from .shapes import Shapes
from .spline_field import SplineField
from .warm_start import EarlierFit

_COARSE_VOXELS = 64**3


@dataclass(frozen=True)
class Prepared:
    """Lattices of signed distances in the order of the labels, the same before an image moved their surfaces, and why
    there are no better ones. `continued`: for how many labels an earlier run was of use."""

    lattices: list[LabelLattice]
    drawn: list[LabelLattice]
    stop_reason: str
    continued: int = 0


def prepare_steps(
    given: Given,
    settings: SegmentationSettings,
    control: Control,
    started: float,
    image: EdgeImage | None = None,
    earlier: EarlierFit | None = None,
) -> Steps[Prepared]:
    """Keeps what is still true of an `earlier` run, if there is one. Reports a coarse answer first, which the previews
    show, and then every label, which takes its place. Once stopped, the remaining labels are interpolated from slice to
    slice only."""
    lattices: list[LabelLattice] = []
    drawn: list[LabelLattice] = []
    continued = 0
    stage, count = "fit" if settings.method == "spline" else "prepare", len(given.values)
    coarse = given.coarse()
    yield Progress(FIRST_STAGE, 0, count, preview=partial(_preview, given, [], settings, coarse))
    for number, value in enumerate(given.values):
        kept = None if earlier is None else earlier.lattice(value, given, settings)
        lattice = kept or given.lattice(value, settings, 0 if control.stopped else settings.rounds)
        drawn.append(lattice)
        continued += kept is not None
        if image is not None and settings.image_weight > 0 and not control.stopped:
            lattice = guided(lattice, value, given, image, settings.image_weight)
        lattices.append(lattice)
        elapsed = time.perf_counter() - started
        yield Progress(
            stage,
            number + 1,
            count,
            elapsed_seconds=elapsed,
            eta_seconds=elapsed / (number + 1) * (count - number - 1),
            preview=partial(_preview, given, list(lattices), settings, coarse),
        )
    return Prepared(lattices, drawn, "stopped" if control.stopped else "iterations", continued)


def label_preview(shapes: Shapes, voxels: int) -> Volume:
    """Label map of the domain with at most so many voxels."""
    grid = shapes.domain.grid.coarsened(voxels)
    values = np.array([0, *shapes.label_values], np.int32)
    return Volume(values[shapes.label_numbers(grid)], grid, name="preview")


def _preview(
    given: Given, lattices: list[LabelLattice], settings: SegmentationSettings, coarse: Volume | None, voxels: int
) -> Volume | None:
    """The labels so far; of those to come what the coarse answer says."""
    values = given.values[: len(lattices)]
    if not lattices:
        return None if coarse is None else _coarsened(coarse, max(voxels, _COARSE_VOXELS))
    found = label_preview(Shapes(SplineField(lattices), given.domain, values, settings), voxels)
    if coarse is None:
        return found
    rest = _nearest(coarse, found.grid)
    return found.with_array(np.where((found.array == 0) & ~np.isin(rest, values), rest, found.array))


def _coarsened(labels: Volume, voxels: int) -> Volume:
    grid = labels.grid.coarsened(voxels)
    return Volume(_nearest(labels, grid), grid, name="preview")


def _nearest(labels: Volume, grid: Grid) -> np.ndarray:
    """Labels (k, j, i) at the voxels of another grid along the same axes."""
    corner = labels.grid.world_to_index(grid.index_to_world(np.zeros((1, 3))))[0]
    step = grid.spacing / labels.grid.spacing
    places = [
        np.clip(np.rint(corner[axis] + step[axis] * np.arange(size)).astype(int), 0, labels.grid.size_ijk[axis] - 1)
        for axis, size in enumerate(grid.size_ijk)
    ]
    return np.asarray(labels.array[np.ix_(places[2], places[1], places[0])])
