"""The CTK widgets that the panels use, drawn plainly, with the properties and signals of the real ones."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from PySide6.QtCore import Property, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
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


def stored(kind: type | str, name: str, default: Any, changed: str = "") -> Property:
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

    text = stored(str, "text", "", "_refresh")
    collapsed = stored(bool, "collapsed", False, "_refresh")

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

    Dirs, Files, Readable, Writable = 0x001, 0x002, 0x010, 0x020
    filters = stored(int, "filters", Files | Readable)
    nameFilters = stored("QStringList", "nameFilters", [])
    label = stored(str, "label", "")

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


CTK_CLASSES = (ctkCollapsibleButton, ctkPathLineEdit, ctkSliderWidget)
