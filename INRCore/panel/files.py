"""Nodes to the files that a worker reads, and the files it wrote to nodes. Imports INRCore's readers only when used, so
that Slicer starts as fast as without them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from ..errors import InputError

Node = Any
Scene = Any


@dataclass
class LabelTable:
    """Names, colours (0 to 1) and terminology entries of labels by their value; files of labels carry none of them.
    `notes`: what the user should hear of the input."""

    names: dict[int, str] = field(default_factory=dict)
    colors: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    terminology: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


LabelTables = dict[str, LabelTable]
"""By the role of the input in which the labels were met."""


@dataclass(frozen=True)
class ResultTarget:
    """Where one result goes: `node` to update or None for a new one called `name`; `reference` is the input it belongs
    to; `display` are further arguments for showing a volume; `labels` the names of the labels that went in."""

    node: Node
    name: str
    reference: Node
    display: dict[str, Any] = field(default_factory=dict)
    labels: LabelTable = field(default_factory=LabelTable)


def file_stem(node: Node) -> str:
    """A node's name as the name of a file: readers take a volume's name from it."""
    kept = "".join(letter if letter.isalnum() or letter in "-_ " else "_" for letter in node.GetName() or "")
    return kept[:80].strip() or "unnamed"


def export_node(
    node: Node, stem: Path, reference: Node = None, region: Node = None, numbers: dict[int, str] | None = None
) -> tuple[Path, LabelTable]:
    """Writes a node to the path `stem` plus the extension of its kind. Segmentations become labels on the grid of
    `reference` (their own grid if not given), with the values of those of the same name in `numbers` if given, and so
    do ROI nodes where there is a reference; volumes (of a sequence, colour or vector volume all) are cropped to the ROI
    node `region`. What segments share goes to
    the smaller of them, of which the table has a note. Raises `InputError` or `OutputError` with a line for the
    user."""
    from ..io import write_volume
    from ..scene import (
        crop_to_region,
        is_series,
        labels_from_region,
        labels_from_segmentation_node,
        volume_from_node,
    )

    if node.IsA("vtkMRMLMarkupsROINode") and reference is not None:
        path = stem.with_name(f"{stem.name}.nrrd")
        write_volume(labels_from_region(node, volume_from_node(reference)), path)
        return path, LabelTable()
    for class_name, (extension, write) in _WRITERS.items():
        if node.IsA(class_name):
            path = stem.with_name(f"{stem.name}{extension}")
            write(node, path)
            return path, LabelTable()
    if is_series(node):
        return _export_series(node, stem, region), LabelTable()
    notes: list[str] = []
    if node.IsA("vtkMRMLSegmentationNode"):
        heard = overlap_notes(notes)
        volume, names, colors = labels_from_segmentation_node(node, reference, numbers, heard)
    else:
        volume, names, colors = volume_from_node(node), {}, {}
    if region is not None:
        volume = crop_to_region(volume, region)
    path = stem.with_name(f"{stem.name}.nrrd")
    write_volume(volume, path, compress=False)  # it is read once, right away
    return path, LabelTable(names, colors, notes=notes)


def _export_series(node: Node, stem: Path, region: Node) -> Path:
    from ..io import write_volumes
    from ..scene import crop_to_region, series_from_node

    kind, volumes = series_from_node(node)
    if region is not None:
        volumes = [crop_to_region(volume, region) for volume in volumes]
    path = stem.with_name(f"{stem.name}.nrrd")
    write_volumes(path, kind, volumes, len(volumes))
    return path


def overlap_notes(notes: list[str]) -> Callable[[str, str, float], None]:
    """Hears of segments that overlap and adds a line on each pair to the notes."""

    def hear(smaller: str, larger: str, volume_mm3: float) -> None:
        text = _("'{smaller}' and '{larger}' overlap; the {volume:.3g} ml that they share were taken as '{smaller}'.")
        notes.append(text.format(smaller=smaller, larger=larger, volume=volume_mm3 / 1000))

    return hear


def _write_points(node: Node, path: Path) -> None:
    from ..io import write_landmarks
    from ..scene import landmarks_from_node

    write_landmarks(landmarks_from_node(node), path)


def _write_curve(node: Node, path: Path) -> None:
    from ..io import write_landmarks
    from ..scene import curve_from_node

    write_landmarks(curve_from_node(node), path)


def _write_surface(node: Node, path: Path) -> None:
    from ..io.surfaces import write_surface
    from ..scene import surface_from_node

    write_surface(surface_from_node(node), path)


def _write_matrix(node: Node, path: Path) -> None:
    """As Slicer itself saves it: from the world to what is below the node."""
    from ..io.transforms import write_linear_transform
    from ..scene import matrix_from_transform_node

    write_linear_transform(matrix_from_transform_node(node), path)


_WRITERS: dict[str, tuple[str, Callable[[Node, Path], None]]] = {
    "vtkMRMLMarkupsCurveNode": (".csv", _write_curve),
    "vtkMRMLMarkupsNode": (".csv", _write_points),
    "vtkMRMLModelNode": (".vtp", _write_surface),
    "vtkMRMLTransformNode": (".tfm", _write_matrix),
}


def load_volume(scene: Scene, path: Path, target: ResultTarget) -> Node:
    from ..io import read_volume
    from ..scene import volume_to_node

    volume = read_volume(path)
    return volume_to_node(scene, volume, target.node, name=target.name, reference=target.reference, **target.display)


def load_volumes(scene: Scene, path: Path, target: ResultTarget) -> Node:
    """A volume, or a sequence, colour or vector volume where the file holds several; a node chosen for another kind of
    result is left alone."""
    from ..io import read_volumes
    from ..scene import is_series, series_to_node, shown_volume, volume_to_node

    kind, volumes = read_volumes(path)
    class_name = _CLASS_OF[kind if len(volumes) > 1 else ""]
    node = target.node if target.node is not None and target.node.GetClassName() == class_name else None
    if len(volumes) > 1:
        return series_to_node(scene, kind, volumes, node, name=target.name, reference=target.reference)
    reference = None if is_series(target.reference) else shown_volume(target.reference)
    return volume_to_node(scene, volumes[0], node, name=target.name, reference=reference, **target.display)


_CLASS_OF = {
    "": "vtkMRMLScalarVolumeNode",
    "frames": "vtkMRMLSequenceNode",
    "components": "vtkMRMLVectorVolumeNode",
}


def load_transform(scene: Scene, path: Path, target: ResultTarget) -> Node:
    """A general transform node, which holds what the worker writes: a displacement grid or a chain with an affine."""
    from ..scene import place_beside

    node = target.node or scene.AddNewNodeByClass("vtkMRMLTransformNode", scene.GenerateUniqueName(target.name))
    storage = slicer.vtkMRMLTransformStorageNode()  # not in the scene: the file is temporary
    storage.SetFileName(str(path))
    if not storage.ReadData(node):
        raise InputError(f"The transform '{node.GetName()}' cannot take the result; choose a new transform as output.")
    place_beside(scene, node, target.reference)
    return node


def load_segmentation(scene: Scene, path: Path, target: ResultTarget) -> Node:
    from ..io import read_volume
    from ..scene import segmentation_to_node
    from ..scene.terminology import give_terminology

    made = segmentation_to_node(
        scene,
        read_volume(path),
        None,
        target.node,
        name=target.name,
        names=target.labels.names,
        colors=target.labels.colors,
        reference=target.reference,
    )
    give_terminology(made, target.labels.terminology)
    return made


def load_model(scene: Scene, path: Path, target: ResultTarget) -> Node:
    from ..io.surfaces import read_surface
    from ..scene import model_to_node

    return model_to_node(scene, read_surface(path), target.node, name=target.name, reference=target.reference)


def export_markups(node: Node, stem: Path) -> Path:
    """Writes the points that say where a markup of any kind is, from which `load_markups` makes one again; of a curve
    they are not its course."""
    from ..io import write_landmarks
    from ..scene import points_from_markups

    path = stem.with_name(f"{stem.name}.csv")
    write_landmarks(points_from_markups(node), path)
    return path


def load_markups(scene: Scene, path: Path, target: ResultTarget) -> Node:
    """A markup of the kind of the reference; a list of plain points when that was deleted or changed meanwhile."""
    from ..io import read_landmarks
    from ..scene import landmarks_to_node, markups_point_count, markups_to_node

    points, like = read_landmarks(path), target.reference
    if like is not None and markups_point_count(like) == len(points):
        return markups_to_node(scene, points, like, target.node, name=target.name)
    plain = target.node if target.node is not None and target.node.IsA("vtkMRMLMarkupsFiducialNode") else None
    return landmarks_to_node(scene, points, plain, name=target.name, reference=like)


@dataclass(frozen=True)
class ResultKind:
    """One result that a task can give: `extension` of its file, how to `load` it, the `name` of a new node (a format of
    the inputs' names by role), the input role it is placed beside and displayed like, and the input role `labeled_as`
    after whose labels its own are called (none: after the reference's)."""

    extension: str
    load: Callable[[Scene, Path, ResultTarget], Node]
    name: str
    reference: str
    display: dict[str, Any] = field(default_factory=dict)
    labeled_as: str = ""
