"""Module "Neural Registration": a moving volume onto a fixed one by a smooth deformation."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import ctk
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModule

from INRCore.errors import InputError
from INRCore.panel import module_test
from INRCore.panel.files import (
    LabelTable,
    ResultKind,
    export_markups,
    load_markups,
    load_model,
    load_segmentation,
    load_transform,
    load_volume,
)
from INRCore.panel.help import tutorial_link
from INRCore.panel.logic import PanelLogic, PreparedJob, Request, RunOptions
from INRCore.panel.panel import PanelWidget
from INRCore.panel.registration_parameters import ImageKind, INRRegistrationParameterNode, Model
from INRCore.panel.registration_words import registration_words
from INRCore.panel.samples import offer_sample
from INRCore.settings import lay_over

_PAIRS = ("landmarks", "labels", "curve", "second", "third")
"""Inputs that both volumes have, or neither."""
_CARRIED = ("labels", "model", "points")
"""Outputs that are made of an input of the same name."""


class INRRegistration(ScriptedLoadableModule):
    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Neural Registration")
        parent.categories = [_("Neural Fields")]
        parent.dependencies = []
        parent.contributors = ["INR Neural Fields developers (3D Slicer community)"]
        parent.helpText = _(
            "Brings a moving volume onto a fixed one. The deformation is a field of splines or a neural network, with "
            "exact derivatives, so its regularity and its folding can be measured. The results are the registered "
            "volume, the transform and its inverse, maps of the change of volume, of the inverse's error and of the "
            "uncertainty, and what belongs to the moving volume (segments, surfaces, points, curves, planes), carried "
            "over. Not for diagnosis."
        )
        parent.acknowledgementText = _(
            "Wolterink, Zwienenberg and Brune, Implicit neural representations for deformable image registration, "
            "MIDL 2022. Van Harten, Stoker and Isgum, Robust deformable image registration using cycle-consistent "
            "implicit representations, IEEE TMI 2024."
        )
        parent.helpText += tutorial_link(self.moduleName)
        offer_sample(self.moduleName)


def _map_of(name: str, quantity: str, reference: str = "fixed") -> ResultKind:
    """A volume of something else than intensities."""
    return ResultKind(".nrrd", load_volume, "{moving} " + name, reference=reference, display={"quantity": quantity})


def _missing_half(what: str) -> str:
    return {
        "landmarks": _("Choose landmarks in both volumes or in none"),
        "labels": _("Choose labels in both volumes or in none"),
        "curve": _("Choose a curve in both volumes or in none"),
        "second": _("Choose the second contrast of both volumes or of none"),
        "third": _("Choose the third contrast of both volumes or of none"),
    }[what]


class INRRegistrationLogic(PanelLogic):
    task = "register"
    parameters = INRRegistrationParameterNode
    results: ClassVar = {
        "volume": ResultKind(".nrrd", load_volume, "{moving} registered", reference="moving"),
        "transform": ResultKind(".h5", load_transform, "{moving} to {fixed}", reference="moving"),
        "inverse_transform": ResultKind(".h5", load_transform, "{fixed} to {moving}", reference="fixed"),
        "jacobian": _map_of("Jacobian", "jacobian"),
        "log_jacobian": _map_of("log Jacobian", "log jacobian"),
        "inverse_error": _map_of("inverse error", "uncertainty"),
        "uncertainty": _map_of("uncertainty", "uncertainty"),
        "difference": _map_of("difference", "difference"),
        "checkerboard": ResultKind(".nrrd", load_volume, "{moving} check board", reference="moving"),
        "labels": ResultKind(
            ".nrrd", load_segmentation, "{carried_labels} registered", reference="fixed", labeled_as="carried_labels"
        ),
        "model": ResultKind(".vtp", load_model, "{carried_model} registered", reference="carried_model"),
        "points": ResultKind(".csv", load_markups, "{carried_points} registered", reference="carried_points"),
    }
    grid_of: ClassVar = {"fixed_mask": "fixed", "moving_mask": "moving"}
    named_like: ClassVar = {"moving_labels": "fixed_labels"}

    def settings_in_words(self) -> dict[str, str]:
        return registration_words()

    def write_input(self, role: str, node: Any, stem: Path, *further: Any) -> tuple[Path, LabelTable]:
        if role == "carried_points":
            return export_markups(node, stem), LabelTable()
        return PanelLogic.write_input(self, role, node, stem, *further)

    def load(self, prepared: PreparedJob) -> dict[str, Any]:
        """Where both are made, the inverse node is the transform itself, turned round: what a file holds for other
        programs is a second grid, which cannot follow everywhere."""
        from INRCore.scene import make_inverse_of

        nodes = PanelLogic.load(self, prepared)
        if "transform" in nodes and "inverse_transform" in nodes:
            make_inverse_of(nodes["inverse_transform"], nodes["transform"])
        return nodes

    def request(
        self,
        inputs: dict[str, Any],
        outputs: dict[str, Any],
        initial: str = "none",
        options: RunOptions | None = None,
        *,
        similarity: str | None = None,
        model: str | None = None,
        never_fold: bool = False,
        field_file: str = "",
        settings: dict[str, Any] | None = None,
    ) -> Request:
        """Registers inputs["moving"] to inputs["fixed"] (scalar volume nodes).

        Further inputs. fixed_mask, moving_mask: segmentation or label map nodes. fixed_landmarks, moving_landmarks:
        point list nodes. fixed_labels, moving_labels: like masks, the same names (label maps: numbers) for the same
        things. fixed_curves, moving_curves: lists of curve nodes. rigid: like a mask, what must not be bent. sliding:
        like a mask, what slides along its surroundings (model "sliding"). fixed_channels, moving_channels: lists of
        scalar volume nodes, further contrasts. initial_transform: linear transform node that brings the moving volume
        near the fixed one. carried_labels (segmentation or label map), carried_model, carried_points (points, line,
        angle, curve or plane): what belongs to the moving volume.
        `outputs`: which of `results` to make, each a node to update or None; labels, model and points are made of what
        is carried.
        `initial`: "none", "rigid" or "affine". similarity: "ncc", "lncc", "ncc_lncc", "lncc_squared", "mind", "nmi" or
        "mse"; model: "displacement", "velocity", "cycle" or "sliding"; None: as the preset says, and where never_fold,
        the output uncertainty or a sliding region ask for a model, that one. field_file: where to keep the field
        (.safetensors). settings: any other of `RegistrationSettings` by their names, nested as there.
        """
        needed = "velocity" if never_fold else "cycle" if "uncertainty" in outputs else None
        if needed is None and inputs.get("sliding") is not None:
            needed = "sliding"
        given = {"similarity": similarity, "model": model or needed, "forbid_folding": never_fold or None}
        chosen = {name: value for name, value in given.items() if value is not None}
        files = {"field": field_file} if field_file else {}
        return Request(
            inputs, outputs, {"initial": initial, **chosen, **(settings or {})}, files, options or RunOptions()
        )


class INRRegistrationWidget(PanelWidget):
    inputs: ClassVar = {
        "fixed": "fixedVolume",
        "moving": "movingVolume",
        "fixed_mask": "fixedMask",
        "moving_mask": "movingMask",
        "fixed_landmarks": "fixedLandmarks",
        "moving_landmarks": "movingLandmarks",
        "fixed_labels": "fixedLabels",
        "moving_labels": "movingLabels",
        "fixed_curve": "fixedCurve",
        "moving_curve": "movingCurve",
        "rigid": "rigid",
        "sliding": "sliding",
        "fixed_second": "fixedSecond",
        "moving_second": "movingSecond",
        "fixed_third": "fixedThird",
        "moving_third": "movingThird",
        "initial_transform": "initialTransform",
        "carried_labels": "carriedLabels",
        "carried_model": "carriedModel",
        "carried_points": "carriedPoints",
    }
    outputs: ClassVar = {
        "volume": "outputVolume",
        "transform": "outputTransform",
        "inverse_transform": "outputInverseTransform",
        "jacobian": "outputJacobian",
        "log_jacobian": "outputLogJacobian",
        "inverse_error": "outputInverseError",
        "uncertainty": "outputUncertainty",
        "difference": "outputDifference",
        "checkerboard": "outputCheckerboard",
        "labels": "outputLabels",
        "model": "outputModel",
        "points": "outputPoints",
    }
    alwaysMade: ClassVar = ("volume", "transform")
    compared: ClassVar = ("fixed", "volume", "fade")
    named: ClassVar = ("fixed", "moving")
    defaults: ClassVar = {"fixedVolume": ("vtkMRMLScalarVolumeNode",)}

    def createLogic(self) -> INRRegistrationLogic:
        return INRRegistrationLogic()

    def setup(self) -> None:
        PanelWidget.setup(self)
        self.ui.fieldPathLineEdit.filters = ctk.ctkPathLineEdit.Files | ctk.ctkPathLineEdit.Writable

    def chosenOutputs(self) -> dict[str, Any]:
        """What is to be carried over is carried over, into a new node unless one is chosen."""
        carried = [role for role in _CARRIED if getattr(self.parameters, self.inputs[f"carried_{role}"]) is not None]
        return dict.fromkeys(carried) | PanelWidget.chosenOutputs(self)

    def missing(self) -> str:
        chosen, outputs = self.chosenInputs(), self.chosenOutputs()
        if "fixed" not in chosen:
            return _("Choose a fixed volume")
        if "moving" not in chosen:
            return _("Choose a moving volume")
        if chosen["fixed"] == chosen["moving"]:
            return _("Choose two different volumes")
        for what in _PAIRS:
            if (f"fixed_{what}" in chosen) != (f"moving_{what}" in chosen):
                return _missing_half(what)
        if any(role in outputs and f"carried_{role}" not in chosen for role in _CARRIED):
            return _("Choose what to carry over")
        markup = outputs.get("points")
        if markup is not None and markup.GetClassName() != chosen["carried_points"].GetClassName():
            return _("Choose a registered markup of the same kind")
        start = chosen.get("initial_transform")
        if start is not None and chosen["moving"].GetParentTransformNode() is start:
            return _("The moving volume is below the start transform already")
        return self._missingOfModel(outputs)

    def _missingOfModel(self, outputs: dict[str, Any]) -> str:
        model, wants_uncertainty = self.parameters.model, "uncertainty" in outputs
        if wants_uncertainty and (self.parameters.neverFold or model not in (Model.AUTOMATIC, Model.CYCLE)):
            return _("An uncertainty map takes the model of two maps")
        if self.parameters.neverFold and model not in (Model.AUTOMATIC, Model.VELOCITY):
            return _("Only a flow never folds")
        if self.parameters.fieldPath and not self.parameters.fieldPath.endswith(".safetensors"):
            return _("Let the field file end with .safetensors")
        try:
            self._otherSettings()
        except InputError:
            return _("Write other settings as name=value; name=value")
        return ""

    def _otherSettings(self) -> dict[str, Any]:
        """What is typed as 'name=value; name=value'. Raises `InputError` for anything else."""
        settings: dict[str, Any] = {}
        for change in filter(None, (part.strip() for part in self.parameters.otherSettings.split(";"))):
            lay_over(settings, change)
        return settings

    def request(self) -> Request:
        parameters, inputs = self.parameters, self.chosenInputs()
        for side in ("fixed", "moving"):
            channels = [inputs.pop(role) for role in (f"{side}_second", f"{side}_third") if role in inputs]
            curves = [inputs.pop(role) for role in (f"{side}_curve",) if role in inputs]
            lists = {f"{side}_channels": channels, f"{side}_curves": curves}
            inputs |= {role: nodes for role, nodes in lists.items() if nodes}
        by_kind = "lncc_squared" if parameters.kind is ImageKind.DIFFERENT else None
        weights = {
            "hyperelastic_weight": parameters.hyperelasticWeight,
            "bending_weight": parameters.bendingWeight,
            "labels_weight": parameters.labelsWeight,
            "curves_weight": parameters.curvesWeight,
            "rigidity_weight": parameters.rigidityWeight,
            "landmarks_weight": parameters.landmarksWeight or None,
            "grid_spacing_mm": parameters.gridSpacing or None,
        }
        chosen: dict[str, Any] = {name: w for name, w in weights.items() if w is not None and w >= 0}
        if {"hyperelastic_weight", "bending_weight"} & set(chosen):
            chosen["choose_stiffness"] = False
        return self.logic.request(
            inputs,
            self.chosenOutputs(),
            parameters.initial.value,
            parameters.runOptions(),
            similarity=parameters.similarity.value or by_kind,
            model=parameters.model.value or None,
            never_fold=parameters.neverFold,
            field_file=parameters.fieldPath,
            settings=chosen | self._otherSettings(),
        )


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
