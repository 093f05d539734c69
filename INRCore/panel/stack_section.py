"""The part of the reconstruction panel about its stacks: how they lie, their boxes in the views, their order."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from ..errors import INRError
from .files import Node

_MODEL = "vtkMRMLModelNode"
MOST_STACKS = 6


class StackSection:
    def __init__(self, ui: Any, module: str) -> None:
        self.ui, self._module, self._volumes = ui, module, list[Node]()
        self.ui.fieldsOfViewButton.connect("clicked(bool)", self.toggleBoxes)

    def show(self, volumes: list[Node]) -> None:
        """Says how the chosen stacks lie."""
        self._volumes = volumes
        lines = [f"{volumes[layout.number].GetName()}: {layout.describe()}" for layout in _layouts(volumes)]
        self.ui.stacksLabel.text = "\n".join(lines) or _("Nothing is known of the slices yet.")
        self.ui.fieldsOfViewButton.enabled = bool(lines)
        self.ui.fieldsOfViewButton.setChecked(bool(self._boxes()))

    def toggleBoxes(self) -> None:
        """Shows the stacks' fields of view as boxes, or removes them."""
        from ..scene import fields_of_view_to_nodes, give_role

        boxes = self._boxes()
        for box in boxes:
            slicer.mrmlScene.RemoveNode(box)
        if not boxes:
            for number, box in enumerate(fields_of_view_to_nodes(slicer.mrmlScene, self._volumes)):
                give_role(box, self._role(number))
        self.ui.fieldsOfViewButton.setChecked(not boxes)

    def _boxes(self) -> list[Node]:
        from ..scene import node_with_role

        found = [node_with_role(slicer.mrmlScene, _MODEL, self._role(number)) for number in range(MOST_STACKS)]
        return [box for box in found if box is not None]

    def _role(self, number: int) -> str:
        return f"{self._module}/field of view {number}"


def in_best_order(volumes: list[Node]) -> list[Node]:
    """The stack first on whose field of view the result is to lie. Volumes without an image keep their place: the job
    will say what is wrong with them."""
    return [volumes[layout.number] for layout in _layouts(volumes)] or volumes


def is_bent(volumes: list[Node]) -> bool:
    """Whether a transform that bends space moves any of them: its slices are no planes then."""
    from ..scene.mrml import world_matrix

    return any(world_matrix(volume) is None for volume in volumes)


def _layouts(volumes: list[Node]) -> list[Any]:
    from ..reconstruction import layout_of_grids
    from ..scene import grid_from_node

    try:
        return layout_of_grids([grid_from_node(volume) for volume in volumes]) if volumes else []
    except INRError:
        return []
