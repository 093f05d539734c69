"""What each task of a job does with its files: read, run the task's steps, write. One function per task."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import InputError
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..io import read_volume, write_volume
from .job import Job
from .parts import Outcome, read, read_if_given, settings_of, write_difference, write_volumes, writing
from .registration import register


def _compress(job: Job, control: Control) -> Steps[Outcome]:
    from ..compression import CompressionSettings, compress_steps

    settings, volume = settings_of(job, CompressionSettings, "compression"), read(job, "volume")
    result = yield from compress_steps(volume, settings, control)
    yield writing("file")
    result.save(job.outputs["file"], force=job.force)
    write_volumes(job, volume=result.volume)
    write_difference(job, result.volume, volume)
    return Outcome.of(result)


def _decompress(job: Job, control: Control) -> Steps[Outcome]:
    from ..compression import decompress
    from ..devices import choose_device

    unknown = set(job.settings) - {"spacing_mm"}
    if unknown:
        raise InputError(f"The task 'decompress' has no setting '{sorted(unknown)[0]}'; it has: spacing_mm.")
    like = read_if_given(job, "like")
    yield Progress("decompress", 0, 1)
    volume = decompress(
        job.inputs["file"],
        grid=like.grid if like else None,
        spacing=job.settings.get("spacing_mm"),
        device=job.device,
        max_memory_gb=job.max_memory_gb,
    )
    yield writing("volume")
    write_volume(volume, job.outputs["volume"], force=job.force)
    return Outcome(None, {}, choose_device(job.device).reason)


def _super_resolve(job: Job, control: Control) -> Steps[Outcome]:
    from ..reconstruction import SuperResolutionSettings, super_resolve_steps

    settings = settings_of(job, SuperResolutionSettings, "reconstruction")
    volumes = [read_volume(path, frame=job.frame, component=job.component) for path in job.inputs["volumes"]]
    result = yield from super_resolve_steps(volumes, settings, control)
    yield writing("volume")
    write_volumes(job, volume=result.volume, baseline=result.baseline)
    write_difference(job, result.volume, result.baseline)
    return Outcome.of(result)


def _segment(job: Job, control: Control) -> Steps[Outcome]:
    from ..io.surfaces import write_surface
    from ..segmentation import SegmentationSettings, segment_steps

    settings = settings_of(job, SegmentationSettings, "segmentation")
    labels = read(job, "labels")
    result = yield from segment_steps(labels, settings, control)
    yield writing("results")
    write_volumes(job, labels=result.labels)
    if "model" in job.outputs:
        write_surface(result.combined_surface(), job.outputs["model"], force=job.force)
    if "distance" in job.outputs:
        write_volumes(job, distance=result.distance())
    return Outcome.of(result, labels=result.table)


TASKS: dict[str, Callable[[Job, Control], Steps[Outcome]]] = {
    "compress": _compress,
    "decompress": _decompress,
    "super-resolve": _super_resolve,
    "register": register,
    "segment": _segment,
}
