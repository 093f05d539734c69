"""The part of a panel about the last result: its numbers, how to repeat it, how to take it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from ..errors import INRError
from .display import Comparison, ways_to_compare
from .live import LiveView
from .logic import PanelLogic, Request
from .reproduce import command_text, python_text
from .results import metric_rows
from .undo import SceneChange


class ResultSection:
    def __init__(self, ui: Any, logic: PanelLogic, tell: Callable[[str], None]) -> None:
        self.ui, self._logic, self._tell = ui, logic, tell
        self.ui.copyPythonButton.connect("clicked(bool)", self.copyPython)
        self.ui.copyCommandButton.connect("clicked(bool)", self.copyCommand)
        self.ui.undoButton.connect("clicked(bool)", self.undo)
        for way, label in ways_to_compare().items():
            self.ui.compareComboBox.addItem(label, way)
        self.ui.compareComboBox.connect("activated(int)", self.compare)
        self.ui.plotButton.connect("clicked(bool)", self.showPlot)
        self.forget()

    def show(self, report: dict[str, Any], request: Request, change: SceneChange) -> None:
        """The numbers of a run, and what is needed to repeat it or to take it back."""
        self._request, self._change = request, change
        self._fillTable(report)
        self.ui.undoButton.enabled = True
        self.ui.resultsCollapsibleButton.setVisible(True)

    def offerViews(self, comparison: tuple[Comparison, str] | None, live: LiveView | None) -> None:
        """Shows the result, and offers the other ways to look at it and the curves of the fit."""
        if self._comparison is not None:
            self._comparison.leave()
        self._comparison, way = comparison or (None, "")
        self._live = live
        self.ui.compareComboBox.setVisible(self._comparison is not None)
        self.ui.compareComboBoxLabel.setVisible(self._comparison is not None)
        self.ui.plotButton.enabled = live is not None and live.chart is not None
        if self._comparison is not None:
            self._comparison.refresh()
            self.ui.compareComboBox.setCurrentIndex(self.ui.compareComboBox.findData(way))
            self.compare()

    def compare(self) -> None:
        try:
            if not self._comparison.show(self.ui.compareComboBox.currentData):
                self._tell(_("The input or the result is not there any more."))
        except INRError as error:
            self._tell(str(error))

    def showPlot(self) -> None:
        self._live.show_plot(slicer.app.applicationLogic())

    def forget(self) -> None:
        self._request: Request | None = None
        self._change: SceneChange | None = None
        self._comparison: Comparison | None = None
        self._live: LiveView | None = None
        self.ui.resultsCollapsibleButton.setVisible(False)

    def undo(self) -> None:
        if self._comparison is not None:
            self._comparison.leave()
            self._change.include(self._comparison.made())
        self._change.undo()
        self._change = self._comparison = None
        self.ui.compareComboBox.setVisible(False)
        self.ui.compareComboBoxLabel.setVisible(False)
        self.ui.plotButton.enabled = False
        self.ui.undoButton.enabled = False
        files = ", ".join(self._request.files.values())
        kept = _(" The file stays: {files}").format(files=files) if files else ""
        self._tell(_("The last results were taken back.") + kept)

    def copyPython(self) -> None:
        self._copy(python_text, _("Copied; paste it into the Python console."))

    def copyCommand(self) -> None:
        self._copy(command_text, _("Copied; paste it into a terminal. The inputs are in {folder}."))

    def _copy(self, write: Callable[[PanelLogic, Request], tuple[str, str]], message: str) -> None:
        try:
            text, folder = write(self._logic, self._request)
        except INRError as error:
            self._tell(str(error))
            return
        slicer.app.clipboard().setText(text)
        self._tell(message.format(folder=folder))

    def _fillTable(self, report: dict[str, Any]) -> None:
        rows, table = metric_rows(report), self.ui.resultTable
        table.setRowCount(len(rows))
        for number, (label, value, tip) in enumerate(rows):
            for column, text in enumerate((label, value)):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(tip)
                table.setItem(number, column, item)
        table.resizeColumnToContents(0)
        table.setFixedHeight(sum(table.rowHeight(number) for number in range(len(rows))) + 2 * table.frameWidth)
