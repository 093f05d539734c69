"""Messages of the library in the words of the panels: what a setting and its values are called on the screen. The
Python console and the command line keep the names of the settings."""

from __future__ import annotations

import re
from enum import Enum

from slicer.i18n import tr as _

from .parameters import Device
from .registration_parameters import Initial, Model, Similarity

_CHOICE = re.compile(r"\b(initial|model|similarity) = '(\w+)'(?: or '(\w+)')?")
_MEASURE = re.compile("'({})'".format("|".join(measure.value for measure in Similarity if measure.value)))
_DEVICE = re.compile(r"\b(The device|Choose) '(\w+)'(?: or '(\w+)')?")
_FOR_OTHERS = (
    re.compile(r" \((command line: [^)]*|--[a-z-]+( N)?)\)"),
    re.compile(r"(?<=say so \()in the panel (?=under Slices)"),
    re.compile(r"; elsewhere sparse = 'dense' or, for some of them, empty_slices(?=\))"),
    re.compile(r", or set slice_axis to another axis"),
)
"""What only those need who write commands or Python."""


def in_panel_words(text: str) -> str:
    """'initial = 'rigid'' becomes 'Initial alignment: Rigid', and hints for the command line are left out."""
    for hint in _FOR_OTHERS:
        text = hint.sub("", text)
    for name, title in _titles().items():
        text = re.sub(rf"\b{name}\b", title, text)
    text = _CHOICE.sub(_choice, text)
    text = _MEASURE.sub(lambda found: f"'{Similarity(found[1]).label()}'", text)
    return _DEVICE.sub(lambda found: f"{found[1]} {_labels(Device, found[2], found[3], quoted=True)}", text)


def _choice(found: re.Match[str]) -> str:
    kind, title = {
        "initial": (Initial, _("Initial alignment")),
        "model": (Model, _("Model")),
        "similarity": (Similarity, _("Compare by")),
    }[found[1]]
    return f"{title}: {_labels(kind, found[2], found[3])}"


def _labels(kind: type[Enum], *values: str | None, quoted: bool = False) -> str:
    """The labels of one or two values; what is no value of that kind stays as it is."""
    known = {member.value: member.label() for member in kind}  # type: ignore[attr-defined]
    form = "'{}'" if quoted else "{}"
    return _(" or ").join(form.format(known.get(value, value)) for value in values if value)


def _titles() -> dict[str, str]:
    return {"grid_spacing_mm": _("Transform spacing (mm)"), "hyperelastic_weight": _("Resist volume change")}
