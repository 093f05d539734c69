"""Messages of the library in the words of all panels (registration_words.py has those of one): devices as they are
called on the screen, no hints for other doors. The Python console and the command line keep the names of settings."""

from __future__ import annotations

import re

from slicer.i18n import tr as _

from .parameters import Device

_DEVICE = re.compile(r"\b(The device|Choose) '(\w+)'(?: or '(\w+)')?")
_FOR_OTHERS = (
    re.compile(r" \((command line: [^)]*|--[a-z-]+( N)?)\)"),
    re.compile(r"(?<=say so \()in the panel (?=under Slices)"),
    re.compile(r"; elsewhere sparse = 'dense' or, for some of them, empty_slices(?=\))"),
    re.compile(r", or set slice_axis to another axis"),
)
"""What only those need who write commands or Python."""


def in_panel_words(text: str) -> str:
    """Without hints for the command line, and with 'Processor (CPU)' for 'cpu'."""
    for hint in _FOR_OTHERS:
        text = hint.sub("", text)
    text = text.replace("set sparse to 'dense'", _("tick 'Empty slices are background'"))
    labels = {device.value: device.label() for device in Device}

    def named(found: re.Match[str]) -> str:
        devices = (labels.get(name, name) for name in found.groups()[1:] if name)
        return f"{found[1]} " + _(" or ").join(f"'{device}'" for device in devices)

    return _DEVICE.sub(named, text)
