"""What the widgets of the four modules share: build from .ui files, Apply / Cancel, progress, results, errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import qt
import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget
from slicer.util import VTKObservationMixin

from ..errors import INRError
from .files import Node
from .logic import PanelLogic, PreparedJob, Request, RunOptions
from .process import JobProcess
from .results import metric_rows, progress_text
from .worker import Outcome

RUN_SECTION = Path(__file__).parent / "Resources" / "UI" / "INRRunSection.ui"
_PRESETS = ("fast", "balanced", "best")
_DEVICES = ("auto", "cuda", "mps", "cpu")
_PROGRESS_STEPS = 1000


class PanelWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """A module's widget names its output selectors by role and says what is missing and what is asked for."""

    outputSelectors: ClassVar[dict[str, str]] = {}

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)

    # -- what each module answers ------------------------------------------------------------------------------------
    def createLogic(self) -> PanelLogic:
        raise NotImplementedError

    def missing(self) -> str:
        """What keeps Apply from running, in a few words; empty when nothing does."""
        raise NotImplementedError

    def request(self) -> Request:
        """What the panel's selectors and settings ask for."""
        raise NotImplementedError

    def showResults(self, nodes: dict[str, Node]) -> None:
        """Shows new results in the views."""

    # -- life of the panel -------------------------------------------------------------------------------------------
    def setup(self) -> None:
        """Builds the panel; needs neither torch nor a main window."""
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = self.createLogic()
        self._job: JobProcess | None = None
        self._prepared: PreparedJob | None = None

        self._frame = self._loadUI(self.resourcePath(f"UI/{self.moduleName}.ui"))
        self.ui = slicer.util.childWidgetVariables(self._frame)
        self.layout.addStretch(1)
        self._frame.setMRMLScene(slicer.mrmlScene)

        for selector in self._nodeSelectors():
            selector.connect("currentNodeChanged(vtkMRMLNode*)", self.updateApplyButton)
        self.ui.applyButton.connect("clicked(bool)", self.onApplyButton)
        self.ui.stopButton.connect("clicked(bool)", self.onStopButton)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self._showRunning(False)
        self._showMessage("", "")
        self.ui.resultsCollapsibleButton.setVisible(False)

    def _loadUI(self, path: str) -> Any:
        """The module's own .ui with the part that all panels share at its end."""
        frame = slicer.util.loadUI(path)
        shared = slicer.util.loadUI(str(RUN_SECTION))
        frame.layout().addWidget(shared)
        self.layout.addWidget(frame)
        return frame

    def _nodeSelectors(self) -> list[Any]:
        return [widget for widget in vars(self.ui).values() if widget.className() == "qMRMLNodeComboBox"]

    def enter(self) -> None:
        self.updateApplyButton()

    def cleanup(self) -> None:
        """Slicer quits or the module is reloaded."""
        self.cancelJob()
        self.removeObservers()

    def onSceneStartClose(self, caller: Any, event: str) -> None:
        """Results of a closed scene belong nowhere."""
        self.cancelJob()

    # -- running -----------------------------------------------------------------------------------------------------
    def runOptions(self) -> RunOptions:
        return RunOptions(
            preset=_PRESETS[self.ui.presetComboBox.currentIndex],
            device=_DEVICES[self.ui.deviceComboBox.currentIndex],
            seed=self.ui.seedSpinBox.value,
            max_memory_gb=self.ui.memorySpinBox.value or None,
            iterations=self.ui.iterationsSpinBox.value or None,
        )

    def chosenOutputs(self, *required: str) -> dict[str, Node]:
        """Output nodes by role: the required ones (None: make a new one) and those that are chosen."""
        chosen = {role: getattr(self.ui, name).currentNode() for role, name in self.outputSelectors.items()}
        return {role: node for role, node in chosen.items() if node is not None or role in required}

    def updateApplyButton(self) -> None:
        """The button's text says what it will do, or what it waits for."""
        if self._job is not None:
            self.ui.applyButton.text = _("Cancel")
            self.ui.applyButton.toolTip = _("End the computation and drop its results.")
            self.ui.applyButton.enabled = True
            return
        missing = self.missing() or self._outputIsInput()
        self.ui.applyButton.text = missing or _("Apply")
        self.ui.applyButton.toolTip = missing or _("Start the computation; Slicer can be used meanwhile.")
        self.ui.applyButton.enabled = not missing

    def _outputIsInput(self) -> str:
        """Inputs are never changed."""
        outputs = [getattr(self.ui, name) for name in self.outputSelectors.values()]
        taken = {selector.currentNodeID for selector in outputs if selector.currentNodeID}
        inputs = {selector.currentNodeID for selector in self._nodeSelectors() if selector not in outputs}
        return _("Choose outputs other than the inputs") if taken & inputs else ""

    def onApplyButton(self) -> None:
        if self._job is not None:
            self.cancelJob()
            return
        self._showMessage("", "")
        try:
            self._prepared = self.logic.prepare(self.request())
        except INRError as error:
            self._showMessage("", str(error))
            return
        self._job = JobProcess(self.onJobEvent, self.onJobFinished)
        self._showRunning(True)
        self._job.start(self._prepared.command)

    def onStopButton(self) -> None:
        """Keeps the best result so far."""
        self.ui.stopButton.enabled = False
        self._job.stop_and_keep()

    def cancelJob(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def onJobEvent(self, event: dict[str, Any]) -> None:
        if event["event"] == "progress":
            done = event["iteration"] / max(event["iterations"], 1)
            self.ui.progressBar.value = min(done, 1.0) * _PROGRESS_STEPS
            self._showMessage(progress_text(event), "")
        elif event["event"] == "note":
            self._showMessage(self._prepared.in_users_words(event["text"]), "")

    def onJobFinished(self, outcome: Outcome) -> None:
        prepared, self._job, self._prepared = self._prepared, None, None
        try:
            if outcome.report is not None:
                self._takeResults(prepared, outcome.report)
            elif outcome.cancelled:
                self._showMessage(_("Cancelled; nothing was changed."), "")
            else:
                self._showMessage("", prepared.in_users_words(outcome.message), outcome.details)
        finally:
            self.logic.discard(prepared)
            self._showRunning(False)

    def showInSliceViews(self, background: Node, foreground: Node = None) -> None:
        """Puts volumes into the slice views, faded over each other when there are two."""
        from ..scene import show_in_slice_views

        logic = slicer.app.applicationLogic()
        show_in_slice_views(slicer.mrmlScene, background, foreground, application_logic=logic)

    # -- showing -----------------------------------------------------------------------------------------------------
    def _takeResults(self, prepared: PreparedJob, report: dict[str, Any]) -> None:
        try:
            nodes = self.logic.load(prepared)
        except INRError as error:
            self._showMessage("", str(error))
            return
        for role, node in nodes.items():
            getattr(self.ui, self.outputSelectors[role]).setCurrentNode(node)
        self._showReport(report)
        notes = [prepared.in_users_words(note) for note in report.get("notes", ())]
        done = _("Done in {seconds:.1f} s. {device}").format(seconds=report["seconds"], device=report["device"])
        self._showMessage("\n".join([done, *notes]), "")
        self.showResults(nodes)

    def _showReport(self, report: dict[str, Any]) -> None:
        rows, table = metric_rows(report), self.ui.resultTable
        table.setRowCount(len(rows))
        for number, (label, value, tip) in enumerate(rows):
            for column, text in enumerate((label, value)):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(tip)
                table.setItem(number, column, item)
        table.resizeColumnToContents(0)
        table.setFixedHeight(sum(table.rowHeight(number) for number in range(len(rows))) + 2 * table.frameWidth)
        self.ui.resultsCollapsibleButton.setVisible(True)

    def _showRunning(self, running: bool) -> None:
        self.ui.progressBar.value = 0
        self.ui.progressBar.setVisible(running)
        self.ui.stopButton.setVisible(running)
        self.ui.stopButton.enabled = True
        self.updateApplyButton()

    def _showMessage(self, status: str, error: str, details: str = "") -> None:
        failure = _("Error: {text}").format(text=error) if error else ""
        for label, text in ((self.ui.statusLabel, status), (self.ui.errorLabel, failure)):
            label.text = text
            label.toolTip = details
            label.setVisible(bool(text))
