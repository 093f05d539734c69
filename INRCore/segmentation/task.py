"""`segment`: from a label map, or some drawn slices, to signed distance fields."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..fitting import Control, Progress, run_to_end
from ..fitting.progress import Steps
from ..results import loop_record
from ..settings import choose_settings
from ..volume import Volume, require_volumes
from .given import Given, check_given
from .image_guidance import EdgeImage
from .label_map import label_array
from .measures import measure_steps, native_labels
from .preparation import Prepared, prepare_steps
from .result import SegmentationResult
from .scattered import given_contours, given_points
from .settings import SegmentationSettings
from .shapes import Shapes
from .spline_field import SplineField
from .tubes import given_tubes
from .warm_start import EarlierFit

_SPLINE_DEVICE = "CPU: splines take no other device"


def segment(
    labels: Volume,
    settings: SegmentationSettings | str | None = None,
    *,
    image: Volume | None = None,
    start: EarlierFit | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> SegmentationResult:
    """Fits signed distance fields, one for each label, to a label map (whole numbers, 0 = background) or to a label map
    of which only some slices are drawn, across one axis or several.

    Method 'spline': cubic splines on lattices of voxels, of least bending between drawn slices; 'network': one network
    with an output for each label, whose values are 0 on the surfaces and signed distances off them, with a gradient of
    length 1 (Sitzmann et al., NeurIPS 2020, sec. 4.2; Gropp et al., ICML 2020). Distances are in mm of the world, so
    any affine grid will do. `image`: a volume, on any grid, whose edges pull the surfaces between drawn slices (the
    setting image_weight). `start`: `earlier` of the result before one more contour was drawn; what has not changed is
    kept. `settings`: an object or a preset's name (default 'balanced'). A stopped run returns the
    best fields so far. Raises `InputError` for volumes that are no label maps, are empty, or hold a label without any
    border.
    """
    return run_to_end(segment_steps(labels, settings, control, image, start), on_progress)


def segment_steps(
    labels: Volume,
    settings: SegmentationSettings | str | None = None,
    control: Control | None = None,
    image: Volume | None = None,
    start: EarlierFit | None = None,
) -> Steps[SegmentationResult]:
    """`segment` as a generator of progress reports that returns the result."""
    started = time.perf_counter()
    settings = choose_settings(SegmentationSettings, "segmentation", settings)
    require_volumes(labels, [] if image is None else image)
    return (yield from given_steps(check_given(labels, settings), settings, control, started, image, start))


def segment_contours(
    contours: Mapping[int, Sequence[np.ndarray]] | Sequence[np.ndarray],
    settings: SegmentationSettings | str | None = None,
    *,
    lattice_mm: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> SegmentationResult:
    """Shapes through closed planar curves, such as markups or the contours of an RTSTRUCT: a list of (N, 3) arrays of
    RAS mm, or label value -> list, in any planes. `lattice_mm`: node distance of the lattice they are fitted on; None:
    an 80th of the longest side. Instead of an overlap the table tells how far the curves are from the surface. Raises
    `InputError` for curves that are not planar or closed around no area, and for a label drawn in a single plane."""
    started = time.perf_counter()
    settings = choose_settings(SegmentationSettings, "segmentation", settings)
    given = given_contours(contours, lattice_mm)
    return run_to_end(given_steps(given, settings, started=started), on_progress)


def segment_points(
    points: np.ndarray,
    normals: np.ndarray | None = None,
    settings: SegmentationSettings | str | None = None,
    *,
    lattice_mm: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> SegmentationResult:
    """A shape (label 1) through points (N, 3) RAS mm of its surface, with outward normals (N, 3) or without: then they
    are estimated, which needs a dense cloud. Otherwise as `segment_contours`."""
    started = time.perf_counter()
    settings = choose_settings(SegmentationSettings, "segmentation", settings)
    given = given_points(points, normals, lattice_mm)
    return run_to_end(given_steps(given, settings, started=started), on_progress)


def segment_tubes(
    branches: Mapping[int, Sequence[np.ndarray]] | Sequence[np.ndarray],
    settings: SegmentationSettings | str | None = None,
    *,
    lattice_mm: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> SegmentationResult:
    """Vessels around their centre lines: a list of branches, each (N, 4) with x, y, z in RAS mm and the radius in mm of
    points in order, or label value -> list. Branches that meet become one surface. `lattice_mm`: node distance; None:
    half of the smallest radius. Otherwise as `segment_contours`. Raises `InputError` for branches that are none."""
    started = time.perf_counter()
    settings = choose_settings(SegmentationSettings, "segmentation", settings)
    return run_to_end(given_steps(given_tubes(branches, lattice_mm), settings, started=started), on_progress)


def given_steps(
    given: Given,
    settings: SegmentationSettings,
    control: Control | None = None,
    started: float | None = None,
    image: Volume | None = None,
    start: EarlierFit | None = None,
) -> Steps[SegmentationResult]:
    """The same for any kind of input that has been checked (`check_given`, `given_contours`, `given_points`); the
    result's seconds count from `started` (`time.perf_counter()`)."""
    control, started = control or Control(), time.perf_counter() if started is None else started
    edges = None if image is None else EdgeImage.of(image)
    prepared = yield from prepare_steps(given, settings, control, started, edges, start)
    notes = given.notes if start is None else (*given.notes, _continued(prepared))
    if settings.method == "spline":
        shapes = Shapes(SplineField(prepared.lattices), given.domain, given.values, settings)
        record: dict[str, Any] = {
            "device": _SPLINE_DEVICE,
            "stop_reason": prepared.stop_reason,
            "notes": notes,
            "metrics": {},
        }
    else:
        shapes, record = yield from _fit_network(given, prepared, settings, control, notes)
    yield Progress("sample", 0, len(given.values))
    numbers = shapes.label_numbers(given.domain.grid)
    result = SegmentationResult(
        **record,
        settings=settings,
        shapes=shapes,
        given=given,
        labels=native_labels(given.volume, label_array(given.volume).dtype, numbers, shapes),
        table=[],
        seconds=0.0,
        earlier=None if prepared.stop_reason == "stopped" else EarlierFit.of(given, settings, prepared.drawn),
    )
    return (yield from measure_steps(result, prepared, given, numbers, started))


def _continued(prepared: Prepared) -> str:
    count, kept = len(prepared.drawn), prepared.continued
    if kept == 0:
        return "The last result was of no use for what is drawn or set now; everything was found anew."
    return f"Went on from the last result for {kept} of {count} label(s)" + ("." if kept == count else "; others anew.")


def _fit_network(
    given: Given, prepared: Prepared, settings: SegmentationSettings, control: Control, notes: tuple[str, ...]
) -> Steps[tuple[Shapes, dict[str, Any]]]:
    """The fitted network, and what the result records of the fit."""
    from ..fitting import FitLoop  # torch, which the splines do without
    from .network import network_problem_steps

    problem, shapes = yield from network_problem_steps(given, prepared, settings)
    loop = FitLoop(problem, settings.fit, control)
    yield from loop.run()
    return shapes, {**loop_record(loop, *notes), "metrics": problem.metrics()}
