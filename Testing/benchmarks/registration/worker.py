"""`python -m Testing.benchmarks.registration.worker METHOD FOLDER`: one method on one job, in a process of its own, so
that its memory is its own. Reads FOLDER/job.npz, writes FOLDER/map.npy and FOLDER/run.json."""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from .exchange import Job, MissingError


def main(module: str, folder: Path) -> None:
    """A method is a module of `methods` with `prepare(job)`, which imports what it needs and returns the registration:
    a function of nothing that gives (k, j, i, 3) RAS mm, the moving points of the fixed voxel centres, and a note.
    Only that function is timed."""
    job = Job.load(folder / "job.npz")
    try:
        registration = importlib.import_module(f".methods.{module}", __package__).prepare(job)
    except MissingError as error:
        report: dict[str, Any] = {"status": str(error)}
    else:
        wall, processor = time.perf_counter(), time.process_time()
        mapped, note = registration()
        report = {
            "status": "ok",
            "seconds": time.perf_counter() - wall,
            "processor_seconds": time.process_time() - processor,
            "peak_GB": _peak_bytes() / 1e9,
            "gpu_peak_GB": _gpu_peak_bytes() / 1e9,
            "note": note,
        }
        np.save(folder / "map.npy", mapped.astype(np.float32))
    (folder / "run.json").write_text(json.dumps(report), encoding="utf-8")


def _peak_bytes() -> int:
    """Most memory this process held. Linux's own count is preferred: `ru_maxrss` starts from the parent's."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _gpu_peak_bytes() -> int:
    torch = sys.modules.get("torch")
    return torch.cuda.max_memory_allocated() if torch is not None and torch.cuda.is_available() else 0


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
