"""The result of a running fit in the slice views, for as long as it runs."""

from __future__ import annotations

from ..volume import Volume
from .mrml import Node, Scene, slicer
from .roles import nodes_of_class
from .volumes import choose_window, set_voxels


class PreviewVolume:
    """One volume node shown over `background`, updated again and again; it is neither listed nor saved.

    `labels`: it is a label map. `opacity` of the preview over the background. The views get back what they showed
    when the preview goes, unless the user has chosen something else meanwhile.
    """

    def __init__(
        self,
        scene: Scene,
        background: Node | None,
        *,
        labels: bool = False,
        opacity: float = 1.0,
        reference: Node | None = None,
        display_range: tuple[float, float] | None = None,
    ) -> None:
        """Intensities are shown in the window of the volume node `reference`, or in `display_range`."""
        self._scene, self._labels, self._opacity = scene, labels, opacity
        self._reference, self._display_range = reference, display_range
        self._background_id = background.GetID() if background is not None and not labels else None
        self._node_id = ""
        self._before: dict[str, tuple[str | None, str | None, float]] = {}

    @property
    def node(self) -> Node | None:
        return self._scene.GetNodeByID(self._node_id) if self._node_id else None

    def update(self, volume: Volume) -> None:
        """Shows a newer preview; the first one comes into the slice views."""
        node = self.node
        if node is None and self._node_id:  # somebody deleted it, or closed the scene: they do not want it
            return
        is_first = node is None
        node = node or self._new_node()
        set_voxels(node, volume)
        if is_first:
            node.GetDisplayNode().SetSaveWithScene(False)
            if not self._labels:
                choose_window(node, self._reference, self._display_range)
            self._show(node)

    def remove(self) -> None:
        """Takes the preview out of the views and the scene."""
        node = self.node
        if node is None:
            return
        for composite in self._composites():
            if composite.GetID() in self._before and self._shown_in(composite) == self._node_id:
                self._put_back(composite, *self._before[composite.GetID()])
        display = node.GetDisplayNode()
        self._scene.RemoveNode(node)
        if display is not None and display.GetScene() is self._scene:
            self._scene.RemoveNode(display)

    def _new_node(self) -> Node:
        """Hidden before it enters the scene, so that no selector ever lists it."""
        node = slicer.vtkMRMLLabelMapVolumeNode() if self._labels else slicer.vtkMRMLScalarVolumeNode()
        node.SetName("Preview")
        node.SetHideFromEditors(True)
        node.SetSaveWithScene(False)
        node.SetUndoEnabled(False)
        self._scene.AddNode(node)
        self._node_id = node.GetID()
        return node

    # -- slice views -------------------------------------------------------------------------------------------------
    def _composites(self) -> list[Node]:
        return nodes_of_class(self._scene, "vtkMRMLSliceCompositeNode")

    def _shown_in(self, composite: Node) -> str | None:
        return composite.GetLabelVolumeID() if self._labels else composite.GetForegroundVolumeID()

    def _show(self, node: Node) -> None:
        for composite in self._composites():
            opacity = composite.GetLabelOpacity() if self._labels else composite.GetForegroundOpacity()
            self._before[composite.GetID()] = composite.GetBackgroundVolumeID(), self._shown_in(composite), opacity
            if self._background_id is not None and self._scene.GetNodeByID(self._background_id) is not None:
                composite.SetBackgroundVolumeID(self._background_id)
            self._set_layer(composite, node.GetID(), self._opacity)

    def _put_back(self, composite: Node, background: str | None, layer: str | None, opacity: float) -> None:
        if self._background_id is not None and composite.GetBackgroundVolumeID() == self._background_id:
            composite.SetBackgroundVolumeID(background)
        self._set_layer(composite, layer, opacity)

    def _set_layer(self, composite: Node, node_id: str | None, opacity: float) -> None:
        if self._labels:
            composite.SetLabelVolumeID(node_id)
            composite.SetLabelOpacity(opacity)
        else:
            composite.SetForegroundVolumeID(node_id)
            composite.SetForegroundOpacity(opacity)
