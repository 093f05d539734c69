"""The method 'network': one network for all labels."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from ..fields import Field, Frame
from ..fitting import Progress
from ..fitting.progress import Steps
from .distances import VOLUME, LabelSurface, TrainingPoints, training_points
from .given import Given, GivenLabels
from .preparation import Prepared, label_preview
from .problem import SegmentationProblem
from .settings import SegmentationSettings
from .shapes import Shapes

_SAMPLES_PER_UNIT = 40.0


def network_problem_steps(
    given: Given, prepared: Prepared, settings: SegmentationSettings
) -> Steps[tuple[SegmentationProblem, Shapes]]:
    """The problem that a fit loop solves, and the shapes that its network stands for; reports after every label."""
    data = yield from _training_steps(given, prepared, settings)
    field = _new_field(given, data, settings)
    shapes = Shapes(field, given.domain, given.values, settings)
    problem = SegmentationProblem(field, data, settings, given.domain.voxel_mm, partial(label_preview, shapes))
    return problem, shapes


def _training_steps(given: Given, prepared: Prepared, settings: SegmentationSettings) -> Steps[TrainingPoints]:
    count = len(given.values)
    surfaces = [_surface(given, number, prepared, settings) for number in range(count)]

    def slack(points: np.ndarray) -> np.ndarray:
        return settings.between_slices * given.unknown_mm(points)

    random = np.random.default_rng(settings.fit.seed)
    band = settings.band_voxels * given.domain.voxel_mm
    for done in training_points(surfaces, given.domain, band, slack, random):
        if isinstance(done, TrainingPoints):
            return done
        yield Progress("prepare", done, count)
    raise AssertionError("training_points ends with the points")


def _surface(given: Given, number: int, prepared: Prepared, settings: SegmentationSettings) -> LabelSurface:
    lattice = prepared.lattices[number]
    return LabelSurface(given.certain(given.values[number], lattice, settings), lattice.surface)


def _new_field(given: Given, data: TrainingPoints, settings: SegmentationSettings) -> Field:
    """Field that starts as the mean distances: a SIREN's own start is a ripple of several mm, which would stay as spots
    of zero wherever no training point falls. Its coordinates count in lengths of 40 samples of the label map, so that
    the network's frequencies fit the size of what the map can show, however large the domain is."""
    grid = given.domain.grid
    sample_mm = given.domain.voxel_mm
    if isinstance(given, GivenLabels) and given.slices is not None:
        sample_mm *= float(1 / given.slices.known(given.array.shape).mean()) ** (1 / 3)
    x, y, z = (float(value) for value in grid.center)
    frame = Frame((x, y, z), _SAMPLES_PER_UNIT * sample_mm)
    offset = data.distances[-data.counts[VOLUME] :].mean(0)
    scale = Frame.of_grid(grid).half_extent_mm
    field = Field(
        settings.field, frame, len(given.values), seed=settings.fit.seed, output_scale=scale, output_offset=offset
    )
    with torch.no_grad():
        for parameter in field.network.linears[-1].parameters():
            parameter.zero_()
    return field
