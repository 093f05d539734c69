"""What Slicer's "Add data", drag and drop, "Save" and "Export" do with .inr files.

A module offers a reader and a writer by classes called `<module>FileReader` and `<module>FileWriter`. Slicer's C++ side
takes no other answers than a real bool, float, str or list of str.
"""

from __future__ import annotations

import functools
import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import qt
import slicer
import vtk
from slicer.i18n import tr as _

from ..errors import InputError, INRError
from .files import Node
from .logic import PanelLogic, Request
from .results import progress_text

FILE_TYPE = "INRVolume"
_VOLUMES = ("vtkMRMLScalarVolumeNode", "vtkMRMLVectorVolumeNode", "vtkMRMLSequenceNode")
_LABELS = ("vtkMRMLLabelMapVolumeNode", "vtkMRMLSegmentationNode")
_CERTAIN, _BY_NAME = 0.9, 0.3  # of 1; Slicer's own default for a matching extension is 0.54


def _reporting(work: Callable[[Any, dict[str, Any]], None]) -> Callable[[Any, dict[str, Any]], bool]:
    """A plugin's method that says whether it succeeded; why not goes to the messages that Slicer shows."""

    @functools.wraps(work)
    def run(self: Any, properties: dict[str, Any]) -> bool:
        try:
            work(self, properties)
        except (INRError, MemoryError) as error:
            text = str(error) or _("There is not enough memory for this volume.")
            self.parent.userMessages().AddMessage(vtk.vtkCommand.ErrorEvent, text)
            return False
        return True

    return run


def _show(text: str) -> None:
    """A line in the status bar; the window is drawn anew meanwhile, but takes no clicks."""
    slicer.util.showStatusMessage(text, 2000)
    slicer.app.processEvents(qt.QEventLoop.ExcludeUserInputEvents)


class InrFileReader:
    """Opens .inr files as volumes, label maps, segmentations, vector volumes or sequences, with or without torch.

    Scripts may give the property "spacing" (mm) for a quick coarse look at a large volume."""

    def __init__(self, parent: Any) -> None:
        self.parent = parent

    def description(self) -> str:
        return _("Neural compressed volume")

    def fileType(self) -> str:
        return FILE_TYPE

    def extensions(self) -> list[str]:
        return [_("Neural compressed volume") + " (*.inr)"]

    def canLoadFileConfidence(self, path: str) -> float:
        """A file that is ours by its name only is opened too, because our message tells best what is wrong with it."""
        from ..scene.inr_files import looks_like_inr

        if Path(path).suffix.lower() != ".inr":
            return 0.0
        return _CERTAIN if looks_like_inr(path) else _BY_NAME

    @_reporting
    def load(self, properties: dict[str, Any]) -> None:
        from ..scene.inr_files import inr_file_to_node

        path = properties["fileName"]
        opening = _("Opening {file}").format(file=Path(path).name)

        def show(progress: Any) -> None:
            _show(f"{opening}: {progress.iteration / max(progress.iterations, 1):.0%}")

        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", UserWarning)
            node = inr_file_to_node(slicer.mrmlScene, path, properties.get("name"), show, properties.get("spacing"))
        for warning in told:
            self.parent.userMessages().AddMessage(vtk.vtkCommand.WarningEvent, str(warning.message))
        self.parent.loadedNodes = [node.GetID()]


class InrFileWriter:
    """Writes scalar, colour and vector volumes and sequences of volumes as .inr files, where they are seen: parent
    transforms are applied; label maps and segmentations without loss.

    Scripted writers have no options widget in Slicer (qSlicerScriptedFileWriter does not override `options()`), so the
    properties "targetRatio" (raw bytes / file bytes), "targetBytes", "maximumError" (units of the volume) and "preset"
    may be given by scripts, and what is not given is taken from the module's panel. A module's class says which logic
    runs the job.
    """

    logicClass: type[PanelLogic]

    def __init__(self, parent: Any) -> None:
        self.parent = parent
        self._asked = vtk.vtkWeakReference()

    def description(self) -> str:
        return _("Neural compressed volume")

    def fileType(self) -> str:
        return FILE_TYPE

    def extensions(self, node: Node) -> list[str]:
        # Export writes copies of nodes from a scene that Python cannot reach, under IDs that other nodes have in the
        # scene of the application. Slicer asks for the extensions of the very node right before it calls `write`.
        self._asked.Set(node)
        return [_("Neural compressed volume") + " (.inr)"]

    def canWriteObjectConfidence(self, node: Node) -> float:
        """Low: whoever saves a volume gets a lossless NRRD unless .inr is chosen."""
        return 0.2 if node.GetClassName() in (*_VOLUMES, *_LABELS) else 0.0

    @_reporting
    def write(self, properties: dict[str, Any]) -> None:
        node = self._node(properties["nodeID"])
        if node.GetClassName() in _LABELS:
            self._write_labels(node, properties["fileName"])
            self.parent.writtenNodes = [properties["nodeID"]]
            return
        if importlib.util.find_spec("torch") is None:
            raise InputError(
                _(
                    "Writing .inr files needs PyTorch, which is not installed. "
                    "Open the module Neural Compression: it offers to install it."
                )
            )
        logic = self.logicClass()
        request = self._request(logic.getParameterNode(), node, properties)
        logic.run(request, lambda event: _show(progress_text(event)))
        self.parent.writtenNodes = [properties["nodeID"]]

    @staticmethod
    def _write_labels(node: Node, path: str) -> None:
        """Without loss, and without torch."""
        from ..scene.inr_files import node_to_label_file

        _show(_("Writing {file}").format(file=Path(path).name))
        node_to_label_file(node, path)

    @staticmethod
    def _request(panel: Any, node: Node, properties: dict[str, Any]) -> Request:
        """The job that the properties ask for, the choices in the panel where they say nothing."""
        asked = {name: value for name, value in panel.targets().items() if not name.startswith("region_")}
        names = {"targetRatio": "target_ratio", "maximumError": "target_max_error", "targetBytes": "target_bytes"}
        asked |= {names[name]: properties[name] for name in names if name in properties}
        settings = {name: value for name, value in asked.items() if value is not None}
        options = panel.runOptions()
        options = replace(options, preset=properties.get("preset", options.preset))
        return Request({"volume": node}, {}, settings, {"file": properties["fileName"]}, options)

    def _node(self, node_id: str) -> Node:
        asked = self._asked.Get()
        node = asked if asked is not None and asked.GetID() == node_id else slicer.mrmlScene.GetNodeByID(node_id)
        if node is None:
            raise InputError(_("The volume to save is no longer in the scene."))
        return node
