"""The MRML widgets that the panels use, drawn plainly, with the properties and signals of the real ones."""

from __future__ import annotations

from typing import Any, ClassVar

import shiboken6
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from .pythonqt import PythonQtRules
from .widgets import stored


class qMRMLWidget(PythonQtRules, QWidget):
    """Hands the scene on to the widgets connected to it in the .ui file."""

    _is_cpp_class = True
    _python_signals: ClassVar = {"mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged"}
    mrmlSceneChanged = Signal(object)

    def setMRMLScene(self, scene: Any) -> None:
        self._double_scene = scene
        self.mrmlSceneChanged.emit(scene)

    def mrmlScene(self) -> Any:
        return self.__dict__.get("_double_scene")


class qMRMLNodeComboBox(PythonQtRules, QWidget):
    """The nodes of the scene that have one of `nodeTypes`, and what can be done with them."""

    _is_cpp_class = True
    _python_signals: ClassVar = {
        "currentNodeChanged(vtkMRMLNode*)": "currentNodeChanged",
        "nodeAddedByUser(vtkMRMLNode*)": "nodeAddedByUser",
    }
    currentNodeChanged = Signal(object)
    nodeAddedByUser = Signal(object)

    nodeTypes = stored("QStringList", "nodeTypes", [], "_refresh")
    hideChildNodeTypes = stored("QStringList", "hideChildNodeTypes", [], "_refresh")
    showChildNodeTypes = stored(bool, "showChildNodeTypes", True, "_refresh")
    noneEnabled = stored(bool, "noneEnabled", False, "_refresh")
    noneDisplay = stored(str, "noneDisplay", "None", "_refresh")
    addEnabled = stored(bool, "addEnabled", True, "_refresh")
    removeEnabled = stored(bool, "removeEnabled", True, "_refresh")
    editEnabled = stored(bool, "editEnabled", False, "_refresh")
    renameEnabled = stored(bool, "renameEnabled", False, "_refresh")
    selectNodeUponCreation = stored(bool, "selectNodeUponCreation", True)
    baseName = stored(str, "baseName", "")
    currentNodeID = Property(str, lambda self: self._double_id, lambda self, node_id: self.setCurrentNodeID(node_id))

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._double_scene, self._double_id, self._double_observers = None, "", []
        self._double_box = QComboBox()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._double_box)
        self._double_box.activated.connect(lambda index: self._activated(index))  # PySide6 mistakes a bound method here
        QWidget.setEnabled(self, False)

    # -- the interface of the real widget ----------------------------------------------------------------------------
    def mrmlScene(self) -> Any:
        return self._double_scene

    def setMRMLScene(self, scene: Any) -> None:
        for observed, tag in self._double_observers:
            observed.RemoveObserver(tag)
        self._double_scene, self._double_observers = scene, []
        if scene is not None:
            for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndCloseEvent, scene.EndImportEvent):
                self._double_observers.append((scene, scene.AddObserver(event, self._scene_changed)))
        QWidget.setEnabled(self, scene is not None)
        self._refresh()

    def currentNode(self) -> Any:
        return self._double_scene.GetNodeByID(self._double_id) if self._double_scene and self._double_id else None

    def setCurrentNode(self, node: Any) -> None:
        self.setCurrentNodeID(node.GetID() if node is not None else "")

    def setCurrentNodeID(self, node_id: str) -> None:
        known = [node.GetID() for node in self._nodes()]
        self._select(node_id if node_id in known else "")

    def nodeCount(self) -> int:
        return len(self._nodes())

    def addNode(self, node_type: str = "") -> Any:
        """What "Create new ..." in the list does."""
        kind = node_type or self.__dict__["_double_nodeTypes"][0]
        if kind not in self.__dict__["_double_nodeTypes"]:
            print(f"qMRMLNodeComboBox::addNode() attempted with node type {kind}, which is not among the allowed types")
            return None
        base = self.__dict__.get("_double_baseName", "") or kind.removeprefix("vtkMRML").removesuffix("Node")
        node = self._double_scene.AddNewNodeByClass(kind, self._double_scene.GenerateUniqueName(base))
        if self.__dict__.get("_double_selectNodeUponCreation", True):
            self.setCurrentNode(node)
        self.nodeAddedByUser.emit(node)
        return node

    # -- inside ------------------------------------------------------------------------------------------------------
    def _scene_changed(self, caller: Any, event: str) -> None:
        if shiboken6.isValid(self) and not self._double_scene.IsBatchProcessing():
            self._refresh()

    def _nodes(self) -> list[Any]:
        if self._double_scene is None:
            return []
        state = self.__dict__
        kinds, hidden = state.get("_double_nodeTypes", []), state.get("_double_hideChildNodeTypes", [])
        nodes: list[Any] = []
        for index in range(self._double_scene.GetNumberOfNodes()):
            node = self._double_scene.GetNthNode(index)
            same_class = node.GetClassName() in kinds
            fits = any(node.IsA(k) for k in kinds) if state.get("_double_showChildNodeTypes", True) else same_class
            if fits and not node.GetHideFromEditors() and not any(node.IsA(k) for k in hidden):
                nodes.append(node)
        return nodes

    def _refresh(self) -> None:
        nodes, none_enabled = self._nodes(), self.__dict__.get("_double_noneEnabled", False)
        current = self._double_id if self._double_id in [n.GetID() for n in nodes] else ""
        if not current and not none_enabled and nodes:
            current = nodes[0].GetID()
        self._double_box.clear()
        if none_enabled:
            self._double_box.addItem(self.__dict__.get("_double_noneDisplay", "None"), "")
        for node in nodes:
            self._double_box.addItem(node.GetName(), node.GetID())
        if self.__dict__.get("_double_addEnabled", True):
            self._double_box.addItem("Create new", "+")
        self._select(current)

    def _select(self, node_id: str) -> None:
        self._double_box.setCurrentIndex(self._double_box.findData(node_id))
        if node_id != self._double_id:
            self._double_id = node_id
            self.currentNodeChanged.emit(self.currentNode())

    def _activated(self, index: int) -> None:
        chosen = self._double_box.itemData(index)
        if chosen == "+":
            self.addNode()
        else:
            self._select(chosen)


MRML_CLASSES = (qMRMLWidget, qMRMLNodeComboBox)
