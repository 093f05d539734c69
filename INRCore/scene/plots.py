"""Curves of a fit as Slicer's plot nodes: a table, a series for each curve, a chart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .mrml import Node, Scene, slicer
from .roles import give_role, node_with_role, nodes_of_class, role_of
from .tables import make_table

_ROLE = "curves/"
_PALETTE = ((0.12, 0.47, 0.71), (1.0, 0.5, 0.05), (0.17, 0.63, 0.17), (0.84, 0.15, 0.16), (0.58, 0.4, 0.74))
_MOST_ROWS = 2000
_ITERATION = "Iteration"


class Curves:
    """Curves over the iterations on one chart; the nodes are found again under the same `title`, so that a later run
    draws into them.

    The axis is logarithmic when asked for and as long as no value is below 0; zeros, which it cannot show, are left
    out. Long fits are thinned out: every second point is dropped whenever there are more than 2000.
    """

    def __init__(self, scene: Scene, title: str, axis: str, logarithmic: bool = False) -> None:
        self._scene, self._title, self._axis, self._logarithmic = scene, title, axis, logarithmic
        self._rows: list[tuple[int, dict[str, float]]] = []
        self._made: list[str] = []

    def add(self, iteration: int, values: dict[str, float]) -> None:
        """Takes a point of each curve; `show` makes it visible. An earlier iteration begins the curves anew."""
        if self._rows and iteration <= self._rows[-1][0]:
            self._rows.clear()
        self._rows.append((iteration, dict(values)))
        if len(self._rows) > _MOST_ROWS:
            del self._rows[1::2]

    @property
    def chart(self) -> Node | None:
        """The chart node, once there is something to show."""
        return self._find("vtkMRMLPlotChartNode", "chart")

    def show(self) -> None:
        """Brings all points taken so far into the scene."""
        if not self._rows:
            return
        names = list(self._rows[-1][1])
        iterations = np.array([iteration for iteration, _ in self._rows], float)
        values = np.array([[row.get(name, np.nan) for name in names] for _, row in self._rows])
        if self._logarithmic and not (values < 0).any():
            values[values == 0] = np.nan
            drawn = np.isfinite(values).any(0)
            names, values = [name for name, is_drawn in zip(names, drawn, strict=True) if is_drawn], values[:, drawn]
        table = self._obtain("vtkMRMLTableNode", "table", f"{self._title} table")
        table.SetAndObserveTable(make_table({_ITERATION: iterations, **dict(zip(names, values.T, strict=True))}))
        series = [self._series(table, number, name) for number, name in enumerate(names)]
        self._update_chart(series, bool((values[np.isfinite(values)] > 0).all()))

    def remove(self, only_new: bool = False) -> None:
        """Takes the nodes out of the scene; with `only_new` those that this object made."""
        nodes = [self._scene.GetNodeByID(node_id) for node_id in self._made] if only_new else self.nodes()
        for node in nodes:
            if node is not None:
                self._scene.RemoveNode(node)
        self._made.clear()

    def nodes(self) -> list[Node]:
        """All nodes of these curves that are in the scene."""
        kinds = ("vtkMRMLPlotChartNode", "vtkMRMLPlotSeriesNode", "vtkMRMLTableNode")
        found = [node for kind in kinds for node in nodes_of_class(self._scene, kind)]
        return [node for node in found if role_of(node).startswith(self._role(""))]

    def _series(self, table: Node, number: int, name: str) -> Node:
        node = self._obtain("vtkMRMLPlotSeriesNode", f"series {name}", name)
        node.SetName(name)  # the legend shows it; a unique name such as "similarity_2" would puzzle
        node.SetAndObserveTableNodeID(table.GetID())
        node.SetXColumnName(_ITERATION)
        node.SetYColumnName(name)
        node.SetPlotType(node.PlotTypeScatter)
        node.SetMarkerStyle(node.MarkerStyleNone)
        node.SetLineStyle(node.LineStyleSolid)
        node.SetColor(*_PALETTE[number % len(_PALETTE)])
        return node

    def _update_chart(self, series: Sequence[Node], is_positive: bool) -> None:
        chart = self._obtain("vtkMRMLPlotChartNode", "chart", self._title)
        was_modifying = chart.StartModify()
        wanted = [node.GetID() for node in series]
        shown = [chart.GetNthPlotSeriesNodeID(number) for number in range(chart.GetNumberOfPlotSeriesNodes())]
        if shown != wanted:
            chart.RemoveAllPlotSeriesNodeIDs()
            for node_id in wanted:
                chart.AddAndObservePlotSeriesNodeID(node_id)
        chart.SetTitle(self._title)
        chart.SetXAxisTitle(_ITERATION)
        chart.SetYAxisTitle(self._axis)
        chart.SetYAxisLogScale(self._logarithmic and is_positive)
        chart.SetLegendVisibility(len(wanted) > 1)
        chart.EndModify(was_modifying)

    def _find(self, class_name: str, part: str) -> Node | None:
        return node_with_role(self._scene, class_name, self._role(part))

    def _role(self, part: str) -> str:
        return f"{_ROLE}{self._title}/{part}"

    def _obtain(self, class_name: str, part: str, name: str) -> Node:
        node = self._find(class_name, part)
        if node is None:
            node = self._scene.AddNewNodeByClass(class_name, name)
            give_role(node, self._role(part))
            self._made.append(node.GetID())
        return node


def show_in_plot_view(scene: Scene, chart: Node) -> bool:
    """Shows a chart where the layout has a plot view that is empty or shows curves of ours; whether there was one. The
    layout stays as it is."""
    for view in nodes_of_class(scene, "vtkMRMLPlotViewNode"):
        shown = view.GetPlotChartNode()
        if view.IsMappedInLayout() and (shown is None or role_of(shown).startswith(_ROLE)):
            view.SetPlotChartNodeID(chart.GetID())
            return True
    return False


def show_in_layout(scene: Scene, chart: Node, application_logic: Node) -> None:
    """Shows a chart; the layout changes to the nearest one with a plot view if it has none."""
    logic = slicer.vtkSlicerPlotsLogic()
    logic.SetMRMLApplicationLogic(application_logic)
    logic.SetMRMLScene(scene)
    logic.ShowChartInLayout(chart)
