"""The scene as it was before results came in, to go back to."""

from __future__ import annotations

from types import TracebackType
from typing import Any

Node = Any
Scene = Any


class SceneChange:
    """Remembers which nodes are there and what those hold that are about to be updated; nodes that come while it is
    entered belong to the change. An exception inside undoes it.

        with SceneChange(scene, [output]) as change:
            ...  # update the output, add nodes
        change.undo()
    """

    def __init__(self, scene: Scene, updated: list[Node]) -> None:
        self._scene = scene
        self._known, self._new = _node_ids(scene), set()
        views = [scene.GetNthNodeByClass(n, _VIEW) for n in range(scene.GetNumberOfNodesByClass(_VIEW))]
        self._views = [_ViewState(view) for view in views]
        self._contents = [_Content(node) for node in updated]

    def __enter__(self) -> SceneChange:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        self._new |= _node_ids(self._scene) - self._known
        if kind is not None:
            self.undo()

    def include(self, nodes: list[Node]) -> None:
        """Further nodes that go when the change is undone."""
        self._new |= {node.GetID() for node in nodes}

    def undo(self) -> None:
        """Removes what came and restores what was updated, as far as it is still in the scene."""
        for node_id in self._new:
            node = self._scene.GetNodeByID(node_id)
            if node is not None:
                self._scene.RemoveNode(node)
        for state in [*self._contents, *self._views]:
            state.restore(self._scene)


_VIEW = "vtkMRMLSliceCompositeNode"


class _Content:
    """A copy of what a node holds, and its parent transform."""

    def __init__(self, node: Node) -> None:
        self._id, self._parent_id = node.GetID(), node.GetTransformNodeID()
        self._copy = type(node)()
        self._copy.CopyContent(node, True)

    def restore(self, scene: Scene) -> None:
        node = scene.GetNodeByID(self._id)
        if node is not None:
            node.CopyContent(self._copy, True)
            node.SetAndObserveTransformNodeID(self._parent_id)


class _ViewState:
    """The volumes that a slice view shows."""

    def __init__(self, view: Node) -> None:
        self._id, self._background = view.GetID(), view.GetBackgroundVolumeID()
        self._foreground, self._opacity = view.GetForegroundVolumeID(), view.GetForegroundOpacity()

    def restore(self, scene: Scene) -> None:
        view = scene.GetNodeByID(self._id)
        if view is not None:
            view.SetBackgroundVolumeID(self._background)
            view.SetForegroundVolumeID(self._foreground)
            view.SetForegroundOpacity(self._opacity)


def _node_ids(scene: Scene) -> set[str]:
    return {scene.GetNthNode(number).GetID() for number in range(scene.GetNumberOfNodes())}
