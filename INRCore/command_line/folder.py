"""`compress-folder`: every volume of a folder, one after the other, and a table at the end."""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InputError, INRError
from ..fitting import Progress
from ..io.atomic import atomic_path
from ..jobs import Job, run_job
from .to_job import job_from_arguments

COLUMNS = ("input", "output", "bytes", "ratio", "psnr_db", "max_abs_error", "seconds", "problem")
_ENDINGS = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".hdr", ".mha", ".mhd", ".tif", ".tiff")


def compress_folder(arguments: argparse.Namespace, on_progress: Callable[[Progress], None]) -> list[dict[str, Any]]:
    """Rows of `COLUMNS`, one for each volume; what cannot be compressed has a problem and does not keep the others from
    being so. Writes the table as CSV when asked for. Raises `InputError` when there is nothing to compress."""
    source, target = Path(arguments.input), Path(arguments.output)
    found = list(volumes_in(source))
    if not found:
        raise InputError(f"'{source}' holds no volumes ({' '.join(_ENDINGS)} or folders of DICOM files).")
    target.mkdir(parents=True, exist_ok=True)
    template = job_from_arguments(_for_one(arguments))
    rows = []
    for number, path in enumerate(found):
        on_progress(Progress(f"{path.name} ({number + 1} of {len(found)})", 0, 1))
        rows.append(_row(template, path, target / f"{_stem(path)}.inr", on_progress))
        if arguments.table:
            _write(rows, arguments.table, arguments.force or number > 0)
    return rows


def volumes_in(folder: Path) -> Iterator[Path]:
    """Files with the ending of a volume, and folders, which are taken for DICOM series; by name."""
    if not folder.is_dir():
        raise InputError(f"'{folder}' is no folder; to compress one file use the command compress.")
    for path in sorted(folder.iterdir()):
        if path.is_dir() or path.name.lower().endswith(_ENDINGS):
            yield path


def table_text(rows: list[dict[str, Any]]) -> str:
    """For people, with the sum in the last line."""
    lines = [f"{'file':<32} {'bytes':>12} {'ratio':>8} {'PSNR dB':>8} {'max error':>10} {'s':>7}"]
    for row in rows:
        if row["problem"]:
            lines.append(f"{row['input'][-32:]:<32} {row['problem']}")
            continue
        psnr = "exact" if row["psnr_db"] is None else f"{row['psnr_db']:.2f}"
        lines.append(
            f"{row['input'][-32:]:<32} {row['bytes']:>12,} {row['ratio']:>8.1f} {psnr:>8} "
            f"{row['max_abs_error']:>10.4g} {row['seconds']:>7.1f}"
        )
    done = [row for row in rows if not row["problem"]]
    lines.append(f"{len(done)} of {len(rows)} compressed, {sum(row['bytes'] for row in done):,} bytes")
    return "\n".join(lines)


def _for_one(arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments that `compress` would have for the first file."""
    given = {name: value for name, value in vars(arguments).items() if name not in ("table", "report")}
    return argparse.Namespace(**(given | {"command": "compress", "input": "in", "output": "out.inr"}))


def _row(template: Job, path: Path, output: Path, on_progress: Callable[[Progress], None]) -> dict[str, Any]:
    started = time.perf_counter()
    row: dict[str, Any] = dict.fromkeys(COLUMNS) | {"input": path.name, "output": output.name, "problem": ""}
    try:
        job = replace(template, inputs=template.inputs | {"volume": str(path)}, outputs={"file": str(output)})
        metrics = run_job(job, on_progress)["metrics"]
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
            return name.replace(".", "_") if others else short
    return name


def _write(rows: list[dict[str, Any]], path: str, force: bool) -> None:
    with (
        atomic_path(path, force) as temporary,
        Path(temporary).open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
