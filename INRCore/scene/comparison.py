"""Two volume nodes against each other: difference and check board as volume nodes, side by side in the views."""

from __future__ import annotations

from .. import comparison
from .mrml import Node, Scene
from .placement import show_in_slice_views
from .volumes import volume_from_node, volume_to_node


def difference_to_node(
    scene: Scene, first: Node, second: Node, node: Node | None = None, *, name: str | None = None
) -> Node:
    """`first` - `second` on the voxels of `first`, blue below 0, grey where they agree, red above; a new volume node or
    `node` updated in place."""
    volume = comparison.difference(volume_from_node(first), volume_from_node(second))
    return volume_to_node(scene, volume, node, name=name, reference=first, quantity="difference")


def checkerboard_to_node(
    scene: Scene, first: Node, second: Node, node: Node | None = None, *, tiles: int = 8, name: str | None = None
) -> Node:
    """Cubes of both volumes in turn, `tiles` of them along the longest side, in the window of `first`; a new volume
    node or `node` updated in place."""
    volume = comparison.checkerboard(volume_from_node(first), volume_from_node(second), tiles)
    return volume_to_node(scene, volume, node, name=name, reference=first)


def show_side_by_side(scene: Scene, left: Node, right: Node, application_logic: Node = None) -> bool:
    """Two slice views beside each other, linked, of the same plane, one volume in each. Where there is no layout to
    change (outside Slicer's window) both volumes are faded over each other instead; returns whether there was one."""
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    views = [view for name in ("Red", "Yellow") if (view := _slice_view(scene, name)) is not None]
    if layout is None or len(views) < 2:
        show_in_slice_views(scene, left, right, application_logic=application_logic)
        return False
    layout.SetViewArrangement(layout.SlicerLayoutSideBySideView)
    plane = views[0][0].GetSliceToRAS()
    for (slice_node, composite), volume in zip(views, (left, right), strict=True):
        slice_node.GetSliceToRAS().DeepCopy(plane)
        slice_node.UpdateMatrices()
        composite.SetLinkedControl(True)
        composite.SetBackgroundVolumeID(volume.GetID())
        composite.SetForegroundVolumeID(None)
    if application_logic is not None:
        application_logic.FitSliceToAll(True)
    return True


def _slice_view(scene: Scene, name: str) -> tuple[Node, Node] | None:
    """Slice node and composite node of the view."""
    found = []
    for kind in ("vtkMRMLSliceNode", "vtkMRMLSliceCompositeNode"):
        nodes = [scene.GetNthNodeByClass(number, kind) for number in range(scene.GetNumberOfNodesByClass(kind))]
        found.append(next((node for node in nodes if node.GetLayoutName() == name), None))
    return None if None in found else (found[0], found[1])
