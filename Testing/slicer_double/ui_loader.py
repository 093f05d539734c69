"""`qt.QUiLoader` for the real .ui files: every widget is made by the double's classes, every connection is checked."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any, ClassVar

from PySide6 import QtCore, QtUiTools, QtWidgets

from .mrml_widgets import MRML_CLASSES
from .pythonqt import wrapper_of
from .widgets import CTK_CLASSES


class UiLoader(QtUiTools.QUiLoader):
    """Loads one .ui file; raises `RuntimeError` for a class or a connection that Slicer could not make either."""

    custom: ClassVar = {cls.__name__: cls for cls in (*CTK_CLASSES, *MRML_CLASSES)}

    def load(self, device: QtCore.QIODevice) -> Any:  # type: ignore[override]
        root = ElementTree.fromstring(bytes(device.readAll().data()))
        connections = root.find("connections")
        if connections is not None:
            root.remove(connections)  # made below: Qt itself knows nothing of signals with MRML types
        for element in root.iter("widget"):
            if self._class(element.get("class", "")) is None:
                raise RuntimeError(f"no class '{element.get('class')}' for widget '{element.get('name')}'")
        buffer = QtCore.QBuffer()
        buffer.setData(ElementTree.tostring(root))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        widget = super().load(buffer)
        for connection in connections if connections is not None else ():
            self._connect(widget, {part.tag: part.text or "" for part in connection})
        return widget

    def createWidget(self, class_name: str, parent: Any = None, name: str = "") -> Any:
        widget = self._class(class_name)(parent)
        QtCore.QObject.setObjectName(widget, name)
        return widget

    def createLayout(self, class_name: str, parent: Any = None, name: str = "") -> Any:
        layout = self._class(class_name)(*([parent] if isinstance(parent, QtWidgets.QWidget) else []))
        QtCore.QObject.setObjectName(layout, name)
        return layout

    def _class(self, class_name: str) -> Any:
        native = getattr(QtWidgets, class_name, None)
        return self.custom.get(class_name) or (native and wrapper_of(native))

    @staticmethod
    def _connect(top: Any, parts: dict[str, str]) -> None:
        def named(name: str) -> Any:
            return top if top.objectName == name else QtCore.QObject.findChild(top, QtCore.QObject, name)

        slot = getattr(named(parts["receiver"]), parts["slot"].partition("(")[0])
        if not named(parts["sender"]).connect(parts["signal"], slot):
            raise RuntimeError(f"cannot connect {parts}")
