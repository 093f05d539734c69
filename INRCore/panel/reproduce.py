"""A run as text that repeats it: lines for the Python console, a command for a terminal."""

from __future__ import annotations

import dataclasses
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import slicer

from ..command_line.from_job import arguments_of_job
from ..errors import InputError
from .files import Node
from .logic import PanelLogic, Request
from .worker import worker_program

_FIELDS = ("inputs", "outputs", "settings", "files", "region", "start")


def python_text(logic: PanelLogic, request: Request) -> tuple[str, str]:
    """(lines for Slicer's Python console, ""). Raises `InputError` when an input is no longer in the scene."""
    _check_inputs(request)
    options = ", ".join(f"{name}={value!r}" for name, value in dataclasses.asdict(request.options).items())
    given = {name: getattr(request, name) for name in _FIELDS}
    arguments = [f"    {name}={_literal(value)},\n" for name, value in given.items() if value]
    name = type(logic).__name__
    lines = (
        f"from {name.removesuffix('Logic')} import {name}\n"
        "from INRCore.panel.logic import Request, RunOptions\n"
        "\n"
        "scene = slicer.mrmlScene\n"
        f"report, nodes = {name}().run(Request(\n{''.join(arguments)}    options=RunOptions({options}),\n))\n"
    )
    return lines, ""


def command_text(logic: PanelLogic, request: Request) -> tuple[str, str]:
    """(command for a terminal, folder with the inputs as they are now). Raises `INRError` when they cannot be written
    or an input is no longer in the scene."""
    _check_inputs(request)
    folder = Path(tempfile.mkdtemp(prefix=f"INR {logic.task} ", dir=slicer.app.temporaryPath))
    words = [*worker_program(), *arguments_of_job(logic.job_in(folder, request))]
    home = str(Path(__file__).resolve().parents[2])  # `-m` finds INRCore in the folder one stands in
    join = subprocess.list2cmdline if sys.platform == "win32" else shlex.join
    return f"cd {join([home])}\n{join(words)}\n", str(folder)


def _check_inputs(request: Request) -> None:
    nodes = [request.region] if request.region is not None else []
    for value in request.inputs.values():
        nodes += value if isinstance(value, (list, tuple)) else [value]
    for node in nodes:
        if node.GetScene() is None:
            raise InputError(f"'{node.GetName()}' is no longer in the scene, so the run cannot be repeated.")


def _literal(value: Any) -> str:
    """Python text of plain values and of nodes in dictionaries and lists."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_literal(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return _node_text(value) if hasattr(value, "GetID") else repr(value)


def _node_text(node: Node) -> str:
    """By name, which is easier to read, where it is the only node of that name."""
    scene = slicer.mrmlScene
    if node.GetScene() is None:
        return "None"  # an output that was deleted is made anew
    if scene.GetNodesByName(node.GetName()).GetNumberOfItems() == 1:
        return f"scene.GetFirstNodeByName({node.GetName()!r})"
    return f"scene.GetNodeByID({node.GetID()!r})"
