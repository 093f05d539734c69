"""The job 'segment': labels to shapes."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from ..fitting import Control
from ..fitting.progress import Steps
from .job import Job
from .parts import Outcome, read, settings_of, write_volumes, writing


def segment(job: Job, control: Control) -> Steps[Outcome]:
    """Reads the labels, fits, writes what is asked for; with an uncertainty the report names the slice to draw next."""
    from ..io.surfaces import write_surface
    from ..segmentation import SegmentationSettings, segment_steps

    settings = settings_of(job, SegmentationSettings, "segmentation")
    result = yield from segment_steps(read(job, "labels"), settings, control)
    yield writing("results")
    write_volumes(job, labels=result.labels)
    if "model" in job.outputs:
        write_surface(result.combined_surface(), job.outputs["model"], force=job.force)
    if "distance" in job.outputs:
        write_volumes(job, distance=result.distance())
    details: dict[str, Any] = {"labels": result.table}
    if "uncertainty" in job.outputs:
        write_volumes(job, uncertainty=result.uncertainty())
        suggested = result.next_slice()
        if suggested is not None:
            details["next_slice"] = asdict(suggested)
            result = replace(result, notes=(*result.notes, suggested.describe()))
    return Outcome.of(result, **details)
