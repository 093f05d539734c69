"""What a reconstruction found of every slice, in the scene: a table, and transforms on request. No Qt and no torch."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from .display import updated_node
from .files import Node, Scene


def bring_slices(
    scene: Scene, module: str, report: dict[str, Any], stacks: list[Node], reference: Node, with_transforms: bool
) -> list[Node]:
    """The table of all slices and, for slices that moved, transform nodes that take a stack to where its slices lie:
    one for a stack that moved as a whole, otherwise one for each slice, in a folder. `stacks` as in the report; nodes
    of an earlier run of the module are updated."""
    rows = report.get("slices") or []
    if not rows:
        return []
    from ..scene import table_to_node

    name = _("{module}: slices").format(module=module)

    def table(node: Node) -> Node:
        return table_to_node(scene, _columns(rows), node, name=name, reference=reference)

    found = [updated_node(scene, "vtkMRMLTableNode", f"{module}/slices", table)]
    if with_transforms:
        for number, stack in enumerate(stacks):
            own = [row for row in rows if row["number"] == number and "pose" in row]
            found += _transforms(scene, module, stack, own)
    return found


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    unknown = float("nan")
    columns: dict[str, list[Any]] = {
        _("Stack"): [row["stack"] for row in rows],
        _("Slice"): [row["slice"] for row in rows],
        _("Misfit (RMSE)"): [unknown if row["rmse"] is None else row["rmse"] for row in rows],
        _("Left out"): [_("yes") if row["rejected"] else "" for row in rows],
    }
    if any("pose" in row for row in rows):
        columns[_("Shift (mm)")] = [row.get("shift_mm", 0.0) for row in rows]
        columns[_("Turn (degrees)")] = [row.get("turn_degrees", 0.0) for row in rows]
    return columns


def _transforms(scene: Scene, module: str, stack: Node, rows: list[dict[str, Any]]) -> list[Node]:
    import numpy as np

    from ..scene import matrix_to_transform_node, move_to_folder, result_folder

    poses = np.array([row["pose"] for row in rows]).reshape(-1, 3, 4)
    if len(poses) == 0:
        return []
    is_rigid = float(np.ptp(poses, axis=0).max()) < 1e-9
    poses = np.concatenate([poses, np.tile([[[0.0, 0.0, 0.0, 1.0]]], (len(poses), 1, 1))], 1)
    found, name = [], stack.GetName() if stack.GetScene() is scene else rows[0]["stack"]
    folder = 0 if is_rigid else result_folder(scene, stack, _("{stack}: places of the slices").format(stack=name))
    for index, pose in enumerate(poses[:1] if is_rigid else poses):
        own = _("{stack} transform") if is_rigid else _("{stack} slice {number}")
        title = own.format(stack=name, number=rows[index]["slice"])

        def transform(node: Node, pose: Any = pose, title: str = title) -> Node:
            return matrix_to_transform_node(scene, pose, node, name=title, reference=stack)

        role = f"{module}/{stack.GetID()} " + ("transform" if is_rigid else f"slice {index}")
        node = updated_node(scene, "vtkMRMLLinearTransformNode", role, transform)
        if folder:
            move_to_folder(scene, node, folder)
        found.append(node)
    return found
