"""Columns of numbers and text -> table nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkAbstractArray, vtkStringArray
from vtkmodules.vtkCommonDataModel import vtkTable

from ..errors import InputError
from .mrml import Node, Scene, require_output
from .placement import place_beside

Columns = Mapping[str, Sequence[float] | Sequence[str] | np.ndarray]


def table_to_node(
    scene: Scene, columns: Columns, node: Node | None = None, *, name: str = "Table", reference: Node | None = None
) -> Node:
    """Shows columns (title -> texts, or numbers) as a new table node, or updates `node` in place.

    Units belong into the titles. A new node goes into the study folder of `reference`. Raises `InputError` for columns
    of different lengths or a node of another class or scene.
    """
    require_output(scene, node, "vtkMRMLTableNode", "table")
    table = make_table(columns)
    node = node or scene.AddNewNodeByClass("vtkMRMLTableNode", scene.GenerateUniqueName(name))
    # Slicer of some years ago knows the older name only; later ones warn of it.
    use_titles = getattr(node, "SetUseColumnTitleAsColumnHeader", None) or node.SetUseColumnNameAsColumnHeader
    use_titles(True)
    node.SetAndObserveTable(table)
    place_beside(scene, node, reference)
    return node


def metrics_to_node(
    scene: Scene,
    rows: Sequence[tuple[str, str, str]],
    node: Node | None = None,
    *,
    name: str = "Measures",
    reference: Node | None = None,
) -> Node:
    """The measures of a result, (name, value with its unit, what it means) row by row, as a table node."""
    measures, values, meanings = zip(*rows, strict=True) if rows else ((), (), ())
    columns = {"Measure": list(measures), "Value": list(values), "Meaning": list(meanings)}
    return table_to_node(scene, columns, node, name=name, reference=reference)


def make_table(columns: Columns) -> vtkTable:
    """A vtkTable of the columns."""
    if len({len(values) for values in columns.values()}) > 1:
        raise InputError("The columns of a table need the same number of rows.")
    table = vtkTable()
    for title, values in columns.items():
        array = _column(values)
        array.SetName(title)
        table.AddColumn(array)
    return table


def _column(values: Sequence[float] | Sequence[str] | np.ndarray) -> vtkAbstractArray:
    if len(values) and not isinstance(values[0], str):
        return numpy_to_vtk(np.array(values, dtype=float), deep=True)
    texts = vtkStringArray()
    for value in values:
        texts.InsertNextValue(str(value))
    return texts
