"""Segmentation nodes -> label maps in the RAS world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from ..errors import InputError
from ..geometry import Grid
from ..volume import Volume
from .mrml import (
    Node,
    fill_image,
    image_array,
    require_node,
    slicer,
    to_array,
    to_world,
    volume_grid,
    world_matrix,
)
from .resampling import bounding_grid, resample
from .segmentations import LABELMAP, REFERENCE_GEOMETRY, Color, segments_of

OnOverlap = Callable[[str, str, float], None]
"""Hears which segment gets what it shares with which larger one, and how many mm³ that is."""


def labels_from_segmentation_node(
    node: Node,
    reference: Node | None = None,
    numbers: Mapping[int, str] | None = None,
    on_overlap: OnOverlap | None = None,
) -> tuple[Volume, dict[int, str], dict[int, Color]]:
    """(labels, {value: name}, {value: colour}) of a segmentation, where Slicer shows it in the world; 0 is background.

    The labels lie on the voxels of the volume node `reference`, or without one on the segmentation's own; parent
    transforms of both, bending ones of the segmentation too, are honoured. Values are the segments' own label values
    when these differ, else 1, 2, ... in the order of the segments; with `numbers`, {value: name} of another
    segmentation, segments of the same name have the same value and the others are left out. One voxel can hold one
    label: what segments share goes to the smaller of them where `on_overlap` is there to hear of it. The node is not
    changed.

    Raises `InputError` for another kind of node, an empty segmentation, no segment of a name in `numbers`, segments
    that overlap without `on_overlap`, or a reference under a bending transform.
    """
    require_node(node, "vtkMRMLSegmentationNode", "segmentation")
    target = None if reference is None else reference_grid(reference)
    segmentation = _with_label_maps(node)
    segments = segments_of(segmentation)
    values = _values(segments) if numbers is None else _values_by_name(segments, numbers, node.GetName())

    array, grid = _merged(segmentation, values, node.GetName(), on_overlap)
    if not array.any():
        raise InputError(f"'{node.GetName()}': all its segments are empty; draw or import something first.")
    matrix = world_matrix(node)
    if matrix is not None and target is None:
        grid = grid.transformed(matrix)
    else:
        transform = to_world(node)
        target = target or bounding_grid(grid, transform, f"'{node.GetName()}'")
        image = fill_image(vtkImageData(), array)
        array, grid = resample(image, grid, transform, target, nearest=True, background=0), target
    volume = Volume(array, grid, name=node.GetName() or "labels", source=node.GetName() or "")
    known = [(value, segment) for value, segment in zip(values, segments, strict=True) if value]
    names = {value: segment.GetName() for value, segment in known}
    return volume, names, {value: tuple(segment.GetColor()) for value, segment in known}


def _values(segments: list[Node]) -> list[int]:
    own = [segment.GetLabelValue() for segment in segments]
    return own if len(set(own)) == len(segments) else list(range(1, len(segments) + 1))


def _values_by_name(segments: list[Node], numbers: Mapping[int, str], name: str) -> list[int]:
    """The value of each segment, 0 for those to leave out."""
    values = {text: value for value, text in numbers.items()}
    found = [values.get(segment.GetName(), 0) for segment in segments]
    if not any(found):
        raise InputError(
            f"'{name}' has no segment called like one of the other segmentation ({', '.join(values)}); give the same "
            "structures the same names."
        )
    return found


def reference_grid(reference: Node) -> Grid:
    """The voxels of a volume node where it stands in the world. Raises `InputError` for another kind of node and one
    below a bending transform."""
    require_node(reference, "vtkMRMLScalarVolumeNode", "scalar volume")
    matrix = world_matrix(reference)
    if matrix is None:
        raise InputError(
            f"'{reference.GetName()}' is bent by its parent transform, so its voxels are no grid in the world; "
            "choose another reference or harden the transform."
        )
    return volume_grid(reference).transformed(matrix)


def _with_label_maps(node: Node) -> Node:
    """The node's segmentation, or a copy converted to label maps when it has none (the node stays as it is)."""
    segmentation = node.GetSegmentation()
    if segmentation is None or segmentation.GetNumberOfSegments() == 0:
        raise InputError(f"'{node.GetName()}' has no segments; draw or import something first.")
    if segmentation.ContainsRepresentation(LABELMAP):
        return segmentation
    converted = slicer.vtkSegmentation()
    converted.DeepCopy(segmentation)
    if not converted.CreateRepresentation(LABELMAP):
        raise InputError(f"'{node.GetName()}': its segments cannot be converted to label maps; check their surfaces.")
    return converted


def _merged(segmentation: Node, values: list[int], name: str, on_overlap: OnOverlap | None) -> tuple[np.ndarray, Grid]:
    """All segments in one (k, j, i) array on the lattice that holds them all, in the segmentation's coordinates."""
    geometry = _common_geometry(segmentation)
    if min(geometry.GetDimensions()) < 1:
        raise InputError(f"'{name}': all segments are empty; draw something first.")
    layers: dict[Node, np.ndarray] = {}
    sizes: dict[int, int] = {}
    merged = np.zeros(geometry.GetDimensions()[::-1], np.int16 if max(values) < 2**15 else np.int32)
    for value, segment in zip(values, segments_of(segmentation), strict=True):
        image = segment.GetRepresentation(LABELMAP)
        if image is None or image.IsEmpty() or not value:
            continue
        if image not in layers:
            resampled = slicer.vtkOrientedImageData()
            slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(
                image, geometry, resampled
            )
            layers[image] = image_array(resampled)
        inside = layers[image] == segment.GetLabelValue()
        sizes[value], taken = int(np.count_nonzero(inside)), merged[inside]
        for other in np.unique(taken[taken != 0]).tolist():
            rival, shared = segmentation.GetNthSegment(values.index(other)), inside & (merged == other)
            if on_overlap is None:
                raise InputError(
                    f"'{name}': the segments '{rival.GetName()}' and '{segment.GetName()}' overlap in "
                    f"{np.count_nonzero(shared)} voxels, but a voxel can hold one label; remove the overlap in the "
                    "Segment Editor (Logical operators: Subtract)."
                )
            smaller, larger = (segment, rival) if sizes[value] <= sizes[other] else (rival, segment)
            if smaller is rival:
                inside &= ~shared
            on_overlap(smaller.GetName(), larger.GetName(), np.count_nonzero(shared) * np.prod(geometry.GetSpacing()))
        merged[inside] = value
    matrix = vtkMatrix4x4()
    geometry.GetImageToWorldMatrix(matrix)
    grid = Grid(merged.shape, to_array(matrix))
    first = geometry.GetExtent()[::2]
    affine = grid.ijk_to_world.copy()
    affine[:3, 3] = grid.index_to_world(np.array(first))
    return merged, Grid(merged.shape, affine)


def _common_geometry(segmentation: Node) -> Node:
    """An image without voxels on the lattice of the finest segment, reaching over all segments and, where it has the
    same lattice, over the reference geometry (so that objects do not end at the border)."""
    images = [segment.GetRepresentation(LABELMAP) for segment in segments_of(segmentation)]
    images = [image for image in images if image is not None and not image.IsEmpty()]
    geometry = slicer.vtkOrientedImageData()
    if not images:
        return geometry
    finest, matrix = min(images, key=lambda image: np.prod(image.GetSpacing())), vtkMatrix4x4()
    finest.GetImageToWorldMatrix(matrix)
    geometry.SetImageToWorldMatrix(matrix)
    extent = [0, -1, 0, -1, 0, -1]
    geometry.SetExtent(finest.GetExtent())
    segmentation.DetermineCommonLabelmapExtent(extent, geometry, None)

    text = segmentation.GetConversionParameter(REFERENCE_GEOMETRY)
    if text:
        reference = slicer.vtkOrientedImageData()
        slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, reference, False)
        if slicer.vtkOrientedImageDataResample.DoGeometriesMatch(geometry, reference):
            low = np.minimum(extent[::2], reference.GetExtent()[::2])
            high = np.maximum(extent[1::2], reference.GetExtent()[1::2])
            extent = list(chain.from_iterable(zip(low.tolist(), high.tolist(), strict=True)))
    geometry.SetExtent(extent)
    return geometry
