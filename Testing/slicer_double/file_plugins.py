"""`slicer.app.coreIOManager()`: files are read and written by the plugins of the loaded modules, as in Slicer.

Slicer's C++ side checks the type of each answer and then says no with a warning; here a wrong type raises `TypeError`.
"""

from __future__ import annotations

import re
from typing import Any

import slicer
import vtk


def _checked(answer: Any, kind: type, method: str) -> Any:
    """What PyBool_Check, PyFloat_Check ... let through: numpy's own types are refused."""
    if type(answer) is not kind or (kind is list and any(type(item) is not str for item in answer)):
        raise TypeError(f"'{method}' is expected to return a {kind.__name__}, not {answer!r}")
    return answer


def _patterns(name_filter: str) -> list[str]:
    """'Image (*.jpg .png)' to ['.jpg', '.png']."""
    inside = re.search(r"\((.*)\)", name_filter)
    assert inside is not None, f"'{name_filter}' names no extension"
    return [extension.removeprefix("*") for extension in inside[1].split()]


class PluginParent:
    """qSlicerScriptedFileReader or -Writer: only these attributes exist, and only lists of text fit."""

    __slots__ = ("_messages", "_nodes", "_python")

    def __init__(self, cls: type) -> None:
        self._messages, self._nodes = slicer.vtkMRMLMessageCollection(), []
        self._python = cls(self)

    def userMessages(self) -> Any:
        return self._messages

    def ask(self, method: str, kind: type, *arguments: Any) -> Any:
        return _checked(getattr(self._python, method)(*arguments), kind, method)

    def _take_nodes(self, nodes: list[str]) -> None:
        self._nodes = _checked(list(nodes), list, "the list of nodes")


class FileReader(PluginParent):
    __slots__ = ()
    loadedNodes = property(lambda self: tuple(self._nodes), PluginParent._take_nodes)

    def supportedNameFilters(self, path: str) -> tuple[str, ...]:
        filters = self.ask("extensions", list)
        return tuple(f for f in filters if any(path.lower().endswith(end) for end in _patterns(f)))


class FileWriter(PluginParent):
    __slots__ = ()
    writtenNodes = property(lambda self: tuple(self._nodes), PluginParent._take_nodes)


class CoreIOManager:
    def __init__(self) -> None:
        self.readers: list[FileReader] = []
        self.writers: list[FileWriter] = []

    def register(self, module: Any) -> None:
        """What loading a module does: its classes <name>FileReader and <name>FileWriter become plugins."""
        for plugins, kind, ending in (
            (self.readers, FileReader, "FileReader"),
            (self.writers, FileWriter, "FileWriter"),
        ):
            cls = getattr(module, module.__name__ + ending, None)
            if cls is not None:
                plugins.append(kind(cls))

    def fileType(self, path: str) -> str:
        """Of the most confident reader; drag and drop and "Add data" choose by it."""
        best = max(self.readers, key=lambda r: r.ask("canLoadFileConfidence", float, path), default=None)
        sure = best is not None and best.ask("canLoadFileConfidence", float, path) > 0
        return best.ask("fileType", str) if best is not None and sure else "NoFile"

    def loadNodes(self, file_type: str, properties: dict[str, Any], nodes: Any = None, messages: Any = None) -> bool:
        for reader in (r for r in self.readers if r.ask("fileType", str) == file_type):
            reader.userMessages().ClearMessages()
            if reader.ask("canLoadFileConfidence", float, properties["fileName"]) <= 0:
                continue
            loaded = reader.ask("load", bool, dict(properties))
            if messages is not None:
                messages.AddMessages(reader.userMessages(), f"Loading {properties['fileName']} - ")
            if loaded:
                for node_id in reader.loadedNodes if nodes is not None else ():
                    nodes.AddItem(slicer.mrmlScene.GetNodeByID(node_id))
                return True
        return False

    def fileWriterExtensions(self, node: Any) -> tuple[str, ...]:
        """What the Save dialog offers for a node, best first."""
        able = [w for w in self.writers if w.ask("canWriteObjectConfidence", float, node) > 0]
        able.sort(key=lambda w: w.ask("canWriteObjectConfidence", float, node), reverse=True)
        return tuple(name_filter for writer in able for name_filter in writer.ask("extensions", list, node))

    def saveNodes(self, file_type: str, properties: dict[str, Any], messages: Any = None, scene: Any = None) -> bool:
        node = (scene or slicer.mrmlScene).GetNodeByID(properties["nodeID"])
        for writer in (w for w in self.writers if w.ask("fileType", str) == file_type):
            endings = [end for name_filter in writer.ask("extensions", list, node) for end in _patterns(name_filter)]
            if not any(properties["fileName"].endswith(end) for end in endings):
                continue
            writer.userMessages().ClearMessages()
            written = writer.ask("write", bool, dict(properties))
            if messages is not None:
                messages.AddMessages(writer.userMessages())
            if written:
                return bool(writer.writtenNodes)
        if messages is not None:
            messages.AddMessage(vtk.vtkCommand.ErrorEvent, f"Saving failed for file '{properties['fileName']}'.")
        return False

    def exportNodes(self, node_ids: list[str], paths: list[str], properties: dict[str, Any], harden: bool) -> bool:
        """Writes copies of the nodes from a scene of their own, where they get new IDs."""
        temporary = slicer.vtkMRMLScene()
        done = []
        for node_id, path in zip(node_ids, paths, strict=True):
            node = slicer.mrmlScene.GetNodeByID(node_id)
            copy = temporary.AddNewNodeByClass(node.GetClassName())
            copy.CopyContent(node, harden)
            asked = {**properties, "nodeID": copy.GetID(), "fileName": path}
            done.append(self.saveNodes("INRVolume", asked, None, temporary))
        return all(done)
