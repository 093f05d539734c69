"""What each task of a job does with its files: read, run the task's steps, write. One function per task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from ..comparison import difference
from ..errors import InputError
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..io import read_landmarks, read_volume, write_landmarks, write_volume
from ..metrics.deformation import target_registration_error
from ..results import TaskResult
from ..settings import from_dict, load_preset, require
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


def _settings(job: Job, cls: type[T], preset_file: str) -> T:
    """The preset, the job's own settings over it, and the job's seed, device and memory limit over both."""
    chosen = from_dict(cls, job.settings, load_preset(cls, preset_file, job.preset))
    common = {"seed": job.seed, "device": job.device, "max_memory_gb": job.max_memory_gb}
    return from_dict(cls, {"fit": common}, chosen)


def _read(job: Job, role: str) -> Volume:
    return read_volume(job.inputs[role], frame=job.frame, component=job.component)


def _read_if_given(job: Job, role: str) -> Volume | None:
    return read_volume(job.inputs[role]) if job.inputs.get(role) else None


def _landmarks_if_given(job: Job, role: str) -> Any:
    return read_landmarks(job.inputs[role]) if job.inputs.get(role) else None


def _writing(what: str) -> Progress:
    return Progress(f"write {what}", 0, 1)


def _write_volumes(job: Job, **volumes: Volume) -> None:
    """Writes those volumes, by role, that the job asks for."""
    for role, volume in volumes.items():
        if role in job.outputs:
            write_volume(volume, job.outputs[role], force=job.force)


def _write_difference(job: Job, result: Volume, against: Volume) -> None:
    if "difference" in job.outputs:
        _write_volumes(job, difference=difference(result, against))


def _compress(job: Job, control: Control) -> Steps[Outcome]:
    from ..compression import CompressionSettings, compress_steps

    settings, volume = _settings(job, CompressionSettings, "compression"), _read(job, "volume")
    result = yield from compress_steps(volume, settings, control)
    yield _writing("file")
    result.save(job.outputs["file"], force=job.force)
    _write_volumes(job, volume=result.volume)
    _write_difference(job, result.volume, volume)
    return Outcome.of(result)


def _decompress(job: Job, control: Control) -> Steps[Outcome]:
    from ..compression import decompress
    from ..devices import choose_device

    unknown = set(job.settings) - {"spacing_mm"}
    if unknown:
        raise InputError(f"The task 'decompress' has no setting '{sorted(unknown)[0]}'; it has: spacing_mm.")
    like = _read_if_given(job, "like")
    yield Progress("decompress", 0, 1)
    volume = decompress(
        job.inputs["file"],
        grid=like.grid if like else None,
        spacing=job.settings.get("spacing_mm"),
        device=job.device,
        max_memory_gb=job.max_memory_gb,
    )
    yield _writing("volume")
    write_volume(volume, job.outputs["volume"], force=job.force)
    return Outcome(None, {}, choose_device(job.device).reason)


def _super_resolve(job: Job, control: Control) -> Steps[Outcome]:
    from ..reconstruction import SuperResolutionSettings, super_resolve_steps

    settings = _settings(job, SuperResolutionSettings, "reconstruction")
    volumes = [read_volume(path, frame=job.frame, component=job.component) for path in job.inputs["volumes"]]
    result = yield from super_resolve_steps(volumes, settings, control)
    yield _writing("volume")
    _write_volumes(job, volume=result.volume, baseline=result.baseline)
    _write_difference(job, result.volume, result.baseline)
    return Outcome.of(result)


def _register(job: Job, control: Control) -> Steps[Outcome]:
    from ..io.transforms import write_displacement_transform
    from ..registration import RegistrationSettings, register_steps

    settings = _settings(job, RegistrationSettings, "registration")
    fixed, moving = _read(job, "fixed"), _read(job, "moving")
    landmarks = [_landmarks_if_given(job, role) for role in ("fixed_landmarks", "moving_landmarks")]
    require(
        "landmarks" not in job.outputs or landmarks[0] is not None,
        "There are no fixed landmarks to carry over; give fixed and moving landmarks, or leave that output out.",
    )
    result = yield from register_steps(
        fixed,
        moving,
        settings,
        control,
        fixed_mask=_read_if_given(job, "fixed_mask"),
        moving_mask=_read_if_given(job, "moving_mask"),
        fixed_landmarks=landmarks[0],
        moving_landmarks=landmarks[1],
    )
    yield _writing("results")
    _write_volumes(job, volume=result.warped, jacobian=result.jacobian)
    _write_difference(job, result.warped, fixed)
    if "landmarks" in job.outputs:
        write_landmarks(result.transform_points(landmarks[0]), job.outputs["landmarks"], force=job.force)
    if "transform" in job.outputs:
        write_displacement_transform(
            job.outputs["transform"], result.displacement, result.displacement_grid, result.affine, force=job.force
        )
    return Outcome.of(result, **_errors_per_point(result.tre_per_point, *landmarks))


def _errors_per_point(after: np.ndarray | None, fixed: np.ndarray, moving: np.ndarray) -> dict[str, list[float]]:
    """Distances of the landmark pairs before and after the registration, for the report."""
    if after is None:
        return {}
    before = target_registration_error(fixed, moving)
    return {"tre_before_per_point_mm": before.tolist(), "tre_per_point_mm": after.tolist()}


def _segment(job: Job, control: Control) -> Steps[Outcome]:
    from ..io.surfaces import write_surface
    from ..segmentation import SegmentationSettings, segment_steps

    settings = _settings(job, SegmentationSettings, "segmentation")
    labels = _read(job, "labels")
    result = yield from segment_steps(labels, settings, control)
    yield _writing("results")
    _write_volumes(job, labels=result.labels)
    if "model" in job.outputs:
        write_surface(result.combined_surface(), job.outputs["model"], force=job.force)
    if "distance" in job.outputs:
        _write_volumes(job, distance=result.distance())
    return Outcome.of(result, labels=result.table)


TASKS: dict[str, Callable[[Job, Control], Steps[Outcome]]] = {
    "compress": _compress,
    "decompress": _decompress,
    "super-resolve": _super_resolve,
    "register": _register,
    "segment": _segment,
}
