"""Settings: frozen dataclasses that check themselves, presets as JSON data, and the way to and from plain dictionaries.

The same dictionaries travel through presets, job files, reports and saved fields, so a run can be repeated from any of
them.
"""

from __future__ import annotations

import dataclasses
import json
import numbers
import types
import typing
from importlib import resources
from typing import Any, TypeVar

from .errors import InputError

PRESET_NAMES = ("fast", "balanced", "best")
T = TypeVar("T")


def require(condition: bool, message: str) -> None:
    """Raises `InputError(message)` unless the condition holds; the message says what is wrong and what to do."""
    if not condition:
        raise InputError(message)


def require_choice(name: str, value: str, choices: typing.Iterable[str]) -> None:
    """Raises `InputError` naming the possible values unless `value` is one of them."""
    known = sorted(choices)
    require(value in known, f"{name} is '{value}'; choose one of: {', '.join(known)}.")


def require_range(name: str, value: float | None, low: float, high: float, unit: str = "") -> None:
    """Raises `InputError` unless `value` is None or low <= value <= high."""
    if value is not None:
        text = f"{name} is {value}; it must be a number from {low:g} to {high:g} {unit}".rstrip() + "."
        require(isinstance(value, numbers.Real) and low <= value <= high, text)


def to_dict(settings: Any) -> dict[str, Any]:
    """Settings dataclass (nested ones included) to plain JSON types; numbers of NumPy become plain ones."""
    return json.loads(json.dumps(dataclasses.asdict(settings), default=lambda number: number.item()))


def lay_over(settings: dict[str, Any], change: str) -> None:
    """Puts 'fit.iterations=500' into nested settings; values are JSON, or plain text. Raises `InputError` for anything
    that is no NAME=VALUE."""
    name, separator, text = change.partition("=")
    if not separator or not name:
        raise InputError(f"'{change}' is no setting: write it as NAME=VALUE, for instance fit.iterations=500.")
    *path, last = name.split(".")
    for part in path:
        settings = settings.setdefault(part, {})
    try:
        settings[last] = json.loads(text)
    except ValueError:
        settings[last] = text


def from_dict(cls: type[T], values: dict[str, Any], base: T | None = None) -> T:
    """Settings of class `cls` with `values` laid over `base` (the class's defaults if not given); nested dictionaries
    go into nested settings. Raises `InputError` for a name that does not exist or a value of the wrong type."""
    if not isinstance(values, dict):
        raise InputError(f"Settings for {cls.__name__} must be named values, not {type(values).__name__}.")
    hints = typing.get_type_hints(cls)
    names = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
    base = cls() if base is None else base
    changes: dict[str, Any] = {}
    for name, value in values.items():
        require(name in names, f"{cls.__name__} has no setting '{name}'; it has: {', '.join(names)}.")
        if dataclasses.is_dataclass(hints[name]):
            value = from_dict(typing.cast(type, hints[name]), value, getattr(base, name))
        changes[name] = _coerced(cls.__name__, name, value, hints[name])
    return dataclasses.replace(base, **changes)  # type: ignore[type-var]


def _coerced(owner: str, name: str, value: Any, hint: Any) -> Any:
    """The value as the annotated type: JSON has no tuples and writes 3.0 as 3."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if value is None and type(None) in options:
        return None
    for option in options:
        kind = typing.get_origin(option) or option
        if kind is tuple and isinstance(value, (list, tuple)):
            return tuple(value)
        if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        if isinstance(kind, type) and isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return value
    raise InputError(f"Setting {owner}.{name} cannot be {value!r}; it must be {_kinds(options)}.")


def _kinds(options: tuple[Any, ...]) -> str:
    """What may be given, in words."""
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", type(None): "null"}
    kinds = [typing.get_origin(option) or option for option in options]
    return " or ".join(words.get(kind, "a list" if kind is tuple else str(kind)) for kind in kinds)


def choose_settings(cls: type[T], task: str, settings: T | str | None) -> T:
    """Settings from what a user of the Python door may give: nothing (the preset 'balanced'), a preset's name or a
    settings object. Raises `InputError` for anything else."""
    if settings is None or isinstance(settings, str):
        return load_preset(cls, task, settings or "balanced")
    require(
        isinstance(settings, cls),
        f"Settings must be a {cls.__name__} or one of {', '.join(PRESET_NAMES)}, not {type(settings).__name__}.",
    )
    return settings


def load_preset(cls: type[T], task: str, name: str) -> T:
    """Settings of one task from `presets/<task>.json`, name 'fast', 'balanced' or 'best'."""
    require_choice("The preset", name, PRESET_NAMES)
    text = resources.files(__package__).joinpath(f"presets/{task}.json").read_text(encoding="utf-8")
    return from_dict(cls, json.loads(text)[name])
