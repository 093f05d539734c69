"""Module "Neural Compression": a volume to a small .inr file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import ctk
import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModule

from INRCore.panel import module_test
from INRCore.panel.compression_parameters import Codec, INRCompressionParameterNode
from INRCore.panel.file_plugins import InrFileReader, InrFileWriter
from INRCore.panel.files import ResultKind, file_stem, load_volumes
from INRCore.panel.folder_section import FolderSection
from INRCore.panel.help import tutorial_link
from INRCore.panel.logic import PanelLogic, Request, RunOptions
from INRCore.panel.open_section import OpenSection
from INRCore.panel.panel import PanelWidget
from INRCore.panel.rate_section import EstimateLogic, RateSection
from INRCore.panel.samples import offer_sample


class INRCompression(ScriptedLoadableModule):
    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Neural Compression")
        parent.categories = [_("Neural Fields")]
        parent.dependencies = []
        parent.contributors = ["INR Neural Fields developers (3D Slicer community)"]
        parent.helpText = _(
            "Writes a volume as a small .inr file, which gives it back at its own or any other resolution: by wavelets "
            "whose coefficients are coded with learned probabilities. The ratio and the error are reported. Not for "
            "diagnosis."
        )
        parent.acknowledgementText = _(
            "Daubechies and Sweldens, Factoring wavelet transforms into lifting steps, 1998. "
            "Sitzmann et al., Implicit neural representations with periodic activation functions, NeurIPS 2020. "
            "Dupont et al., COIN: Compression with implicit neural representations, 2021."
        )
        parent.helpText += tutorial_link(self.moduleName)
        offer_sample(self.moduleName)


class INRCompressionLogic(PanelLogic):
    task = "compress"
    parameters = INRCompressionParameterNode
    cropped = ("volume",)
    grid_of: ClassVar = {"region": "volume"}
    results: ClassVar = {"volume": ResultKind(".nrrd", load_volumes, "{volume} decompressed", reference="volume")}

    def request(
        self,
        volume: Any,
        file: str,
        outputs: dict[str, Any],
        options: RunOptions | None = None,
        region: Any = None,
        kept: Any = None,
        **targets: Any,
    ) -> Request:
        """Compresses a scalar, colour or vector volume node or a sequence of volumes, or the part of it in the ROI node
        `region`, to `file`.

        targets: settings of `INRCore.CompressionSettings`: target_ratio, target_bytes, target_psnr_db,
        target_max_error, codec, keep_tags, upsampler, embed_upsampler; None leaves one to the preset.
        kept: segmentation, label map or ROI node where
        region_max_error or region_psnr_db holds. `outputs` {"volume": node or None} asks for the decompressed volume
        as well.
        """
        settings = {name: value for name, value in targets.items() if value is not None}
        inputs = {"volume": volume} | ({} if kept is None else {"region": kept})
        return Request(inputs, outputs, settings, {"file": file}, options or RunOptions(), region)

    def _job(self, inputs: dict[str, Any], outputs: dict[str, str], request: Request) -> dict[str, Any]:
        """DICOM entries come from the file that the node was loaded from, if the DICOM database knows it."""
        if request.settings.get("keep_tags"):
            inputs = {**inputs, "dicom": dicom_file_of(request.inputs["volume"])}
        return PanelLogic._job(self, inputs, outputs, request)

    def suggestedFile(self, volume: Any) -> str:
        """A path that does not exist yet, beside the volume's own file or in the scene's folder."""
        storage = volume.GetStorageNode()
        source = storage.GetFileName() if storage is not None else None
        folder = Path(source).parent if source else Path(slicer.mrmlScene.GetRootDirectory() or Path.home())
        if not os.access(folder, os.W_OK):  # a CD, a share of the hospital
            folder = Path.home()
        candidates = (
            folder / f"{file_stem(volume)}{number}.inr" for number in ["", *(f"_{n}" for n in range(2, 1000))]
        )
        return str(next(path for path in candidates if not path.exists()))


def dicom_file_of(volume: Any) -> str:
    """A DICOM file of a volume node. Raises `InputError` where none is known."""
    from INRCore.errors import InputError

    uids = (volume.GetAttribute("DICOM.instanceUIDs") or "").split()
    database = getattr(slicer, "dicomDatabase", None)
    file = database.fileForInstance(uids[0]) if uids and database is not None else ""
    if not file:
        raise InputError(
            _("'{name}' was not loaded from DICOM, so it has no entries to keep; leave them out.").format(
                name=volume.GetName()
            )
        )
    return file


class INRCompressionWidget(PanelWidget):
    inputs: ClassVar = {"volume": "inputVolume", "region": "keptRegion"}
    outputs: ClassVar = {"volume": "outputVolume"}
    alwaysMade: ClassVar = ("volume",)
    compared: ClassVar = ("volume", "volume", "result")
    defaults: ClassVar = {"inputVolume": ("vtkMRMLScalarVolumeNode",)}
    regionAround = "inputVolume"

    def createLogic(self) -> INRCompressionLogic:
        return INRCompressionLogic()

    def setup(self) -> None:
        self._suggestion, self._suggestedFor = "", None
        self.rateSection: RateSection | None = None
        PanelWidget.setup(self)
        self.rateSection = RateSection(self.ui, EstimateLogic(), self.request)
        self.folderSection = FolderSection(self.ui, self.title, lambda: self.parameters)
        self.openSection = OpenSection(self.ui, lambda: self.parameters)
        self.updateApplyButton()
        self.ui.filePathLineEdit.filters = ctk.ctkPathLineEdit.Files | ctk.ctkPathLineEdit.Writable

    def onParametersChanged(self, caller: Any = None, event: str = "") -> None:
        self.suggestFile()
        PanelWidget.onParametersChanged(self)

    def updateApplyButton(self) -> None:
        PanelWidget.updateApplyButton(self)
        is_upsampled = self.parameters is not None and self.parameters.codec is Codec.UPSAMPLED
        for widget in (self.ui.upsamplerLineEdit, self.ui.embedUpsamplerCheckBox):
            widget.enabled = is_upsampled
        if self.rateSection is not None:
            self.folderSection.offer()
            self.openSection.offer()
            can_say = self.parameters is not None and self.parameters.codec is Codec.PYRAMID
            is_possible = can_say and not self._whatIsMissing() and not self._isSeries()
            self.rateSection.offer(is_possible)
            if is_possible:
                self.rateSection.follow(self.request())

    def needsTorch(self) -> bool:
        return self.parameters is None or self.parameters.codec is not Codec.PYRAMID

    def withoutTorch(self) -> str:
        return _("'Wavelets with learned probabilities' works without it.")

    def cleanup(self) -> None:
        self.rateSection.cancel()
        self.folderSection.cancel()
        PanelWidget.cleanup(self)

    def onSceneStartClose(self, caller: Any, event: str) -> None:
        self.rateSection.cancel()
        self.rateSection.forget()
        PanelWidget.onSceneStartClose(self, caller, event)
        self._suggestedFor = None

    def onTryButton(self) -> None:
        self.parameters.filePath = str(Path(slicer.app.temporaryPath) / "Sample.inr")
        PanelWidget.onTryButton(self)

    def suggestFile(self) -> None:
        """Proposes a file for a newly chosen volume, unless the user has named one that no other volume is in yet."""
        volume, before = self.parameters.inputVolume, self._suggestedFor
        if volume is None or volume.GetID() == before:
            return
        self._suggestedFor, named = volume.GetID(), self.parameters.filePath
        if named in ("", self._suggestion) or (before is not None and Path(named).exists()):
            self._suggestion = self.logic.suggestedFile(volume)
            self.parameters.filePath = self._suggestion

    def missing(self) -> str:
        if self.parameters.inputVolume is None:
            return _("Choose a volume to compress")
        if not self.parameters.filePath.endswith(".inr"):
            return _("Choose where to write the .inr file")
        if self._isSeries() and self.parameters.keptRegion is not None:
            return _("A sequence or colour volume has no region that is kept better; choose none")
        if self.parameters.codec is Codec.UPSAMPLED and not self.parameters.upsampler:
            return _("Choose the upsampler's model (made by the command train-upsampler)")
        return ""

    def _isSeries(self) -> bool:
        from INRCore.scene import is_series

        return is_series(self.parameters.inputVolume)

    def request(self) -> Request:
        return self.logic.request(
            self.parameters.inputVolume,
            self.parameters.filePath,
            self.chosenOutputs(),
            self.parameters.runOptions(),
            self.parameters.region,
            self.parameters.keptRegion,
            **self.parameters.targets(),
        )


class INRCompressionFileReader(InrFileReader):
    """Found by Slicer by its name: opens .inr files."""


class INRCompressionFileWriter(InrFileWriter):
    """Found by Slicer by its name: saves volumes as .inr files."""

    logicClass = INRCompressionLogic


class INRCompressionTest(module_test.PanelTest):
    def chooseInputs(self, parameters: Any) -> None:
        parameters.inputVolume = self.addBlob()
        parameters.filePath = str(Path(slicer.app.temporaryPath) / "blob.inr")

    def test_a_compressed_volume_comes_back_to_its_place(self) -> None:
        volume, file = self.addBlob(), Path(slicer.app.temporaryPath) / "phantom.inr"
        logic = INRCompressionLogic()
        options = replace(module_test.FEW_ITERATIONS, iterations=300)
        request = logic.request(volume, str(file), {"volume": None}, options=options)
        report, nodes = logic.run(request)
        assert file.stat().st_size > 0
        assert report["metrics"]["psnr_db"] > 18, report["metrics"]
        self.assertAlike(nodes["volume"], volume, 0.9)

    def test_a_volume_is_saved_and_opened_through_slicers_own_files(self) -> None:
        volume, file = self.addBlob(), Path(slicer.app.temporaryPath) / "saved.inr"
        INRCompressionLogic().getParameterNode().iterations = 20
        properties = {"nodeID": volume.GetID(), "fileName": str(file), "preset": "fast", "maximumError": 0.0}
        assert slicer.app.coreIOManager().saveNodes("INRVolume", properties)
        opened = slicer.util.loadNodeFromFile(str(file), "INRVolume")
        self.assertAlike(opened, volume, 0.99999)
