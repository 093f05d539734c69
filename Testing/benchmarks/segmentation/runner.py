"""Runs a method in a process of its own and reads what it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .exchange import Job

_REPOSITORY = Path(__file__).resolve().parents[3]
_THREADS = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)  # fmt: skip


@dataclass(frozen=True)
class Method:
    """module: of `methods`; options: what it is called with; peer: whether it runs in the peers' environment."""

    name: str
    module: str
    options: dict[str, Any] = field(default_factory=dict)
    peer: bool = False


METHODS = {
    method.name: method
    for method in (
        Method("ours-fast", "ours", {"preset": "fast"}),
        Method("ours", "ours", {"preset": "balanced"}),
        Method("ours-best", "ours", {"preset": "best"}),
        Method("ours-network", "ours", {"preset": "fast", "method": "network"}),
        Method("morphological", "morphological", peer=True),
        Method("shape-based", "shape_based"),
        Method("poisson", "poisson", peer=True),
        Method("rbf", "rbf"),
    )
}


@contextmanager
def run(method: Method, job: Job, peers: Path | None, timeout_s: float) -> Iterator[tuple[dict[str, Any], Any, Path]]:
    """The method's report (status, seconds, memory), its label map (None when it gave none), and the folder with its
    meshes, which is removed afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report = _report(method, job, folder, peers, timeout_s)
        path = folder / "labels.npy"
        yield report, np.load(path) if path.exists() else None, folder


def _report(method: Method, job: Job, folder: Path, peers: Path | None, timeout_s: float) -> dict[str, Any]:
    if method.peer and peers is None:
        return {"status": "not run: no environment of the peers (see --peers)"}
    python = str(peers) if method.peer else sys.executable
    job.save(folder / "job.npz")
    command = [python, "-m", f"{__package__}.worker", method.module, str(folder), json.dumps(method.options)]
    environment = {**os.environ, **dict.fromkeys(_THREADS, "1")}
    try:
        done = subprocess.run(
            command, cwd=_REPOSITORY, env=environment, timeout=timeout_s, capture_output=True, text=True, check=False
        )
    except subprocess.TimeoutExpired:
        return {"status": f"stopped after {timeout_s:g} s"}
    if done.returncode != 0:
        lines = (done.stderr.strip() or "no message").splitlines()
        print(done.stderr[-4000:], file=sys.stderr)
        return {"status": f"failed ({done.returncode}): {lines[-1][:200]}"}
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))
