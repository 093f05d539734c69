"""Time series and volumes of several components (colour, vectors, dose per fraction) are put into one .inr file."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..fitting import Control, Progress, run_to_end
from ..fitting.progress import Steps
from ..io.atomic import atomic_path
from ..results import TaskResult
from ..settings import choose_settings, require
from ..volume import Volume
from .assembly import ASSEMBLY_BYTES, assembly_to_bytes
from .content import plain_content
from .files import inr_to_bytes
from .inr_file import InrFile
from .joint import joint_steps
from .mixing import Mixing, can_be_mixed, in_groups
from .series_file import SERIES_KINDS, InrSeries, series_from_bytes
from .settings import CompressionSettings
from .task import compress_steps


@dataclass(frozen=True, kw_only=True)
class SeriesResult(TaskResult):
    """data: the bytes of the file; series: what they hold. metrics: over all volumes together, the peak being the range
    of all; per_volume: psnr_db and max_abs_error of each."""

    data: bytes
    series: InrSeries
    per_volume: list[dict[str, float]]

    def save(self, path: str | os.PathLike[str], force: bool = False) -> None:
        """Writes the .inr file atomically. Raises `OutputError` when it exists and `force` is False."""
        with atomic_path(path, force) as temporary:
            temporary.write_bytes(self.data)


def compress_series(
    volumes: list[Volume], kind: str = "frames", settings: CompressionSettings | str | None = None
) -> SeriesResult:
    """All volumes of one time series or of one colour, vector or dose volume in one file.

    Volumes of one type on one grid are mixed in groups (see `Mixing`) and share one step, so that bytes go where they
    help most; with an error bound, marked voxels or labels each is coded on its own. Targets hold for the whole file.
    Raises `InputError` for a volume or settings that `compress` would refuse.
    """
    return run_to_end(series_steps(volumes, kind, settings))


def series_steps(
    volumes: list[Volume],
    kind: str = "frames",
    settings: CompressionSettings | str | None = None,
    control: Control | None = None,
) -> Steps[SeriesResult]:
    """`compress_series`, step by step."""
    settings = choose_settings(CompressionSettings, "compression", settings)
    require(bool(volumes) and kind in SERIES_KINDS, "A series needs volumes, and a kind: frames or components.")
    require(settings.region_max_error is None and settings.region_psnr_db is None, "A series has no region; leave it.")
    started, raw = time.perf_counter(), sum(v.nbytes for v in volumes)
    is_mixed = settings.codec == "pyramid" and settings.target_max_error is None and can_be_mixed(volumes)
    mixings = [Mixing.of(group) for group in in_groups(volumes)] if is_mixed else None
    if mixings is not None:
        groups = zip(mixings, in_groups(volumes), strict=True)
        members = [one for mixing, group in groups for one in mixing.mixed(group)]
        contents = [plain_content(member, settings) for member in members]
        files = yield from joint_steps(members, contents, settings.within(raw), raw, _extent(volumes), control)
    else:
        files = yield from _single_steps(volumes, settings, control)
    first = volumes[0]
    about = {
        "dtype": first.array.dtype.newbyteorder("=").name,
        "name": first.name,
        "units": first.units,
        "metadata": files[0].plain_metadata() if mixings is None else _plain(first),
        "mixings": None if mixings is None else [mixing.to_json() for mixing in mixings],
    }
    data = assembly_to_bytes(kind, about, [inr_to_bytes(file) for file in files])
    series = series_from_bytes(data, first.label)
    per_volume = []
    for number, volume in enumerate(volumes):
        yield Progress("sample", number, len(volumes))
        per_volume.append(_measured(volume, series.volume(number)))
    return SeriesResult(
        settings=settings,
        metrics=_metrics(volumes, per_volume, raw, len(data)),
        device="the processor (CPU)",
        seconds=time.perf_counter() - started,
        data=data,
        series=series,
        per_volume=per_volume,
    )


def _single_steps(
    volumes: list[Volume], settings: CompressionSettings, control: Control | None
) -> Steps[list[InrFile]]:
    """Each on its own, each at the whole's ratio."""
    around = 2 * ASSEMBLY_BYTES + 40 * len(volumes)
    files, own = [], settings.within(sum(v.nbytes for v in volumes), around)
    for volume in volumes:
        result = yield from compress_steps(volume, own, control)
        files.append(result.file)
    return files


def _plain(volume: Volume) -> dict[str, Any]:
    return plain_content(volume, CompressionSettings()).plain_metadata()


def _extent(volumes: list[Volume]) -> float:
    limits = np.array([v.finite_range() for v in volumes])
    return float(limits[:, 1].max() - limits[:, 0].min())


def _measured(volume: Volume, decoded: Volume) -> dict[str, float]:
    error = decoded.array.astype(np.float64) - volume.array
    error = error[np.isfinite(error)]
    return {"mean_square": float(np.square(error).mean()), "max_abs_error": float(np.abs(error).max())}


def _metrics(volumes: list[Volume], per_volume: list[dict[str, float]], raw: int, size: int) -> dict[str, float]:
    """Of all volumes together; gives each its PSNR, where it is finite."""
    extent, squares = _extent(volumes), [row.pop("mean_square") for row in per_volume]
    for row, own in zip(per_volume, squares, strict=True):
        row |= _decibels(extent, own)
    metrics = {
        "max_abs_error": max(row["max_abs_error"] for row in per_volume),
        "compression_ratio": raw / size,
        "raw_bytes": float(raw),
        "file_bytes": float(size),
        "volumes": float(len(volumes)),
    }
    return metrics | _decibels(extent, float(np.mean(squares)))


def _decibels(extent: float, squares: float) -> dict[str, float]:
    return {"psnr_db": 10 * math.log10(extent**2 / squares)} if squares and extent else {}
