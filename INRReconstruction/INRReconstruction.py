"""Module "Neural Reconstruction": thick slices to an isotropic volume."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import ScriptedLoadableModule

from INRCore.panel import module_test
from INRCore.panel.files import ResultKind, load_volume
from INRCore.panel.help import tutorial_link
from INRCore.panel.logic import PanelLogic, Request, RunOptions
from INRCore.panel.panel import PanelWidget
from INRCore.panel.parameters import RunParameters
from INRCore.panel.samples import offer_sample
from INRCore.panel.stack_section import StackSection, in_best_order


class INRReconstruction(ScriptedLoadableModule):
    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Neural Reconstruction")
        parent.categories = [_("Neural Fields")]
        parent.dependencies = []
        parent.contributors = ["INR Neural Fields developers (3D Slicer community)"]
        parent.helpText = _(
            "Fits a neural field to a volume with thick slices, each taken as the mean over its thickness, and samples "
            "it at an isotropic spacing. Cubic B-spline interpolation is reported beside it. Not for diagnosis: detail "
            "between slices is an estimate."
        )
        parent.acknowledgementText = _(
            "Sitzmann et al., Implicit neural representations with periodic activation functions, NeurIPS 2020. "
            "Wu et al., Arbitrary-scale super-resolution of MR images by implicit neural representation, 2022."
        )
        parent.helpText += tutorial_link(self.moduleName)
        offer_sample(self.moduleName)


@parameterNodeWrapper
class INRReconstructionParameterNode(RunParameters):
    """thickness of the slices in mm; 0: their distance. spacing: isotropic, mm; 0 takes the finest of the input."""

    inputVolume: slicer.vtkMRMLScalarVolumeNode
    secondVolume: slicer.vtkMRMLScalarVolumeNode
    thirdVolume: slicer.vtkMRMLScalarVolumeNode
    thickness: Annotated[float, WithinRange(0, 100)] = 0.0
    region: slicer.vtkMRMLMarkupsROINode
    outputVolume: slicer.vtkMRMLScalarVolumeNode
    outputBaseline: slicer.vtkMRMLScalarVolumeNode
    spacing: Annotated[float, WithinRange(0, 50)] = 0.0


class INRReconstructionLogic(PanelLogic):
    task = "super-resolve"
    parameters = INRReconstructionParameterNode
    cropped = ("volumes",)
    results: ClassVar = {
        "volume": ResultKind(".nrrd", load_volume, "{volumes} super-resolved", reference="volumes"),
        "baseline": ResultKind(".nrrd", load_volume, "{volumes} B-spline", reference="volumes"),
    }

    def request(
        self,
        volumes: list[Any],
        outputs: dict[str, Any],
        spacing: float | None = None,
        options: RunOptions | None = None,
        region: Any = None,
        thickness: float | None = None,
    ) -> Request:
        """Super-resolves scalar volume nodes of one object, or the part of them in the ROI node `region`, to isotropic
        `spacing` (mm; None: the finest of the input). `thickness` of the slices in mm; None: the distance between them.

        `outputs` {"volume": node or None, "baseline": node or None} says which results to make.
        """
        given = {"spacing_mm": spacing, "slice_thickness_mm": thickness}
        settings = {name: value for name, value in given.items() if value is not None}
        return Request({"volumes": volumes}, outputs, settings, options=options or RunOptions(), region=region)

    def result_spacing(self, request: Request) -> float:
        finest = min(min(volume.GetSpacing()) for volume in request.inputs["volumes"])
        return request.settings.get("spacing_mm", finest)


class INRReconstructionWidget(PanelWidget):
    inputs: ClassVar = {"volumes": "inputVolume", "second": "secondVolume", "third": "thirdVolume"}
    outputs: ClassVar = {"volume": "outputVolume", "baseline": "outputBaseline"}
    alwaysMade: ClassVar = ("volume",)
    compared: ClassVar = ("volumes", "volume", "result")
    defaults: ClassVar = {"inputVolume": ("vtkMRMLScalarVolumeNode",)}
    regionAround = "inputVolume"

    def createLogic(self) -> INRReconstructionLogic:
        return INRReconstructionLogic()

    def setup(self) -> None:
        self._stacks: StackSection | None = None
        PanelWidget.setup(self)
        self._stacks = StackSection(self.ui, self.title)
        self._stacks.show(self._volumes())

    def onParametersChanged(self, caller: Any = None, event: str = "") -> None:
        PanelWidget.onParametersChanged(self, caller, event)
        if self._stacks is not None:
            self._stacks.show(self._volumes())

    def _volumes(self) -> list[Any]:
        chosen = self.chosenInputs()
        return [chosen[role] for role in self.inputs if role in chosen]

    def missing(self) -> str:
        if self.parameters.inputVolume is None:
            return _("Choose a volume with thick slices")
        return _("Choose each stack once") if len(set(self._volumes())) < len(self._volumes()) else ""

    def request(self) -> Request:
        return self.logic.request(
            in_best_order(self._volumes()),
            self.chosenOutputs(),
            self.parameters.spacing or None,
            self.parameters.runOptions(),
            self.parameters.region,
            self.parameters.thickness or None,
        )


class INRReconstructionTest(module_test.PanelTest):
    def chooseInputs(self, parameters: Any) -> None:
        parameters.inputVolume = self.addBlob()

    def test_thick_slices_become_isotropic_voxels_over_the_same_field_of_view(self) -> None:
        from INRCore.scene import volume_from_node

        volume = self.addBlob(spacing=(1.5, 1.5, 3))
        logic = INRReconstructionLogic()
        request = logic.request([volume], {"volume": None}, spacing=1.5, options=module_test.FEW_ITERATIONS)
        _report, nodes = logic.run(request)
        before, after = volume_from_node(volume).grid, volume_from_node(nodes["volume"]).grid
        assert [round(float(s), 4) for s in after.spacing] == [1.5, 1.5, 1.5], after.describe()
        assert abs(after.corners - before.corners).max() < 0.76, (after.corners, before.corners)
