"""Colours for quantities that are no intensities, as colour nodes of the scene."""

from __future__ import annotations

import numpy as np

from .mrml import Node, Scene, slicer
from .roles import give_role, node_with_role

_CATEGORY = "Neural Fields"
_COUNT = 256
# Blue over light grey to red, alike in lightness on both sides: Moreland, Diverging color maps for scientific
# visualization, ISVC 2009.
_COOL_TO_WARM = (
    (0.230, 0.299, 0.754), (0.554, 0.690, 0.996), (0.865, 0.865, 0.865), (0.958, 0.604, 0.482), (0.706, 0.016, 0.150),
)  # fmt: skip
# Dark to bright, so that certain places recede.
_DARK_TO_BRIGHT = (
    (0.0, 0.0, 0.02), (0.26, 0.04, 0.41), (0.58, 0.15, 0.40), (0.87, 0.32, 0.23), (0.99, 0.65, 0.04), (0.99, 1.0, 0.64),
)  # fmt: skip
_YELLOW = (1.0, 0.95, 0.0)
_ANCHORS = {"Difference": _COOL_TO_WARM, "Jacobian": _COOL_TO_WARM, "Uncertainty": _DARK_TO_BRIGHT}
COLOR_NAMES = tuple(_ANCHORS)


def color_node(scene: Scene, name: str) -> Node:
    """The colour table of that name (see `COLOR_NAMES`), made when it is first asked for.

    'Difference' diverges from the middle; so does 'Jacobian', whose lowest colour is a yellow that cannot be missed;
    'Uncertainty' goes from dark to bright.
    """
    found = node_with_role(scene, "vtkMRMLColorTableNode", f"colors/{name}")
    if found is not None:
        return found
    node = slicer.vtkMRMLColorTableNode()
    node.SetName(scene.GenerateUniqueName(name))
    node.SetTypeToUser()
    give_role(node, f"colors/{name}")
    node.SetAttribute("Category", _CATEGORY)
    node.SetNumberOfColors(_COUNT)
    for number, color in enumerate(_table(name)):
        node.SetColor(number, f"{number}", *color.tolist(), 1.0)
    node.SetAllColorsDefined()
    return scene.AddNode(node)


def _table(name: str) -> np.ndarray:
    """(256, 3) colours between the anchors."""
    anchors = np.array(_ANCHORS[name])
    places = np.linspace(0, len(anchors) - 1, _COUNT)
    table = np.stack([np.interp(places, np.arange(len(anchors)), channel) for channel in anchors.T], -1)
    if name == "Jacobian":
        table[0] = _YELLOW
    return table
