"""What the task 'super-resolve' of a job does with its files."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..fitting import Control
from ..fitting.progress import Steps
from ..io import read_volume
from ..io.atomic import atomic_path
from ..settings import require
from ..volume import Volume
from .job import MOST_STACKS, Job
from .parts import Outcome, check_volumes, read_if_given, settings_of, write_difference, write_volumes, writing


def super_resolve(job: Job, control: Control) -> Steps[Outcome]:
    from ..reconstruction import SuperResolutionSettings, super_resolve_steps

    settings = settings_of(job, SuperResolutionSettings, "reconstruction")
    check_volumes(job, *(set(job.outputs) - {"slices"}))
    if "uncertainty" in job.outputs:
        settings = replace(settings, uncertainty=True)
    wants_aligned, wants_fields = (_asked_back(job, role) for role in ("aligned", "bias"))
    require(
        not wants_fields or settings.bias != "none",
        "A bias field is asked for, but none is looked for; set bias to 'stacks' or 'n4' (--bias).",
    )
    settings = replace(settings, aligned_stacks=settings.aligned_stacks or wants_aligned)
    volumes = [read_volume(path, frame=job.frame, component=job.component) for path in job.inputs["volumes"]]
    masks = [read_volume(path) for path in job.inputs.get("masks") or []]
    result = yield from super_resolve_steps(volumes, settings, control, masks=masks, guide=read_if_given(job, "guide"))
    yield writing("volume")
    write_volumes(job, volume=result.volume, baseline=result.baseline)
    if result.uncertainty is not None:
        write_volumes(job, uncertainty=result.uncertainty)
    for role, volumes_of_stacks in (("aligned", result.aligned), ("bias", result.bias_fields)):
        write_volumes(job, **{f"{role}_{number}": volume for number, volume in enumerate(volumes_of_stacks, 1)})
    write_difference(job, result.volume, result.baseline)
    table = slice_table(result, volumes)
    if "slices" in job.outputs:
        _write_table(table, job.outputs["slices"], job.force)
    return Outcome.of(result, **({"slices": table} if table else {}))


def _asked_back(job: Job, role: str) -> bool:
    """Whether the job asks for this result of any stack; raises `InputError` for a stack that is not there."""
    asked = [number for number in range(1, MOST_STACKS + 1) if f"{role}_{number}" in job.outputs]
    count = len(job.inputs["volumes"])
    require(
        max(asked, default=0) <= count,
        f"There is no stack {max(asked, default=0)} to give back '{role}' of; there are {count}.",
    )
    return bool(asked)


def slice_table(result: Any, volumes: list[Volume]) -> list[dict[str, Any]]:
    """A row for each slice: its stack, the stack's number and its own (from 0), the root mean square difference between
    it and the result pushed through the forward model (None where it lies outside), whether it was rejected, how far
    its centre was moved and by how much it was turned, and its pose, row by row the upper three rows of the 4x4 matrix
    from where the header puts its points to where they lie in the result, RAS mm."""
    from ..reconstruction.slices import slice_centers

    rows: list[dict[str, Any]] = []
    for number, (volume, misfits) in enumerate(zip(volumes, result.slice_rmse, strict=False)):
        poses = result.poses[number] if result.poses else None
        centers = slice_centers(volume.grid, result.settings.slice_axis)
        rejected = result.rejected[number] if result.rejected else ()
        for index, misfit in enumerate(misfits):
            row: dict[str, Any] = {
                "stack": volume.name,
                "number": number,
                "slice": index,
                "rmse": misfit if misfit == misfit else None,
                "rejected": index in rejected,
            }
            if poses is not None:
                moved = poses[index] @ [*centers[index], 1]
                turn = np.clip((np.trace(poses[index][:3, :3]) - 1) / 2, -1, 1)
                row["shift_mm"] = float(np.linalg.norm(moved[:3] - centers[index]))
                row["turn_degrees"] = float(np.degrees(np.arccos(turn)))
                row["pose"] = [float(value) for value in poses[index][:3].ravel()]
            rows.append(row)
    return rows


def _write_table(rows: list[dict[str, Any]], path: str, force: bool) -> None:
    """As CSV; the pose in twelve columns m00 to m23."""
    flat = []
    for row in rows:
        pose = row.get("pose") or []
        cells = {f"m{number // 4}{number % 4}": value for number, value in enumerate(pose)}
        flat.append({name: value for name, value in row.items() if name != "pose"} | cells)
    with (
        atomic_path(path, force) as temporary,
        Path(temporary).open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, list(flat[0]) if flat else ["stack", "number", "slice", "rmse", "rejected"])
        writer.writeheader()
        writer.writerows(flat)
