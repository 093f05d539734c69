"""From a job back to the words of the command line; the way there is in to_job.py. Needs no torch."""

from __future__ import annotations

import json
from typing import Any

_POSITIONAL = {
    "compress": ("inputs.volume", "outputs.file"),
    "compress-folder": ("inputs.folder", "outputs.folder"),
    "estimate": ("inputs.volume",),
    "train-upsampler": ("inputs.volumes",),
    "decompress": ("inputs.file", "outputs.volume"),
    "super-resolve": ("inputs.volumes",),
    "register": ("inputs.fixed", "inputs.moving"),
    "map-points": ("inputs.field", "inputs.points", "outputs.points"),
    "segment": ("inputs.labels",),
}
_OPTION_OF_OUTPUT = {"compress-folder": {"table": "--table"}, "super-resolve": {"volume": "--output"}}


def arguments_of_job(job: dict[str, Any]) -> list[str]:
    """The arguments after `python -m INRCore` that do the same as `job` (plain data, see `jobs.Job`)."""
    task = job["task"]
    given = {f"inputs.{role}": value for role, value in job["inputs"].items()}
    given |= {f"outputs.{role}": value for role, value in job["outputs"].items()}
    words = [task]
    for name in _POSITIONAL[task]:
        value = given.pop(name)
        words += value if isinstance(value, list) else [value]
    for name, path in given.items():
        words += [_option(task, name), *(path if isinstance(path, list) else [path])]
    for name, value in _flat(job.get("settings", {})):
        words += ["--set", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    for option, entry in (("--preset", "preset"), ("--device", "device"), ("--seed", "seed")):
        if entry in job:
            words += [option, str(job[entry])]
    if job.get("max_memory_gb") is not None:
        words += ["--max-memory", str(job["max_memory_gb"])]
    return [*words, "--force"] if job.get("force") else words


def _option(task: str, name: str) -> str:
    kind, role = name.split(".")
    words = role.replace("_", "-")
    return f"--{words}" if kind == "inputs" else _OPTION_OF_OUTPUT.get(task, {}).get(role, f"--output-{words}")


def _flat(settings: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested settings as ('fit.iterations', 500)."""
    found: list[tuple[str, Any]] = []
    for name, value in settings.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return found
