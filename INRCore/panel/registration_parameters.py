"""The choices of the registration panel, as Slicer keeps them in a node of the scene."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Union

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper

from .parameters import RunParameters


class ImageKind(Enum):
    """What the two volumes show, for people who know no measure of similarity."""

    SAME = "same"
    DIFFERENT = "different"

    def label(self) -> str:
        return {"same": _("The same kind of image"), "different": _("Different kinds (MR and CT, T1 and T2)")}[
            self.value
        ]


class Initial(Enum):
    """What comes before the deformable fit; the values are the names of the setting."""

    NONE = "none"
    RIGID = "rigid"
    AFFINE = "affine"

    def label(self) -> str:
        return {"none": _("None"), "rigid": _("Rigid"), "affine": _("Affine")}[self.value]


class Similarity(Enum):
    """Measures by the names of the setting; the first one leaves the choice to the kind of images and the preset."""

    AUTOMATIC = ""
    BOTH_CORRELATIONS = "ncc_lncc"
    CORRELATION = "ncc"
    LOCAL_CORRELATION = "lncc"
    SQUARED_CORRELATION = "lncc_squared"
    DESCRIPTORS = "mind"
    INFORMATION = "nmi"
    DIFFERENCE = "mse"

    def label(self) -> str:
        return {
            "": _("Automatic"),
            "ncc_lncc": _("Correlation, overall and local (one contrast)"),
            "ncc": _("Correlation (one contrast)"),
            "lncc": _("Local correlation (one contrast, uneven brightness)"),
            "lncc_squared": _("Squared local correlation (different contrasts)"),
            "mind": _("Structure descriptors MIND (different contrasts)"),
            "nmi": _("Mutual information (different contrasts)"),
            "mse": _("Squared difference (equal intensities)"),
        }[self.value]


class Model(Enum):
    """Deformation models by the names of the setting; the first one leaves the choice to the preset."""

    AUTOMATIC = ""
    FROM_IMAGES = "auto"
    DISPLACEMENT = "displacement"
    VELOCITY = "velocity"
    CYCLE = "cycle"
    SLIDING = "sliding"

    def label(self) -> str:
        return {
            "": _("From quality"),
            "auto": _("From the images (chest CT: slides along the ribs)"),
            "displacement": _("Displacement"),
            "velocity": _("Flow (never folds)"),
            "cycle": _("Two maps (tell how uncertain they are)"),
            "sliding": _("Two sides that slide (chest CT: along the ribs)"),
        }[self.value]


# `A | B` would do in Slicer 5.10, but not in those before it
_Curve = Union[slicer.vtkMRMLMarkupsCurveNode, slicer.vtkMRMLMarkupsClosedCurveNode, None]  # noqa: UP007
_Labels = Union[slicer.vtkMRMLSegmentationNode, slicer.vtkMRMLLabelMapVolumeNode, None]  # noqa: UP007
_Markups = Union[  # noqa: UP007
    slicer.vtkMRMLMarkupsFiducialNode,
    slicer.vtkMRMLMarkupsLineNode,
    slicer.vtkMRMLMarkupsAngleNode,
    slicer.vtkMRMLMarkupsCurveNode,
    slicer.vtkMRMLMarkupsClosedCurveNode,
    slicer.vtkMRMLMarkupsPlaneNode,
    None,
]


@parameterNodeWrapper
class INRRegistrationParameterNode(RunParameters):
    """Second and third: other contrasts of the fixed and the moving volume. landmarksWeight 0: they are only measured.
    The other weights: -1 leaves the choice to the preset. gridSpacing (mm): 0 chooses it by the map. otherSettings: any
    setting as 'name=value; name=value'. fieldPath: empty, or a file to keep."""

    fixedVolume: slicer.vtkMRMLScalarVolumeNode
    movingVolume: slicer.vtkMRMLScalarVolumeNode
    kind: ImageKind = ImageKind.SAME
    initial: Initial = Initial.NONE
    fixedMask: _Labels
    movingMask: _Labels
    fixedLandmarks: slicer.vtkMRMLMarkupsFiducialNode
    movingLandmarks: slicer.vtkMRMLMarkupsFiducialNode
    landmarksWeight: Annotated[float, WithinRange(0, 1000)] = 0.0
    fixedLabels: _Labels
    movingLabels: _Labels
    fixedCurve: _Curve
    movingCurve: _Curve
    rigid: _Labels
    sliding: _Labels
    fixedSecond: slicer.vtkMRMLScalarVolumeNode
    movingSecond: slicer.vtkMRMLScalarVolumeNode
    fixedThird: slicer.vtkMRMLScalarVolumeNode
    movingThird: slicer.vtkMRMLScalarVolumeNode
    initialTransform: slicer.vtkMRMLLinearTransformNode
    similarity: Similarity = Similarity.AUTOMATIC
    model: Model = Model.AUTOMATIC
    neverFold: bool = False
    hyperelasticWeight: Annotated[float, WithinRange(-1, 1000)] = -1.0
    bendingWeight: Annotated[float, WithinRange(-1, 100_000)] = -1.0
    labelsWeight: Annotated[float, WithinRange(-1, 1000)] = -1.0
    curvesWeight: Annotated[float, WithinRange(-1, 1000)] = -1.0
    rigidityWeight: Annotated[float, WithinRange(-1, 1000)] = -1.0
    gridSpacing: Annotated[float, WithinRange(0, 1000)] = 0.0
    otherSettings: str = ""
    carriedLabels: _Labels
    carriedModel: slicer.vtkMRMLModelNode
    carriedPoints: _Markups
    outputVolume: slicer.vtkMRMLScalarVolumeNode
    outputTransform: slicer.vtkMRMLTransformNode
    outputInverseTransform: slicer.vtkMRMLTransformNode
    outputJacobian: slicer.vtkMRMLScalarVolumeNode
    outputLogJacobian: slicer.vtkMRMLScalarVolumeNode
    outputInverseError: slicer.vtkMRMLScalarVolumeNode
    outputUncertainty: slicer.vtkMRMLScalarVolumeNode
    outputDifference: slicer.vtkMRMLScalarVolumeNode
    outputCheckerboard: slicer.vtkMRMLScalarVolumeNode
    outputLabels: slicer.vtkMRMLSegmentationNode
    outputModel: slicer.vtkMRMLModelNode
    outputPoints: _Markups
    fieldPath: str = ""
