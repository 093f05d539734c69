"""Runs a job: checks everything first, then reads, fits, writes and reports."""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__
from ..fitting import Control, Progress, run_to_end
from ..fitting.progress import Steps
from ..io.atomic import atomic_path, check_writable
from ..memory import peak_memory_bytes
from ..settings import to_dict
from .job import Job
from .tasks import TASKS


def run_job(
    job: Job, on_progress: Callable[[Progress], None] | None = None, control: Control | None = None
) -> dict[str, Any]:
    """Runs the job to its end and returns its report (see README, "Report")."""
    return run_to_end(job_steps(job, control), on_progress)


def job_steps(job: Job, control: Control | None = None) -> Steps[dict[str, Any]]:
    """The job as steps: yields `Progress`, returns the report. Raises `InputError`, `OutputError` or `DeviceError`."""
    started = time.perf_counter()
    for path in job.output_paths():
        check_writable(path, job.force)
    result = yield from TASKS[job.task](job, control or Control())
    report = {
        "task": job.task,
        "inputs": job.inputs,
        "outputs": job.outputs,
        "settings": to_dict(result.settings) if result.settings is not None else {},
        "preset": job.preset,
        "seed": job.seed,
        "device": result.device,
        "versions": versions(),
        "seconds": round(time.perf_counter() - started, 3),
        "peak_memory_bytes": peak_memory_bytes(),
        "stop_reason": result.stop_reason,
        "notes": list(result.notes),
        "metrics": {name: float(value) for name, value in result.metrics.items() if math.isfinite(value)},
        "loss_history": [list(entry) for entry in result.loss_history],
        **result.details,
    }
    if job.report:
        with atomic_path(job.report, job.force) as temporary:
            Path(temporary).write_text(json.dumps(report, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return report


def versions() -> dict[str, str]:
    """Versions of what a result depends on."""
    found = {"INRCore": __version__, "python": platform.python_version()}
    for package in ("torch", "numpy", "SimpleITK", "vtk"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue  # a build of Slicer bundles some of them without metadata
    return found
