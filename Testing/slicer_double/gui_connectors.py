"""What stands between a widget and a parameter: Slicer's connectors for the widgets that the panels use.

Whatever Slicer refuses (a list to choose from without choices, a widget that cannot show the type) is refused here too
(Base/Python/slicer/parameterNodeWrapper/guiConnectors.py).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import slicer

from .parameter_values import Choice, WithinRange, is_node, options_of, split

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
        return widget.className() == "QCheckBox" and split(datatype)[0] is bool

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
        return (widget.className(), split(datatype)[0]) in kinds

    def __init__(self, widget: Any, hint: Any) -> None:
        super().__init__(widget, hint)
        bounds = [a for a in split(hint)[1] if isinstance(a, WithinRange)] or [WithinRange(-(2**31), 2**31 - 1)]
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
        return widget.className() == "QLineEdit" and split(datatype)[0] is str

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
        kind = split(datatype)[0]
        return widget.className() == "QComboBox" and (kind is str or issubclass(kind, enum.Enum))

    def __init__(self, widget: Any, hint: Any) -> None:
        super().__init__(widget, hint)
        kind, annotations = split(hint)
        choices = [a for a in annotations if isinstance(a, Choice)]
        if issubclass(kind, enum.Enum):
            label = getattr(kind, "label", lambda member: member.name)
            self._values, labels = list(kind), [label(member) for member in kind]
        elif choices:
            self._values, labels = choices[0].choices, [str(choice) for choice in choices[0].choices]
        else:
            raise RuntimeError("ComboBoxToStringableConnector requires the Choice annotation to be used.")
        shown = self._values[widget.currentIndex]  # of an empty list the last one, as in Slicer
        widget.clear()
        for text in labels:
            widget.addItem(text)
        self.write(shown)

    def read(self) -> Any:
        return self._values[self._widget.currentIndex]

    def write(self, value: Any) -> None:
        self._widget.currentIndex = self._values.index(value)


@parameterNodeGuiConnector
class _NodeComboBox(_OneWidget):
    changed_signal = "currentNodeChanged"

    @staticmethod
    def canRepresent(widget: Any, datatype: Any) -> bool:
        return type(widget) is slicer.qMRMLNodeComboBox and is_node(split(datatype)[0])

    def __init__(self, widget: Any, hint: Any) -> None:
        super().__init__(widget, hint)
        widget.nodeTypes = [o().GetClassName() for o in options_of(split(hint)[0]) if o is not type(None)]

    def read(self) -> Any:
        return self._widget.currentNode()

    def write(self, value: Any) -> None:
        self._widget.setCurrentNode(value)


def connector_for(widget: Any, hint: Any) -> GuiConnector:
    for cls in _connectors:
        if cls.canRepresent(widget, hint):
            return cls.create(widget, hint)
    raise RuntimeError(f"Unable to create GUI connector from datatype '{hint}' to widget type '{type(widget)}'.")
