"""`python -m Testing.benchmarks.compression.worker encode|decode CODEC FOLDER`: one direction of one codec in a process
of its own, so that its time and memory are its own.

encode reads FOLDER/job.json and voxels.npy, writes stream.bin; decode reads stream.bin alone, writes decoded.npy; both
write FOLDER/<direction>.json."""

from __future__ import annotations

import importlib
import json
import re
import resource
import sys
import time
from pathlib import Path

import numpy as np

from .exchange import MISSING_STATUS, MissingError


def main(direction: str, module: str, folder: Path) -> None:
    """A codec is a module of `codecs` with encode(voxels, quality, options) -> bytes and decode(bytes) -> voxels; what
    they import on their first call is in the time. Reading and writing arrays is not."""
    codec = importlib.import_module(f".codecs.{module}", __package__)
    if direction == "encode":
        job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
        voxels = np.load(folder / "voxels.npy")
    else:
        data = (folder / "stream.bin").read_bytes()
    started, processor = time.perf_counter(), _processor_seconds()
    try:
        if direction == "encode":
            data = codec.encode(voxels, job["quality"], job["options"])
        else:
            voxels = codec.decode(data)
    except (MissingError, ImportError) as error:
        print(error, file=sys.stderr)
        sys.exit(MISSING_STATUS)
    report = {
        "seconds": time.perf_counter() - started,
        "processor_seconds": _processor_seconds() - processor,
        "peak_GB": _peak_bytes() / 1e9,
    }
    if direction == "encode":
        (folder / "stream.bin").write_bytes(data)
    else:
        np.save(folder / "decoded.npy", voxels)
    (folder / f"{direction}.json").write_text(json.dumps(report), encoding="utf-8")


def _processor_seconds() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _peak_bytes() -> float:
    """Of this process or of the largest program that it started, whichever is more. The system counts what the parent
    had when this process began as this process's own, so that its own figure is read elsewhere."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024.0
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return max(children, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0)
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return max(children, float(found[1]) * 1024 if found else 0.0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
