"""Volume nodes <-> `Volume` in the RAS world."""

from __future__ import annotations

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData

from ..errors import InputError
from ..foreground import foreground
from ..volume import Volume
from .display import show_quantity
from .mrml import (
    Node,
    Scene,
    component_image,
    fill_image,
    image_array,
    obtain_node,
    require_node,
    require_output,
    slicer,
    to_vtk_matrix,
    to_world,
    volume_grid,
    world_matrix,
)
from .placement import copy_display, place_beside
from .resampling import bounding_grid, resample

_HOUNSFIELD = ("[hnsf'U]", "UCUM", "Hounsfield unit")


def volume_from_node(node: Node, component: int | None = None, placed_like: Node | None = None) -> Volume:
    """`Volume` (a copy of the voxels) of a scalar volume or label map node, or of one `component` of a colour or vector
    volume, where Slicer shows it in the world, or below the parent transforms of the node `placed_like`.

    Linear parent transforms go into the grid and leave the voxels as they are. Below a bending parent transform the
    image is resampled (linear, labels nearest) onto the grid with its own axes and spacing that holds all of it.
    Raises `InputError` for no or another kind of node, an empty one, or several components per voxel.
    """
    require_node(node, "vtkMRMLScalarVolumeNode", "scalar volume")
    grid, image = volume_grid(node), node.GetImageData()
    components = image.GetNumberOfScalarComponents()
    if components != 1 and component is None:
        raise InputError(
            f"'{node.GetName()}' has {components} values per voxel (colour or vector); "
            "make a scalar volume of one component first (module Vector to Scalar Volume)."
        )
    if component is not None:
        image = component_image(image, component)
    matrix = world_matrix(placed_like or node)
    if matrix is not None:
        array, grid = image_array(image).copy(), grid.transformed(matrix)
    else:
        transform, source = to_world(placed_like or node), grid
        is_label = bool(node.IsA("vtkMRMLLabelMapVolumeNode"))
        grid = bounding_grid(source, transform, f"'{node.GetName()}'")
        background = 0.0 if is_label else node.GetImageBackgroundScalarComponentAsDouble(0)
        array = resample(image, source, transform, grid, nearest=is_label, background=background)
    return Volume(array, grid, name=node.GetName() or "volume", units=_units(node), source=node.GetName() or "")


def volume_to_node(
    scene: Scene,
    volume: Volume,
    node: Node | None = None,
    *,
    name: str | None = None,
    reference: Node | None = None,
    label: bool = False,
    display_range: tuple[float, float] | None = None,
    quantity: str | None = None,
) -> Node:
    """Shows a `Volume` in the scene: a new scalar volume (label map with `label`) node, or `node` updated in place.

    The node stands in the world without a parent transform. A new node gets a display, window, level and colours of
    `reference` (automatic window without one) and its study folder. `quantity` is for a volume of something else than
    intensities, such as 'difference' or 'jacobian' (see `show_quantity`), whose window is chosen inside the body that
    `reference` shows if it has the same voxels; `display_range` (low, high) takes the place of the window of either. A
    node that shows something already keeps its display. Raises `InputError`, before anything is changed, when `node` is
    of another class or scene or labels are not whole numbers.
    """
    class_name = "vtkMRMLLabelMapVolumeNode" if label else "vtkMRMLScalarVolumeNode"
    require_output(scene, node, class_name, "label map volume" if label else "scalar volume")
    if node is not None and node.GetClassName() != class_name:  # label maps and colour volumes are scalar volumes too
        raise InputError(f"'{node.GetName()}' is a {node.GetClassName()}; choose a plain scalar volume as output.")
    if label and not volume.is_integer:
        raise InputError(f"{volume.label}: a label map needs whole numbers, not {volume.array.dtype}.")

    is_new_display = node is None or node.GetDisplayNode() is None or node.GetImageData() is None
    node = obtain_node(scene, node, class_name, name or volume.name)
    set_voxels(node, volume)
    if is_new_display and quantity is not None:
        show_quantity(scene, node, quantity, _body_seen(volume, reference))
    if is_new_display and not label:
        choose_window(node, None if quantity else reference, display_range)
    place_beside(scene, node, reference)
    return node


def _body_seen(volume: Volume, reference: Node | None) -> np.ndarray | None:
    """(k, j, i) bool: the body in the volume node `reference`; None: it shows no image on the voxels of `volume`."""
    if reference is None or not reference.IsA("vtkMRMLScalarVolumeNode") or reference.IsA("vtkMRMLLabelMapVolumeNode"):
        return None
    image = reference.GetImageData()
    if image is None or image.GetDimensions()[::-1] != volume.array.shape or image.GetNumberOfScalarComponents() != 1:
        return None
    return foreground(Volume(image_array(image), volume.grid))


def set_voxels(node: Node, volume: Volume) -> None:
    """Gives a volume node of the right class the voxels, and a display if it has none."""
    image = fill_image(vtkImageData(), volume.array)
    was_modifying = node.StartModify()
    node.SetIJKToRASMatrix(to_vtk_matrix(volume.grid.ijk_to_world))
    node.SetAndObserveImageData(image)
    set_units(node, volume.units)
    node.EndModify(was_modifying)
    node.CreateDefaultDisplayNodes()


def choose_window(node: Node, reference: Node | None, display_range: tuple[float, float] | None = None) -> None:
    """The window (low, high), or else that of the volume node `reference`, or else an automatic one."""
    if display_range is not None:
        display = node.GetScalarVolumeDisplayNode()
        display.SetAutoWindowLevel(False)
        display.SetWindowLevelMinMax(*display_range)
    elif reference is not None and reference.IsA("vtkMRMLScalarVolumeNode"):
        copy_display(node, reference)


def _units(node: Node) -> str:
    entry = node.GetVoxelValueUnits()
    code = entry.GetCodeValue() if entry is not None else None
    return "HU" if code == _HOUNSFIELD[0] else (code or "")


def set_units(node: Node, units: str) -> None:
    """Says what the voxels of a volume node are measured in."""
    if units != _units(node):
        entry = slicer.vtkCodedEntry()
        entry.SetValueSchemeMeaning(*(_HOUNSFIELD if units == "HU" else (units, "UCUM", units)))
        node.SetVoxelValueUnits(entry if units else None)
