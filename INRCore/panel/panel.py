"""What the widgets of the four modules share: Apply and Cancel, and what happens after a run."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import slicer
from slicer.i18n import tr as _

from .bound_panel import BoundPanel
from .device_section import DeviceSection, torch_is_broken
from .display import Comparison, bring_tables
from .files import Node
from .live import LiveView
from .logic import PreparedJob, Request
from .parameters import Preset
from .queue import QueuedJob, failure, shared_queue
from .result_section import ResultSection
from .run_section import RunSection
from .samples import add_sample
from .words import in_panel_words
from .worker import Outcome

_DOUBLE_CLICK_SECONDS = 0.4
"""A double click on Apply is one click, not Apply and Cancel."""


class PanelWidget(BoundPanel):
    """A module's widget says what is missing and what is asked for."""

    compared: ClassVar[tuple[str, str, str] | None] = None
    """Input role, output role and the way in which both volumes are shown at first (see `ways_to_compare`)."""
    named: ClassVar[tuple[str, ...]] = ()
    """Input roles that results are named after; none: the first one."""

    # -- what each module answers ------------------------------------------------------------------------------------
    def missing(self) -> str:
        """What keeps Apply from running, in a few words; empty when nothing does."""
        raise NotImplementedError

    def request(self) -> Request:
        """What the parameters ask for."""
        raise NotImplementedError

    def needsTorch(self) -> bool:
        """Whether what is asked for takes PyTorch."""
        return True

    def withoutTorch(self) -> str:
        """What still works where PyTorch is missing."""
        return _("Opening .inr files and the modules Neural Compression and Neural Segmentation work without it.")

    # -- life of the panel -------------------------------------------------------------------------------------------
    def setup(self) -> None:
        """Builds the panel; needs neither torch nor a main window."""
        BoundPanel.setup(self)
        self._job: QueuedJob | None = None
        self._prepared: PreparedJob | None = None
        self._live: LiveView | None = None
        self.runSection = RunSection(self.ui)
        self.deviceSection = DeviceSection(self.ui, self.updateApplyButton, self.withoutTorch())
        self.resultSection = ResultSection(self.ui, self.logic, self.runSection.showMessage)
        self.ui.applyButton.connect("clicked(bool)", self.onApplyButton)
        self.ui.stopButton.connect("clicked(bool)", self.onStopButton)
        self.ui.tryButton.connect("clicked(bool)", self.onTryButton)
        self.watchScene()

    def cleanup(self) -> None:
        self.cancelJob()
        self.deviceSection.close()
        BoundPanel.cleanup(self)

    def onSceneStartClose(self, caller: Any, event: str) -> None:
        """Results of a closed scene belong nowhere."""
        self.cancelJob()
        self.resultSection.forget()
        BoundPanel.onSceneStartClose(self, caller, event)

    def bindParameters(self) -> None:
        self._lastOrigin: str | None = None
        BoundPanel.bindParameters(self)

    def onParametersChanged(self, caller: Any = None, event: str = "") -> None:
        self._letOldResultsBe()
        self.updateApplyButton()
        if self._isEntered:  # building a panel asks for nothing yet
            needed = 0 if self._whatIsMissing() else self.logic.needed_bytes(self.request())
            self.deviceSection.show(self.parameters.device.value, needed, self.needsTorch())

    def _origin(self) -> str:
        """IDs of the inputs that results are named after."""
        chosen = self.chosenInputs()
        return " ".join(chosen[role].GetID() for role in self.named or [*self.inputs][:1] if role in chosen)

    def _letOldResultsBe(self) -> None:
        """When other inputs are chosen, results that were made of the last ones are no longer outputs: the next run
        would overwrite them under their old names. Outputs that the user chose stay chosen."""
        from ..scene.roles import origin_of

        before, self._lastOrigin = self._lastOrigin, self._origin()
        if before is None or before == self._lastOrigin:
            return
        for name in self.outputs.values():
            node = getattr(self.parameters, name)
            if node is not None and origin_of(node) not in ("", self._lastOrigin):
                setattr(self.parameters, name, None)

    # -- running -----------------------------------------------------------------------------------------------------
    def updateApplyButton(self) -> None:
        if self._job is not None:
            self.runSection.offerCancel()
        else:
            self.runSection.offerApply(self._whatIsMissing())
        self.ui.tryButton.setVisible(self._job is None and self.parameters is not None and not self.chosenInputs())

    def _whatIsMissing(self) -> str:
        if self.parameters is None:
            return _("The scene is being closed")
        if self.deviceSection.lacksTorch and self.needsTorch():
            return _("Install PyTorch first")
        return self.missing() or self._outputIsInput()

    def _outputIsInput(self) -> str:
        """Inputs are never changed."""
        outputs = [node.GetID() for node in self.chosenOutputs().values() if node is not None]
        inputs = [node.GetID() for node in self.chosenInputs().values()]
        return _("Choose outputs other than the inputs") if set(outputs) & set(inputs) else ""

    def onApplyButton(self) -> None:
        if self._job is not None:
            if time.monotonic() - self._started > _DOUBLE_CLICK_SECONDS:
                self.cancelJob()
            return
        request, self._started, self._jobOrigin = self.request(), time.monotonic(), self._origin()
        self._job = QueuedJob(
            title=self.title,
            prepare=lambda: self._prepare(request),
            on_event=lambda event: self.onJobEvent(request, event),
            on_waiting=self.runSection.showWaiting,
            on_finished=lambda outcome: self.onJobFinished(request, outcome),
        )
        self.runSection.showRunning(True)
        self.updateApplyButton()
        shared_queue().add(self._job)

    def _prepare(self, request: Request) -> list[str]:
        self._prepared = self.logic.prepare(request)
        return self._prepared.command

    def onTryButton(self) -> None:
        """Runs on the module's sample, which is made on the spot."""
        for parameter, node in add_sample(self.moduleName).items():
            setattr(self.parameters, parameter, node)
        self.parameters.preset = Preset.FAST
        if not self._whatIsMissing():
            self.onApplyButton()

    def isBusy(self) -> bool:
        """Whether a job of this panel waits or runs."""
        return self._job is not None

    def onStopButton(self) -> None:
        """Keeps the best result so far."""
        self.ui.stopButton.enabled = False
        shared_queue().stop_and_keep(self._job)

    def cancelJob(self) -> None:
        if self._job is not None:
            shared_queue().cancel(self._job)

    def onJobEvent(self, request: Request, event: dict[str, Any]) -> None:
        if event["event"] == "progress":
            self.runSection.showProgress(event)
        elif event["event"] == "note":
            self.runSection.showNote(in_panel_words(self._prepared.in_users_words(event["text"])))
        if self._live is None:
            self._live = LiveView(slicer.mrmlScene, self.title, self.logic.task, _still_there(request.inputs))
        self._live.take(event)

    def onJobFinished(self, request: Request, outcome: Outcome) -> None:
        prepared, self._job, self._prepared = self._prepared, None, None
        live, self._live = self._live, None
        self.runSection.showRunning(False)
        try:
            if live is not None:
                live.finish(outcome.report is not None)
            if outcome.report is not None:
                self._takeResults(request, prepared, outcome.report, live)
            elif outcome.cancelled:
                self.runSection.showMessage(_("Cancelled; nothing was changed."))
            else:
                message = prepared.in_users_words(outcome.message) if prepared else outcome.message
                self.runSection.showError(in_panel_words(message), outcome.details)
                if torch_is_broken(outcome):
                    self.deviceSection.askAgain()
        finally:
            if prepared is not None:
                self.logic.discard(prepared)
            self.updateApplyButton()

    def _takeResults(self, request: Request, prepared: PreparedJob, report: dict[str, Any], live: Any) -> None:
        try:
            with self.logic.change(prepared) as change:
                change.include(live.nodes() if live is not None else [])
                nodes = self.logic.load(prepared)
                tables = self.bringFurther(report, request, nodes)
        except Exception as error:  # whatever it is, the user has waited for this and has to hear of it
            outcome = failure(error)
            self.runSection.showError(outcome.message, outcome.details)
            return
        change.include(tables)
        self._chooseResults(request, nodes)
        self.resultSection.show(report, request, change)
        self.resultSection.offerViews(self._comparison(request, nodes), live)
        heard = [note for table in prepared.labels.values() for note in table.notes]
        told = filter(None, (report.get("direction"), *report.get("notes", ())))
        notes = [*heard, *(in_panel_words(prepared.in_users_words(note)) for note in told)]
        done = _("Done in {seconds:.1f} s on {device}.").format(
            seconds=report["seconds"],
            device=report["device"].partition(":")[0],  # without why
        )
        self.runSection.showMessage("\n".join([done, *notes]))
        self.runSection.notify(_("{title}: done").format(title=self.title))

    def _chooseResults(self, request: Request, nodes: dict[str, Node]) -> None:
        """The results become the outputs, to be updated by the next run, unless other inputs are chosen by now."""
        from ..scene.roles import tell_origin

        for role, node in nodes.items():
            if request.outputs[role] is not node:
                tell_origin(node, self._jobOrigin)
            if role in self.outputs and self._origin() == self._jobOrigin:  # others are found again by their role
                setattr(self.parameters, self.outputs[role], node)

    def bringFurther(self, report: dict[str, Any], request: Request, nodes: dict[str, Node]) -> list[Node]:
        """Nodes of what the report says, beside the results `nodes`."""
        return bring_tables(slicer.mrmlScene, self.title, report, request.inputs, nodes)

    def _comparison(self, request: Request, nodes: dict[str, Node]) -> tuple[Comparison, str] | None:
        """What the result is compared with, and how at first."""
        if self.compared is None:
            return None
        role, result, way = self.compared
        from ..scene import shown_volume

        reference, shown = shown_volume(_still_there(request.inputs).get(role)), shown_volume(nodes[result])
        if shown is None:
            return None
        comparison = Comparison(slicer.mrmlScene, self.title, reference, shown, slicer.app.applicationLogic())
        return comparison, way if reference is not None else "result"


def _still_there(inputs: dict[str, Any]) -> dict[str, Any]:
    """The first node of each role, without those that were deleted since Apply."""
    first = {role: value[0] if isinstance(value, (list, tuple)) else value for role, value in inputs.items()}
    return {role: node for role, node in first.items() if node.GetScene() is not None}
