"""Runs a method in a process of its own and reads what it leaves."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..options import parse_options
from ..processes import run_module
from .exchange import Job


@dataclass(frozen=True)
class Method:
    """module: of `methods`; options: what it is called with; peer: whether it runs in the peers' environment."""

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
        Method("ants-syn-masked", "ants_syn", {"mask": True}, peer=True),
        Method("convexadam", "convexadam", {}, peer=True),
    )
}


def find_method(text: str) -> Method:
    """'NAME' or 'NAME:option=value,option=value', such as 'ours-balanced:model=velocity,fit.iterations=500'. Raises
    `ValueError` for an unknown name."""
    name, options = parse_options(text)
    if name not in METHODS:
        raise ValueError(f"There is no method '{name}'; there are: {', '.join(METHODS)}.")
    return replace(METHODS[name], name=text, options={**METHODS[name].options, **options})


def run(method: Method, job: Job, peers_python: Path | None, timeout_s: float) -> tuple[dict[str, Any], Any]:
    """The method's report (status, seconds, memory, note) and its map (k, j, i, 3) RAS mm, None when it gave none."""
    if method.peer and peers_python is None:
        return {"status": "not run: no environment of the peers (see --peers)"}, None
    python = peers_python if method.peer and peers_python else sys.executable
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        job.save(folder / "job.npz")
        arguments, path = [method.module, name], folder / "map.npy"
        report = run_module(python, f"{__package__}.worker", arguments, folder / "run.json", job.threads, timeout_s)
        return report, np.load(path).astype(float) if path.exists() else None
