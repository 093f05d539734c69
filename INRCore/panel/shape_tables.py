"""What the segmentation panel brings besides its results: tables of the shapes and of the slices. No Qt here."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from .display import updated_node
from .files import Node, Scene

_TABLE = "vtkMRMLTableNode"


def bring_shape_tables(scene: Scene, module: str, report: dict[str, Any], result: Node) -> list[Node]:
    """A table with volume, area, diameter, topology and agreement of each shape, and for sparse slices one with what
    each counts as. Names are those of the segments of `result` (None: those in the report). Tables of an earlier run of
    the module are updated."""
    from ..scene import table_to_node

    names = _names(report.get("labels", ()), result)
    found = []
    for role, name, columns in (
        ("shapes", _("{module}: shapes"), _shape_columns(report.get("labels", ()), names)),
        ("slices", _("{module}: slices"), _slice_columns(report.get("slices", ()), names)),
    ):
        if columns:
            title = name.format(module=module)

            def make(node: Node, columns: Any = columns, title: str = title) -> Node:
                return table_to_node(scene, columns, node, name=title, reference=result)

            found.append(updated_node(scene, _TABLE, f"{module}/{role}", make))
    return found


def _names(rows: Any, result: Node) -> dict[int, str]:
    from ..scene.segmentations import segment_label, segments_of

    names = {row["label"]: row["name"] for row in rows}
    if result is not None:
        own = {segment_label(segment): segment.GetName() for segment in segments_of(result.GetSegmentation())}
        names |= {value: name for value, name in own.items() if value in names}
    return names


def _shape_columns(rows: Any, names: dict[int, str]) -> dict[str, list[Any]]:
    titles = {
        "volume_ml": _("Volume (ml)"),
        "surface_area_mm2": _("Surface area (mm²)"),
        "diameter_mm": _("Diameter (mm)"),
        "pieces": _("Pieces"),
        "cavities": _("Cavities"),
        "handles": _("Holes through it"),
        "dice": _("Dice with the input"),
        "hd95_mm": _("95 % distance from input (mm)"),
        "assd_mm": _("Mean distance from input (mm)"),
        "input_mean_mm": _("Mean distance of the input (mm)"),
    }
    if not rows:
        return {}
    columns: dict[str, list[Any]] = {_("Segment"): [names[row["label"]] for row in rows]}
    for key, title in titles.items():
        if any(key in row for row in rows):
            columns[title] = [round(float(row.get(key, float("nan"))), 4) for row in rows]
    return columns


def _slice_columns(rows: Any, names: dict[int, str]) -> dict[str, list[str]]:
    if not rows:
        return {}
    states = {
        "drawn": _("drawn"),
        "drawn, empty": _("drawn, empty"),
        "unknown": _("unknown"),
        "beyond the drawn range": _("beyond the drawn range"),
    }
    return {
        _("Across"): [row["axis"] for row in rows],
        _("Slices"): [row["slices"] for row in rows],
        _("Counts as"): [states[row["state"]] for row in rows],
        _("Center (mm RAS)"): [" ".join(f"{value:.1f}" for value in row.get("center", ())) for row in rows],
        _("Shows"): [", ".join(names.get(label, "?") for label in row.get("labels", ())) for row in rows],
        _("Outside here"): [", ".join(names.get(label, "?") for label in row.get("outside", ())) for row in rows],
    }
