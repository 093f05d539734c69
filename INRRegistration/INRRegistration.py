"""Module "Neural Registration": a moving volume onto a fixed one by a smooth deformation."""

from __future__ import annotations

from enum import Enum
from typing import Any, ClassVar, Union

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import ScriptedLoadableModule

from INRCore.panel import module_test
from INRCore.panel.files import ResultKind, load_transform, load_volume
from INRCore.panel.help import tutorial_link
from INRCore.panel.logic import PanelLogic, Request, RunOptions
from INRCore.panel.panel import PanelWidget
from INRCore.panel.parameters import RunParameters
from INRCore.panel.samples import offer_sample

_JACOBIAN_DISPLAY = {"quantity": "jacobian"}


class INRRegistration(ScriptedLoadableModule):
    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Neural Registration")
        parent.categories = [_("Neural Fields")]
        parent.dependencies = []
        parent.contributors = ["INR Neural Fields developers (3D Slicer community)"]
        parent.helpText = _(
            "Brings a moving volume onto a fixed one. The deformation is a neural field with exact derivatives, so its "
            "regularity and its folding can be measured. The result is a grid transform, the registered volume and a "
            "map of the local change of volume. Not for diagnosis."
        )
        parent.acknowledgementText = _(
            "Wolterink, Zwienenberg and Brune, Implicit neural representations for deformable image registration, "
            "MIDL 2022."
        )
        parent.helpText += tutorial_link(self.moduleName)
        offer_sample(self.moduleName)


class Initial(Enum):
    """What comes before the deformable fit; the values are the names of the setting."""

    NONE = "none"
    RIGID = "rigid"
    AFFINE = "affine"

    def label(self) -> str:
        return {"none": _("None"), "rigid": _("Rigid"), "affine": _("Affine")}[self.value]


# `A | B` would do in Slicer 5.10, but not in those before it
_Mask = Union[slicer.vtkMRMLSegmentationNode, slicer.vtkMRMLLabelMapVolumeNode, None]  # noqa: UP007


@parameterNodeWrapper
class INRRegistrationParameterNode(RunParameters):
    fixedVolume: slicer.vtkMRMLScalarVolumeNode
    movingVolume: slicer.vtkMRMLScalarVolumeNode
    fixedMask: _Mask
    movingMask: _Mask
    fixedLandmarks: slicer.vtkMRMLMarkupsFiducialNode
    movingLandmarks: slicer.vtkMRMLMarkupsFiducialNode
    outputVolume: slicer.vtkMRMLScalarVolumeNode
    outputTransform: slicer.vtkMRMLTransformNode
    outputJacobian: slicer.vtkMRMLScalarVolumeNode
    initial: Initial = Initial.NONE


class INRRegistrationLogic(PanelLogic):
    task = "register"
    parameters = INRRegistrationParameterNode
    results: ClassVar = {
        "volume": ResultKind(".nrrd", load_volume, "{moving} registered", reference="moving"),
        "transform": ResultKind(".h5", load_transform, "{moving} to {fixed}", reference="moving"),
        "jacobian": ResultKind(".nrrd", load_volume, "{moving} Jacobian", reference="fixed", display=_JACOBIAN_DISPLAY),
    }
    grid_of: ClassVar = {"fixed_mask": "fixed", "moving_mask": "moving"}

    def request(
        self,
        inputs: dict[str, Any],
        outputs: dict[str, Any],
        initial: str = "none",
        options: RunOptions | None = None,
    ) -> Request:
        """Registers inputs["moving"] to inputs["fixed"] (scalar volume nodes).

        Further inputs: fixed_mask, moving_mask (segmentation or label map nodes), fixed_landmarks, moving_landmarks
        (point list nodes). `initial`: "none", "rigid" or "affine". `outputs`: which of volume, transform, jacobian to
        make, each a node to update or None.
        """
        return Request(inputs, outputs, {"initial": initial}, options=options or RunOptions())


class INRRegistrationWidget(PanelWidget):
    inputs: ClassVar = {
        "fixed": "fixedVolume",
        "moving": "movingVolume",
        "fixed_mask": "fixedMask",
        "moving_mask": "movingMask",
        "fixed_landmarks": "fixedLandmarks",
        "moving_landmarks": "movingLandmarks",
    }
    outputs: ClassVar = {"volume": "outputVolume", "transform": "outputTransform", "jacobian": "outputJacobian"}
    alwaysMade: ClassVar = ("volume", "transform")
    compared: ClassVar = ("fixed", "volume", "fade")
    defaults: ClassVar = {"fixedVolume": ("vtkMRMLScalarVolumeNode",)}

    def createLogic(self) -> INRRegistrationLogic:
        return INRRegistrationLogic()

    def missing(self) -> str:
        chosen = self.chosenInputs()
        if "fixed" not in chosen:
            return _("Choose a fixed volume")
        if "moving" not in chosen:
            return _("Choose a moving volume")
        if chosen["fixed"] == chosen["moving"]:
            return _("Choose two different volumes")
        if ("fixed_landmarks" in chosen) != ("moving_landmarks" in chosen):
            return _("Choose landmarks in both volumes or in none")
        return ""

    def request(self) -> Request:
        initial = self.parameters.initial.value
        return self.logic.request(self.chosenInputs(), self.chosenOutputs(), initial, self.parameters.runOptions())


class INRRegistrationTest(module_test.PanelTest):
    def chooseInputs(self, parameters: Any) -> None:
        parameters.fixedVolume = self.addBlob("Fixed")
        parameters.movingVolume = self.addBlob("Moving", shift=3.0)

    def test_the_registered_volume_lies_on_the_fixed_grid_with_a_transform(self) -> None:
        inputs = {"fixed": self.addBlob("Fixed"), "moving": self.addBlob("Moving", shift=3.0)}
        logic = INRRegistrationLogic()
        outputs = {"volume": None, "transform": None}
        report, nodes = logic.run(logic.request(inputs, outputs, options=module_test.FEW_ITERATIONS))
        self.assertAlike(nodes["volume"], inputs["fixed"], 0.9)
        assert nodes["transform"].IsA("vtkMRMLTransformNode"), nodes
        assert "similarity_after" in report["metrics"], report["metrics"]
