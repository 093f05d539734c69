"""Runs a method in a process of its own and reads what it leaves."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..processes import run_module
from .exchange import Job


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
    python = peers if method.peer and peers else sys.executable
    job.save(folder / "job.npz")
    arguments = [method.module, str(folder), json.dumps(method.options)]
    return run_module(python, f"{__package__}.worker", arguments, folder / "run.json", 1, timeout_s)
