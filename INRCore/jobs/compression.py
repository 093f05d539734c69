"""What jobs of the tasks 'compress', 'estimate' and 'decompress' do with their files."""

from __future__ import annotations

import csv
from pathlib import Path

from ..errors import InputError
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..io import write_volume
from ..io.atomic import atomic_path
from .job import Job
from .parts import Outcome, read, read_if_given, settings_of, write_difference, write_volumes, writing


def compress(job: Job, control: Control) -> Steps[Outcome]:
    """Reads, compresses, writes the file and what else is asked for."""
    from ..compression import CompressionSettings, compress_steps

    settings, volume = settings_of(job, CompressionSettings, "compression"), read(job, "volume")
    result = yield from compress_steps(volume, settings, control, read_if_given(job, "region"))
    yield writing("file")
    result.save(job.outputs["file"], force=job.force)
    write_volumes(job, volume=result.volume)
    write_difference(job, result.volume, volume)
    return Outcome.of(result)


def estimate(job: Job, control: Control) -> Steps[Outcome]:
    """Says what `compress` would give; the report's entry `curve` has other sizes and their quality."""
    from ..compression import CompressionSettings
    from ..compression.estimating import estimate_steps

    settings, volume = settings_of(job, CompressionSettings, "compression"), read(job, "volume")
    found = yield from estimate_steps(volume, settings, read_if_given(job, "region"))
    rows = found.table()
    if "curve" in job.outputs:
        with (
            atomic_path(job.outputs["curve"], job.force) as temporary,
            Path(temporary).open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, ["bytes", "ratio", "psnr_db"])
            writer.writeheader()
            writer.writerows(rows)
    return Outcome(settings, found.metrics, "cpu", notes=(found.describe(),), details={"curve": rows})


def decompress(job: Job, control: Control) -> Steps[Outcome]:
    """Opens a file and writes its volume."""
    from ..compression import decompress as open_file
    from ..devices import choose_device

    unknown = set(job.settings) - {"spacing_mm"}
    if unknown:
        raise InputError(f"The task 'decompress' has no setting '{sorted(unknown)[0]}'; it has: spacing_mm.")
    like = read_if_given(job, "like")
    yield Progress("decompress", 0, 1)
    volume = open_file(
        job.inputs["file"],
        grid=like.grid if like else None,
        spacing=job.settings.get("spacing_mm"),
        device=job.device,
        max_memory_gb=job.max_memory_gb,
    )
    yield writing("volume")
    write_volume(volume, job.outputs["volume"], force=job.force)
    return Outcome(None, {}, choose_device(job.device).reason)
