"""Slicer's base class of auto-complete effects of the Segment Editor: their options and the life of a preview.

It does what is done here (merge the visible segments, ask for a label map, show it in a preview node, apply it); what
it does with views and timers is left out
(AbstractScriptedSegmentEditorAutoCompleteEffect.py in Modules/Loadable/Segmentations/EditorEffects/Python).
"""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from PySide6 import QtWidgets

from .pythonqt import wrapper_of

_PREVIEW = "SegmentationResultPreview"
_OWNER = "SegmentationResultPreviewOwnerEffect"
_LABELMAP = "Binary labelmap"


class AbstractScriptedSegmentEditorAutoCompleteEffect:
    """The options and the life of a preview, as effects inherit them."""

    def __init__(self, scriptedEffect: Any) -> None:
        scriptedEffect.perSegment = False
        self.scriptedEffect = scriptedEffect
        self.minimumNumberOfSegments = 1
        self.mergedLabelmapGeometryImage: Any = None
        self.selectedSegmentIds: Any = None
        self.extentGrowthRatio, self.minimumExtentMargin = 0.1, 3

    def register(self) -> None:
        slicer.qSlicerSegmentEditorEffectFactory.instance().registerEffect(self.scriptedEffect)

    def cleanup(self) -> None:
        pass

    def setupOptionsFrame(self) -> None:
        button, box = wrapper_of(QtWidgets.QPushButton), wrapper_of(QtWidgets.QCheckBox)
        self.autoUpdateCheckBox, self.previewButton = box("Auto-update"), button("Initialize")
        self.previewShow3DButton, self.cancelButton, self.applyButton = (
            button("Show 3D"),
            button("Cancel"),
            button("Apply"),
        )
        self.previewShow3DButton.setCheckable(True)
        for widget in (self.autoUpdateCheckBox, self.previewButton, self.previewShow3DButton):
            self.scriptedEffect.addOptionsWidget(widget)
        for widget in (self.cancelButton, self.applyButton):
            self.scriptedEffect.addOptionsWidget(widget)
        self.previewButton.connect("clicked()", self.onPreview)
        self.cancelButton.connect("clicked()", self.onCancel)
        self.applyButton.connect("clicked()", self.onApply)
        self.previewShow3DButton.connect("toggled(bool)", self.updateMRMLFromGUI)
        self.autoUpdateCheckBox.connect("toggled(bool)", self.updateMRMLFromGUI)

    def setMRMLDefaults(self) -> None:
        self.scriptedEffect.setParameterDefault("AutoUpdate", "1")

    def updateGUIFromMRML(self) -> None:
        has_preview = self.getPreviewNode() is not None
        for widget in (self.cancelButton, self.applyButton, self.previewShow3DButton, self.autoUpdateCheckBox):
            widget.setEnabled(has_preview)
        self.previewButton.text = "Update" if has_preview else "Initialize"
        blocked = self.autoUpdateCheckBox.blockSignals(True)
        self.autoUpdateCheckBox.setChecked(self.scriptedEffect.integerParameter("AutoUpdate") != 0)
        self.autoUpdateCheckBox.blockSignals(blocked)

    def updateMRMLFromGUI(self) -> None:
        if self.getPreviewNode() is not None:
            self.setPreviewShow3D(self.previewShow3DButton.checked)
        self.scriptedEffect.setParameter("AutoUpdate", 1 if self.autoUpdateCheckBox.checked else 0)

    # -- preview -----------------------------------------------------------------------------------------------------
    def getPreviewNode(self) -> Any:
        return self.scriptedEffect.nodeReference(_PREVIEW)

    def getPreviewShow3D(self) -> bool:
        node = self.getPreviewNode()
        return node is not None and node.GetSegmentation().ContainsRepresentation("Closed surface")

    def setPreviewShow3D(self, show: bool) -> None:
        if show:
            self.getPreviewNode().CreateClosedSurfaceRepresentation()
        else:
            self.getPreviewNode().RemoveClosedSurfaceRepresentation()

    def onPreview(self) -> None:
        self.preview()

    def preview(self) -> None:
        node, shown_in_3d = self.scriptedEffect.parameterSetNode().GetSegmentationNode(), self.getPreviewShow3D()
        chosen = self.selectedSegmentIds
        if self.effectiveExtentChanged():
            self.reset()
            self.selectedSegmentIds = chosen
            if chosen is None:
                self.selectedSegmentIds = vtk.vtkStringArray()
                node.GetDisplayNode().GetVisibleSegmentIDs(self.selectedSegmentIds)
            if self.selectedSegmentIds.GetNumberOfValues() < self.minimumNumberOfSegments:
                raise RuntimeError(f"Minimum {self.minimumNumberOfSegments} visible segments are required.")
            if not self._determine_geometry(node):
                return
            self._create_preview_node(node)
        merged, output = slicer.vtkOrientedImageData(), slicer.vtkOrientedImageData()
        node.GenerateMergedLabelmapForAllSegments(
            merged,
            slicer.vtkSegmentation.EXTENT_UNION_OF_EFFECTIVE_SEGMENTS,
            self.mergedLabelmapGeometryImage,
            self.selectedSegmentIds,
        )
        self.computePreviewLabelmap(merged, output)
        self._show(node, output)
        self.setPreviewShow3D(shown_in_3d)
        self.updateGUIFromMRML()

    def computePreviewLabelmap(self, mergedImage: Any, outputLabelmap: Any) -> None:
        raise NotImplementedError

    def effectiveExtentChanged(self) -> bool:
        """Whether segments came nearer to the preview's border than its margin (where the source volume goes on)."""
        if self.getPreviewNode() is None or self.mergedLabelmapGeometryImage is None or self.selectedSegmentIds is None:
            return True
        geometry = self._geometry_of(self.scriptedEffect.parameterSetNode().GetSegmentationNode())
        if geometry is None:
            return True
        limits, margin = self.scriptedEffect.sourceVolumeImageData().GetExtent(), self.minimumExtentMargin
        now, own = self.mergedLabelmapGeometryImage.GetExtent(), geometry.GetExtent()
        return any(
            (limits[low] != now[low] and now[low] > own[low] - margin)
            or (limits[low + 1] != now[low + 1] and now[low + 1] < own[low + 1] + margin)
            for low in (0, 2, 4)
        )

    def _geometry_of(self, node: Any) -> Any:
        """The box around the chosen segments; None when they are empty."""
        text = node.GetSegmentation().DetermineCommonLabelmapGeometry(
            slicer.vtkSegmentation.EXTENT_UNION_OF_EFFECTIVE_SEGMENTS, self.selectedSegmentIds
        )
        geometry = slicer.vtkOrientedImageData()
        return geometry if text and slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, geometry) else None

    def _determine_geometry(self, node: Any) -> bool:
        """The box around the visible segments with a margin, within the source volume; False when they are empty."""
        geometry = self._geometry_of(node)
        if geometry is None:
            return False
        own, limits = geometry.GetExtent(), self.scriptedEffect.sourceVolumeImageData().GetExtent()
        extent = []
        for low, high in ((0, 1), (2, 3), (4, 5)):
            margin = int(max(self.minimumExtentMargin, self.extentGrowthRatio * (own[high] - own[low])))
            extent += [max(limits[low], own[low] - margin), min(limits[high], own[high] + margin)]
        geometry.SetExtent(extent)
        self.mergedLabelmapGeometryImage = geometry
        return True

    def _create_preview_node(self, node: Any) -> None:
        preview = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", f"{node.GetName()} preview")
        preview.CreateDefaultDisplayNodes()
        if node.GetParentTransformNode() is not None:
            preview.SetAndObserveTransformNodeID(node.GetParentTransformNode().GetID())
        self.scriptedEffect.setCommonNodeReference(_PREVIEW, preview)
        self.scriptedEffect.setCommonParameter(_OWNER, self.scriptedEffect.name)

    def _show(self, node: Any, image: Any) -> None:
        """All segments of the preview share one image."""
        shown = self.getPreviewNode().GetSegmentation()
        for number in range(self.selectedSegmentIds.GetNumberOfValues()):
            segment_id = self.selectedSegmentIds.GetValue(number)
            segment = shown.GetSegment(segment_id)
            if segment is None:
                segment = slicer.vtkSegment()
                segment.SetName(node.GetSegmentation().GetSegment(segment_id).GetName())
                shown.AddSegment(segment, segment_id)
            segment.AddRepresentation(_LABELMAP, image)
            segment.SetLabelValue(number + 1)

    # -- end ---------------------------------------------------------------------------------------------------------
    def reset(self) -> None:
        preview = self.scriptedEffect.nodeReference(_PREVIEW)
        if preview is not None:
            self.scriptedEffect.setCommonNodeReference(_PREVIEW, None)
            slicer.mrmlScene.RemoveNode(preview)
            self.scriptedEffect.setCommonParameter(_OWNER, "")
        self.mergedLabelmapGeometryImage = self.selectedSegmentIds = None
        self.updateGUIFromMRML()

    def onCancel(self) -> None:
        self.reset()

    def onApply(self) -> None:
        node, preview = self.scriptedEffect.parameterSetNode().GetSegmentationNode(), self.getPreviewNode()
        self.scriptedEffect.saveStateForUndo()
        ids = vtk.vtkStringArray()
        preview.GetSegmentation().GetSegmentIDs(ids)
        mode = slicer.qSlicerSegmentEditorAbstractEffect.ModificationModeSet
        for number in range(ids.GetNumberOfValues()):
            image = slicer.vtkOrientedImageData()
            preview.GetBinaryLabelmapRepresentation(ids.GetValue(number), image)
            self.scriptedEffect.modifySegmentByLabelmap(node, ids.GetValue(number), image, mode)
        self.reset()
