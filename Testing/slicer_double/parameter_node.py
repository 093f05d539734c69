"""`slicer.parameterNodeWrapper`: typed parameters kept in a vtkMRMLScriptedModuleNode and bound to widgets.

As in Slicer, a value is read from the node when the wrapper is made and when the node says that it was modified, and
from memory otherwise (Base/Python/slicer/parameterNodeWrapper/wrapper.py).
"""

from __future__ import annotations

import enum
import types
import typing
import weakref
from collections.abc import Callable
from typing import Any

import slicer
import vtk
from PySide6.QtCore import QObject

from .gui_connectors import GuiConnector, connector_for, parameterNodeGuiConnector
from .parameter_values import Choice, Parameter, WithinRange, is_node, split

PROPERTY = "SlicerParameterName"


class _Wrapper:
    """What the decorator makes of a class: its annotations are properties that live in `parameterNode`."""

    allParameters: typing.ClassVar[dict[str, Parameter]] = {}

    def __init__(self, parameterNode: Any) -> None:
        self.parameterNode, self._updating = parameterNode, False
        self._guis: dict[int, dict[str, GuiConnector]] = {}
        self._gui_observers: dict[int, int] = {}
        for parameter in self.allParameters.values():
            if not parameter.is_in(parameterNode):
                parameter.write(parameterNode, parameter.default)
        self._values = {name: parameter.read(parameterNode) for name, parameter in self.allParameters.items()}
        self._being_written = ""
        this = weakref.ref(self)  # the observer must not keep the wrapper alive
        self._observer = self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda caller, event: this()._read_again())

    def __del__(self) -> None:
        self.parameterNode.RemoveObserver(self._observer)

    def _read_again(self) -> None:
        for name, parameter in self.allParameters.items():
            if name != self._being_written:
                self._values[name] = parameter.read(self.parameterNode)

    def _write(self, parameter: Parameter, value: Any) -> None:
        self._being_written = parameter.name
        try:
            with slicer.util.NodeModify(self.parameterNode):
                parameter.write(self.parameterNode, value)
                self._values[parameter.name] = parameter.read(self.parameterNode)
        finally:
            self._being_written = ""

    def connectGui(self, ui: Any) -> int:
        widgets = [w for w in vars(ui).values() if isinstance(w, QObject) and w.property(PROPERTY)]
        bound = {w.property(PROPERTY): w for w in widgets}
        for name in bound:
            if name not in self.allParameters:
                raise ValueError(f"Cannot find a param with the given name: {name}")
        connectors = {name: connector_for(widget, self.allParameters[name].hint) for name, widget in bound.items()}
        for name, connector in connectors.items():
            connector.write(getattr(self, name))
            connector.onChanged(lambda name=name, connector=connector: self._take(name, connector))
        tag = max(self._guis, default=-1) + 1
        self._guis[tag] = connectors
        self._gui_observers[tag] = self.AddObserver(
            vtk.vtkCommand.ModifiedEvent, lambda caller, event: self._show(connectors)
        )
        return tag

    def disconnectGui(self, tag: int) -> None:
        for connector in self._guis.pop(tag, {}).values():
            connector.onChanged(None)
        self.RemoveObserver(self._gui_observers.pop(tag))

    def _take(self, name: str, connector: GuiConnector) -> None:
        if not self._updating:
            with slicer.util.NodeModify(self.parameterNode):
                setattr(self, name, connector.read())

    def _show(self, connectors: dict[str, GuiConnector]) -> None:
        if not self._updating:
            self._updating = True
            try:
                for name, connector in connectors.items():
                    connector.write(getattr(self, name))
            finally:
                self._updating = False

    def AddObserver(self, event: Any, callback: Callable, priority: float = 0.0) -> int:
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)


def _property(parameter: Parameter) -> property:
    return property(
        lambda self: self._values[parameter.name],
        lambda self, value: self._write(parameter, value),
    )


def parameterNodeWrapper(cls: type) -> type:
    members = {}
    for name, hint in typing.get_type_hints(cls, include_extras=True).items():
        kind = split(hint)[0]
        first = next(iter(kind)) if isinstance(kind, type) and issubclass(kind, enum.Enum) else None
        fallback = first if _is_node_or_enum(kind) else kind()
        members[name] = Parameter(name, hint, getattr(cls, name, fallback))
    properties = {name: _property(parameter) for name, parameter in members.items()}
    return type(cls.__name__, (_Wrapper, cls), {"allParameters": members, **properties, "__module__": cls.__module__})


def _is_node_or_enum(kind: Any) -> bool:
    return is_node(kind) or issubclass(kind, enum.Enum)


def parameter_node_module() -> types.ModuleType:
    module = types.ModuleType("slicer.parameterNodeWrapper")
    for value in (parameterNodeWrapper, parameterNodeGuiConnector, GuiConnector, WithinRange, Choice):
        setattr(module, value.__name__, value)
    return module
