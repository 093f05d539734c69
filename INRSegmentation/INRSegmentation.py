"""Module "Neural Segmentation": labels to smooth closed shapes at any resolution."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Annotated, Any, ClassVar, Union

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import ScriptedLoadableModule

from INRCore.panel import module_test
from INRCore.panel.files import ResultKind, load_model, load_segmentation, load_volume
from INRCore.panel.help import tutorial_link
from INRCore.panel.logic import PanelLogic, Request, RunOptions
from INRCore.panel.panel import PanelWidget
from INRCore.panel.parameters import RunParameters
from INRCore.panel.samples import offer_sample

_DISTANCE_DISPLAY = {"quantity": "distance"}


class INRSegmentation(ScriptedLoadableModule):
    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Neural Segmentation")
        parent.categories = [_("Neural Fields")]
        parent.dependencies = []
        parent.contributors = ["INR Neural Fields developers (3D Slicer community)"]
        parent.helpText = _(
            "Fits signed distance fields to labels, drawn on all slices or on some of them, and gives smooth closed "
            "surfaces, labels at any spacing and a distance map. Not for diagnosis."
        )
        parent.acknowledgementText = _(
            "Park et al., DeepSDF, CVPR 2019. Gropp et al., Implicit geometric regularization for learning shapes, "
            "ICML 2020. Sitzmann et al., NeurIPS 2020."
        )
        parent.helpText += tutorial_link(self.moduleName)
        offer_sample(self.moduleName)
        slicer.app.connect("startupCompleted()", self.registerEffect)

    def registerEffect(self) -> None:
        """Adds "Neural fill between slices" to the Segment Editor, which is there when all modules are loaded."""
        from SegmentEditorNeuralFillLib import register_effect

        register_effect()


class Method(Enum):
    """How signed distances are represented; the value is the setting `method`."""

    SPLINE = "spline"
    NETWORK = "network"

    def label(self) -> str:
        return {"spline": _("Splines"), "network": _("Neural network")}[self.value]


@parameterNodeWrapper
class INRSegmentationParameterNode(RunParameters):
    """spacing: isotropic, mm; 0 takes the grid of the input. smoothing: mm; -1 takes one voxel. emptyIsBackground:
    slices without a label are meant, not yet to be drawn. feature: mm; details below it are smoothed away."""

    # `A | B` would do in Slicer 5.10, but not in those before it
    inputLabels: Union[slicer.vtkMRMLSegmentationNode, slicer.vtkMRMLLabelMapVolumeNode, None]  # noqa: UP007
    outputSegmentation: slicer.vtkMRMLSegmentationNode
    outputModel: slicer.vtkMRMLModelNode
    outputDistance: slicer.vtkMRMLScalarVolumeNode
    outputUncertainty: slicer.vtkMRMLScalarVolumeNode
    spacing: Annotated[float, WithinRange(0, 50)] = 0.0
    smoothing: Annotated[float, WithinRange(-1, 100)] = -1.0
    emptyIsBackground: bool = False
    feature: Annotated[float, WithinRange(0, 100)] = 0.0
    oneComponent: bool = False
    allowOverlap: bool = False
    method: Method = Method.SPLINE


class INRSegmentationLogic(PanelLogic):
    task = "segment"
    parameters = INRSegmentationParameterNode
    results: ClassVar = {
        "labels": ResultKind(".nrrd", load_segmentation, "{labels} smooth", reference="labels"),
        "model": ResultKind(".vtp", load_model, "{labels} surface", reference="labels"),
        "distance": ResultKind(
            ".nrrd", load_volume, "{labels} distance", reference="labels", display=_DISTANCE_DISPLAY
        ),
        "uncertainty": ResultKind(
            ".nrrd", load_volume, "{labels} uncertainty", reference="labels", display={"quantity": "uncertainty"}
        ),
    }

    def request(
        self,
        labels: Any,
        outputs: dict[str, Any],
        spacing: float | None = None,
        options: RunOptions | None = None,
        smoothing: float | None = None,
        sparse: str | None = None,
        **shape: Any,
    ) -> Request:
        """Fits shapes to a segmentation or label map node; labels come back at isotropic `spacing` (mm; None: on the
        grid of the input). `smoothing`: length in mm over which voxel steps are smoothed; None: one voxel. `sparse`:
        'dense' where slices without a label are background; None: found out. `shape`: other settings of
        `SegmentationSettings`, such as method, feature_mm, one_component and allow_overlap. `outputs`: which of
        labels, model, distance, uncertainty to make, each a node to update or None."""
        given = {"spacing_mm": spacing, "smoothness_mm": smoothing, "sparse": sparse, **shape}
        settings = {name: value for name, value in given.items() if value is not None}
        return Request({"labels": labels}, outputs, settings, options=options or RunOptions())


class INRSegmentationWidget(PanelWidget):
    inputs: ClassVar = {"labels": "inputLabels"}
    outputs: ClassVar = {
        "labels": "outputSegmentation",
        "model": "outputModel",
        "distance": "outputDistance",
        "uncertainty": "outputUncertainty",
    }
    alwaysMade: ClassVar = ("labels",)
    defaults: ClassVar = {"inputLabels": ("vtkMRMLSegmentationNode", "vtkMRMLLabelMapVolumeNode")}

    def createLogic(self) -> INRSegmentationLogic:
        return INRSegmentationLogic()

    def missing(self) -> str:
        return "" if self.parameters.inputLabels is not None else _("Choose a segmentation or label map")

    def request(self) -> Request:
        return self.logic.request(
            self.parameters.inputLabels,
            self.chosenOutputs(),
            self.parameters.spacing or None,
            self.parameters.runOptions(),
            self.parameters.smoothing if self.parameters.smoothing >= 0 else None,
            "dense" if self.parameters.emptyIsBackground else None,
            method=None if self.parameters.method is Method.SPLINE else self.parameters.method.value,
            feature_mm=self.parameters.feature or None,
            one_component=self.parameters.oneComponent or None,
            allow_overlap=self.parameters.allowOverlap or None,
        )


class INRSegmentationTest(module_test.PanelTest):
    def chooseInputs(self, parameters: Any) -> None:
        parameters.inputLabels = self.addBall()

    def test_a_ball_comes_back_as_a_segmentation_with_its_volume(self) -> None:
        from INRCore.scene import labels_from_segmentation_node, volume_from_node

        ball = self.addBall()
        logic = INRSegmentationLogic()
        options = replace(module_test.FEW_ITERATIONS, iterations=100)
        report, nodes = logic.run(logic.request(ball, {"labels": None}, options=options))
        before, after = volume_from_node(ball), labels_from_segmentation_node(nodes["labels"])[0]
        share = _labelled_mm3(after) / _labelled_mm3(before)
        assert 0.7 < share < 1.4, f"the volume changed by the factor {share:.2f}"
        assert "dice" in report["metrics"], report["metrics"]


def _labelled_mm3(labels: Any) -> float:
    return float((labels.array > 0).sum() * labels.grid.voxel_volume)
