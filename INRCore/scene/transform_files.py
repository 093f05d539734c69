"""Transform files -> transform nodes, through Slicer's own reader."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import InputError
from ..io.vtk_messages import quiet_vtk
from .mrml import Node, Scene, obtain_node, slicer
from .placement import place_beside
from .transforms import require_transform_output


def transform_node_from_file(
    scene: Scene,
    path: str | os.PathLike[str],
    node: Node | None = None,
    *,
    name: str = "Transform",
    reference: Node | None = None,
) -> Node:
    """Transform node with what a file (.h5, .tfm, .nrrd, .nii.gz) holds, new or updated in place.

    Raises `InputError`, before anything is changed, when Slicer cannot read the file or `node` is no transform node
    or one for linear or B-spline transforms only.
    """
    require_transform_output(scene, node)
    if not Path(path).is_file():
        raise InputError(f"'{path}' does not exist; check the path.")
    read, storage = slicer.vtkMRMLTransformNode(), slicer.vtkMRMLTransformStorageNode()
    storage.SetFileName(str(path))
    with quiet_vtk():
        done = storage.ReadData(read)
    transform = read.GetTransformFromParent() if done else None
    if transform is None:
        raise InputError(f"'{path}' cannot be read as a transform; use a .h5, .tfm or displacement .nrrd.")
    node = obtain_node(scene, node, "vtkMRMLTransformNode", name)
    node.SetAndObserveTransformFromParent(transform)
    place_beside(scene, node, reference)
    return node
