"""Nodes that are found again by what they are for, whatever somebody calls them; the mark is saved with the scene."""

from __future__ import annotations

from .mrml import Node, Scene

_ATTRIBUTE = "INRCore.Role"
_ORIGIN = "INRCore.MadeOf"


def give_role(node: Node, role: str) -> None:
    """Marks a node as the one for this role."""
    node.SetAttribute(_ATTRIBUTE, role)


def role_of(node: Node) -> str:
    """The node's role, or nothing."""
    return node.GetAttribute(_ATTRIBUTE) or ""


def tell_origin(node: Node, inputs: str) -> None:
    """Marks a node as made anew of the nodes with these IDs."""
    node.SetAttribute(_ORIGIN, inputs)


def origin_of(node: Node) -> str:
    """IDs of the nodes it was made of; nothing for nodes that are not ours."""
    return node.GetAttribute(_ORIGIN) or ""


def node_with_role(scene: Scene, class_name: str, role: str) -> Node | None:
    """The first node of the class with this role, or None."""
    found = (node for node in nodes_of_class(scene, class_name) if role_of(node) == role)
    return next(found, None)


def nodes_of_class(scene: Scene, class_name: str) -> list[Node]:
    """All nodes of a class and its subclasses."""
    return [scene.GetNthNodeByClass(number, class_name) for number in range(scene.GetNumberOfNodesByClass(class_name))]
