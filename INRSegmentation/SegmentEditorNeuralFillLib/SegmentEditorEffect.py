"""Segment Editor effect: fills the slices between drawn ones with signed distance fields, beside Slicer's own
"Fill between slices". The fit waits in the queue of the panels and runs in their worker process, so that Slicer stays
usable meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer
from SegmentEditorEffects import AbstractScriptedSegmentEditorAutoCompleteEffect
from slicer.i18n import tr as _

from INRCore.errors import InputError, INRError
from INRCore.panel.fill_job import FillJob, show_coarse_fill
from INRCore.panel.memory import RunMemory
from INRCore.panel.queue import QueuedJob, shared_queue
from INRCore.panel.results import progress_text, waiting_text
from INRCore.panel.worker import Outcome

_FILE = Path(__file__)
_PROGRESS_STEPS = 1000


def register_effect() -> None:
    """Adds the effect to the Segment Editor; call it when Slicer has started up."""
    _new_host().self().register()


def _new_host() -> Any:
    """The C++ side of a new effect."""
    import qSlicerSegmentationsEditorEffectsPythonQt as effects

    host = effects.qSlicerSegmentEditorScriptedEffect(None)
    host.setPythonSource(_FILE.as_posix())
    return host


class SegmentEditorEffect(AbstractScriptedSegmentEditorAutoCompleteEffect):
    """The base class draws the preview and applies it; here the preview comes later, from a job."""

    def __init__(self, scriptedEffect: Any) -> None:
        AbstractScriptedSegmentEditorAutoCompleteEffect.__init__(self, scriptedEffect)
        scriptedEffect.name = "Neural fill between slices"  # not translated: scripts find the effect by it
        scriptedEffect.title = _("Neural fill between slices")
        self._queued: QueuedJob | None = None
        self._files: FillJob | None = None
        self._memory = RunMemory()
        self._image: Any = None
        self._sceneObserver = 0

    def clone(self) -> Any:
        return _new_host()

    def icon(self) -> Any:
        return qt.QIcon(str(_FILE.with_name("SegmentEditorEffect.png")))

    def helpText(self) -> str:
        return "<html>" + _(
            "Fill the slices between drawn ones with smooth shapes<br>"
            "<ul><li>Draw all visible segments on some slices of one orientation, with any effect. Leave empty slices "
            "between them, and draw every visible segment on each slice where it is."
            "<li>Click <i>Initialize</i>. A coarse preview appears at once and is replaced when the fit is done; go on "
            "working meanwhile."
            "<li>Draw more slices where the preview is wrong and click <i>Update</i>, then <i>Apply</i>.</ul>"
            "Drawn slices stay as they are. Masking settings are ignored; of overlapping segments the one higher in "
            "the table wins. Not for diagnosis."
        )

    # -- options -----------------------------------------------------------------------------------------------------
    def setMRMLDefaults(self) -> None:
        """A fit takes seconds to minutes, so it does not start again with every stroke unless the user wants it.
        Iterations is for scripts: steps of the fit, 0 for what the quality says."""
        self.scriptedEffect.setParameterDefault("AutoUpdate", "0")
        self.scriptedEffect.setParameterDefault("Preset", "fast")
        self.scriptedEffect.setParameterDefault("Iterations", "0")

    def setupOptionsFrame(self) -> None:
        self.presetComboBox = qt.QComboBox()
        for title, preset in ((_("Fast preview"), "fast"), (_("Balanced"), "balanced"), (_("Best quality"), "best")):
            self.presetComboBox.addItem(title, preset)
        self.presetComboBox.setToolTip(_("How much time the fit may take."))
        self.scriptedEffect.addLabeledOptionsWidget(_("Quality:"), self.presetComboBox)
        self.presetComboBox.connect("currentIndexChanged(int)", self.updateMRMLFromGUI)

        AbstractScriptedSegmentEditorAutoCompleteEffect.setupOptionsFrame(self)

        self.progressBar = qt.QProgressBar()
        self.progressBar.maximum = _PROGRESS_STEPS
        self.statusLabel = qt.QLabel()
        self.statusLabel.wordWrap = True
        self.scriptedEffect.addOptionsWidget(self.progressBar)
        self.scriptedEffect.addOptionsWidget(self.statusLabel)
        self._say("")

    def updateGUIFromMRML(self) -> None:
        AbstractScriptedSegmentEditorAutoCompleteEffect.updateGUIFromMRML(self)
        preset = self.presetComboBox.findData(self.scriptedEffect.parameter("Preset"))
        wasBlocked = self.presetComboBox.blockSignals(True)
        self.presetComboBox.currentIndex = max(preset, 0)
        self.presetComboBox.blockSignals(wasBlocked)
        running = self._queued is not None
        self.progressBar.setVisible(running)
        if running:  # the preview is still the coarse one
            self.applyButton.setEnabled(False)

    def updateMRMLFromGUI(self) -> None:
        AbstractScriptedSegmentEditorAutoCompleteEffect.updateMRMLFromGUI(self)
        self.scriptedEffect.setParameter("Preset", self.presetComboBox.currentData)

    def _say(self, text: str) -> None:
        self.statusLabel.text = text
        self.statusLabel.setVisible(bool(text))

    # -- preview -----------------------------------------------------------------------------------------------------
    def onPreview(self) -> None:
        """Shows a coarse fill and starts the fit. What cannot be done is said in the panel, not in a pop-up."""
        self._endJob()
        self._say("")
        try:
            self.preview()
            if self._queued is None:  # the base class gave up without a word
                raise InputError(_("All visible segments are empty: draw on some slices first."))
        except (INRError, RuntimeError) as error:
            self.reset()
            self._say(str(error))

    def computePreviewLabelmap(self, mergedImage: Any, outputLabelmap: Any) -> None:
        outputLabelmap.DeepCopy(mergedImage)
        show_coarse_fill(mergedImage, outputLabelmap)
        self._image = outputLabelmap
        self._queued = QueuedJob(
            title=self.scriptedEffect.title,
            prepare=lambda: self._writeInput(mergedImage),
            on_event=self._onJobEvent,
            on_waiting=lambda title: self._say(waiting_text(title)),
            on_finished=self._onJobFinished,
        )
        scene = slicer.mrmlScene
        self._sceneObserver = scene.AddObserver(scene.StartCloseEvent, lambda caller, event: self._endJob())
        shared_queue().add(self._queued)

    def _writeInput(self, mergedImage: Any) -> list[str]:
        effect = self.scriptedEffect
        self._files = FillJob(
            mergedImage, effect.parameter("Preset"), self._memory, effect.integerParameter("Iterations")
        )
        return self._files.command

    def _onJobEvent(self, event: dict[str, Any]) -> None:
        if event["event"] == "progress":
            done = event["iteration"] / max(event["iterations"], 1)
            self.progressBar.value = min(done, 1.0) * _PROGRESS_STEPS
            self._say(progress_text(event))

    def _onJobFinished(self, outcome: Outcome) -> None:
        files, image = self._files, self._image
        self._queued = self._files = self._image = None
        slicer.mrmlScene.RemoveObserver(self._sceneObserver)
        message = outcome.message
        self._say(message)
        try:
            if outcome.report is not None and self.getPreviewNode() is not None:
                self._showResult(files, image)
        finally:
            if files is not None:
                files.discard()
        if message:
            self.reset()
        self.updateGUIFromMRML()

    def _showResult(self, files: FillJob, image: Any) -> None:
        """The segments of the preview share the image; their surfaces still show the coarse fill."""
        isShownIn3D = self.getPreviewShow3D()
        files.put_result_into(image)
        self.getPreviewNode().RemoveClosedSurfaceRepresentation()
        self.setPreviewShow3D(isShownIn3D)

    # -- end ---------------------------------------------------------------------------------------------------------
    def reset(self) -> None:
        """Cancel, Apply, or a preview that has to be built anew."""
        self._endJob()
        AbstractScriptedSegmentEditorAutoCompleteEffect.reset(self)

    def cleanup(self) -> None:
        self._endJob()
        self._memory.forget()
        AbstractScriptedSegmentEditorAutoCompleteEffect.cleanup(self)

    def _endJob(self) -> None:
        if self._queued is not None:
            shared_queue().cancel(self._queued)
