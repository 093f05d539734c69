"""Where volumes lie: their fields of view as boxes in the views."""

from __future__ import annotations

import colorsys

from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

from ..geometry import Grid
from .models import model_to_node
from .mrml import Node, Scene, to_world, volume_grid, world_matrix
from .resampling import bounding_grid

_FACES = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))
"""Numbers of a grid's corners, in the order of `Grid.corners`, seen from outside counter-clockwise."""
_OPACITY = 0.15
_GOLDEN_RATIO = 0.618034


def fields_of_view_to_nodes(scene: Scene, volumes: list[Node], nodes: list[Node] | None = None) -> list[Node]:
    """A translucent box with edges for each volume node, in a colour of its own: model nodes named after the volumes,
    or `nodes` (from an earlier call) updated in place, as far as they go. Boxes of sheared and left-handed volumes are
    right, too."""
    found = []
    for number, volume in enumerate(volumes):
        node = nodes[number] if nodes and number < len(nodes) else None
        color = colorsys.hsv_to_rgb(number * _GOLDEN_RATIO % 1.0, 0.7, 0.95)
        box = box_of(grid_from_node(volume))
        name = f"{volume.GetName()} field of view"
        is_new = node is None
        node = model_to_node(scene, box, node, name=name, color=color, opacity=_OPACITY, reference=volume)
        if is_new:
            display = node.GetDisplayNode()
            display.SetEdgeVisibility(True)
            display.SetEdgeColor(*color)
            display.SetLineWidth(2)
            display.SetBackfaceCulling(False)
        found.append(node)
    return found


def grid_from_node(volume: Node) -> Grid:
    """Where a volume node's voxels lie in the world; below a bending parent transform the grid that holds all of them.
    Raises `InputError` for a node without an image."""
    grid, matrix = volume_grid(volume), world_matrix(volume)
    if matrix is not None:
        return grid.transformed(matrix)
    return bounding_grid(grid, to_world(volume), f"'{volume.GetName()}'")


def box_of(grid: Grid) -> vtkPolyData:
    """The outer faces of a grid's voxels as six quadrangles, RAS mm."""
    points, faces = vtkPoints(), vtkCellArray()
    for corner in grid.corners:
        points.InsertNextPoint(*corner.tolist())
    for face in _FACES:
        faces.InsertNextCell(4, face)
    box = vtkPolyData()
    box.SetPoints(points)
    box.SetPolys(faces)
    return box
