"""Sequences of volumes, colour and vector volumes <-> lists of `Volume` in the RAS world."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData

from ..errors import InputError
from ..io.series_index import SeriesIndex
from ..volume import Volume
from .mrml import Node, Scene, fill_image, obtain_node, require_output, slicer, to_vtk_matrix
from .placement import place_beside
from .roles import nodes_of_class
from .volumes import choose_window, set_units, volume_from_node

SEQUENCE, BROWSER, VECTOR = "vtkMRMLSequenceNode", "vtkMRMLSequenceBrowserNode", "vtkMRMLVectorVolumeNode"
_SCALAR = "vtkMRMLScalarVolumeNode"


def is_series(node: Node | None) -> bool:
    """Whether a node holds several volumes: a sequence, or a volume with several values at each voxel."""
    if node is None or node.IsA(SEQUENCE):
        return node is not None
    image = node.GetImageData() if node.IsA("vtkMRMLVolumeNode") else None
    return image is not None and image.GetNumberOfScalarComponents() > 1


def series_from_node(node: Node) -> tuple[str, list[Volume]]:
    """('frames' or 'components', copies of all volumes) where Slicer shows them in the world: the frames of a sequence
    below the parent transforms of the volume that its browser shows, their index values in `metadata`. Raises
    `InputError` when a sequence is empty, holds anything but scalar volumes of one size, or a volume has no voxels."""
    if not node.IsA(SEQUENCE):
        image = node.GetImageData()
        count = image.GetNumberOfScalarComponents() if image is not None else 1
        return "components", [volume_from_node(node, component) for component in range(count)]
    count = node.GetNumberOfDataNodes()
    frames = [node.GetNthDataNode(number) for number in range(count)]
    if not frames or not all(frame.IsA(_SCALAR) for frame in frames):
        raise InputError(f"'{node.GetName()}' is no sequence of volumes; choose one whose every item is a volume.")
    shown = shown_volume(node)
    index = SeriesIndex(
        tuple(node.GetNthIndexValue(number) for number in range(count)),
        node.GetIndexName() or "",
        node.GetIndexUnit() or "",
        node.GetIndexType() == node.NumericIndex,
    )
    found: list[Volume] = []
    for frame in frames:
        volume = volume_from_node(frame, placed_like=shown)
        if found and not (volume.grid.same_as(found[0].grid) and volume.array.dtype == found[0].array.dtype):
            raise InputError(
                f"'{node.GetName()}': item {len(found)} has another size, place or type than the first; "
                "resample the volumes onto one grid first."
            )
        found.append(replace(volume, name=node.GetName() or "series", metadata=index.to_metadata()))
    return "frames", found


def shown_volume(node: Node | None) -> Node | None:
    """The volume of a node in the views: itself, or of a sequence the one in which a browser shows its items; None when
    it is not shown."""
    if node is None or not node.IsA(SEQUENCE) or node.GetScene() is None:
        return node if node is not None and node.IsA("vtkMRMLVolumeNode") else None
    for browser in nodes_of_class(node.GetScene(), BROWSER):
        proxy = browser.GetProxyNode(node)
        if proxy is not None:
            return proxy
    return None


def series_to_node(
    scene: Scene,
    kind: str,
    volumes: Iterable[Volume],
    node: Node | None = None,
    *,
    name: str = "series",
    reference: Node | None = None,
) -> Node:
    """Shows volumes of one grid as a colour or vector volume ('components') or as a sequence with its browser
    ('frames'); a new node, or `node` updated in place. Window and study folder are those of the volume that `reference`
    is or shows. Raises `InputError` when `node` is of another class or scene."""
    if kind == "components":
        return _vector_to_node(scene, list(volumes), node, name, reference)
    require_output(scene, node, SEQUENCE, "sequence")
    sequence = node or scene.AddNewNodeByClass(SEQUENCE, scene.GenerateUniqueName(name))
    sequence.RemoveAllDataNodes()
    frames = list(volumes)
    index = SeriesIndex.of_metadata(frames[0].metadata, len(frames))
    sequence.SetIndexName(index.name)
    sequence.SetIndexUnit(index.unit)
    sequence.SetIndexType(sequence.NumericIndex if index.is_numeric else sequence.TextIndex)
    for number, (frame, value) in enumerate(zip(frames, index.values, strict=True)):
        own = _frame(frame)
        own.SetName(f"{sequence.GetName()} {number}")
        set_units(sequence.SetDataNodeAtValue(own, value), frame.units)  # the copy that a sequence keeps has none
    _browse(scene, sequence, shown_volume(reference))
    return sequence


def _frame(volume: Volume) -> Node:
    node = slicer.vtkMRMLScalarVolumeNode()
    node.SetIJKToRASMatrix(to_vtk_matrix(volume.grid.ijk_to_world))
    node.SetAndObserveImageData(fill_image(vtkImageData(), volume.array))
    return node


def _browse(scene: Scene, sequence: Node, reference: Node | None) -> None:
    """A browser that shows the items of a sequence in a volume; without Slicer's module Sequences there is none."""
    if not scene.IsNodeClassRegistered(BROWSER):
        return
    proxy, first = shown_volume(sequence), sequence.GetNthDataNode(0)
    if proxy is not None:
        proxy.CopyContent(first)
        return
    name = sequence.GetName()
    browser = scene.AddNewNodeByClass(BROWSER, scene.GenerateUniqueName(f"{name} browser"))
    browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
    proxy = browser.GetProxyNode(sequence) or browser.AddProxyNode(first, sequence)  # Slicer may have been faster
    proxy.CopyContent(first)
    proxy.CreateDefaultDisplayNodes()
    choose_window(proxy, reference)
    place_beside(scene, proxy, reference)


def _vector_to_node(scene: Scene, volumes: list[Volume], node: Node | None, name: str, reference: Node | None) -> Node:
    require_output(scene, node, VECTOR, "colour or vector volume")
    node = obtain_node(scene, node, VECTOR, name)
    node.SetIJKToRASMatrix(to_vtk_matrix(volumes[0].grid.ijk_to_world))
    node.SetAndObserveImageData(fill_image(vtkImageData(), np.stack([v.array for v in volumes], axis=-1)))
    set_units(node, volumes[0].units)
    node.CreateDefaultDisplayNodes()
    place_beside(scene, node, shown_volume(reference))
    return node
