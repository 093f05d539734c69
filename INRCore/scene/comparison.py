"""Two volume nodes against each other: difference and check board as volume nodes, side by side in the views."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .. import comparison
from .mrml import Node, Scene, to_array, to_vtk_matrix
from .placement import show_in_slice_views
from .roles import nodes_of_class
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


def show_side_by_side(
    scene: Scene, left: Node, right: Node, application_logic: Node = None
) -> Callable[[], None] | None:
    """Two linked slice views beside each other, of the same plane, one volume in each. Returns what puts the layout and
    the planes back. Where there is no layout to change (outside Slicer's window), both volumes are faded over each
    other instead, and None comes back."""
    layout, views = scene.GetFirstNodeByClass("vtkMRMLLayoutNode"), _slice_views(scene)
    if layout is None or len(views) < 2:
        show_in_slice_views(scene, left, right, application_logic=application_logic)
        return None
    arrangement = layout.GetViewArrangement()
    planes = [to_array(slice_node.GetSliceToRAS()) for slice_node, _ in views]
    links = [composite.GetLinkedControl() for _, composite in views]
    layout.SetViewArrangement(layout.SlicerLayoutSideBySideView)
    for (slice_node, composite), volume in zip(views, (left, right), strict=True):
        _set_plane(slice_node, planes[0])
        composite.SetLinkedControl(True)
        composite.SetBackgroundVolumeID(volume.GetID())
        composite.SetForegroundVolumeID(None)
    if application_logic is not None:
        application_logic.FitSliceToAll(True)

    def put_back() -> None:
        layout.SetViewArrangement(arrangement)
        for (slice_node, composite), plane, linked in zip(views, planes, links, strict=True):
            _set_plane(slice_node, plane)
            composite.SetLinkedControl(linked)

    return put_back


def _slice_views(scene: Scene) -> list[tuple[Node, Node]]:
    """Slice node and composite node of the two views of Slicer's side-by-side layout, as far as they exist."""
    found = []
    for name in ("Red", "Yellow"):
        pair = [
            next((node for node in nodes_of_class(scene, kind) if node.GetLayoutName() == name), None)
            for kind in ("vtkMRMLSliceNode", "vtkMRMLSliceCompositeNode")
        ]
        if None not in pair:
            found.append((pair[0], pair[1]))
    return found


def _set_plane(slice_node: Node, plane: np.ndarray) -> None:
    slice_node.GetSliceToRAS().DeepCopy(to_vtk_matrix(plane))
    slice_node.UpdateMatrices()
