"""The Segment Editor around one scripted effect: its C++ side, the base class of auto-complete effects, the registry.

Slicer's base class does what is done here (merge the visible segments, ask for a label map, show it in a preview node,
apply it); what it does with views and timers is left out.
"""

from __future__ import annotations

import importlib
import types
from pathlib import Path
from typing import Any, ClassVar

import slicer
import vtk
from PySide6 import QtCore, QtWidgets

from .pythonqt import PythonQtRules, wrapper_of

_PREVIEW = "SegmentationResultPreview"
_OWNER = "SegmentationResultPreviewOwnerEffect"
_LABELMAP = "Binary labelmap"


class qSlicerSegmentEditorScriptedEffect(PythonQtRules, QtCore.QObject):
    """The C++ side: options, parameters in the vtkMRMLSegmentEditorNode, changes of segments."""

    _is_cpp_class = True
    name = QtCore.Property(str, lambda self: self._double_name, lambda self, value: self._double("name", value))
    title = QtCore.Property(str, lambda self: self._double_title, lambda self, value: self._double("title", value))
    perSegment = QtCore.Property(bool, lambda self: self._double_each, lambda self, value: self._double("each", value))

    def __init__(self, parent: Any = None) -> None:
        super().__init__()
        self._double_name, self._double_title, self._double_each = "UnnamedScriptedEffect", "", True
        self._double_python, self._double_node, self._double_source = None, None, None
        self._double_frame = wrapper_of(QtWidgets.QFrame)()
        self._double_frame.setLayout(QtWidgets.QFormLayout())
        self._double_undo_states: list[Any] = []

    def _double(self, name: str, value: Any) -> None:
        setattr(self, f"_double_{name}", value)

    # -- loading -----------------------------------------------------------------------------------------------------
    def setPythonSource(self, path: str) -> bool:
        """Slicer looks for the class in the loaded module that is called like the file's folder."""
        module = importlib.import_module(Path(path).parent.name)
        self._double_python = getattr(module, Path(path).stem)(self)
        return True

    def self(self) -> Any:
        return self._double_python

    def activate(self, node: Any, source: Any) -> None:
        """What selecting the effect does; `source` is the aligned source volume."""
        self._double_node, self._double_source = node, source
        self._double_python.setMRMLDefaults()
        self._double_python.setupOptionsFrame()
        self._double_python.updateGUIFromMRML()

    # -- options -----------------------------------------------------------------------------------------------------
    def optionsFrame(self) -> Any:
        return self._double_frame

    def addOptionsWidget(self, item: Any) -> None:
        QtWidgets.QWidget.layout(self._double_frame).addRow(item)

    def addLabeledOptionsWidget(self, label: str, item: Any) -> None:
        QtWidgets.QWidget.layout(self._double_frame).addRow(label, item)

    # -- parameters --------------------------------------------------------------------------------------------------
    def parameterSetNode(self) -> Any:
        return self._double_node

    def _double_key(self, name: str) -> str:
        return f"{self._double_name}.{name}"

    def setParameter(self, name: str, value: str | int | float) -> None:
        self._double_node.SetAttribute(self._double_key(name), str(value))

    def setParameterDefault(self, name: str, value: str | int | float) -> None:
        if not self.parameterDefined(name):
            self.setParameter(name, value)

    def setCommonParameter(self, name: str, value: str | int | float) -> None:
        self._double_node.SetAttribute(name, str(value))

    def parameterDefined(self, name: str) -> bool:
        return self._double_node.GetAttribute(self._double_key(name)) is not None

    def parameter(self, name: str) -> str:
        own = self._double_node.GetAttribute(self._double_key(name))
        return own if own is not None else self._double_node.GetAttribute(name) or ""

    def integerParameter(self, name: str) -> int:
        return int(self.parameter(name) or 0)

    def nodeReference(self, name: str) -> Any:
        return self._double_node.GetNodeReference(name)

    def setCommonNodeReference(self, name: str, node: Any) -> None:
        self._double_node.SetNodeReferenceID(name, node.GetID() if node is not None else None)

    # -- segmentation ------------------------------------------------------------------------------------------------
    def sourceVolumeImageData(self) -> Any:
        return self._double_source

    def saveStateForUndo(self) -> None:
        state = slicer.vtkSegmentation()
        state.DeepCopy(self._double_node.GetSegmentationNode().GetSegmentation())
        self._double_undo_states.append(state)

    def modifySegmentByLabelmap(self, node: Any, segment_id: str, image: Any, mode: int) -> None:
        assert mode == _Factory.ModificationModeSet
        slicer.vtkSlicerSegmentationsModuleLogic.SetBinaryLabelmapToSegment(image, node, segment_id, 0, None)


class _Factory:
    """qSlicerSegmentEditorEffectFactory, and the modes of qSlicerSegmentEditorAbstractEffect."""

    ModificationModeSet = 0
    registered: ClassVar[list[Any]] = []

    @classmethod
    def instance(cls) -> type[_Factory]:
        return cls

    @classmethod
    def registerEffect(cls, effect: Any) -> None:
        assert effect.name not in [other.name for other in cls.registered], "two effects of one name"
        cls.registered.append(effect)


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
        if self.getPreviewNode() is None or self.mergedLabelmapGeometryImage is None:
            self.reset()
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

    def _determine_geometry(self, node: Any) -> bool:
        """The box around the visible segments with a margin, within the source volume; False when they are empty."""
        geometry = slicer.vtkOrientedImageData()
        text = node.GetSegmentation().DetermineCommonLabelmapGeometry(
            slicer.vtkSegmentation.EXTENT_UNION_OF_EFFECTIVE_SEGMENTS, self.selectedSegmentIds
        )
        if not text:
            return False
        slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, geometry)
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


def segment_editor_modules() -> dict[str, types.ModuleType]:
    """The modules that effects import, by name."""
    effects, host = (
        types.ModuleType("SegmentEditorEffects"),
        types.ModuleType("qSlicerSegmentationsEditorEffectsPythonQt"),
    )
    base = AbstractScriptedSegmentEditorAutoCompleteEffect
    effects.AbstractScriptedSegmentEditorAutoCompleteEffect = base  # type: ignore[attr-defined]
    host.qSlicerSegmentEditorScriptedEffect = qSlicerSegmentEditorScriptedEffect  # type: ignore[attr-defined]
    return {effects.__name__: effects, host.__name__: host}


def segment_editor_classes() -> dict[str, Any]:
    """What the Segmentations module adds to the namespace `slicer`."""
    _Factory.registered = []
    return {"qSlicerSegmentEditorEffectFactory": _Factory, "qSlicerSegmentEditorAbstractEffect": _Factory}
