"""Typed parameters: how a value is checked, kept in a node as text or reference, and read again.

Slicer's serializers (Base/Python/slicer/parameterNodeWrapper/serializers.py), as far as the panels use them.
"""

from __future__ import annotations

import enum
import types
import typing
from typing import Any

import slicer


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


def split(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """The bare type and its annotations."""
    if typing.get_origin(hint) is typing.Annotated:
        kind, *annotations = typing.get_args(hint)
        return kind, tuple(annotations)
    return hint, ()


def options_of(kind: Any) -> tuple[type, ...]:
    is_union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return typing.get_args(kind) if is_union else (kind,)


def is_node(kind: Any) -> bool:
    return all(option is type(None) or issubclass(option, slicer.vtkMRMLNode) for option in options_of(kind))


class Parameter:
    """One typed parameter: how it is checked, written to the node as text or reference, and read."""

    def __init__(self, name: str, hint: Any, default: Any) -> None:
        self.name, self.hint = name, hint
        self.kind, self.annotations = split(hint)
        self.options = options_of(self.kind)
        if not (is_node(self.kind) or self.kind in (bool, int, float, str) or issubclass(self.kind, enum.Enum)):
            raise TypeError(f"Unable to create serializer for type: {self.kind}")
        self.default = default
        several = len(self.options) > 1  # a Union has an entry for the option that the value is of
        self._keys = [f"{name}.{number}" for number in range(len(self.options))] if several else [name]

    def is_in(self, node: Any) -> bool:
        return any(node.HasParameter(key) for key in self._keys)

    def write(self, node: Any, value: Any) -> None:
        self._check(value)
        if is_node(self.kind):
            for key in self._keys:
                node.UnsetParameter(key)
                node.RemoveNodeReferenceIDs(key)
            fitting = [key for key, option in zip(self._keys, self.options, strict=True) if isinstance(value, option)]
            key = [*fitting, self._keys[0]][0]
            node.SetParameter(key, "")
            node.SetNodeReferenceID(key, value.GetID() if value is not None else None)
        else:
            node.SetParameter(self.name, value.name if isinstance(value, enum.Enum) else str(value))

    def read(self, node: Any) -> Any:
        """What is missing, as after a scene was closed, becomes the default."""
        if not self.is_in(node):
            self.write(node, self.default)
        if is_node(self.kind):
            return node.GetNodeReference(next(key for key in self._keys if node.HasParameter(key)))
        text = node.GetParameter(self.name)
        if self.kind is bool:
            return text == "True"
        return self.kind[text] if issubclass(self.kind, enum.Enum) else self.kind(text)

    def _check(self, value: Any) -> None:
        allowed = (int, float) if self.kind is float else self.options
        none_is_fine = is_node(self.kind) and (len(self.options) == 1 or type(None) in self.options)
        if not isinstance(value, allowed) and not (value is None and none_is_fine):
            raise TypeError(f"Parameter '{self.name}' must be of type {self.kind}, is {value!r}")
        for annotation in self.annotations:
            annotation.validate(value)
