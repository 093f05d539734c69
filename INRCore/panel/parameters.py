"""The parameters that all panels share, as Slicer keeps them: in a node of the scene, bound to widgets by their names.

A scene that is saved and opened again brings back every choice.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import GuiConnector, WithinRange, parameterNodeGuiConnector

from .logic import RunOptions


class Preset(Enum):
    """Time against quality; the values are the names of the presets."""

    FAST = "fast"
    BALANCED = "balanced"
    BEST = "best"

    def label(self) -> str:
        return {"fast": _("Fast preview"), "balanced": _("Balanced"), "best": _("Best quality")}[self.value]


class Device(Enum):
    """Where the fit runs; the values are the names of the devices."""

    AUTO = "auto"
    CUDA = "cuda"
    MPS = "mps"
    CPU = "cpu"

    def label(self) -> str:
        return {
            "auto": _("Automatic"),
            "cuda": _("NVIDIA GPU (CUDA)"),
            "mps": _("Apple GPU (MPS)"),
            "cpu": _("Processor (CPU)"),
        }[self.value]


class RunParameters:
    """Base of the modules' parameter nodes. iterations and memoryLimit (GB): 0 leaves the choice to us."""

    preset: Preset = Preset.BALANCED
    device: Device = Device.AUTO
    seed: Annotated[int, WithinRange(0, 2**31 - 1)] = 0
    iterations: Annotated[int, WithinRange(0, 1_000_000)] = 0
    memoryLimit: Annotated[float, WithinRange(0, 1024)] = 0.0

    def runOptions(self) -> RunOptions:
        return RunOptions(
            preset=self.preset.value,
            device=self.device.value,
            seed=self.seed,
            max_memory_gb=self.memoryLimit or None,
            iterations=self.iterations or None,
        )


@parameterNodeGuiConnector
class PathToText(GuiConnector):
    """A ctkPathLineEdit shows a text. Slicer binds it to pathlib.Path only, which turns "no path" into "."."""

    @staticmethod
    def canRepresent(widget: Any, datatype: Any) -> bool:
        return widget.className() == "ctkPathLineEdit" and datatype is str

    @staticmethod
    def create(widget: Any, datatype: Any) -> PathToText:
        return PathToText(widget)

    def __init__(self, widget: Any) -> None:
        GuiConnector.__init__(self)
        self._path = widget

    def _connect(self) -> None:
        self._path.connect("currentPathChanged(QString)", self.changed)

    def _disconnect(self) -> None:
        self._path.disconnect("currentPathChanged(QString)", self.changed)

    def widget(self) -> Any:
        return self._path

    def read(self) -> str:
        return self._path.currentPath

    def write(self, value: str) -> None:
        self._path.currentPath = value
