"""What the user sees while a job runs: curves of the fit, and a preview in the slice views. No Qt and no torch here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from slicer.i18n import tr as _

from ..errors import INRError
from .files import Node, Scene
from .results import metric_labels

_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class _Look:
    """How a task's preview is shown: over the input of the role `over` and in the window of that of the role `like`
    (or in the range given), or as `labels`."""

    over: str = ""
    like: str = ""
    display_range: tuple[float, float] | None = None
    opacity: float = 1.0
    labels: bool = False


_LOOKS = {
    "compress": _Look(over="volume", like="volume"),
    "super-resolve": _Look(over="volumes", like="volumes"),
    "register": _Look(over="fixed", display_range=(0, 1), opacity=0.5),
    "segment": _Look(labels=True, opacity=0.6),
}


class LiveView:
    """Feed it the worker's events; it draws at most five times a second.

    Curves stay when the job is done and are used again by the next one of the same module; the preview goes.
    """

    def __init__(self, scene: Scene, module: str, task: str, inputs: dict[str, Any]) -> None:
        """`module` is the title of the module, for the names of the charts; inputs: role -> node or nodes."""
        from ..scene import Curves, PreviewVolume, shown_volume

        def node(role: str) -> Node:
            given = inputs.get(role)
            return shown_volume(given[0] if isinstance(given, (list, tuple)) else given)

        look = _LOOKS[task]
        self._scene, self._due = scene, 0.0
        self._measure = ""
        self._losses = Curves(scene, _("{module}: loss").format(module=module), _("Loss"), logarithmic=True)
        self._measures = Curves(scene, _("{module}: quality").format(module=module), _("Quality"))
        self._preview = PreviewVolume(
            scene,
            node(look.over),
            labels=look.labels,
            opacity=look.opacity,
            reference=node(look.like),
            display_range=look.display_range,
        )

    def take(self, event: dict[str, Any]) -> None:
        """Any event of the worker."""
        if event["event"] == "progress" and event.get("losses"):
            self._take_progress(event)
        elif event["event"] == "preview":
            self._take_preview(event["file"])

    def finish(self, completed: bool) -> None:
        """The job is done. A job that gave no result leaves no new nodes behind."""
        self._preview.remove()
        if completed:
            self._draw()
        else:
            self._losses.remove(only_new=True)
            self._measures.remove(only_new=True)

    def nodes(self) -> list[Node]:
        """The nodes of the curves, for undo."""
        return self._losses.nodes() + self._measures.nodes()

    @property
    def chart(self) -> Node | None:
        """The chart of the loss, once there is one."""
        return self._losses.chart

    def show_plot(self, application_logic: Any) -> None:
        """Shows the loss; the layout changes if it has no plot view, so this is for a button."""
        from ..scene import show_in_layout

        if self.chart is not None:
            show_in_layout(self._scene, self.chart, application_logic)

    def _take_progress(self, event: dict[str, Any]) -> None:
        losses = {name: value for name, value in event["losses"].items() if value is not None}
        self._losses.add(event["iteration"], losses)
        measures, labels = event.get("metrics") or {}, metric_labels()
        for name, value in list(measures.items())[:1]:  # the task's own one; others have other units
            if value is not None:
                self._measures.add(event["iteration"], {labels[name][0] if name in labels else name: value})
        if time.monotonic() >= self._due:
            self._draw()
            self._due = time.monotonic() + _PAUSE_SECONDS

    def _draw(self) -> None:
        from ..scene import show_in_plot_view

        self._losses.show()
        self._measures.show()
        if self.chart is not None:
            show_in_plot_view(self._scene, self.chart)

    def _take_preview(self, path: str) -> None:
        from ..io import read_volume

        try:
            volume = read_volume(path)
        except (INRError, OSError):  # the worker is just replacing it; the next one comes soon
            return
        self._preview.update(volume)
