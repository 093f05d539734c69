"""What a job of the task 'register' does with its files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..comparison import checkerboard
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..io import check_landmarks_path, read_landmarks, read_volume, write_landmark_errors, write_landmarks
from ..settings import require
from ..volume import Volume
from .job import Job
from .parts import (
    Outcome,
    check_volumes,
    landmarks_if_given,
    read,
    read_if_given,
    settings_of,
    write_difference,
    write_volumes,
    writing,
)

if TYPE_CHECKING:
    from ..registration import RegistrationResult

_NEEDED_INPUT = {
    "landmarks": ("fixed_landmarks", "fixed landmarks"),
    "landmark_errors": ("fixed_landmarks", "fixed landmarks"),
    "labels": ("carried_labels", "carried labels"),
    "model": ("carried_model", "surfaces to carry over"),
    "points": ("carried_points", "points to carry over"),
}
"""Output -> the input that it is made of, and what people call that."""
_VOLUMES = (
    "volume",
    "jacobian",
    "log_jacobian",
    "inverse_error",
    "uncertainty",
    "difference",
    "checkerboard",
    "labels",
)


def register(job: Job, control: Control) -> Steps[Outcome]:
    """Reads, registers, writes what is asked for."""
    from ..registration import Guides, RegistrationSettings, matrix_of_transform_file, register_steps

    settings = settings_of(job, RegistrationSettings, "registration")
    _check_outputs(job, settings.model)
    fixed, moving = read(job, "fixed"), read(job, "moving")
    landmarks = [landmarks_if_given(job, role) for role in ("fixed_landmarks", "moving_landmarks")]
    initial = job.inputs.get("initial_transform")
    carried = _read_carried(job)
    _check_carried(carried, fixed, moving)
    result = yield from register_steps(
        [fixed, *_read_all(job, "fixed_channels")],
        [moving, *_read_all(job, "moving_channels")],
        settings,
        control,
        fixed_mask=read_if_given(job, "fixed_mask"),
        moving_mask=read_if_given(job, "moving_mask"),
        fixed_landmarks=landmarks[0],
        moving_landmarks=landmarks[1],
        guides=Guides(
            fixed_labels=read_if_given(job, "fixed_labels"),
            moving_labels=read_if_given(job, "moving_labels"),
            fixed_curves=[read_landmarks(path) for path in job.inputs.get("fixed_curves", ())],
            moving_curves=[read_landmarks(path) for path in job.inputs.get("moving_curves", ())],
            rigid=read_if_given(job, "rigid"),
            sliding=read_if_given(job, "sliding"),
        ),
        initial_transform=matrix_of_transform_file(initial) if initial else None,
    )
    yield writing("results")
    write_volumes(job, volume=result.warped, jacobian=result.jacobian, inverse_error=result.inverse_error)
    if "log_jacobian" in job.outputs:
        write_volumes(job, log_jacobian=result.log_jacobian)
    if result.uncertainty is not None:
        write_volumes(job, uncertainty=result.uncertainty)
    write_difference(job, result.warped, fixed)
    if "checkerboard" in job.outputs:
        write_volumes(job, checkerboard=checkerboard(result.warped, fixed))
    _write_maps(job, result)
    _write_landmarks(job, result, *landmarks)
    _write_carried(job, result, carried)
    return Outcome.of(result, direction=result.direction, **_errors_per_point(result))


def map_points(job: Job, control: Control) -> Steps[Outcome]:
    """Points through a registration's field, from the fixed to the moving side or, with the setting `back`, the other
    way."""
    from ..devices import choose_device
    from ..registration import load_registration_field

    unknown = sorted(set(job.settings) - {"back"})
    require(not unknown, f"The task 'map-points' has no setting '{', '.join(unknown)}'; it has: back.")
    check_landmarks_path(job.outputs["points"])
    choice, field = choose_device(job.device), load_registration_field(job.inputs["field"])
    points = read_landmarks(job.inputs["points"])
    yield Progress("map points", 0, 1)
    for one in field.map.fields:
        one.to(choice.device)
    moved = field.transform_points_back(points) if job.settings.get("back") else field.transform_points(points)
    write_landmarks(moved, job.outputs["points"], force=job.force)
    return Outcome(None, {}, choice.reason)


def _check_outputs(job: Job, model: str) -> None:
    """What cannot be made or written is said before the fit."""
    from ..io.surfaces import check_surface_path
    from ..io.transforms import check_transform_path

    for output, (role, words) in _NEEDED_INPUT.items():
        require(
            output not in job.outputs or bool(job.inputs.get(role)),
            f"There are no {words}, of which the output '{output}' is made; give the input '{role}', or leave that "
            "output out.",
        )
    require(
        "uncertainty" not in job.outputs or model == "cycle",
        f"The model '{model}' tells no uncertainty; choose model = 'cycle', or leave that output out.",
    )
    check_volumes(job, *_VOLUMES)
    checks: dict[str, Callable[[str], Any]] = dict.fromkeys(("transform", "inverse_transform"), check_transform_path)
    checks |= dict.fromkeys(("landmarks", "points"), check_landmarks_path)
    checks["model"] = check_surface_path
    for role, path in job.outputs.items():
        if role in checks:
            checks[role](path)


def _read_all(job: Job, role: str) -> list[Volume]:
    return [read_volume(path, frame=job.frame, component=job.component) for path in job.inputs.get(role, ())]


def _read_carried(job: Job) -> dict[str, Any]:
    """What is to be carried over from the moving image, by the role of its output, read before the long work."""
    from ..io.surfaces import read_surface

    readers: dict[str, Callable[[str], Any]] = {"labels": read_volume, "model": read_surface, "points": read_landmarks}
    return {role: reader(job.inputs[f"carried_{role}"]) for role, reader in readers.items() if role in job.outputs}


def _check_carried(carried: dict[str, Any], fixed: Volume, moving: Volume) -> None:
    """Raises `InputError` when what is to be carried over belongs to the fixed volume."""
    from ..registration.checks import require_on_moving_side, some_selected
    from ..registration.surfaces import points_of

    places: dict[str, Callable[[Any], np.ndarray]] = {
        "labels": some_selected, "model": points_of, "points": lambda points: points,
    }  # fmt: skip
    for role, given in carried.items():
        require_on_moving_side(role, places[role](given), fixed.grid, moving.grid)


def _write_maps(job: Job, result: RegistrationResult) -> None:
    from ..io.transforms import write_displacement_transform

    forward = result.sampled
    for role, sampled in (("transform", forward), ("inverse_transform", result.inverse)):
        if role in job.outputs:
            write_displacement_transform(
                job.outputs[role], sampled.displacement, sampled.grid, sampled.affine, force=job.force
            )
    if "field" in job.outputs:
        result.point_map.save(job.outputs["field"], force=job.force)


def _write_landmarks(job: Job, result: RegistrationResult, fixed: np.ndarray | None, moving: np.ndarray | None) -> None:
    if fixed is not None and "landmarks" in job.outputs:
        write_landmarks(result.transform_points(fixed), job.outputs["landmarks"], force=job.force)
    before, after = result.tre_before_per_point, result.tre_per_point
    if "landmark_errors" in job.outputs and before is not None and after is not None:
        write_landmark_errors(before, after, job.outputs["landmark_errors"], force=job.force)


def _write_carried(job: Job, result: RegistrationResult, carried: dict[str, Any]) -> None:
    """Labels are looked up, as images are; points and surfaces go the other way, by the inverse of the map."""
    from ..io.surfaces import write_surface
    from ..registration.surfaces import carried_surface

    if "labels" in carried:
        labels: Volume = carried["labels"]
        write_volumes(job, labels=result.warp(labels, result.settings.label_interpolation))
    if "model" in carried:
        surface = carried_surface(carried["model"], result.transform_points_back)
        write_surface(surface, job.outputs["model"], force=job.force)
    if "points" in carried:
        write_landmarks(result.transform_points_back(carried["points"]), job.outputs["points"], force=job.force)


def _errors_per_point(result: RegistrationResult) -> dict[str, list[float]]:
    """Distances of the landmark pairs before and after the registration, for the report."""
    before, after = result.tre_before_per_point, result.tre_per_point
    if before is None or after is None:
        return {}
    return {"tre_before_per_point_mm": before.tolist(), "tre_per_point_mm": after.tolist()}
