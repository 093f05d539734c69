"""The part of the compression panel that says beforehand what a file will cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import qt
from slicer.i18n import tr as _

from .logic import PanelLogic, PreparedJob, Request
from .queue import QueuedJob, shared_queue
from .rate_picture import rate_picture
from .worker import Outcome


class EstimateLogic(PanelLogic):
    """Runs the estimate of a compression; it writes nothing and changes nothing."""

    task = "estimate"
    cropped = ("volume",)
    grid_of: ClassVar = {"region": "volume"}


class RateSection:
    """A button, a line and a picture. `request` gives what Apply would do, `may_run` whether it could now."""

    def __init__(self, ui: Any, logic: EstimateLogic, request: Callable[[], Request]) -> None:
        self.ui, self._logic, self._request = ui, logic, request
        self._job: QueuedJob | None = None
        self._prepared: PreparedJob | None = None
        self.ui.estimateButton.connect("clicked(bool)", self.onEstimate)
        self.forget()

    def forget(self) -> None:
        """Nothing is known of the volume any more."""
        self.ui.rateLabel.text = ""
        self.ui.ratePictureLabel.setVisible(False)

    def offer(self, is_possible: bool) -> None:
        self.ui.estimateButton.enabled = is_possible and self._job is None

    def cancel(self) -> None:
        if self._job is not None:
            shared_queue().cancel(self._job)

    def onEstimate(self) -> None:
        request = replace(self._request(), outputs={}, files={})
        self._job = QueuedJob(
            title=_("Estimate"),
            prepare=lambda: self._prepare(request),
            on_event=lambda event: None,
            on_waiting=self._wait,
            on_finished=self._finish,
        )
        self.offer(False)
        self.ui.rateLabel.text = _("Estimating ...")
        shared_queue().add(self._job)

    def _prepare(self, request: Request) -> list[str]:
        self._prepared = self._logic.prepare(request)
        return self._prepared.command

    def _wait(self, title: str) -> None:
        if title:
            self.ui.rateLabel.text = _("Waiting for: {title}").format(title=title)

    def _finish(self, outcome: Outcome) -> None:
        prepared, self._job, self._prepared = self._prepared, None, None
        self.offer(True)
        self.forget()
        try:
            if outcome.report is not None:
                self._show(outcome.report)
            elif not outcome.cancelled:
                self.ui.rateLabel.text = prepared.in_users_words(outcome.message) if prepared else outcome.message
        finally:
            if prepared is not None:
                self._logic.discard(prepared)

    def _show(self, report: dict[str, Any]) -> None:
        metrics, text = report["metrics"], report["notes"][0]
        self.ui.rateLabel.text = text
        points = [(row["bytes"], row["psnr_db"]) for row in report["curve"]]
        if len(points) < 2 or "estimated_psnr_db" not in metrics:
            return
        chosen = (metrics["estimated_file_bytes"], metrics["estimated_psnr_db"])
        size, quality = text.rstrip(".").removeprefix("About ").rsplit(", ", 1)
        palette = self.ui.rateLabel.palette
        colors = (palette.color(qt.QPalette.Base), palette.color(qt.QPalette.Text))
        self.ui.ratePictureLabel.setPixmap(rate_picture(points, chosen, colors, (size, quality)))
        self.ui.ratePictureLabel.setVisible(True)
