"""Surfaces in the RAS world <-> model nodes."""

from __future__ import annotations

from vtkmodules.vtkCommonDataModel import vtkDataObject, vtkPolyData
from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter

from ..errors import InputError
from ..io.surfaces import UNCERTAINTY_ARRAY
from .colors import color_node
from .mrml import Node, Scene, obtain_node, require_node, require_output, to_world
from .placement import place_beside


def surface_from_node(node: Node) -> vtkPolyData:
    """The surface of a model node (points in RAS mm), all parent transforms (bending ones too) applied.

    Raises `InputError` for another kind of node or one without points.
    """
    require_node(node, "vtkMRMLModelNode", "model")
    surface = node.GetPolyData()
    if surface is None or surface.GetNumberOfPoints() == 0:
        raise InputError(f"'{node.GetName()}' has no surface; load or choose another model.")
    moved = vtkTransformPolyDataFilter()
    moved.SetInputData(surface)
    moved.SetTransform(to_world(node))
    moved.Update()
    return moved.GetOutput()


def model_to_node(
    scene: Scene,
    polydata_ras: vtkPolyData,
    node: Node | None = None,
    *,
    name: str = "Surface",
    color: tuple[float, float, float] | None = None,
    opacity: float = 0.6,
    reference: Node | None = None,
) -> Node:
    """Shows a surface (points in RAS mm) as a new model node, or updates `node` in place.

    `color` (r, g, b from 0 to 1) and `opacity` are for a new display; one that is there already is kept. A new node
    goes into the study folder of `reference`. Raises `InputError` for a surface without points or a node of another
    class or scene.
    """
    require_output(scene, node, "vtkMRMLModelNode", "model")
    if polydata_ras is None or polydata_ras.GetNumberOfPoints() == 0:
        raise InputError(f"The surface '{name}' has no points; there is nothing to show.")
    mesh = vtkPolyData()
    mesh.DeepCopy(polydata_ras)
    mesh.GetFieldData().RemoveArray("SPACE")  # a stamp left from a file would contradict the one written on saving

    is_new_display = node is None or node.GetDisplayNode() is None
    node = obtain_node(scene, node, "vtkMRMLModelNode", name)
    node.SetAndObserveMesh(mesh)
    if is_new_display:
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetOpacity(opacity)
        display.SetVisibility2D(True)  # the outline in slice views shows at once whether the surface fits
        display.SetSliceIntersectionThickness(2)
        if color is not None:
            display.SetColor(*color)
    place_beside(scene, node, reference)
    return node


def color_by_uncertainty(node: Node, shown: bool = True) -> bool:
    """Colours a model of a result by its point array `UNCERTAINTY_ARRAY` (mm), dark at 0 and brighter the larger, or
    with `shown` False gives it its plain colour back. Returns whether it has such an array."""
    mesh, display = node.GetPolyData(), node.GetDisplayNode()
    array = None if mesh is None else mesh.GetPointData().GetArray(UNCERTAINTY_ARRAY)
    if array is None or display is None:
        return False
    if shown:
        display.SetActiveScalar(UNCERTAINTY_ARRAY, vtkDataObject.POINT)
        display.SetAndObserveColorNodeID(color_node(node.GetScene(), "Uncertainty").GetID())
        display.SetScalarRangeFlag(display.UseManualScalarRange)
        display.SetScalarRange(0.0, max(float(array.GetRange()[1]), 1e-6))
    display.SetScalarVisibility(shown)
    return True
