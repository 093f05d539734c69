"""What each task of a job does with its files: read, run the task's steps, write. One function per task."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import InputError
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..io import write_volume
from .job import Job
from .parts import Outcome, read, read_if_given, settings_of, write_difference, write_volumes, writing
from .reconstruction import super_resolve
from .registration import map_points, register
from .segmentation import segment


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


TASKS: dict[str, Callable[[Job, Control], Steps[Outcome]]] = {
    "compress": _compress,
    "decompress": _decompress,
    "super-resolve": super_resolve,
    "register": register,
    "map-points": map_points,
    "segment": segment,
}
