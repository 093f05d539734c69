"""Results beside their input: the same study folder, the same window, the same slice views."""

from __future__ import annotations

from ..errors import InputError
from .mrml import Node, Scene, slicer


def place_beside(scene: Scene, node: Node, reference: Node | None) -> None:
    """Puts `node` into the subject hierarchy folder (study, patient) of `reference`, unless somebody has put it into a
    folder already; without a reference (or with one that was deleted) nothing is moved."""
    hierarchy = _hierarchy(scene)
    item = _item(hierarchy, node)
    if _is_there(scene, reference) and hierarchy.GetItemParent(item) == hierarchy.GetSceneItemID():
        hierarchy.SetItemParent(item, _folder_of(hierarchy, reference))


def result_folder(scene: Scene, reference_node: Node | None, name: str) -> int:
    """Subject hierarchy item of the folder `name` beside `reference_node` (at the root without one, or if it was
    deleted); found again when it is there already. Put nodes into it with `move_to_folder`."""
    if not name:
        raise InputError("The result folder needs a name.")
    hierarchy = _hierarchy(scene)
    parent = _folder_of(hierarchy, reference_node) if _is_there(scene, reference_node) else hierarchy.GetSceneItemID()
    existing = hierarchy.GetItemChildWithName(parent, name)
    return int(existing or hierarchy.CreateFolderItem(parent, name))


def move_to_folder(scene: Scene, node: Node, folder: int) -> None:
    """Puts `node` into a subject hierarchy folder made by `result_folder`."""
    hierarchy = _hierarchy(scene)
    hierarchy.SetItemParent(_item(hierarchy, node), folder)


def folder_path(scene: Scene, node: Node) -> list[str]:
    """Names of the subject hierarchy items above `node`, outermost first (patient, study, ...)."""
    hierarchy = _hierarchy(scene)
    item, names = _folder_of(hierarchy, node), []
    while item not in (0, hierarchy.GetSceneItemID()):
        names.append(hierarchy.GetItemName(item))
        item = hierarchy.GetItemParent(item)
    return names[::-1]


def copy_display(node: Node, reference: Node) -> None:
    """Gives a volume the window, level, colours and interpolation of another, so that the two can be compared."""
    source, target = reference.GetScalarVolumeDisplayNode(), node.GetScalarVolumeDisplayNode()
    if source is None or target is None:
        return
    target.SetAutoWindowLevel(False)
    target.SetWindowLevel(source.GetWindow(), source.GetLevel())
    target.SetAndObserveColorNodeID(source.GetColorNodeID())
    target.SetInterpolate(source.GetInterpolate())


def show_in_slice_views(
    scene: Scene,
    background: Node,
    foreground: Node | None = None,
    *,
    opacity: float = 0.5,
    application_logic: Node = None,
) -> None:
    """Shows volumes in all slice views of the scene; with the application's logic the views are also fitted to them."""
    for number in range(scene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")):
        composite = scene.GetNthNodeByClass(number, "vtkMRMLSliceCompositeNode")
        composite.SetBackgroundVolumeID(background.GetID())
        composite.SetForegroundVolumeID(foreground.GetID() if foreground is not None else None)
        composite.SetForegroundOpacity(opacity if foreground is not None else 0.0)
    if application_logic is not None:
        application_logic.FitSliceToAll(True)


def _is_there(scene: Scene, node: Node | None) -> bool:
    return node is not None and node.GetScene() is scene


def _hierarchy(scene: Scene) -> Node:
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def _item(hierarchy: Node, node: Node) -> int:
    """Outside Slicer no plugin makes an item for each node, so it is made here."""
    return hierarchy.GetItemByDataNode(node) or hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)


def _folder_of(hierarchy: Node, node: Node) -> int:
    return hierarchy.GetItemParent(_item(hierarchy, node))
