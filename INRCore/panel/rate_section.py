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
from .words import in_panel_words
from .worker import Outcome


class EstimateLogic(PanelLogic):
    """Runs the estimate of a compression; it writes nothing and changes nothing."""

    task = "estimate"
    cropped = ("volume",)
    grid_of: ClassVar = {"region": "volume"}


class RateSection:
    """A button, a line and a picture. `request` gives what Apply would do."""

    def __init__(self, ui: Any, logic: EstimateLogic, request: Callable[[], Request]) -> None:
        self.ui, self._logic, self._request = ui, logic, request
        self._job: QueuedJob | None = None
        self._prepared: PreparedJob | None = None
        self.ui.estimateButton.connect("clicked(bool)", self.onEstimate)
        self.forget()

    def forget(self) -> None:
        """Nothing is known of the volume any more."""
        self._curve: Any = None
        self._metrics: dict[str, float] = {}
        self._estimated: Request | None = None
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
            on_finished=lambda outcome: self._finish(outcome, request),
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

    def _finish(self, outcome: Outcome, request: Request) -> None:
        prepared, self._job, self._prepared = self._prepared, None, None
        self.offer(True)
        self.forget()
        try:
            if outcome.report is not None:
                self._show(outcome.report, request)
            elif not outcome.cancelled:
                message = prepared.in_users_words(outcome.message) if prepared else outcome.message
                self.ui.rateLabel.text = in_panel_words(message)
        finally:
            if prepared is not None:
                self._logic.discard(prepared)

    def _show(self, report: dict[str, Any], request: Request) -> None:
        from ..compression.rate_curve import RateCurve, RatePoint

        metrics = report["metrics"]
        self.ui.rateLabel.text = report["notes"][0]
        points = tuple(RatePoint(1.0, row["psnr_db"], row["bytes"]) for row in report["curve"])
        if len(points) > 1 and "estimated_psnr_db" in metrics:
            self._curve, self._metrics, self._estimated = RateCurve(points), metrics, request
            self._draw((metrics["estimated_file_bytes"], metrics["estimated_psnr_db"]))

    def follow(self, request: Request) -> None:
        """Other targets than those of the estimate: the point moves along the curve where it can; else, and for other
        inputs, the estimate is taken back."""
        before = self._estimated
        if self._curve is None or before is None or (_same(request, before) and request.settings == before.settings):
            return
        if not _same(request, before):
            self.forget()
            return
        from ..compression.rate_curve import readable_bytes

        self._estimated, asked = request, request.settings
        raw, inner = self._metrics["raw_bytes"], self._metrics["estimated_region_bytes"]
        if set(asked) == {"target_psnr_db"}:
            point = self._curve.at_psnr(asked["target_psnr_db"])
        elif set(asked) == {"target_ratio"}:
            point = self._curve.at_bytes(raw / asked["target_ratio"])
        elif set(asked) == {"target_bytes"} and asked["target_bytes"] > inner:
            point = self._curve.at_bytes(asked["target_bytes"] - inner)
        else:
            self.forget()
            return
        size = point.bytes + inner
        self.ui.rateLabel.text = _("About {size} ({ratio:.3g}:1), {quality:.1f} dB.").format(
            size=readable_bytes(size), ratio=raw / size, quality=point.psnr_db
        )
        self._draw((size, point.psnr_db))

    def _draw(self, chosen: tuple[float, float]) -> None:
        points = [(point.bytes, point.psnr_db) for point in self._curve.points]
        palette = self.ui.rateLabel.palette
        colors = (palette.color(qt.QPalette.Base), palette.color(qt.QPalette.Text))
        self.ui.ratePictureLabel.setPixmap(rate_picture(points, chosen, colors, self.ui.rateLabel.text))
        self.ui.ratePictureLabel.setVisible(True)


def _same(one: Request, other: Request) -> bool:
    """Whether both are about the same voxels."""
    return one.inputs == other.inputs and one.region == other.region and one.options.preset == other.options.preset
