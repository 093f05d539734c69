"""The CTK and MRML widgets that the panels use, drawn plainly, with the properties and signals of the real ones."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import shiboken6
from PySide6.QtCore import Property, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QStyle,
    QStyleOptionButton,
    QToolButton,
    QWidget,
)

from .pythonqt import PythonQtRules

_HEADER_HEIGHT = 24


def _stored(kind: type | str, name: str, default: Any, changed: str = "") -> Property:
    """A Qt property kept in the instance; `changed` names a method to call after it was set."""
    key = f"_double_{name}"

    def write(self: Any, value: Any) -> None:
        self.__dict__[key] = value
        if changed:
            getattr(self, changed)()

    return Property(kind, lambda self: self.__dict__.get(key, default), write)  # type: ignore[arg-type]


class ctkCollapsibleButton(PythonQtRules, QWidget):
    """A header to click on, and a content that it folds away."""

    _is_cpp_class = True
    _python_signals: ClassVar = {"contentsCollapsed(bool)": "contentsCollapsed"}
    contentsCollapsed = Signal(bool)

    text = _stored(str, "text", "", "_refresh")
    collapsed = _stored(bool, "collapsed", False, "_refresh")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        QWidget.setContentsMargins(self, 0, _HEADER_HEIGHT, 0, 0)

    def _refresh(self) -> None:
        folded = self.__dict__.get("_double_collapsed", False)
        for child in QWidget.children(self):
            if isinstance(child, QWidget):
                child.setVisible(not folded)
        QWidget.setMaximumHeight(self, _HEADER_HEIGHT if folded else 16777215)
        QWidget.update(self)
        self.contentsCollapsed.emit(folded)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._refresh()

    def mousePressEvent(self, event: Any) -> None:
        if event.position().y() < _HEADER_HEIGHT:
            self.__dict__["_double_collapsed"] = not self.__dict__.get("_double_collapsed", False)
            self._refresh()

    def paintEvent(self, event: Any) -> None:
        option = QStyleOptionButton()
        option.initFrom(self)
        option.rect = QRect(0, 0, QWidget.width(self), _HEADER_HEIGHT - 2)
        painter = QPainter(self)
        style = QWidget.style(self)
        style.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
        folded = self.__dict__.get("_double_collapsed", False)
        arrows = QStyle.PrimitiveElement
        arrow = arrows.PE_IndicatorArrowRight if folded else arrows.PE_IndicatorArrowDown
        text_rect = option.rect.adjusted(26, 0, 0, 0)
        option.rect = QRect(8, 6, 10, 10)
        style.drawPrimitive(arrow, option, painter, self)
        painter.drawText(text_rect, Qt.AlignmentFlag.AlignVCenter, self.__dict__.get("_double_text", ""))


class ctkPathLineEdit(PythonQtRules, QWidget):
    """A path to type or to choose."""

    _is_cpp_class = True
    _python_signals: ClassVar = {"currentPathChanged(QString)": "currentPathChanged"}
    currentPathChanged = Signal(str)

    Files, Readable, Writable = 0x002, 0x010, 0x020
    filters = _stored(int, "filters", Files | Readable)
    nameFilters = _stored("QStringList", "nameFilters", [])
    label = _stored(str, "label", "")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._double_edit, self._double_button = QLineEdit(), QToolButton()
        self._double_button.setText("...")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._double_edit)
        row.addWidget(self._double_button)
        self._double_edit.textChanged.connect(self.currentPathChanged)
        self._double_button.clicked.connect(self.browse)

    currentPath = Property(
        str, lambda self: self._double_edit.text(), lambda self, path: self._double_edit.setText(path)
    )

    def setCurrentPath(self, path: str) -> None:
        self._double_edit.setText(path)

    def browse(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Select a file to save", os.getcwd())
        if path:
            self._double_edit.setText(path)


class ctkSliderWidget(PythonQtRules, QWidget):
    """A slider and the number beside it."""

    _is_cpp_class = True
    _python_signals: ClassVar = {"valueChanged(double)": "valueChanged"}
    valueChanged = Signal(float)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._double_slider, self._double_box = QSlider(Qt.Orientation.Horizontal), QDoubleSpinBox()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._double_slider)
        row.addWidget(self._double_box)
        self._double_slider.setRange(0, 1000)
        # lambdas, because Qt would call a bound method of the same signature under a name of its own
        self._double_slider.sliderMoved.connect(lambda place: self._moved(place))
        self._double_box.valueChanged.connect(lambda value: self._changed(value))

    def _moved(self, place: int) -> None:
        low, high = self._double_box.minimum(), self._double_box.maximum()
        self._double_box.setValue(low + (high - low) * place / 1000)

    def _changed(self, value: float) -> None:
        low, high = self._double_box.minimum(), self._double_box.maximum()
        self._double_slider.setValue(round(1000 * (value - low) / max(high - low, 1e-12)))
        self.valueChanged.emit(value)

    decimals = Property(int, lambda self: self._double_box.decimals(), lambda self, n: self._double_box.setDecimals(n))
    singleStep = Property(
        float, lambda self: self._double_box.singleStep(), lambda self, v: self._double_box.setSingleStep(v)
    )
    minimum = Property(float, lambda self: self._double_box.minimum(), lambda self, v: self._double_box.setMinimum(v))
    maximum = Property(float, lambda self: self._double_box.maximum(), lambda self, v: self._double_box.setMaximum(v))
    value = Property(float, lambda self: self._double_box.value(), lambda self, v: self._double_box.setValue(v))

    def setRange(self, low: float, high: float) -> None:
        self._double_box.setRange(low, high)


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

    nodeTypes = _stored("QStringList", "nodeTypes", [], "_refresh")
    hideChildNodeTypes = _stored("QStringList", "hideChildNodeTypes", [], "_refresh")
    showChildNodeTypes = _stored(bool, "showChildNodeTypes", True, "_refresh")
    noneEnabled = _stored(bool, "noneEnabled", False, "_refresh")
    noneDisplay = _stored(str, "noneDisplay", "None", "_refresh")
    addEnabled = _stored(bool, "addEnabled", True, "_refresh")
    removeEnabled = _stored(bool, "removeEnabled", True, "_refresh")
    editEnabled = _stored(bool, "editEnabled", False, "_refresh")
    renameEnabled = _stored(bool, "renameEnabled", False, "_refresh")
    selectNodeUponCreation = _stored(bool, "selectNodeUponCreation", True)
    baseName = _stored(str, "baseName", "")
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


CTK_CLASSES = (ctkCollapsibleButton, ctkPathLineEdit, ctkSliderWidget)
MRML_CLASSES = (qMRMLWidget, qMRMLNodeComboBox)
