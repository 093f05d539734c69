"""The part of the segmentation panel about slices: what counts as drawn, and which to draw next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
from slicer.i18n import tr as _

from ..errors import INRError
from .files import Node
from .shape_inputs import describe_shape, what_is_wrong


class SliceSection:
    def __init__(self, ui: Any, chosen: Callable[[], tuple[Node, dict[str, Any]]]) -> None:
        """`chosen` gives the input node and the settings it would be read with."""
        self.ui, self._chosen = ui, chosen
        self._next: dict[str, Any] | None = None
        self.ui.slicesButton.connect("clicked(bool)", self.describe)
        self.ui.nextSliceButton.connect("clicked(bool)", self.jump)
        self.forget()

    def describe(self) -> None:
        """Says what the chosen input will be read as."""
        node, settings = self._chosen()
        try:
            self._say(what_is_wrong(node) or describe_shape(node, settings))
        except INRError as error:
            self._say(str(error))

    def offer(self, suggested: dict[str, Any] | None) -> None:
        """The slice to draw next, as the report names it; None when there is none."""
        self._next = suggested
        self.ui.nextSliceButton.enabled = suggested is not None
        if suggested is not None:
            self.ui.slicesCollapsibleButton.collapsed = False
            text = _("Least sure: slice {number} across {axis}, about {area:.3g} mm² are expected to be wrong there.")
            values = {"number": suggested["number"], "axis": suggested["axis"]}
            self._say(text.format(area=suggested["expected_error_mm2"], **values))

    def jump(self) -> None:
        from ..scene.slice_views import jump_to_slice

        jump_to_slice(slicer.mrmlScene, self._next["center"], self._next["normal"])

    def forget(self) -> None:
        """Another input, or none any more."""
        self.offer(None)
        self._say("")

    def _say(self, text: str) -> None:
        self.ui.slicesLabel.text = text
        self.ui.slicesLabel.setVisible(bool(text))
