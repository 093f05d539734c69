"""`slicer.parameterNodeWrapper`: typed parameters kept in a vtkMRMLScriptedModuleNode and bound to widgets.

Only the types and widgets that the panels use; whatever Slicer refuses (a value out of range, a list to choose from
without choices, a widget that cannot show the type) is refused here too.
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable
from typing import Any

import slicer
import vtk
from PySide6.QtCore import QObject

PROPERTY = "SlicerParameterName"


# -- what a value must be --------------------------------------------------------------------------------------------
class WithinRange:
    def __init__(self, minimum: float, maximum: float) -> None:
        self.minimum, self.maximum = minimum, maximum

    def validate(self, value: Any) -> None:
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"Value must be within range [{self.minimum}, {self.maximum}], is {value}")


class Choice:
    def __init__(self, choices: list[Any]) -> None:
        self.choices = choices

    def validate(self, value: Any) -> None:
        if value not in self.choices:
            raise ValueError(f"Value is {value}, but must be in one of the following: {self.choices}")


def _split(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """The bare type and its annotations."""
    if typing.get_origin(hint) is typing.Annotated:
        kind, *annotations = typing.get_args(hint)
        return kind, tuple(annotations)
    return hint, ()


def _options(kind: Any) -> tuple[type, ...]:
    is_union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return typing.get_args(kind) if is_union else (kind,)


def _is_node(kind: Any) -> bool:
    return all(option is type(None) or issubclass(option, slicer.vtkMRMLNode) for option in _options(kind))


class _Parameter:
    """One typed parameter: how it is checked, written to the node as text or reference, and read."""

    def __init__(self, name: str, hint: Any, default: Any) -> None:
        self.name, self.hint = name, hint
        self.kind, self.annotations = _split(hint)
        self.options = _options(self.kind)
        if not (_is_node(self.kind) or self.kind in (bool, int, float, str) or issubclass(self.kind, enum.Enum)):
            raise TypeError(f"Unable to create serializer for type: {self.kind}")
        self.default = default

    def write(self, node: Any, value: Any) -> None:
        self._check(value)
        if _is_node(self.kind):
            node.SetParameter(self.name, "")
            node.SetNodeReferenceID(self.name, value.GetID() if value is not None else None)
        else:
            node.SetParameter(self.name, value.name if isinstance(value, enum.Enum) else str(value))

    def read(self, node: Any) -> Any:
        if _is_node(self.kind):
            return node.GetNodeReference(self.name)
        text = node.GetParameter(self.name)
        if self.kind is bool:
            return text == "True"
        return self.kind[text] if issubclass(self.kind, enum.Enum) else self.kind(text)

    def _check(self, value: Any) -> None:
        allowed = (int, float) if self.kind is float else self.options
        none_is_fine = _is_node(self.kind) and (len(self.options) == 1 or type(None) in self.options)
        if not isinstance(value, allowed) and not (value is None and none_is_fine):
            raise TypeError(f"Parameter '{self.name}' must be of type {self.kind}, is {value!r}")
        for annotation in self.annotations:
            annotation.validate(value)


# -- widgets ---------------------------------------------------------------------------------------------------------
_connectors: list[type[GuiConnector]] = []


class GuiConnector:
    """Base of what stands between a widget and a parameter; modules may add their own."""

    def __init__(self) -> None:
        self._callback: Callable[[], None] | None = None

    def onChanged(self, callback: Callable[[], None] | None) -> None:
        self._callback = callback
        self._connect() if callback else self._disconnect()

    def changed(self) -> None:
        if self._callback:
            self._callback()


def parameterNodeGuiConnector(cls: type[GuiConnector]) -> type[GuiConnector]:
    _connectors.append(cls)
    return cls


class _OneWidget(GuiConnector):
    """What the connectors of this file share."""

    changed_signal = ""

    def __init__(self, widget: Any, hint: Any) -> None:
        super().__init__()
        self._widget = widget

    @classmethod
    def create(cls, widget: Any, datatype: Any) -> GuiConnector:
        return cls(widget, datatype)

    def widget(self) -> Any:
        return self._widget

    def _connect(self) -> None:
        getattr(self._widget, self.changed_signal).connect(self.changed)

    def _disconnect(self) -> None:
        getattr(self._widget, self.changed_signal).disconnect(self.changed)


@parameterNodeGuiConnector
class _CheckBox(_OneWidget):
    changed_signal = "stateChanged"

    @staticmethod
    def canRepresent(widget: Any, datatype: Any) -> bool:
        return widget.className() == "QCheckBox" and _split(datatype)[0] is bool

    def read(self) -> bool:
        return self._widget.checked

    def write(self, value: bool) -> None:
        self._widget.checked = value


@parameterNodeGuiConnector
class _SpinBox(_OneWidget):
    changed_signal = "valueChanged"

    @staticmethod
    def canRepresent(widget: Any, datatype: Any) -> bool:
        kinds = ("QSpinBox", int), ("QDoubleSpinBox", float), ("ctkSliderWidget", float)
        return (widget.className(), _split(datatype)[0]) in kinds

    def __init__(self, widget: Any, hint: Any) -> None:
        super().__init__(widget, hint)
        bounds = [a for a in _split(hint)[1] if isinstance(a, WithinRange)] or [WithinRange(-(2**31), 2**31 - 1)]
        widget.setRange(bounds[0].minimum, bounds[0].maximum)

    def read(self) -> Any:
        return self._widget.value

    def write(self, value: Any) -> None:
        self._widget.value = value


@parameterNodeGuiConnector
class _LineEdit(_OneWidget):
    changed_signal = "textChanged"

    @staticmethod
    def canRepresent(widget: Any, datatype: Any) -> bool:
        return widget.className() == "QLineEdit" and _split(datatype)[0] is str

    def read(self) -> str:
        return self._widget.text

    def write(self, value: str) -> None:
        if self._widget.text != value:  # else the cursor would jump to the end
            self._widget.text = value


@parameterNodeGuiConnector
class _ComboBox(_OneWidget):
    changed_signal = "currentIndexChanged"

    @staticmethod
    def canRepresent(widget: Any, datatype: Any) -> bool:
        kind = _split(datatype)[0]
        return widget.className() == "QComboBox" and (kind is str or issubclass(kind, enum.Enum))

    def __init__(self, widget: Any, hint: Any) -> None:
        super().__init__(widget, hint)
        kind, annotations = _split(hint)
        choices = [a for a in annotations if isinstance(a, Choice)]
        if issubclass(kind, enum.Enum):
            label = getattr(kind, "label", lambda member: member.name)
            self._values, labels = list(kind), [label(member) for member in kind]
        elif choices:
            self._values, labels = choices[0].choices, [str(choice) for choice in choices[0].choices]
        else:
            raise RuntimeError("ComboBoxToStringableConnector requires the Choice annotation to be used.")
        widget.clear()
        for text in labels:
            widget.addItem(text)

    def read(self) -> Any:
        return self._values[self._widget.currentIndex]

    def write(self, value: Any) -> None:
        self._widget.currentIndex = self._values.index(value)


@parameterNodeGuiConnector
class _NodeComboBox(_OneWidget):
    changed_signal = "currentNodeChanged"

    @staticmethod
    def canRepresent(widget: Any, datatype: Any) -> bool:
        return type(widget) is slicer.qMRMLNodeComboBox and _is_node(_split(datatype)[0])

    def __init__(self, widget: Any, hint: Any) -> None:
        super().__init__(widget, hint)
        widget.nodeTypes = [o().GetClassName() for o in _options(_split(hint)[0]) if o is not type(None)]

    def read(self) -> Any:
        return self._widget.currentNode()

    def write(self, value: Any) -> None:
        self._widget.setCurrentNode(value)


def _connector(widget: Any, hint: Any) -> GuiConnector:
    for cls in _connectors:
        if cls.canRepresent(widget, hint):
            return cls.create(widget, hint)
    raise RuntimeError(f"Unable to create GUI connector from datatype '{hint}' to widget type '{type(widget)}'.")


# -- the wrapper -----------------------------------------------------------------------------------------------------
class _Wrapper:
    """What the decorator makes of a class: its annotations are properties that live in `parameterNode`."""

    allParameters: typing.ClassVar[dict[str, _Parameter]] = {}

    def __init__(self, parameterNode: Any) -> None:
        self.parameterNode, self._guis, self._updating = parameterNode, {}, False
        for parameter in self.allParameters.values():
            if not parameterNode.HasParameter(parameter.name):
                parameter.write(parameterNode, parameter.default)

    def connectGui(self, ui: Any) -> int:
        widgets = [w for w in vars(ui).values() if isinstance(w, QObject) and w.property(PROPERTY)]
        connectors = {w.property(PROPERTY): w for w in widgets}
        for name in connectors:
            if name not in self.allParameters:
                raise ValueError(f"Cannot find a param with the given name: {name}")
        connectors = {name: _connector(widget, self.allParameters[name].hint) for name, widget in connectors.items()}
        for name, connector in connectors.items():
            connector.write(getattr(self, name))
            connector.onChanged(lambda name=name, connector=connector: self._take(name, connector))
        observer = self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda caller, event: self._show(connectors))
        self._guis[observer] = connectors
        return observer

    def disconnectGui(self, tag: int) -> None:
        for connector in self._guis.pop(tag, {}).values():
            connector.onChanged(None)
        self.RemoveObserver(tag)

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


def _property(parameter: _Parameter) -> property:
    return property(
        lambda self: parameter.read(self.parameterNode),
        lambda self, value: parameter.write(self.parameterNode, value),
    )


def parameterNodeWrapper(cls: type) -> type:
    members = {}
    for name, hint in typing.get_type_hints(cls, include_extras=True).items():
        kind = _split(hint)[0]
        first = next(iter(kind)) if isinstance(kind, type) and issubclass(kind, enum.Enum) else None
        fallback = first if _is_node_or_enum(kind) else kind()
        members[name] = _Parameter(name, hint, getattr(cls, name, fallback))
    properties = {name: _property(parameter) for name, parameter in members.items()}
    return type(cls.__name__, (_Wrapper, cls), {"allParameters": members, **properties, "__module__": cls.__module__})


def _is_node_or_enum(kind: Any) -> bool:
    return _is_node(kind) or issubclass(kind, enum.Enum)


def parameter_node_module() -> types.ModuleType:
    module = types.ModuleType("slicer.parameterNodeWrapper")
    for value in (parameterNodeWrapper, parameterNodeGuiConnector, GuiConnector, WithinRange, Choice):
        setattr(module, value.__name__, value)
    return module
