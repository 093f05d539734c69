"""`Job`: what to do with which files, as plain data that travels as JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..devices import DEVICE_NAMES
from ..errors import InputError
from ..settings import PRESET_NAMES, require, require_choice, require_range

MOST_STACKS = 6
"""So many stacks of a reconstruction can be asked back, aligned, and so many bias fields."""
TASK_ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "compress": {"inputs": ("volume", "region?", "dicom?"), "outputs": ("file", "volume?", "difference?")},
    "compress-folder": {"inputs": ("folder", "region?", "dicom?"), "outputs": ("folder", "table?")},
    "estimate": {"inputs": ("volume", "region?"), "outputs": ("curve?",)},
    "train-upsampler": {"inputs": ("volumes",), "outputs": ("model",)},
    "decompress": {"inputs": ("file", "like?"), "outputs": ("volume",)},
    "super-resolve": {
        "inputs": ("volumes", "masks?", "guide?"),
        "outputs": (
            "volume",
            "baseline?",
            "difference?",
            "uncertainty?",
            "slices?",
            *(f"{role}_{number}?" for role in ("aligned", "bias") for number in range(1, MOST_STACKS + 1)),
        ),
    },
    "register": {
        "inputs": (
            "fixed",
            "moving",
            "fixed_mask?",
            "moving_mask?",
            "fixed_landmarks?",
            "moving_landmarks?",
            "initial_transform?",
            "fixed_channels?",
            "moving_channels?",
            "fixed_labels?",
            "moving_labels?",
            "fixed_curves?",
            "moving_curves?",
            "rigid?",
            "sliding?",
            "carried_labels?",
            "carried_model?",
            "carried_points?",
        ),
        "outputs": (
            "volume?",
            "transform?",
            "inverse_transform?",
            "field?",
            "jacobian?",
            "log_jacobian?",
            "inverse_error?",
            "uncertainty?",
            "difference?",
            "checkerboard?",
            "landmarks?",
            "landmark_errors?",
            "labels?",
            "model?",
            "points?",
        ),
    },
    "map-points": {"inputs": ("field", "points"), "outputs": ("points",)},
    "segment": {
        "inputs": ("labels", "image?", "like?", "start?"),
        "outputs": ("labels?", "model?", "distance?", "uncertainty?", "state?"),
    },
}
"""Task -> roles of its input and output files; '?' marks those that may be left out."""

TASKS_THAT_ONLY_REPORT = ("estimate",)


@dataclass(frozen=True)
class Job:
    """A task, its files and its settings.

    inputs: role -> path (a list of paths for `volumes`, `masks`, channels, curves and drawn `labels`); outputs: role ->
    path. settings: values laid over the preset, nested as in the settings dataclasses. frame, component: which part of
    a multi-frame or multi-component input. report: where to write the report as JSON. preview: a volume file for the
    result so far, replaced again and again while the fit runs. Raises `InputError` for unknown tasks, roles, presets
    and devices.
    """

    task: str
    inputs: dict[str, Any]
    outputs: dict[str, str]
    settings: dict[str, Any] = field(default_factory=dict)
    preset: str = "balanced"
    device: str = "auto"
    seed: int = 0
    max_memory_gb: float | None = None
    force: bool = False
    report: str | None = None
    frame: int | None = None
    component: int | None = None
    preview: str | None = None

    def __post_init__(self) -> None:
        require_choice("The task", self.task, TASK_ROLES)
        require_choice("The preset", self.preset, PRESET_NAMES)
        require_choice("The device", self.device, DEVICE_NAMES)
        require_range("The memory limit", self.max_memory_gb, 0.05, 1e5, "GB")
        for kind in ("inputs", "outputs"):
            self._check_roles(kind, getattr(self, kind))
        is_wanted = bool(self.outputs) or self.task in TASKS_THAT_ONLY_REPORT
        require(is_wanted, f"The task '{self.task}' has no output; name at least one file to write.")
        self._check_paths()

    def _check_roles(self, kind: str, given: dict[str, Any]) -> None:
        roles = TASK_ROLES[self.task][kind]
        known = [role.rstrip("?") for role in roles]
        for role in given:
            require(role in known, f"The task '{self.task}' has no {kind[:-1]} '{role}'; it has: {', '.join(known)}.")
        for role in roles:
            require(
                role.endswith("?") or bool(given.get(role)), f"The task '{self.task}' needs the {kind[:-1]} '{role}'."
            )

    def _check_paths(self) -> None:
        """No output may fall on an input or on another output: nothing that is there already gets lost."""
        given = [path for value in self.inputs.values() for path in (value if isinstance(value, list) else [value])]
        seen = {Path(path).resolve() for path in given}
        for path in self.output_paths():
            resolved = Path(path).resolve()
            require(
                resolved not in seen, f"'{path}' is both written and used elsewhere in this job; choose another name."
            )
            seen.add(resolved)

    def output_paths(self) -> list[str]:
        """All files the job writes, report and preview included."""
        files = [path for role, path in self.outputs.items() if role != "folder"]
        return [*files, *(path for path in (self.report, self.preview) if path)]

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_file(cls, path: str | Path) -> Job:
        """Reads a job from JSON. Raises `InputError` when the file is missing, no JSON or no job."""
        try:
            values = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"Cannot read the job '{path}': {error.strerror}.") from error
        except ValueError as error:
            raise InputError(f"The job '{path}' is no JSON ({error}).") from error
        require(isinstance(values, dict), f"The job '{path}' must be one JSON object.")
        names = {f.name for f in dataclasses.fields(cls)}
        unknown = sorted(set(values) - names)
        require(not unknown, f"The job '{path}' has unknown entries: {', '.join(unknown)}.")
        missing = sorted({"task", "inputs", "outputs"} - set(values))
        require(not missing, f"The job '{path}' lacks: {', '.join(missing)}.")
        return cls(**values)
