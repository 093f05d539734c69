"""A Slicer scene without Slicer's window (through trame-slicer), and scenes as files."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import InputError, OutputError
from ..io.atomic import atomic_path
from ..io.vtk_messages import first_message, quiet_vtk


def open_scene() -> Any:
    """trame-slicer's `SlicerApp` with an empty scene at `.scene`: Slicer's genuine scene, logics and views, no window.

    Raises `InputError` when the package is missing.
    """
    try:
        from trame_slicer.core import SlicerApp
    except ImportError as error:
        raise InputError(
            "A scene outside Slicer needs the package trame-slicer: pip install 'trame-slicer[standalone]'."
        ) from error
    return SlicerApp()


def save_scene(scene: Any, path: str | os.PathLike[str], force: bool = False) -> None:
    """Saves all nodes as one .mrb bundle, which Slicer opens with everything in it.

    Raises `OutputError` for another extension, a file that exists (unless `force`) or a node that cannot be written.
    """
    if Path(path).suffix.lower() != ".mrb":
        raise OutputError(f"'{path}': a scene is saved as an .mrb bundle; give a name that ends in .mrb.")
    with atomic_path(path, force) as temporary, TemporaryDirectory(prefix=".inr-", dir=temporary.parent) as folder:
        bundle = Path(folder) / Path(path).name  # the scene inside a bundle is called after the bundle
        with quiet_vtk() as window:
            is_written = scene.WriteToMRB(str(bundle))
        if not is_written:
            raise OutputError(f"'{path}': Slicer could not write the scene: {first_message(window)}")
        os.replace(bundle, temporary)
