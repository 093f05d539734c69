"""`python -m Testing.benchmarks.segmentation.worker METHOD FOLDER OPTIONS`: one method on one job, in a process of its
own. Reads FOLDER/job.npz; writes FOLDER/labels.npy, FOLDER/run.json and perhaps FOLDER/mesh_VALUE.npz."""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from .exchange import Job, MissingError


def main(module: str, folder: Path, options: dict[str, Any]) -> None:
    """A method is a module of `methods` with `prepare(job, folder, **options)`, which imports what it needs and returns
    a function of nothing that gives the full label map (k, j, i). Only that function is timed; if it has an attribute
    `after`, this is called then, untimed."""
    job = Job.load(folder / "job.npz")
    try:
        fill = importlib.import_module(f".methods.{module}", __package__).prepare(job, folder, **options)
    except (MissingError, ImportError) as error:
        report: dict[str, Any] = {"status": str(error)}
    else:
        wall, processor, before = time.perf_counter(), time.process_time(), _bytes("VmRSS")
        labels = fill()
        report = {
            "status": "ok",
            "seconds": time.perf_counter() - wall,
            "processor_seconds": time.process_time() - processor,
            "added_GB": (_bytes("VmHWM") - before) / 1e9,
        }
        np.save(folder / "labels.npy", np.asarray(labels, np.int32))
        getattr(fill, "after", lambda: None)()
    (folder / "run.json").write_text(json.dumps(report), encoding="utf-8")


def _bytes(name: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(name)), 0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))
