"""What jobs of the tasks 'compress', 'estimate' and 'decompress' do with their files."""

from __future__ import annotations

import csv
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, OutputError
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..io import read_volume, read_volumes, write_volume, write_volumes
from ..io.atomic import atomic_path
from ..settings import from_dict
from ..volume import Volume
from . import parts
from .job import Job
from .parts import Outcome, check_volumes, read, read_if_given, settings_of, write_difference, writing

if TYPE_CHECKING:
    from ..compression import CompressionSettings, InrFile, InrSeries


def compress(job: Job, control: Control) -> Steps[Outcome]:
    """Reads, compresses, writes the file and what else is asked for."""
    from ..compression import CompressionSettings, compress_steps
    from ..compression.region import require_region

    settings = settings_of(job, CompressionSettings, "compression")
    check_volumes(job, "volume", "difference")
    if Path(job.outputs["file"]).suffix.lower() != ".inr":
        raise OutputError(f"'{job.outputs['file']}': a compressed file ends with .inr; no other program knows it.")
    region = read_if_given(job, "region")
    require_region(settings, region)
    if job.frame is None and job.component is None and not job.inputs.get("region"):
        kind, volumes = read_volumes(job.inputs["volume"])
        if len(volumes) > 1:
            return (yield from _compress_series(job, kind, volumes, settings, control))
    volume, tags = _with_tags(job, read(job, "volume"), settings)
    result = yield from compress_steps(volume, settings, control, region)
    result = replace(result, notes=(*result.notes, *tags))
    yield writing("file")
    result.save(job.outputs["file"], force=job.force)
    parts.write_volumes(job, volume=result.volume)
    write_difference(job, result.volume, volume)
    return Outcome.of(result)


def _with_tags(job: Job, volume: Volume, settings: CompressionSettings) -> tuple[Volume, list[str]]:
    """The volume with the DICOM entries asked for, and a line that names those that may tell who the patient is."""
    if not settings.keep_tags:
        return volume, []
    from ..io.dicom_tags import about_the_patient, read_dicom_tags

    source = job.inputs.get("dicom") or job.inputs["volume"]
    found = read_dicom_tags(Path(source), settings.keep_tags)
    telling = about_the_patient(list(found))
    notes = [f"The file tells about the patient: {', '.join(telling)}."] if telling else []
    return replace(volume, metadata={**volume.metadata, "dicom": found}), notes


def _compress_series(
    job: Job, kind: str, volumes: list[Volume], settings: CompressionSettings, control: Control
) -> Steps[Outcome]:
    """All frames or components into one file."""
    from ..compression.series import series_steps

    if "difference" in job.outputs:
        raise InputError(
            f"'{job.inputs['volume']}' has {len(volumes)} {kind}, of which no 'difference' is made; choose one of "
            f"them with --{kind[:-1]} N, or leave that output out."
        )
    first, tags = _with_tags(job, volumes[0], settings)
    result = yield from series_steps([first, *volumes[1:]], kind, settings, control)
    yield writing("file")
    result.save(job.outputs["file"], force=job.force)
    if "volume" in job.outputs:
        _write_series(job, result.series)
    return Outcome.of(replace(result, notes=(*result.notes, *tags)), kind=kind, volumes=result.per_volume)


def _write_series(job: Job, series: InrSeries) -> None:
    decoded = map(series.volume, range(len(series)))
    write_volumes(job.outputs["volume"], series.kind, decoded, len(series), force=job.force)


def estimate(job: Job, control: Control) -> Steps[Outcome]:
    """Says what `compress` would give; the report's entry `curve` has other sizes and their quality."""
    from ..compression import CompressionSettings
    from ..compression.estimating import estimate_steps
    from ..compression.region import require_region

    settings = settings_of(job, CompressionSettings, "compression")
    region = read_if_given(job, "region")
    require_region(settings, region)
    volume = read(job, "volume")
    found = yield from estimate_steps(volume, settings, region)
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
    from ..compression import read_inr, read_inr_series

    unknown = set(job.settings) - {"spacing_mm"}
    if unknown:
        raise InputError(f"The task 'decompress' has no setting '{sorted(unknown)[0]}'; it has: spacing_mm.")
    check_volumes(job, "volume")
    like = read_if_given(job, "like")
    yield Progress("decompress", 0, 1)
    if job.frame is not None or job.component is not None:
        volume = _member(job)
        if like is not None or job.settings.get("spacing_mm"):
            raise InputError("A frame or component is decompressed on its own voxels; leave --spacing and --like out.")
        yield writing("volume")
        write_volume(volume, job.outputs["volume"], force=job.force)
        return Outcome(None, {}, "cpu")
    if like is None and not job.settings.get("spacing_mm"):
        series = read_inr_series(job.inputs["file"])
        if len(series) > 1:
            yield writing("volume")
            _write_series(job, series)
            return Outcome(None, {}, "cpu")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        file = read_inr(job.inputs["file"])
        grid, spacing = like.grid if like else None, job.settings.get("spacing_mm")
        volume = file.decompress(grid, spacing, job.device, job.max_memory_gb)
    yield writing("volume")
    write_volume(volume, job.outputs["volume"], force=job.force)
    return Outcome(None, {}, _device_of(file, job), notes=tuple(str(one.message) for one in told))


def _device_of(file: InrFile, job: Job) -> str:
    """What computed the volume; torch, which takes seconds to load, is asked only where it did."""
    from ..fields import NumpyField

    if file.field is None or isinstance(file.field, NumpyField):
        return "cpu"
    from ..devices import choose_device

    return choose_device(job.device).reason


def _member(job: Job) -> Volume:
    from ..compression import read_inr_series

    series = read_inr_series(job.inputs["file"])
    wanted = {"frames": job.frame, "components": job.component}
    number = wanted[series.kind]
    if number is None or None not in wanted.values():
        raise InputError(
            f"'{job.inputs['file']}' has {len(series)} {series.kind}; choose --{series.kind[:-1]} N alone."
        )
    return series.volume(number)


def train_upsampler(job: Job, control: Control) -> Steps[Outcome]:
    """Trains the upsampler on slices of some volumes, each scaled to its own range, and writes the model. The report
    has its PSNR on slices that were kept away from the training, beside that of Lanczos interpolation."""
    from ..compression.upsampling.model import ENDING
    from ..compression.upsampling.settings import UpsamplerSettings
    from ..compression.upsampling.training import training_steps

    path = Path(job.outputs["model"])
    if path.suffix != ENDING:
        raise InputError(f"'{path}': an upsampler's file ends with {ENDING}.")
    settings = from_dict(UpsamplerSettings, job.settings | {"seed": job.seed})
    volumes = [read_volume(one, frame=job.frame, component=job.component) for one in job.inputs["volumes"]]
    model, metrics = yield from training_steps(volumes, settings, path.name)
    with atomic_path(path, job.force) as temporary:
        Path(temporary).write_bytes(model.data)
    return Outcome(settings, metrics, "cpu", details={"sha256": model.checksum, "model_bytes": len(model.data)})
