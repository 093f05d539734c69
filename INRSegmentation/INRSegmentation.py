"""Module "Neural Segmentation": labels to smooth closed shapes at any resolution."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, ClassVar

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import ScriptedLoadableModule

from INRCore.panel import module_test
from INRCore.panel.files import LabelTable, ResultKind, load_model, load_segmentation, load_volume
from INRCore.panel.help import tutorial_link
from INRCore.panel.logic import PanelLogic, Request, RunOptions
from INRCore.panel.memory import RunMemory
from INRCore.panel.panel import PanelWidget
from INRCore.panel.parameters import RunParameters
from INRCore.panel.samples import offer_sample
from INRCore.panel.shape_inputs import (
    ShapeNode,
    export_geometry,
    export_shape,
    show_uncertainty,
    what_is_wrong,
)
from INRCore.panel.shape_tables import bring_shape_tables
from INRCore.panel.slice_section import SliceSection

_DISTANCE_DISPLAY = {"quantity": "distance"}


class INRSegmentation(ScriptedLoadableModule):
    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Neural Segmentation")
        parent.categories = [_("Neural Fields")]
        parent.dependencies = []
        parent.contributors = ["INR Neural Fields developers (3D Slicer community)"]
        parent.helpText = _(
            "Fits signed distance fields to labels, drawn on all slices or on some, to closed curves or to points, and "
            "gives smooth closed surfaces, labels at any spacing, a distance map, and where it is unsure. Not for "
            "diagnosis."
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
    """outputGeometry: a volume whose voxels the results have. spacing: isotropic, mm; 0 takes the grid of the input.
    smoothing: mm; -1 takes one voxel. emptyIsBackground: slices without a label are meant, not yet to be drawn;
    emptySlices: only those named ('k50 i3-5'). continueLast: go on from what the last run found. feature: mm; details
    below it are smoothed away. imageWeight: how far edges of inputImage pull the surfaces, 0 to 1."""

    inputLabels: ShapeNode
    inputImage: slicer.vtkMRMLScalarVolumeNode
    outputSegmentation: slicer.vtkMRMLSegmentationNode
    outputModel: slicer.vtkMRMLModelNode
    outputDistance: slicer.vtkMRMLScalarVolumeNode
    outputUncertainty: slicer.vtkMRMLScalarVolumeNode
    colorModel: bool = True
    outputGeometry: slicer.vtkMRMLScalarVolumeNode
    spacing: Annotated[float, WithinRange(0, 50)] = 0.0
    smoothing: Annotated[float, WithinRange(-1, 100)] = -1.0
    emptyIsBackground: bool = False
    emptySlices: str = ""
    continueLast: bool = False
    feature: Annotated[float, WithinRange(0, 100)] = 0.0
    oneComponent: bool = False
    allowOverlap: bool = False
    method: Method = Method.SPLINE
    imageWeight: Annotated[float, WithinRange(0, 1)] = 0.5


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
        image: Any = None,
        geometry: Any = None,
        start: str = "",
        state: str = "",
        **shape: Any,
    ) -> Request:
        """Fits shapes to a node: a segmentation or label map, a volume of probabilities, a closed curve (with all of
        its folder), a point list or model whose points lie on the surface. Labels come back at isotropic `spacing` (mm;
        None: on the grid of the input). `smoothing`: length in mm over which voxel steps are smoothed; None: one voxel.
        `sparse`: 'dense' where slices without a label are background; None: found out. `image`: a volume whose edges
        pull the surfaces between drawn slices (setting image_weight). `geometry`: a volume on whose voxels labels and
        maps come back instead. `start`, `state`: files of what an earlier run found and what this one finds of drawn
        slices; what has not changed since is kept. `shape`: other settings of
        `SegmentationSettings`, such as method, feature_mm, one_component, allow_overlap and empty_slices. `outputs`:
        which of labels, model, distance, uncertainty to make, each a node to update or None."""
        given = {"spacing_mm": spacing, "smoothness_mm": smoothing, "sparse": sparse, **shape}
        settings = {name: value for name, value in given.items() if value is not None}
        given_nodes = {"labels": labels, "image": image, "like": geometry}
        inputs = {role: node for role, node in given_nodes.items() if node is not None}
        return Request(inputs, outputs, settings, options=options or RunOptions(), start=start, state=state)

    def write_input(self, role: str, node: Any, stem: Path, *further: Any) -> tuple[Path, LabelTable]:
        if role == "labels":
            return export_shape(node, stem)
        if role == "like":
            return export_geometry(node, stem), LabelTable()
        return PanelLogic.write_input(self, role, node, stem, *further)


class INRSegmentationWidget(PanelWidget):
    inputs: ClassVar = {"labels": "inputLabels", "image": "inputImage", "like": "outputGeometry"}
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

    def setup(self) -> None:
        self._memory = RunMemory()
        PanelWidget.setup(self)
        self.sliceSection = SliceSection(self.ui, lambda: (self.parameters.inputLabels, self._sliceSettings()))
        self.ui.inputSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.onInputChanged)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.NodeAddedEvent, self.onNodeAdded)

    def onNodeAdded(self, caller: Any, event: str) -> None:
        """The first segmentation or label map that is loaded is what is meant; of volumes, points and models, which the
        selector offers too, nobody knows."""
        if self._guiTag is not None and self.parameters.inputLabels is None:
            self._chooseDefaults()

    def onInputChanged(self, node: Any) -> None:
        self.sliceSection.forget()

    def onSceneStartClose(self, caller: Any, event: str) -> None:
        PanelWidget.onSceneStartClose(self, caller, event)
        self.sliceSection.forget()
        self._memory.forget()

    def cleanup(self) -> None:
        PanelWidget.cleanup(self)
        self._memory.forget()

    def onParametersChanged(self, caller: Any = None, event: str = "") -> None:
        PanelWidget.onParametersChanged(self, caller, event)
        self.ui.imageWeightSlider.enabled = self.parameters.inputImage is not None
        self.ui.spacingSpinBox.enabled = self.parameters.outputGeometry is None
        if self.parameters.outputModel is not None:
            show_uncertainty(self.parameters.outputModel, self.parameters.colorModel)

    def needsTorch(self) -> bool:
        return self.parameters.method is Method.NETWORK

    def withoutTorch(self) -> str:
        return _("The method 'Splines' works without it.")

    def missing(self) -> str:
        return what_is_wrong(self.parameters.inputLabels)

    def request(self) -> Request:
        parameters = self.parameters
        sparse = self._sliceSettings()
        return self.logic.request(
            parameters.inputLabels,
            self.chosenOutputs(),
            parameters.spacing or None if parameters.outputGeometry is None else None,
            parameters.runOptions(),
            parameters.smoothing if parameters.smoothing >= 0 else None,
            sparse.get("sparse"),
            parameters.inputImage,
            parameters.outputGeometry,
            self._memory.last if parameters.continueLast else "",
            self._memory.next,
            empty_slices=sparse.get("empty_slices"),
            method=None if parameters.method is Method.SPLINE else parameters.method.value,
            feature_mm=parameters.feature or None,
            one_component=parameters.oneComponent or None,
            allow_overlap=parameters.allowOverlap or None,
            image_weight=parameters.imageWeight if parameters.inputImage is not None else None,
        )

    def _sliceSettings(self) -> dict[str, Any]:
        """The settings that say which slices are drawn."""
        if self.parameters.emptyIsBackground:
            return {"sparse": "dense"}
        named = self.parameters.emptySlices.replace(",", " ").split()
        return {"empty_slices": named} if named else {}

    def bringFurther(self, report: dict[str, Any], request: Request, nodes: dict[str, Any]) -> list[Any]:
        self._memory.keep()
        self.sliceSection.offer(report.get("next_slice"))
        if "model" in nodes:
            show_uncertainty(nodes["model"], self.parameters.colorModel)
        measures = PanelWidget.bringFurther(self, report, request, nodes)
        return measures + bring_shape_tables(slicer.mrmlScene, self.title, report, nodes["labels"])


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
