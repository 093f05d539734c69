"""What a job of the task 'compress-folder' does: every volume of a folder, one after the other."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InputError, INRError, OutputError
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..io.atomic import atomic_path, check_writable
from .compression import compress
from .job import Job
from .parts import Outcome, settings_of

COLUMNS = ("input", "output", "bytes", "ratio", "psnr_db", "max_abs_error", "seconds", "problem")
_ENDINGS = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".hdr", ".mha", ".mhd", ".tif", ".tiff")


def compress_folder(job: Job, control: Control) -> Steps[Outcome]:
    """The report's entry `files` has a row of `COLUMNS` for each volume: what cannot be compressed, or is there
    already, has a problem and does not keep the others from being compressed. A stop lets the current volume end and
    leaves the others out. The table is written after each volume. Raises `InputError` when there is nothing to
    compress or the settings make no sense."""
    from ..compression import CompressionSettings

    settings, rows = settings_of(job, CompressionSettings, "compression"), list[dict[str, Any]]()
    source, target = Path(job.inputs["folder"]), Path(job.outputs["folder"])
    found = [path for path in volumes_in(source) if path.resolve() != target.resolve()]
    if not found:
        raise InputError(f"'{source}' holds no volumes ({' '.join(_ENDINGS)} or folders of DICOM files).")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder '{target}' cannot be made ({error.strerror}); choose another one.") from error
    for number, path in enumerate(found):
        if control.stopped:
            break
        yield Progress(_stage(path, number, found), number, len(found))
        row = yield from _row_steps(_job_for(job, path, target), _stage(path, number, found), control)
        rows.append(row)
        if "table" in job.outputs:
            _write(rows, job.outputs["table"], job.force or number > 0)
        yield Progress(_stage(path, number, found), number + 1, len(found), note=describe(row))
    done = [row for row in rows if not row["problem"]]
    metrics = {"volumes": float(len(found)), "compressed": float(len(done)), "failed": float(len(rows) - len(done))}
    metrics["file_bytes"] = float(sum(row["bytes"] for row in done))
    stopped = "stopped" if len(rows) < len(found) else "iterations"
    return Outcome(settings, metrics, "cpu", stopped, details={"files": rows})


def volumes_in(folder: Path) -> Iterator[Path]:
    """Files with the ending of a volume, and folders, which are taken for DICOM series; by name. Hidden ones are none:
    a Mac leaves '._scan.nii' beside what it copies to a stick."""
    if not folder.is_dir():
        raise InputError(f"'{folder}' is no folder; to compress one file use the command compress.")
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(".") and (path.is_dir() or path.name.lower().endswith(_ENDINGS)):
            yield path


def describe(row: dict[str, Any]) -> str:
    """A line about a volume."""
    if row["problem"]:
        return f"{row['input']}: {row['problem']}"
    quality = "exact" if row["psnr_db"] is None else f"{row['psnr_db']:.2f} dB"
    return f"{row['input']}: {row['bytes']:,} bytes, {row['ratio']:.1f}:1, {quality}"


def _stage(path: Path, number: int, found: list[Path]) -> str:
    return f"{path.name} ({number + 1} of {len(found)})"


def _job_for(job: Job, path: Path, target: Path) -> Job:
    inputs = {role: value for role, value in job.inputs.items() if role != "folder"} | {"volume": str(path)}
    outputs = {"file": str(target / f"{_stem(path)}.inr")}
    return replace(job, task="compress", inputs=inputs, outputs=outputs, report=None)


def _row_steps(job: Job, stage: str, control: Control) -> Steps[dict[str, Any]]:
    started, output = time.perf_counter(), Path(job.outputs["file"])
    about = {"input": Path(job.inputs["volume"]).name, "output": output.name, "problem": ""}
    row: dict[str, Any] = dict.fromkeys(COLUMNS) | about
    try:
        check_writable(output, job.force)
        steps = compress(job, control)
        while True:
            try:
                progress = next(steps)
            except StopIteration as end:
                metrics = end.value.metrics
                break
            yield replace(progress, stage=f"{stage}: {progress.stage}", preview=None)
    except (INRError, MemoryError) as error:
        return row | {"problem": " ".join(str(error).split()) or "There is not enough memory for this volume."}
    return row | {
        "bytes": int(metrics["file_bytes"]),
        "ratio": metrics["compression_ratio"],
        "psnr_db": metrics.get("psnr_db"),
        "max_abs_error": metrics["max_abs_error"],
        "seconds": round(time.perf_counter() - started, 2),
    }


def _stem(path: Path) -> str:
    """The name without its ending; two volumes that differ by it only get different files."""
    name = path.name
    for ending in sorted(_ENDINGS, key=len, reverse=True):
        if name.lower().endswith(ending) and not path.is_dir():
            short = name[: -len(ending)]
            others = [p for p in path.parent.iterdir() if p != path and p.name.startswith(f"{short}.")]
            return name.replace(".", "_") if any(p.name.lower().endswith(_ENDINGS) for p in others) else short
    return name


def _write(rows: list[dict[str, Any]], path: str, force: bool) -> None:
    with (
        atomic_path(path, force) as temporary,
        Path(temporary).open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
