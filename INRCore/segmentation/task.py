"""`segment`: from a label map, or some drawn slices, to signed distance fields."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from ..errors import InputError
from ..fields import Field, Frame
from ..fitting import Control, FitLoop, Progress, run_to_end
from ..fitting.progress import Steps
from ..metrics.surface import bounding_box
from ..results import loop_record
from ..settings import choose_settings
from ..volume import Volume
from .crossings import find_crossings
from .distances import VOLUME, LabelSurface, TrainingPoints, training_points
from .domain import Domain
from .label_map import chosen_labels, label_array
from .measures import measure_steps, native_labels
from .problem import SegmentationProblem
from .result import SegmentationResult
from .settings import SegmentationSettings
from .shapes import Shapes
from .sparse import DrawnSlices, find_drawn_slices, interpolated_surface

_MARGIN_VOXELS = 5.0
_SAMPLES_PER_UNIT = 40.0


@dataclass(frozen=True)
class _Input:
    """The label map as the fit sees it: `array` on the domain's grid, sparse `slices` numbered from its start."""

    volume: Volume
    array: np.ndarray
    values: tuple[int, ...]
    domain: Domain
    slices: DrawnSlices | None


def segment(
    labels: Volume,
    settings: SegmentationSettings | str | None = None,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> SegmentationResult:
    """Fits signed distance fields, one output of a network per label, to a label map (whole numbers, 0 = background) or
    to a label map of which only some slices along one axis are drawn.

    Points of the surface should have the value 0, the gradient length 1 (Sitzmann et al., NeurIPS 2020, sec. 4.2; Gropp
    et al., ICML 2020), points off the surface their signed distance. Distances are in mm of the world, so any affine
    grid will do. `settings`: an object or a preset's name (default 'balanced'). A stopped run returns the best fields
    so far. Raises `InputError` for volumes that are no label maps, are empty, or hold a label without any border.
    """
    return run_to_end(segment_steps(labels, settings, control), on_progress)


def segment_steps(
    labels: Volume, settings: SegmentationSettings | str | None = None, control: Control | None = None
) -> Steps[SegmentationResult]:
    """`segment` as a generator of progress reports that returns the result."""
    started = time.perf_counter()
    settings = choose_settings(SegmentationSettings, "segmentation", settings)
    given = _checked(labels, settings)
    data = yield from _prepare_steps(given, settings)
    field = _new_field(given, data, settings)
    shapes = Shapes(field, given.domain, given.values, settings.fit.max_memory_gb)
    problem = SegmentationProblem(field, data, settings, given.domain.voxel_mm, partial(_preview, shapes))
    loop = FitLoop(problem, settings.fit, control)
    yield from loop.run()
    yield Progress("sample", 0, len(given.values))
    numbers = shapes.label_numbers(given.domain.grid)
    result = SegmentationResult(
        **loop_record(loop, *_notes(given)),
        settings=settings,
        shapes=shapes,
        labels=native_labels(labels, label_array(labels).dtype, numbers, shapes),
        metrics=problem.metrics(),
        table=[],
        seconds=0.0,
    )
    return (yield from measure_steps(result, given.array, numbers, given.slices, started))


def _checked(labels: Volume, settings: SegmentationSettings) -> _Input:
    array = label_array(labels)
    values = chosen_labels(array, settings.labels, labels.label)
    mask = np.isin(array, values)
    slices = find_drawn_slices(mask, settings.sparse, labels.label)
    axis = None if slices is None else slices.axis
    domain = Domain.around(mask, labels.grid, _MARGIN_VOXELS, axis)
    given = domain.crop(array)
    if slices is not None:
        slices = slices.moved(domain.start)
    return _Input(labels, given, values, domain, slices)


def _notes(given: _Input) -> tuple[str, ...]:
    if given.slices is None:
        return ()
    numbers = given.slices.numbers
    return (
        f"Read as {len(numbers)} drawn slices across {given.slices.axis_name} with {np.ptp(numbers) + 1 - len(numbers)}"
        " unknown ones between them. If empty slices mean background, say so (in the panel under Settings, elsewhere"
        " sparse = 'dense').",
    )


def _prepare_steps(given: _Input, settings: SegmentationSettings) -> Steps[TrainingPoints]:
    """Surfaces and training points; reports after every label."""
    count, surfaces = len(given.values), []
    for number, value in enumerate(given.values):
        surface = _label_surface(given, value, settings)
        if len(surface.certain) == 0:
            raise InputError(
                f"{given.volume.label}: label {value} fills the whole field of view, so it has no surface to fit; add a"
                " margin of background around it."
            )
        surfaces.append(surface)
        yield Progress("prepare", number + 1, 2 * count)
    slack = None
    if given.slices is not None:
        slices, domain, share = given.slices, given.domain, settings.between_slices

        def slack(points: np.ndarray) -> np.ndarray:
            return share * slices.distance(points, domain.grid)

    random = np.random.default_rng(settings.fit.seed)
    band = settings.band_voxels * given.domain.voxel_mm
    for done in training_points(surfaces, given.domain, band, slack, random):
        if isinstance(done, TrainingPoints):
            return done
        yield Progress("prepare", count + done, 2 * count)
    raise AssertionError("training_points ends with the points")


def _label_surface(given: _Input, value: int, settings: SegmentationSettings) -> LabelSurface:
    mask, grid = given.array == value, given.domain.grid
    if given.slices is not None:
        return LabelSurface(*interpolated_surface(given.slices.only(mask), grid, given.slices, settings.smoothness_mm))
    start, stop = bounding_box(mask)
    start, stop = np.maximum(start - 1, 0), np.minimum(stop + 1, grid.size_ijk)
    part = tuple(slice(a, b) for a, b in zip(start[::-1], stop[::-1], strict=True))
    surface = find_crossings(mask[part], grid.cropped(tuple(start), tuple(stop)), settings.smoothness_mm)
    return LabelSurface(surface, surface)


def _new_field(given: _Input, data: TrainingPoints, settings: SegmentationSettings) -> Field:
    """Field that starts as the mean distances: a SIREN's own start is a ripple of several mm, which would stay as spots
    of zero wherever no training point falls. Its coordinates count in lengths of 40 samples of the label map, so that
    the network's frequencies fit the size of what the map can show, however large the domain is."""
    grid = given.domain.grid
    sample_mm = given.domain.voxel_mm
    if given.slices is not None:
        sample_mm *= float(np.mean(np.diff(given.slices.numbers))) ** (1 / 3)
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


def _preview(shapes: Shapes, voxels: int) -> Volume:
    """Label map of the domain."""
    grid = shapes.domain.grid.coarsened(voxels)
    values = np.array([0, *shapes.label_values], np.int32)
    return Volume(values[shapes.label_numbers(grid)], grid, name="preview")
