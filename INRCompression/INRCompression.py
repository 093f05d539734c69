"""Module "Neural Compression": a volume to a small .inr file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import ctk
import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModule

from INRCore.panel import module_test
from INRCore.panel.files import ResultKind, file_stem, load_volume
from INRCore.panel.logic import PanelLogic, Request, RunOptions
from INRCore.panel.panel import PanelWidget


class INRCompression(ScriptedLoadableModule):
    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Neural Compression")
        parent.categories = [_("Neural Fields")]
        parent.dependencies = []
        parent.contributors = ["INR Neural Fields developers (3D Slicer community)"]
        parent.helpText = _(
            "Fits a neural field to a volume and writes its weights as a small .inr file, which gives the volume back "
            "at its own or any other resolution. The ratio and the error are reported. Not for diagnosis."
        )
        parent.acknowledgementText = _(
            "Sitzmann et al., Implicit neural representations with periodic activation functions, NeurIPS 2020. "
            "Dupont et al., COIN: Compression with implicit neural representations, 2021."
        )


class INRCompressionLogic(PanelLogic):
    task = "compress"
    results: ClassVar = {"volume": ResultKind(".nrrd", load_volume, "{volume} decompressed", reference="volume")}

    def request(
        self,
        volume: Any,
        file: str,
        outputs: dict[str, Any],
        ratio: float | None = None,
        options: RunOptions | None = None,
    ) -> Request:
        """Compresses a scalar volume node to `file`; `ratio` is raw bytes to file bytes, None leaves it to the preset.

        `outputs` {"volume": node or None} asks for the decompressed volume as well.
        """
        settings = {} if ratio is None else {"target_ratio": ratio}
        return Request({"volume": volume}, outputs, settings, {"file": file}, options or RunOptions())

    def suggestedFile(self, volume: Any) -> str:
        """A path that does not exist yet, beside the volume's own file or in the scene's folder."""
        storage = volume.GetStorageNode()
        source = storage.GetFileName() if storage is not None else None
        folder = Path(source).parent if source else Path(slicer.mrmlScene.GetRootDirectory() or Path.home())
        candidates = (
            folder / f"{file_stem(volume)}{number}.inr" for number in ["", *(f"_{n}" for n in range(2, 1000))]
        )
        return str(next(path for path in candidates if not path.exists()))


class INRCompressionWidget(PanelWidget):
    outputSelectors: ClassVar = {"volume": "outputSelector"}

    def createLogic(self) -> INRCompressionLogic:
        return INRCompressionLogic()

    def setup(self) -> None:
        PanelWidget.setup(self)
        self._suggested = ""
        self.ui.filePathLineEdit.filters = ctk.ctkPathLineEdit.Files | ctk.ctkPathLineEdit.Writable
        self.ui.inputSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.suggestFile)
        self.ui.filePathLineEdit.connect("currentPathChanged(QString)", self.updateApplyButton)
        self.suggestFile()

    def suggestFile(self) -> None:
        """Proposes a file for the chosen volume, unless the user has named one."""
        volume = self.ui.inputSelector.currentNode()
        if volume is not None and self.ui.filePathLineEdit.currentPath == self._suggested:
            self._suggested = self.logic.suggestedFile(volume)
            self.ui.filePathLineEdit.currentPath = self._suggested

    def missing(self) -> str:
        if self.ui.inputSelector.currentNode() is None:
            return _("Choose a volume to compress")
        if not self.ui.filePathLineEdit.currentPath.endswith(".inr"):
            return _("Choose where to write the .inr file")
        return ""

    def request(self) -> Request:
        return self.logic.request(
            self.ui.inputSelector.currentNode(),
            self.ui.filePathLineEdit.currentPath,
            self.chosenOutputs("volume"),
            self.ui.ratioSpinBox.value or None,
            self.runOptions(),
        )

    def showResults(self, nodes: dict[str, Any]) -> None:
        self.showInSliceViews(nodes["volume"])


class INRCompressionTest(module_test.PanelTest):
    def test_a_compressed_volume_comes_back_to_its_place(self) -> None:
        volume, file = self.addBlob(), Path(slicer.app.temporaryPath) / "phantom.inr"
        logic = INRCompressionLogic()
        options = replace(module_test.FEW_ITERATIONS, iterations=300)
        request = logic.request(volume, str(file), {"volume": None}, options=options)
        report, nodes = logic.run(request)
        assert file.stat().st_size > 0
        assert report["metrics"]["psnr_db"] > 18, report["metrics"]
        self.assertAlike(nodes["volume"], volume, 0.9)
