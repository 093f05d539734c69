"""Module "Neural Reconstruction": thick slices to an isotropic volume."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Annotated, Any, ClassVar, Union

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import ScriptedLoadableModule

from INRCore.panel import module_test
from INRCore.panel.files import ResultKind, load_volume
from INRCore.panel.help import tutorial_link
from INRCore.panel.logic import PanelLogic, PendingResult, Request, RunOptions
from INRCore.panel.panel import PanelWidget
from INRCore.panel.parameters import RunParameters
from INRCore.panel.samples import offer_sample
from INRCore.panel.slice_nodes import bring_slices
from INRCore.panel.stack_section import MOST_STACKS, StackSection, in_best_order, is_bent


class INRReconstruction(ScriptedLoadableModule):
    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Neural Reconstruction")
        parent.categories = [_("Neural Fields")]
        parent.dependencies = []
        parent.contributors = ["INR Neural Fields developers (3D Slicer community)"]
        parent.helpText = _(
            "Makes an isotropic volume out of thick slices, each taken as the mean over its thickness: from one stack, "
            "whose detail across the slices a small network learns from the detail within them, or from several that "
            "cross, with motion between their slices if need be. Says how far each voxel may be off; cubic B-spline "
            "interpolation is reported beside it. Not for diagnosis: detail between slices is an estimate."
        )
        parent.acknowledgementText = _(
            "Zhao et al., SMORE: a self-supervised anti-aliasing and super-resolution algorithm for MRI, IEEE TMI "
            "2021. Rousseau et al., Registration-based approach for reconstruction of high-resolution in utero fetal "
            "MR brain images, Acad. Radiol. 2006. Xu et al., NeSVoR: implicit neural representation for "
            "slice-to-volume reconstruction in MRI, IEEE TMI 2023."
        )
        parent.helpText += tutorial_link(self.moduleName)
        offer_sample(self.moduleName)


# `A | B` would do in Slicer 5.10, but not in those before it
_Mask = Union[slicer.vtkMRMLSegmentationNode, slicer.vtkMRMLLabelMapVolumeNode, None]  # noqa: UP007


class Motion(Enum):
    """Where motion is looked for; the values are those of the setting."""

    NONE = "none"
    STACKS = "stacks"
    SLICES = "slices"

    def label(self) -> str:
        return {"none": _("None"), "stacks": _("Between stacks"), "slices": _("Between slices")}[self.value]


class Aim(Enum):
    """What is made; the values are those of the setting `method`."""

    ISOTROPIC = "lattice"
    DENOISED = "denoise"

    def label(self) -> str:
        return {"lattice": _("Isotropic volume"), "denoise": _("Same voxels without noise")}[self.value]


class Bias(Enum):
    """Which bias fields are taken away; the values are those of the setting."""

    NONE = "none"
    STACKS = "stacks"
    N4 = "n4"

    def label(self) -> str:
        return {"none": _("Leave"), "stacks": _("Between stacks"), "n4": _("Between and within stacks")}[self.value]


class Profile(Enum):
    """Sensitivity through a slice; the values are those of the setting."""

    BOXCAR = "boxcar"
    GAUSSIAN = "gaussian"

    def label(self) -> str:
        return {"boxcar": _("Even over the thickness"), "gaussian": _("Gaussian")}[self.value]


@parameterNodeWrapper
class INRReconstructionParameterNode(RunParameters):
    """thickness of the slices in mm; 0: their distance. mask: where slices count; guide: a finer volume of another
    contrast. spacing: isotropic, mm; 0 takes the finest of the input."""

    inputVolume: slicer.vtkMRMLScalarVolumeNode
    secondVolume: slicer.vtkMRMLScalarVolumeNode
    thirdVolume: slicer.vtkMRMLScalarVolumeNode
    fourthVolume: slicer.vtkMRMLScalarVolumeNode
    fifthVolume: slicer.vtkMRMLScalarVolumeNode
    sixthVolume: slicer.vtkMRMLScalarVolumeNode
    thickness: Annotated[float, WithinRange(0, 100)] = 0.0
    profile: Profile = Profile.BOXCAR
    motion: Motion = Motion.NONE
    aim: Aim = Aim.ISOTROPIC
    bias: Bias = Bias.NONE
    mask: _Mask
    guide: slicer.vtkMRMLScalarVolumeNode
    region: slicer.vtkMRMLMarkupsROINode
    outputVolume: slicer.vtkMRMLScalarVolumeNode
    outputBaseline: slicer.vtkMRMLScalarVolumeNode
    outputUncertainty: slicer.vtkMRMLScalarVolumeNode
    alignedStacks: bool = False
    biasFields: bool = False
    sliceTransforms: bool = False
    spacing: Annotated[float, WithinRange(0, 50)] = 0.0


class INRReconstructionLogic(PanelLogic):
    task = "super-resolve"
    parameters = INRReconstructionParameterNode
    cropped = ("volumes",)
    results: ClassVar = {
        "volume": ResultKind(".nrrd", load_volume, "{volumes} super-resolved", reference="volumes"),
        "baseline": ResultKind(".nrrd", load_volume, "{volumes} B-spline", reference="volumes"),
        "uncertainty": ResultKind(".nrrd", load_volume, "{volumes} uncertainty", reference="volumes"),
        **{
            f"{role}_{n}": ResultKind(".nrrd", load_volume, f"{{volumes_{n}}} {name}", f"volumes_{n}", display)
            for role, name, display in (("aligned", "aligned", {}), ("bias", "bias field", {"quantity": "factor"}))
            for n in range(1, MOST_STACKS + 1)
        },
    }

    def request(
        self,
        volumes: list[Any],
        outputs: dict[str, Any],
        spacing: float | None = None,
        options: RunOptions | None = None,
        region: Any = None,
        mask: Any = None,
        guide: Any = None,
        **settings: Any,
    ) -> Request:
        """Makes one volume of scalar volume nodes of one object, or of the part of them in the ROI node `region`, with
        isotropic `spacing` (mm; None: the finest of the input).

        `outputs` {"volume": node or None, "baseline": ..., "uncertainty": ..., "aligned_1": ...} says which results to
        make (aligned_2: the second stack where it was found to lie; bias_2: the factor on its brightness that was taken
        away, with the setting bias). `mask`: a segmentation or label map node, where slices count; `guide`: a volume
        node of another contrast. Further settings by name, such as slice_thickness_mm; None leaves one as it is.
        """
        given = {name: value for name, value in {"spacing_mm": spacing, **settings}.items() if value is not None}
        inputs: dict[str, Any] = {"volumes": volumes}
        if mask is not None:
            inputs["masks"] = [mask]
        if guide is not None:
            inputs["guide"] = guide
        return Request(inputs, outputs, given, options=options or RunOptions(), region=region)

    def _pending(self, folder: Any, role: str, node: Any, request: Request) -> PendingResult:
        pending = PanelLogic._pending(self, folder, role, node, request)
        if role == "volume" and request.settings.get("method") == "denoise":
            return replace(pending, name=_("{name} denoised").format(name=request.inputs["volumes"][0].GetName()))
        return pending

    def result_spacing(self, request: Request) -> float | None:
        if request.settings.get("method") == "denoise":
            return None
        finest = min(min(volume.GetSpacing()) for volume in request.inputs["volumes"])
        return request.settings.get("spacing_mm", finest)


class INRReconstructionWidget(PanelWidget):
    stacks: ClassVar = {
        "volumes": "inputVolume",
        "second": "secondVolume",
        "third": "thirdVolume",
        "fourth": "fourthVolume",
        "fifth": "fifthVolume",
        "sixth": "sixthVolume",
    }
    inputs: ClassVar = {**stacks, "mask": "mask", "guide": "guide"}
    outputs: ClassVar = {
        "volume": "outputVolume",
        "baseline": "outputBaseline",
        "uncertainty": "outputUncertainty",
    }
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
        self.ui.biasFieldsCheckBox.enabled = self.parameters.bias is not Bias.NONE

    def bringFurther(self, report: dict[str, Any], request: Request, nodes: dict[str, Any]) -> list[Any]:
        from INRCore.scene import give_role

        stacks, wanted = request.inputs["volumes"], self.parameters.sliceTransforms
        for number, stack in enumerate(stacks, 1):
            for kind in ("aligned", "bias"):
                if f"{kind}_{number}" in nodes:
                    give_role(nodes[f"{kind}_{number}"], self._stackRole(kind, stack))
        further = bring_slices(slicer.mrmlScene, self.title, report, stacks, nodes["volume"], wanted)
        return PanelWidget.bringFurther(self, report, request, nodes) + further

    def _stackOutputs(self, stacks: list[Any]) -> dict[str, Any]:
        """What is wanted of each stack (where it is found to lie, its bias field), with the nodes of an earlier run as
        far as they are there."""
        from INRCore.scene import node_with_role

        def earlier(kind: str, stack: Any) -> Any:
            return node_with_role(slicer.mrmlScene, "vtkMRMLScalarVolumeNode", self._stackRole(kind, stack))

        has_fields = self.parameters.biasFields and self.parameters.bias is not Bias.NONE
        kinds = ["aligned"] * self.parameters.alignedStacks + ["bias"] * has_fields
        return {f"{kind}_{n}": earlier(kind, stack) for kind in kinds for n, stack in enumerate(stacks, 1)}

    def _stackRole(self, kind: str, stack: Any) -> str:
        return f"{self.title}/{kind} {stack.GetID()}"

    def _volumes(self) -> list[Any]:
        chosen = self.chosenInputs()
        return [chosen[role] for role in self.stacks if role in chosen]

    def missing(self) -> str:
        if self.parameters.inputVolume is None:
            return _("Choose a volume with thick slices")
        if is_bent(self._volumes()):
            return _("Take the volume off the transform that bends it, or harden it")
        if self.parameters.aim is Aim.DENOISED:
            return ""
        if len(set(self._volumes())) < len(self._volumes()):
            return _("Choose each stack once")
        if self.parameters.motion is not Motion.NONE and len(self._volumes()) < 2:
            return _("Choose a second stack to find motion with")
        if self.parameters.bias is Bias.STACKS and len(self._volumes()) < 2:
            return _("Choose a second stack to compare the brightness with")
        return _("Choose a guide other than the stacks") if self.parameters.guide in self._volumes() else ""

    def request(self) -> Request:
        if self.parameters.aim is Aim.DENOISED:
            outputs, options = {"volume": self.parameters.outputVolume}, self.parameters.runOptions()
            volumes, region = [self.parameters.inputVolume], self.parameters.region
            return self.logic.request(volumes, outputs, None, options, region, method="denoise")
        stacks = in_best_order(self._volumes())
        return self.logic.request(
            stacks,
            self.chosenOutputs() | self._stackOutputs(stacks),
            self.parameters.spacing or None,
            self.parameters.runOptions(),
            self.parameters.region,
            self.parameters.mask,
            self.parameters.guide,
            slice_thickness_mm=self.parameters.thickness or None,
            profile=_changed(self.parameters.profile, Profile.BOXCAR),
            motion=_changed(self.parameters.motion, Motion.NONE),
            bias=_changed(self.parameters.bias, Bias.NONE),
        )


def _changed(choice: Enum, usual: Enum) -> str | None:
    """The value of a choice that was made; what was left alone is up to the preset."""
    return None if choice is usual else choice.value


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
