"""The Segment Editor around one scripted effect: its C++ side and the registry."""

from __future__ import annotations

import importlib
import types
from pathlib import Path
from typing import Any, ClassVar

import slicer
from PySide6 import QtCore, QtWidgets

from .auto_complete_effect import AbstractScriptedSegmentEditorAutoCompleteEffect
from .pythonqt import PythonQtRules, wrapper_of


class qSlicerSegmentEditorScriptedEffect(PythonQtRules, QtCore.QObject):
    """The C++ side: options, parameters in the vtkMRMLSegmentEditorNode, changes of segments."""

    _is_cpp_class = True
    name = QtCore.Property(str, lambda self: self._double_name, lambda self, value: self._double("name", value))
    title = QtCore.Property(str, lambda self: self._double_title, lambda self, value: self._double("title", value))
    perSegment = QtCore.Property(bool, lambda self: self._double_each, lambda self, value: self._double("each", value))

    def __init__(self, parent: Any = None) -> None:
        super().__init__()
        self._double_name, self._double_title, self._double_each = "UnnamedScriptedEffect", "", True
        self._double_python, self._double_node, self._double_source = None, None, None
        self._double_frame = wrapper_of(QtWidgets.QFrame)()
        self._double_frame.setLayout(QtWidgets.QFormLayout())
        self._double_undo_states: list[Any] = []

    def _double(self, name: str, value: Any) -> None:
        setattr(self, f"_double_{name}", value)

    # -- loading -----------------------------------------------------------------------------------------------------
    def setPythonSource(self, path: str) -> bool:
        """Slicer looks for the class in the loaded module that is called like the file's folder."""
        module = importlib.import_module(Path(path).parent.name)
        self._double_python = getattr(module, Path(path).stem)(self)
        return True

    def self(self) -> Any:
        return self._double_python

    def activate(self, node: Any, source: Any) -> None:
        """What selecting the effect does; `source` is the aligned source volume."""
        self._double_node, self._double_source = node, source
        self._double_python.setMRMLDefaults()
        self._double_python.setupOptionsFrame()
        self._double_python.updateGUIFromMRML()

    # -- options -----------------------------------------------------------------------------------------------------
    def optionsFrame(self) -> Any:
        return self._double_frame

    def addOptionsWidget(self, item: Any) -> None:
        QtWidgets.QWidget.layout(self._double_frame).addRow(item)

    def addLabeledOptionsWidget(self, label: str, item: Any) -> None:
        QtWidgets.QWidget.layout(self._double_frame).addRow(label, item)

    # -- parameters --------------------------------------------------------------------------------------------------
    def parameterSetNode(self) -> Any:
        return self._double_node

    def _double_key(self, name: str) -> str:
        return f"{self._double_name}.{name}"

    def setParameter(self, name: str, value: str | int | float) -> None:
        self._double_node.SetAttribute(self._double_key(name), str(value))

    def setParameterDefault(self, name: str, value: str | int | float) -> None:
        if not self.parameterDefined(name):
            self.setParameter(name, value)

    def setCommonParameter(self, name: str, value: str | int | float) -> None:
        self._double_node.SetAttribute(name, str(value))

    def parameterDefined(self, name: str) -> bool:
        return self._double_node.GetAttribute(self._double_key(name)) is not None

    def parameter(self, name: str) -> str:
        own = self._double_node.GetAttribute(self._double_key(name))
        return own if own is not None else self._double_node.GetAttribute(name) or ""

    def integerParameter(self, name: str) -> int:
        return int(self.parameter(name) or 0)

    def nodeReference(self, name: str) -> Any:
        return self._double_node.GetNodeReference(name)

    def setCommonNodeReference(self, name: str, node: Any) -> None:
        self._double_node.SetNodeReferenceID(name, node.GetID() if node is not None else None)

    # -- segmentation ------------------------------------------------------------------------------------------------
    def sourceVolumeImageData(self) -> Any:
        return self._double_source

    def saveStateForUndo(self) -> None:
        state = slicer.vtkSegmentation()
        state.DeepCopy(self._double_node.GetSegmentationNode().GetSegmentation())
        self._double_undo_states.append(state)

    def modifySegmentByLabelmap(self, node: Any, segment_id: str, image: Any, mode: int) -> None:
        assert mode == _Factory.ModificationModeSet
        slicer.vtkSlicerSegmentationsModuleLogic.SetBinaryLabelmapToSegment(image, node, segment_id, 0, None)


class _Factory:
    """qSlicerSegmentEditorEffectFactory, and the modes of qSlicerSegmentEditorAbstractEffect."""

    ModificationModeSet = 0
    registered: ClassVar[list[Any]] = []

    @classmethod
    def instance(cls) -> type[_Factory]:
        return cls

    @classmethod
    def registerEffect(cls, effect: Any) -> None:
        assert effect.name not in [other.name for other in cls.registered], "two effects of one name"
        cls.registered.append(effect)


def segment_editor_modules() -> dict[str, types.ModuleType]:
    """The modules that effects import, by name."""
    effects, host = (
        types.ModuleType("SegmentEditorEffects"),
        types.ModuleType("qSlicerSegmentationsEditorEffectsPythonQt"),
    )
    base = AbstractScriptedSegmentEditorAutoCompleteEffect
    effects.AbstractScriptedSegmentEditorAutoCompleteEffect = base  # type: ignore[attr-defined]
    host.qSlicerSegmentEditorScriptedEffect = qSlicerSegmentEditorScriptedEffect  # type: ignore[attr-defined]
    return {effects.__name__: effects, host.__name__: host}


def segment_editor_classes() -> dict[str, Any]:
    """What the Segmentations module adds to the namespace `slicer`."""
    _Factory.registered = []
    return {"qSlicerSegmentEditorEffectFactory": _Factory, "qSlicerSegmentEditorAbstractEffect": _Factory}
