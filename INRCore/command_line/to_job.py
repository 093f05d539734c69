"""From the words of the command line to a `Job`."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import InputError
from ..jobs import Job
from ..jobs.job import TASK_ROLES, TASKS_THAT_ONLY_REPORT
from ..settings import lay_over

_SETTING_OF_OPTION = {
    "ratio": "target_ratio",
    "psnr": "target_psnr_db",
    "max_error": "target_max_error",
    "size": "target_bytes",
    "region_max_error": "region_max_error",
    "region_psnr": "region_psnr_db",
    "codec": "codec",
    "keep_tags": "keep_tags",
    "upsampler": "upsampler",
    "steps": "steps",
    "embed_upsampler": "embed_upsampler",
    "spacing": "spacing_mm",
    "initial": "initial",
    "model": "model",
    "similarity": "similarity",
    "forbid_folding": "forbid_folding",
    "landmarks_weight": "landmarks_weight",
    "back": "back",
    "thickness": "slice_thickness_mm",
    "profile": "profile",
    "motion": "motion",
    "bias": "bias",
    "sparse": "sparse",
    "empty_slices": "empty_slices",
    "image_weight": "image_weight",
    "smoothness": "smoothness_mm",
    "feature": "feature_mm",
    "one_component": "one_component",
    "allow_overlap": "allow_overlap",
    "method": "method",
}


def job_from_arguments(arguments: argparse.Namespace) -> Job:
    """The job that a parsed command line asks for. Raises `InputError` when it makes no sense."""
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    task = given["command"]
    settings = {_SETTING_OF_OPTION[name]: value for name, value in given.items() if name in _SETTING_OF_OPTION}
    for change in given.get("changes", []):
        lay_over(settings, change)
    return Job(
        task=task,
        inputs=_inputs(task, given),
        outputs=_outputs(task, given),
        settings=settings,
        preset=given.get("preset", "balanced"),
        device=given["device"],
        seed=given.get("seed", 0),
        max_memory_gb=given.get("max_memory"),
        force=given["force"],
        report=given.get("report"),
        frame=given.get("frame"),
        component=given.get("component"),
    )


def _inputs(task: str, given: dict[str, Any]) -> dict[str, Any]:
    aliases = {
        "compress": {"volume": "input"},
        "compress-folder": {"folder": "input"},
        "estimate": {"volume": "input"},
        "train-upsampler": {"volumes": "inputs"},
        "decompress": {"file": "input"},
        "super-resolve": {"volumes": "inputs"},
    }
    options = {role.rstrip("?"): role.rstrip("?") for role in TASK_ROLES[task]["inputs"]} | aliases.get(task, {})
    found = {role: given[option] for role, option in options.items() if option in given}
    if task == "segment" and len(found["labels"]) == 1:  # several only where each is a curve
        found["labels"] = found["labels"][0]
    return found


def _outputs(task: str, given: dict[str, Any]) -> dict[str, str]:
    roles = [role.rstrip("?") for role in TASK_ROLES[task]["outputs"]]
    outputs = {role: given[f"output_{role}"] for role in roles if f"output_{role}" in given}
    if task == "compress-folder" and "table" in given:
        outputs["table"] = given["table"]
    if "output" in given:  # the main output of a command with just one
        outputs[roles[0]] = given["output"]
    if not outputs and task not in TASKS_THAT_ONLY_REPORT:
        names = ", ".join(f"--output-{role.replace('_', '-')}" for role in roles)
        raise InputError(f"Nothing to write: name at least one of {names}.")
    return outputs
