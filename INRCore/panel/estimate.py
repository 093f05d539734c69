"""How much memory a job is likely to need, from its nodes alone."""

from __future__ import annotations

import math
from typing import Any

Node = Any

_FIXED_BYTES = 600 << 20
"""Python, torch and the network with its optimiser; what small volumes took with the preset 'best'."""
_BYTES_PER_VOXEL = {"compress": 150, "super-resolve": 32, "register": 14, "segment": 42}
"""What each voxel (of the input, or of the result if that is larger) added to the peak between 96^3 and 160^3 voxels on
a CPU, a quarter more than measured."""


def needed_bytes(task: str, inputs: list[Node], region: Node, spacing_mm: float | None) -> int:
    """Peak memory of a job on nodes with images (others weigh little); `spacing_mm`: of the result, None for that of
    the input."""
    images = [image for node in inputs for image in _images(node)]
    voxels = sum(_voxels(node, region, spacing_mm) for node in images)
    return int(_FIXED_BYTES + voxels * _BYTES_PER_VOXEL[task])


def _images(node: Node) -> list[Node]:
    """Volume nodes with voxels: itself, once for each component, or the items of a sequence."""
    if node.IsA("vtkMRMLSequenceNode"):
        return [one for number in range(node.GetNumberOfDataNodes()) for one in _images(node.GetNthDataNode(number))]
    image = node.GetImageData() if node.IsA("vtkMRMLVolumeNode") else None
    return [] if image is None else [node] * max(image.GetNumberOfScalarComponents(), 1)


def _voxels(node: Node, region: Node, spacing_mm: float | None) -> float:
    """Voxels of the node or of the result on its field of view, whichever are more."""
    spacing, size = node.GetSpacing(), node.GetImageData().GetDimensions()
    count, voxel_mm3 = math.prod(size), math.prod(spacing)
    field_mm3 = count * voxel_mm3
    share = 1.0
    if region is not None and math.prod(region.GetSize()) > 0:
        share = min(1.0, math.prod(region.GetSize()) / field_mm3)
    result = field_mm3 / spacing_mm**3 if spacing_mm else count
    return share * max(count, result)
