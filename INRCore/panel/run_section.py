"""The part of a panel around the Apply button: what is missing, waiting, progress, messages, errors."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from .results import progress_text, waiting_text

_PROGRESS_STEPS = 1000
_NOTICE_MS = 8000


class RunSection:
    def __init__(self, ui: Any) -> None:
        self.ui = ui
        self._notes: list[str] = []
        self.showRunning(False)
        self.showMessage("")

    def offerApply(self, missing: str) -> None:
        """The button's text says what it will do, or what it waits for."""
        self.ui.applyButton.text = missing or _("Apply")
        self.ui.applyButton.toolTip = missing or _("Start the computation; Slicer can be used meanwhile.")
        self.ui.applyButton.enabled = not missing

    def offerCancel(self) -> None:
        self.ui.applyButton.text = _("Cancel")
        self.ui.applyButton.toolTip = _("End the computation and drop its results.")
        self.ui.applyButton.enabled = True

    def showRunning(self, running: bool) -> None:
        self.ui.progressBar.maximum = _PROGRESS_STEPS
        self.ui.progressBar.value = 0
        self.ui.progressBar.setVisible(running)
        self.ui.stopButton.setVisible(running)
        self.ui.stopButton.enabled = False
        self._stopOffered = False
        self._notes = []
        if running:
            self.showMessage(_("Preparing the inputs ..."))

    def showWaiting(self, title: str) -> None:
        """For the job of the panel of that title, or with "" for the job's own process."""
        self.showMessage(waiting_text(title))

    def showProgress(self, event: dict[str, Any]) -> None:
        if not self._stopOffered:  # once: it stays disabled after it was clicked
            self.ui.stopButton.enabled = self._stopOffered = True
        done = event["iteration"] / max(event["iterations"], 1)
        self.ui.progressBar.value = min(done, 1.0) * _PROGRESS_STEPS
        self.showMessage("\n".join([progress_text(event), *self._notes]))

    def showNote(self, text: str) -> None:
        """Stays below the progress until the run ends: what looks wrong is read while it can still be cancelled."""
        if text not in self._notes:
            self._notes.append(text)
        self.showMessage("\n".join(self._notes))

    def showMessage(self, text: str) -> None:
        self._show(text, "", "")

    def showError(self, text: str, details: str = "") -> None:
        self._show("", _("Error: {text}").format(text=text), details)
        self.notify(text)

    def notify(self, text: str) -> None:
        """Tells those who look at another module, without a pop-up."""
        slicer.util.showStatusMessage(text, _NOTICE_MS)

    def _show(self, status: str, error: str, details: str) -> None:
        self.ui.statusLabel.text, self.ui.errorLabel.text = status, error
        self.ui.statusLabel.setVisible(bool(status))
        self.ui.errorLabel.setVisible(bool(error))
        self.ui.detailsText.setPlainText(details)
        self.ui.detailsCollapsibleButton.collapsed = True
        self.ui.detailsCollapsibleButton.setVisible(bool(details))
