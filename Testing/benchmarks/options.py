"""Options behind a method's name on a benchmark's command line."""

from __future__ import annotations

import json
from typing import Any


def parse_options(text: str) -> tuple[str, dict[str, Any]]:
    """'NAME' or 'NAME:option=value,option=value' (values as JSON, else as text) to the name and its options."""
    name, _, changes = text.partition(":")
    pairs = (change.split("=", 1) for change in changes.split(",") if change)
    return name, {key: _value(value) for key, value in pairs}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def nested(options: dict[str, Any]) -> dict[str, Any]:
    """{'fit.iterations': 5} to {'fit': {'iterations': 5}}, as settings have them."""
    result: dict[str, Any] = {}
    for name, value in options.items():
        *groups, last = name.split(".")
        inner = result
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[last] = value
    return result
