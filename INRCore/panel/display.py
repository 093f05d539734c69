"""What comes with a result: ways to look at it, tables, landmarks. No Qt and no torch here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from slicer.i18n import tr as _

from .files import Node, Scene
from .results import metric_rows

_VOLUME = "vtkMRMLScalarVolumeNode"


def ways_to_compare() -> dict[str, str]:
    """Way -> its name for people, in the order of display."""
    return {
        "result": _("Result alone"),
        "fade": _("Faded over the input"),
        "side": _("Side by side with the input"),
        "difference": _("Difference from the input"),
        "checkerboard": _("Check board with the input"),
    }


class Comparison:
    """A result against the input volume `reference` that it should look like (None: it is deleted), in slice views.
    Volumes that are made for it are used again by the next comparison of the same module."""

    def __init__(self, scene: Scene, module: str, reference: Node, result: Node, application_logic: Any) -> None:
        self._scene, self._module, self._logic = scene, module, application_logic
        self._reference_id = reference.GetID() if reference is not None else ""
        self._result_id = result.GetID()
        self._put_back: Callable[[], None] | None = None

    def show(self, way: str) -> bool:
        """Shows the volumes in one of `ways_to_compare`; False when one of them is not there any more."""
        from ..scene import show_in_slice_views, show_side_by_side

        self.leave()
        reference, result = self._nodes()
        if result is None or (reference is None and way != "result"):
            return False
        if way == "side":
            self._put_back = show_side_by_side(self._scene, reference, result, self._logic)
        else:
            shown = {"result": (result,), "fade": (reference, result)}.get(way) or (self._derived(way),)
            show_in_slice_views(self._scene, *shown, application_logic=self._logic)
        return True

    def leave(self) -> None:
        """Puts the layout back that was there before the side-by-side view."""
        put_back, self._put_back = self._put_back, None
        if put_back is not None:
            put_back()

    def refresh(self) -> None:
        """Brings the volumes that an earlier comparison of the module made up to this result."""
        for way in ("difference", "checkerboard"):
            if self._find(way) is not None and None not in self._nodes():
                self._derived(way)

    def made(self) -> list[Node]:
        """The volumes made for comparisons, for undo."""
        return [node for way in ("difference", "checkerboard") if (node := self._find(way)) is not None]

    def _nodes(self) -> tuple[Node, Node]:
        return self._scene.GetNodeByID(self._reference_id), self._scene.GetNodeByID(self._result_id)

    def _find(self, way: str) -> Node:
        from ..scene import node_with_role

        return node_with_role(self._scene, _VOLUME, f"{self._module}/{way}")

    def _derived(self, way: str) -> Node:
        """The volume of the difference or the check board, computed anew."""
        from ..scene import checkerboard_to_node, difference_to_node

        reference, result = self._nodes()

        def make(node: Node) -> Node:
            if way == "checkerboard":
                return checkerboard_to_node(self._scene, result, reference, node)
            return difference_to_node(self._scene, result, reference, node)

        return updated_node(self._scene, _VOLUME, f"{self._module}/{way}", make)


def bring_tables(
    scene: Scene, module: str, report: dict[str, Any], inputs: dict[str, Any], nodes: dict[str, Node]
) -> list[Node]:
    """The report's measures as a table node, and for registrations with landmarks their errors as another one and the
    moving landmarks where they come to lie; the nodes of an earlier run of the module are updated."""
    from ..scene import metrics_to_node

    reference = next(iter(nodes.values()), None)
    rows, name = metric_rows(report), _("{module}: measures").format(module=module)

    def measures(node: Node) -> Node:
        return metrics_to_node(scene, rows, node, name=name, reference=reference)

    found = [updated_node(scene, "vtkMRMLTableNode", f"{module}/measures", measures)]
    if "tre_per_point_mm" in report:
        found += _landmarks(scene, module, report, inputs.get("moving_landmarks"), nodes.get("transform"))
    return found


def _landmarks(scene: Scene, module: str, report: dict[str, Any], moving: Node, transform: Node) -> list[Node]:
    from ..scene import landmark_errors_to_node, moved_landmarks_to_node

    is_there = moving is not None and moving.GetScene() is scene
    labels = _labels(moving, len(report["tre_per_point_mm"])) if is_there else None
    errors = report["tre_before_per_point_mm"], report["tre_per_point_mm"]
    name = _("{module}: landmark errors").format(module=module)

    def table(node: Node) -> Node:
        return landmark_errors_to_node(scene, *errors, node, labels=labels, name=name, reference=transform)

    found = [updated_node(scene, "vtkMRMLTableNode", f"{module}/landmark errors", table)]
    if is_there and transform is not None:
        found.append(
            updated_node(
                scene,
                "vtkMRMLMarkupsFiducialNode",
                f"{module}/landmarks",
                lambda node: moved_landmarks_to_node(scene, moving, transform, node),
            )
        )
    return found


def _labels(landmarks: Node, count: int) -> Sequence[str] | None:
    """The points' labels, unless points came or went while the job ran."""
    from ..scene import labels_of

    labels = labels_of(landmarks)
    return labels if len(labels) == count else None


def updated_node(scene: Scene, class_name: str, role: str, make: Callable[[Node], Node]) -> Node:
    """`make` gets the node of this role from an earlier run, or None, and returns it filled."""
    from ..scene import give_role, node_with_role

    node = make(node_with_role(scene, class_name, role))
    give_role(node, role)
    return node
