"""The job 'segment': labels, curves or points to shapes."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..fitting import Control
from ..fitting.progress import Steps
from .job import Job
from .parts import Outcome, check_volumes, read_if_given, settings_of, write_volumes, writing
from .shape_inputs import ShapeInput, read_shapes

if TYPE_CHECKING:
    from ..segmentation import SegmentationResult


def segment(job: Job, control: Control) -> Steps[Outcome]:
    """Reads what is given, fits, writes what is asked for: volumes on the voxels of the input `like`, if there is one.
    The report has a row for each label and, of sparse slices, what each counts as and which to draw next. Notes and
    errors call labels as the input does."""
    from ..io.surfaces import check_surface_path, write_surface
    from ..segmentation import SegmentationSettings
    from ..segmentation.measures import missed_notes
    from ..segmentation.names import errors_with_names, with_names
    from ..segmentation.task import given_steps
    from ..segmentation.warm_start import EarlierFit

    started = time.perf_counter()
    check_volumes(job, "labels", "distance", "uncertainty")
    if "model" in job.outputs:
        check_surface_path(job.outputs["model"])
    settings = settings_of(job, SegmentationSettings, "segmentation")
    source = read_shapes(job, settings)
    start = EarlierFit.load(job.inputs["start"]) if job.inputs.get("start") else None
    image, like = read_if_given(job, "image"), read_if_given(job, "like")
    if like is not None and not like.grid.overlaps(source.given.domain.grid):
        raise InputError(
            f"The shapes lie outside {like.label}, on whose voxels they were asked for; choose another volume for the "
            "geometry, or none."
        )
    with errors_with_names(source.names):
        result = yield from given_steps(source.given, settings, control, started, image, start)
    if like is not None:
        labels = result.labels_on(like.grid)
        missed = missed_notes(labels, result.label_values)
        result = replace(result, labels=labels, notes=(*result.notes, *missed))
    yield writing("results")
    write_volumes(job, labels=result.labels)
    if "distance" in job.outputs:
        write_volumes(job, distance=result.distance())
    if "uncertainty" in job.outputs:
        write_volumes(job, uncertainty=result.uncertainty())
    if "model" in job.outputs:
        write_surface(result.combined_surface(), job.outputs["model"], force=job.force)
    if "state" in job.outputs and result.earlier is not None:
        result.earlier.save(job.outputs["state"], force=job.force)
    details, notes = _details(result, source)
    told = tuple(with_names(note, source.names) for note in (*result.notes, *notes))
    return Outcome.of(replace(result, notes=told), **details)


def _details(result: SegmentationResult, source: ShapeInput) -> tuple[dict[str, Any], list[str]]:
    """Tables for the report, and further notes."""
    named = [row | {"name": source.names.get(row["label"], row["name"])} for row in result.table]
    details: dict[str, Any] = {"labels": named}
    suggested, notes = result.next_slice(), []
    if suggested is not None:
        details["slices"] = result.given.slice_rows()
        details["next_slice"] = asdict(suggested) | {"normal": result.slice_normal(suggested.axis)}
        notes.append(suggested.describe())
    return details, notes
