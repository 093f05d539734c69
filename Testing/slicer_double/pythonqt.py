"""PySide6 classes that keep to PythonQt's rules, and the module `qt` made of them.

Slicer reaches Qt through PythonQt, where `button.text` is an attribute, an unknown attribute cannot be set on a C++
object, and `connect` takes a signature. Code written for Slicer would pass on plain PySide6 only by accident, and code
that passes on PySide6 may fail in Slicer; here every class takes PythonQt's side and raises where PythonQt raises.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any, ClassVar

import shiboken6
from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

_HOMES = (QtCore, QtGui, QtWidgets, QtUiTools)
_wrappers: dict[type, type] = {}
_being_read: set[tuple[int, str]] = set()


def wrapper_of(base: type) -> type:
    """The class that behaves like PythonQt's view of the PySide6 class `base` (made once)."""
    if base not in _wrappers:
        _wrappers[base] = type(base.__name__, (PythonQtRules, base), {"_is_cpp_class": True})
    return _wrappers[base]


class PythonQtRules:
    """Mixed in before a QObject class; a class with `_is_cpp_class` in its own dictionary stands for a C++ class."""

    # Signals that the class itself defines in Python: C++ signature -> attribute.
    _python_signals: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs:
            raise ValueError(f"PythonQt: {type(self).__name__} takes no keyword arguments for properties")
        super().__init__(*args)

    def __bool__(self) -> bool:
        return shiboken6.isValid(self)

    def __eq__(self, other: object) -> bool:
        return not shiboken6.isValid(self) if other is None else self is other

    def __hash__(self) -> int:
        return id(self)

    def className(self) -> str:
        return QtCore.QObject.metaObject(self).className()

    def __getattribute__(self, name: str) -> Any:
        if name in ("connect", "disconnect"):  # PySide6 would find its own, static ones first
            return getattr(PythonQtRules, name).__get__(self)
        if name.startswith("_") or name == "className":
            return super().__getattribute__(name)
        if not shiboken6.isValid(self):
            raise ValueError(f"PythonQt: trying to read '{name}' of a deleted object")
        key = (id(self), name)
        # Some properties are read by a virtual method of the same name (QProgressBar.text), for which PySide6 looks
        # here in turn: it shall find the method then.
        if key not in _being_read and _meta_property(self, name) is not None:
            _being_read.add(key)
            try:
                return _to_python(QtCore.QObject.property(self, "objectName" if name == "name" else name))
            finally:
                _being_read.discard(key)
        value = super().__getattribute__(name)
        return _tuple_returning(value) if name in ("children", "findChildren", "selectedItems") else value

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            if name.encode() in [bytes(n.data()) for n in QtCore.QObject.dynamicPropertyNames(self)]:
                return _to_python(QtCore.QObject.property(self, name))
            child = QtCore.QObject.findChild(self, QtCore.QObject, name)
            if child is not None:
                return child
        raise AttributeError(f"PythonQt: {type(self).__name__} has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_double"):
            super().__setattr__(name, value)
        elif _meta_property(self, name) is not None:
            _set_property(self, name, value)
        elif "_is_cpp_class" in type(self).__dict__:
            raise AttributeError(f"PythonQt: '{name}' is not an attribute of {type(self).__name__} and cannot be set")
        else:
            super().__setattr__(name, value)

    def connect(self, signal: str, slot: Callable) -> bool:
        """Connects a C++ signature; a wrong one only prints a warning and returns False, as in PythonQt."""
        signature = _normalized(signal)
        receiver = _truncating(slot)
        if signature in self._python_signals:
            getattr(self, self._python_signals[signature]).connect(receiver)
        elif QtCore.QObject.metaObject(self).indexOfSignal(signature) >= 0:
            QtCore.QObject.connect(self, QtCore.SIGNAL(signature), receiver)
        else:
            print(f"QObject::connect: no such signal {type(self).__name__}::{signal}")
            return False
        self.__dict__.setdefault("_double_slots", {})[signature, slot] = receiver
        return True

    def disconnect(self, signal: str, slot: Callable) -> bool:
        signature = _normalized(signal)
        receiver = self.__dict__.get("_double_slots", {}).pop((signature, slot), None)
        if receiver is None:
            return False
        if signature in self._python_signals:
            getattr(self, self._python_signals[signature]).disconnect(receiver)
        else:
            QtCore.QObject.disconnect(self, QtCore.SIGNAL(signature), receiver)
        return True


class QtModule(types.ModuleType):
    """The module `qt`: all of QtCore, QtGui, QtWidgets and QtUiTools in one place, QObject classes under the rules."""

    def __getattr__(self, name: str) -> Any:
        for home in _HOMES:
            if hasattr(home, name):
                value = getattr(home, name)
                if inspect.isclass(value) and issubclass(value, QtCore.QObject):
                    value = wrapper_of(value)
                return value
        raise AttributeError(f"PythonQt: module 'qt' has no '{name}'")


def _meta_property(instance: Any, name: str) -> QtCore.QMetaProperty | None:
    meta = QtCore.QObject.metaObject(instance)
    index = meta.indexOfProperty("objectName" if name == "name" else name)
    return meta.property(index) if index >= 0 else None


def _to_python(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _tuple_returning(method: Callable) -> Callable:
    return lambda *args: tuple(method(*args))


def _set_property(instance: Any, name: str, value: Any) -> None:
    meta_property = _meta_property(instance, name)
    assert meta_property is not None
    kind = meta_property.typeName()
    try:
        converted = _converted(kind, value)
    except (TypeError, ValueError) as error:
        raise AttributeError(f"PythonQt: {type(instance).__name__}.{name} does not take {value!r}") from error
    stored = QtCore.QObject.setProperty(instance, meta_property.name(), converted)
    if not meta_property.isWritable() or not stored:
        raise AttributeError(f"PythonQt: {type(instance).__name__}.{name} cannot be set to {value!r}")


def _converted(kind: str, value: Any) -> Any:
    """PythonQt's lenient conversions: anything to text, numbers to each other, but never text to a number."""
    if kind == "QString":
        return str(value)
    if kind in ("int", "double", "bool"):
        if isinstance(value, str):
            raise TypeError("text is not a number")
        return {"int": int, "double": float, "bool": bool}[kind](value)
    if kind == "QStringList":
        return [str(item) for item in value]
    return value


def _normalized(signal: str) -> str:
    return bytes(QtCore.QMetaObject.normalizedSignature(signal).data()).decode()


def _truncating(slot: Callable) -> Callable:
    """PythonQt passes as many arguments as the slot takes."""
    try:
        parameters = inspect.signature(slot).parameters.values()
    except (TypeError, ValueError):  # built-in methods tell nothing about their parameters
        return lambda *args: slot(*args)
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return lambda *args: slot(*args)
    count = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
    return lambda *args: slot(*args[:count])
