"""What all tasks of a job share: settings, reading, writing, and what a report needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..comparison import difference
from ..fitting import Progress
from ..io import check_volume_path, read_landmarks, read_volume, write_volume
from ..results import TaskResult
from ..settings import from_dict, load_preset
from ..volume import Volume
from .job import Job

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """What a report needs from a task; `details` are further entries of the report (tables)."""

    settings: Any
    metrics: dict[str, float]
    device: str
    stop_reason: str = "iterations"
    notes: tuple[str, ...] = ()
    loss_history: tuple[tuple[int, float], ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, result: TaskResult, **details: Any) -> Outcome:
        return cls(
            result.settings,
            result.metrics,
            result.device,
            result.stop_reason,
            result.notes,
            result.loss_history,
            details,
        )


def settings_of(job: Job, cls: type[T], preset_file: str) -> T:
    """The preset, the job's own settings over it, and the job's seed, device and memory limit over both."""
    chosen = from_dict(cls, job.settings, load_preset(cls, preset_file, job.preset))
    common = {"seed": job.seed, "device": job.device, "max_memory_gb": job.max_memory_gb}
    return from_dict(cls, {"fit": common}, chosen)


def read(job: Job, role: str) -> Volume:
    return read_volume(job.inputs[role], frame=job.frame, component=job.component)


def read_if_given(job: Job, role: str) -> Volume | None:
    return read_volume(job.inputs[role]) if job.inputs.get(role) else None


def landmarks_if_given(job: Job, role: str) -> Any:
    return read_landmarks(job.inputs[role]) if job.inputs.get(role) else None


def writing(what: str) -> Progress:
    return Progress(f"write {what}", 0, 1)


def check_volumes(job: Job, *roles: str) -> None:
    """For before the long work: raises `OutputError` where an output volume's name has no format that is written."""
    for role in roles:
        if role in job.outputs:
            check_volume_path(job.outputs[role])


def write_volumes(job: Job, **volumes: Volume) -> None:
    """Writes those volumes, by role, that the job asks for."""
    for role, volume in volumes.items():
        if role in job.outputs:
            write_volume(volume, job.outputs[role], force=job.force)


def write_difference(job: Job, result: Volume, against: Volume) -> None:
    if "difference" in job.outputs:
        write_volumes(job, difference=difference(result, against))
