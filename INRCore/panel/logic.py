"""What the logics of the four modules share: nodes to a job, the job's results to nodes. No Qt and no torch here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import slicer
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

from ..errors import InputError, INRError
from ..segmentation.names import with_names
from .estimate import needed_bytes
from .files import LabelTable, LabelTables, Node, ResultKind, ResultTarget, export_node, file_stem
from .memory import put_away
from .temporary import temporary_folder
from .undo import SceneChange
from .worker import run_and_wait, worker_command


@dataclass(frozen=True)
class RunOptions:
    """What all tasks share: quality preset, device, random seed, memory limit in GB (None: what is free), iterations of
    the fit (None: the preset's)."""

    preset: str = "balanced"
    device: str = "auto"
    seed: int = 0
    max_memory_gb: float | None = None
    iterations: int | None = None


@dataclass(frozen=True)
class Request:
    """What the user asks for. inputs: role -> node or list of nodes. outputs: role -> node to update, or None for a new
    one; roles that are left out are not computed. files: role -> path of a file to keep. region: ROI node to which the
    input volumes are cropped, or None. start: file of an earlier run to go on from, state: where to keep one for the
    next run (only tasks that can; "": none)."""

    inputs: dict[str, Any]
    outputs: dict[str, Node]
    settings: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    options: RunOptions = field(default_factory=RunOptions)
    region: Node = None
    start: str = ""
    state: str = ""


@dataclass(frozen=True)
class PendingResult:
    """A result to come: its file and the node it will go to, named by ID because the node may be deleted meanwhile."""

    kind: ResultKind
    path: Path
    node_id: str | None
    name: str
    reference_id: str


@dataclass(frozen=True)
class PreparedJob:
    """A job on disk: everything in `folder` (removed in the end), results to come by role, files to keep by path,
    labels met in the inputs by role; `names` are the names of the nodes behind the temporary files, and of settings in
    the panel; `state`: where a state for the next run is written, if any, and where to keep it."""

    folder: Path
    job_file: Path
    results: dict[str, PendingResult]
    files: dict[Path, str]
    labels: LabelTables
    names: dict[str, str]
    state: tuple[Path, str] | None = None

    def in_users_words(self, text: str) -> str:
        """A message of the worker with nodes in place of the temporary files, of which the user knows nothing, and
        segments by their names."""
        for path, name in self.names.items():
            text = text.replace(path, name)
        return with_names(text, self._label_names())

    def _label_names(self) -> dict[int, str]:
        """Names by label value, without values that stand for different things in different inputs."""
        found: dict[int, set[str]] = {}
        for table in self.labels.values():
            for value, name in table.names.items():
                found.setdefault(value, set()).add(name)
        return {value: names.pop() for value, names in found.items() if len(names) == 1}

    @property
    def command(self) -> list[str]:
        return worker_command(self.job_file)


class PanelLogic(ScriptedLoadableModuleLogic):
    """Runs one task on nodes. A module's logic names its `task`, its `results` and the class of its parameter node, and
    offers a `request(...)`."""

    task = ""
    parameters: ClassVar[Any] = None
    results: ClassVar[dict[str, ResultKind]] = {}
    grid_of: ClassVar[dict[str, str]] = {}
    """Input role -> input role whose grid a segmentation is written on."""
    named_like: ClassVar[dict[str, str]] = {}
    """Input role of a segmentation -> an earlier one, whose values segments of the same names get."""
    cropped: ClassVar[tuple[str, ...]] = ()
    """Input roles that a region of interest crops."""

    def getParameterNode(self) -> Any:
        """The module's choices in this scene, as attributes; saved with the scene."""
        return self.parameters(ScriptedLoadableModuleLogic.getParameterNode(self))

    def settings_in_words(self) -> dict[str, str]:
        """What messages call settings -> what the panel calls them."""
        return {}

    def needed_bytes(self, request: Request) -> int:
        """Memory that the job is likely to take at its peak."""
        nodes = [node for role in request.inputs for node in _nodes(request, role)]
        return needed_bytes(self.task, nodes, request.region, self.result_spacing(request))

    def result_spacing(self, request: Request) -> float | None:
        """Spacing of the result in mm; None: that of the input."""
        return request.settings.get("spacing_mm")

    def prepare(self, request: Request) -> PreparedJob:
        """Writes the input nodes and the job to a new temporary folder. Raises `INRError` with a line for the user and
        leaves nothing behind then."""
        from ..io import check_writable

        for path in request.files.values():
            check_writable(path, force=True)
        with temporary_folder() as folder:
            return self._prepare_in(folder, request)

    def _prepare_in(self, folder: Path, request: Request) -> PreparedJob:
        inputs, labels, names = self._export_inputs(folder, request)
        results = {role: self._pending(folder, role, node, request) for role, node in request.outputs.items()}
        kept = {role: folder / f"{role}{Path(path).suffix}" for role, path in request.files.items()}
        outputs = {role: str(result.path) for role, result in results.items()}
        outputs |= {role: str(path) for role, path in kept.items()}
        state = (folder / "state.npz", request.state) if request.state else None
        outputs |= {"state": str(state[0])} if state else {}
        job_file = folder / "job.json"
        job = self._job(inputs, outputs, request) | {"preview": str(folder / "preview.nii")}
        job_file.write_text(json.dumps(job, indent=2), encoding="utf-8")
        names |= {str(result.path): result.name for result in results.values()}
        names |= {str(path): request.files[role] for role, path in kept.items()}
        names |= self.settings_in_words()
        files = {path: request.files[role] for role, path in kept.items()}
        return PreparedJob(folder, job_file, results, files, labels, names, state)

    def _job(self, inputs: dict[str, Any], outputs: dict[str, str], request: Request) -> dict[str, Any]:
        """The job as plain data (see `INRCore.jobs.Job`)."""
        return {
            "task": self.task,
            "inputs": inputs,
            "outputs": outputs,
            "settings": _settings(request),
            "preset": request.options.preset,
            "device": request.options.device,
            "seed": request.options.seed,
            "max_memory_gb": request.options.max_memory_gb,
            "force": True,
        }

    def job_in(self, folder: Path, request: Request) -> dict[str, Any]:
        """The job of a request for a command line: its inputs are written into `folder`, its results will be too."""
        inputs, _labels, _names = self._export_inputs(folder, request)
        outputs = {role: str(folder / f"{role}{self.results[role].extension}") for role in request.outputs}
        outputs |= {role: str(folder / Path(path).name) for role, path in request.files.items()}
        return self._job(inputs, outputs, request)

    def _export_inputs(self, folder: Path, request: Request) -> tuple[dict[str, Any], LabelTables, dict[str, str]]:
        """Paths of the written inputs by role, the labels met in them by role, and node names by path."""
        labels, names = LabelTables(), dict[str, str]()

        def export(node: Node, role: str, number: int = 0) -> str:
            place = folder / f"{role}_{number}"
            place.mkdir()
            reference = request.inputs.get(self.grid_of.get(role, ""))
            region = request.region if role in self.cropped else None
            numbers = labels.get(self.named_like.get(role, ""), LabelTable()).names or None
            path, labels[role] = self.write_input(role, node, place / file_stem(node), reference, region, numbers)
            names[str(path)] = node.GetName()
            return str(path)

        inputs: dict[str, Any] = {}
        for role, node in request.inputs.items():
            paths = [export(one, role, number) for number, one in enumerate(_nodes(request, role))]
            if paths:
                inputs[role] = paths if isinstance(node, (list, tuple)) else paths[0]
        if request.start:
            inputs["start"] = str(_copied(Path(request.start), folder))
        return inputs, labels, names

    def write_input(
        self, role: str, node: Node, stem: Path, reference: Node, region: Node, numbers: dict[int, str] | None
    ) -> tuple[Path, LabelTable]:
        """Writes one input; a module that takes other kinds of nodes has its own way for them (see `export_node`)."""
        return export_node(node, stem, reference, region, numbers)

    def _pending(self, folder: Path, role: str, node: Node, request: Request) -> PendingResult:
        kind = self.results[role]
        first = {name: nodes[0] for name in request.inputs if (nodes := _nodes(request, name))}
        for name in request.inputs:  # of several the others too: volumes_2
            first |= {f"{name}_{n}": node for n, node in enumerate(_nodes(request, name), 1)}
        name = kind.name.format(**{role: n.GetName() for role, n in first.items()})
        node_id = node.GetID() if node is not None else None
        path = folder / f"result_{role}{kind.extension}"
        return PendingResult(kind, path, node_id, name, first[kind.reference].GetID())

    def change(self, prepared: PreparedJob) -> SceneChange:
        """What bringing in the results will change; enter it around `load`, which may then be undone."""
        scene = slicer.mrmlScene
        updated = [scene.GetNodeByID(result.node_id) for result in prepared.results.values() if result.node_id]
        return SceneChange(scene, [node for node in updated if node is not None])

    def load(self, prepared: PreparedJob) -> dict[str, Node]:
        """Brings the results into the scene and moves the files to keep to their places; returns the nodes by role.
        Nodes that were deleted meanwhile are made anew."""
        from ..io import atomic_path

        for path, target in prepared.files.items():
            with atomic_path(target, force=True) as temporary:
                shutil.copyfile(path, temporary)
        if prepared.state is not None:
            put_away(*prepared.state)
        return {role: self._load_one(result, prepared.labels) for role, result in prepared.results.items()}

    def _load_one(self, result: PendingResult, labels: LabelTables) -> Node:
        scene, kind = slicer.mrmlScene, result.kind
        target = ResultTarget(
            node=scene.GetNodeByID(result.node_id or ""),
            name=result.name,
            reference=scene.GetNodeByID(result.reference_id),
            display=kind.display,
            labels=labels.get(kind.labeled_as or kind.reference, LabelTable()),
        )
        return kind.load(scene, result.path, target)

    def discard(self, prepared: PreparedJob) -> None:
        """Removes the job's temporary files."""
        shutil.rmtree(prepared.folder, ignore_errors=True)

    def run(
        self, request: Request, on_event: Callable[[dict[str, Any]], None] | None = None
    ) -> tuple[dict[str, Any], dict[str, Node]]:
        """The whole way for scripts and tests, without a panel: waits for the worker and returns (report, nodes by
        role). Raises `INRError` with the worker's message."""
        prepared = self.prepare(request)
        try:
            outcome = run_and_wait(prepared.command, prepared.folder / "stderr.txt", on_event)
            if outcome.report is None:
                raise INRError(prepared.in_users_words(outcome.message))
            with self.change(prepared):
                return outcome.report, self.load(prepared)
        finally:
            self.discard(prepared)


def _copied(start: Path, folder: Path) -> Path:
    """The file of an earlier run, where it stays as long as the job does."""
    if not start.exists():
        raise InputError("What the earlier run has left is no longer there; start without it.")
    return Path(shutil.copyfile(start, folder / "start.npz"))


def _nodes(request: Request, role: str) -> list[Node]:
    """The input nodes of a role, which may be one, several or none."""
    given = request.inputs[role]
    if isinstance(given, (list, tuple)):
        return list(given)
    return [] if given is None else [given]


def _settings(request: Request) -> dict[str, Any]:
    """What was asked for, the chosen iterations beside other settings of the fit."""
    if request.options.iterations is None:
        return request.settings
    fit = {**request.settings.get("fit", {}), "iterations": request.options.iterations}
    return {**request.settings, "fit": fit}
