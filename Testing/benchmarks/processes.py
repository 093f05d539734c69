"""Methods in processes of their own, so that their times and memory are theirs and peers keep their own packages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_REPOSITORY = Path(__file__).resolve().parents[2]
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)  # fmt: skip


def run_module(
    python: str | Path, module: str, arguments: list[str], report: Path, threads: int, timeout_s: float
) -> dict[str, Any]:
    """Runs `python -m module arguments` and gives the JSON that it left in the file `report`, or {'status': why there
    is none}."""
    environment = {**os.environ, **dict.fromkeys(_THREAD_VARIABLES, str(threads))}
    try:
        done = subprocess.run(
            [str(python), "-m", module, *arguments],
            cwd=_REPOSITORY,
            env=environment,
            timeout=timeout_s,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"status": f"stopped after {timeout_s:g} s"}
    if done.returncode != 0 or not report.exists():
        lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        print(done.stderr[-4000:], file=sys.stderr)
        return {"status": f"failed ({done.returncode}): {lines[-1][:200]}"}
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found
