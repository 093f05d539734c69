"""Runs a method in a process of its own and reads what it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .exchange import Job

_REPOSITORY = Path(__file__).resolve().parents[3]
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)  # fmt: skip


@dataclass(frozen=True)
class Method:
    """module: of `methods`, '' while nobody has written it; options: what it is called with; peer: whether it runs in
    the peers' environment."""

    name: str
    module: str
    options: dict[str, Any]
    peer: bool = False


METHODS = {
    method.name: method
    for method in (
        Method("ours-fast", "ours", {"preset": "fast"}),
        Method("ours-balanced", "ours", {"preset": "balanced"}),
        Method("ours-best", "ours", {"preset": "best"}),
        Method("ours-velocity", "ours", {"preset": "balanced", "model": "velocity"}),
        Method("ours-cycle", "ours", {"preset": "balanced", "model": "cycle"}),
        Method("idir", "idir", {}),
        Method("elastix", "elastix", {}, peer=True),
        Method("elastix-fine", "elastix", {"grid_mm": 6.0, "iterations": 500, "samples": 5000}, peer=True),
        Method("ants-syn", "ants_syn", {}, peer=True),
        Method("fireants", "", {}, peer=True),
        Method("convexadam", "", {}, peer=True),
    )
}


def find_method(text: str) -> Method:
    """'NAME' or 'NAME:option=value,option=value' (values as JSON, else as text), such as
    'ours-balanced:model=velocity,fit.iterations=500'. Raises `ValueError` for an unknown name."""
    name, _, changes = text.partition(":")
    if name not in METHODS:
        raise ValueError(f"There is no method '{name}'; there are: {', '.join(METHODS)}.")
    pairs = (change.split("=", 1) for change in changes.split(",") if change)
    options = {key: _value(value) for key, value in pairs}
    return replace(METHODS[name], name=text, options={**METHODS[name].options, **options})


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def run(method: Method, job: Job, peers_python: Path | None, timeout_s: float) -> tuple[dict[str, Any], Any]:
    """The method's report (status, seconds, memory, note) and its map (k, j, i, 3) RAS mm, None when it gave none."""
    if not method.module:
        return {"status": "not run: wants a GPU, and its module of `methods` is not written yet"}, None
    if method.peer and peers_python is None:
        return {"status": "not run: no environment of the peers (see --peers)"}, None
    python = str(peers_python) if method.peer else sys.executable
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        job.save(folder / "job.npz")
        command = [python, "-m", f"{__package__}.worker", method.module, name]
        environment = {**os.environ, **dict.fromkeys(_THREAD_VARIABLES, str(job.threads))}
        try:
            done = subprocess.run(
                command,
                cwd=_REPOSITORY,
                env=environment,
                timeout=timeout_s,
                capture_output=True,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"status": f"stopped after {timeout_s:g} s"}, None
        if done.returncode != 0 or not (folder / "run.json").exists():
            lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
            print(done.stderr[-4000:], file=sys.stderr)
            return {"status": f"failed ({done.returncode}): {lines[-1][:200]}"}, None
        report = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        path = folder / "map.npy"
        return report, np.load(path).astype(float) if path.exists() else None
