"""The part of the compression panel that opens a file: as it is, coarser or finer, or a box of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from ..errors import INRError
from .files import Node

_LARGE_VOXELS = 4_000_000
_COARSER = 4


class OpenSection:
    """A file, a voxel size, a box and a button. Decoding needs no torch and takes seconds, so it waits for it."""

    def __init__(self, ui: Any, parameters: Callable[[], Any]) -> None:
        """parameters: gives the panel's choices, or None."""
        self.ui, self._parameters = ui, parameters
        self.ui.openButton.connect("clicked(bool)", self.onOpen)
        self.offer()

    def offer(self) -> None:
        chosen = self._parameters()
        missing = "" if chosen is not None and chosen.openPath else _("Choose a file to open")
        self.ui.openButton.text = missing or _("Open")
        self.ui.openButton.enabled = not missing

    def onOpen(self) -> None:
        chosen, told = self._parameters(), list[warnings.WarningMessage]()
        self.ui.openButton.enabled = False
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always", UserWarning)
                node = self._open(Path(chosen.openPath), chosen.openSpacing or None, chosen.openRegion)
        except (INRError, MemoryError) as error:
            self._say(str(error) or _("There is not enough memory for this volume."))
            return
        finally:
            self.ui.openButton.enabled = True
        self._say("\n".join([_summary(node), *(str(one.message) for one in told)]))

    def _open(self, path: Path, spacing: float | None, region: Node) -> Node:
        from ..scene.inr_files import inr_file_to_node, plain_grid

        scene, first = slicer.mrmlScene, None
        grid = plain_grid(path)
        if spacing is None and grid is not None and grid.voxel_count > _LARGE_VOXELS:
            self._say(_("A coarse picture first ..."))
            first = inr_file_to_node(scene, path, spacing=_COARSER * float(grid.spacing.min()), region=region)
            _show(first)
            slicer.app.processEvents(qt.QEventLoop.ExcludeUserInputEvents)
        node = inr_file_to_node(scene, path, None, self._tell, spacing, region, first)
        _show(node)
        return node

    def _tell(self, progress: Any) -> None:
        self._say(_("Opening: {share:.0%}").format(share=progress.iteration / max(progress.iterations, 1)))
        slicer.app.processEvents(qt.QEventLoop.ExcludeUserInputEvents)

    def _say(self, text: str) -> None:
        self.ui.openLabel.text = text


def _show(node: Node) -> None:
    from ..scene import show_in_slice_views, shown_volume

    volume = shown_volume(node)
    if volume is not None and not volume.IsA("vtkMRMLLabelMapVolumeNode"):
        show_in_slice_views(slicer.mrmlScene, volume, application_logic=slicer.app.applicationLogic())


def _summary(node: Node) -> str:
    """What was opened, in a line."""
    from ..scene import shown_volume

    volume = shown_volume(node)
    if volume is None:
        return _("Opened as '{name}'.").format(name=node.GetName())
    size = " x ".join(str(n) for n in volume.GetImageData().GetDimensions())
    spacing = " x ".join(f"{length:.3g}" for length in volume.GetSpacing())
    return _("Opened as '{name}': {size} voxels of {spacing} mm.").format(
        name=node.GetName(), size=size, spacing=spacing
    )
