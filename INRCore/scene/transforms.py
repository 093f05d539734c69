"""Displacement fields <-> transform nodes; the node's transform FROM parent carries fixed points to moving points.

Resampling asks for each point of the fixed image where to look in the moving image: phi(x) = A(x + u(x)). Slicer calls
this direction "from parent"; a moving volume put below the node therefore appears aligned with the fixed one.
"""

from __future__ import annotations

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkAbstractTransform, vtkGeneralTransform

from ..errors import InputError
from ..geometry import Grid
from ..io.transforms import check_displacement
from .mrml import (
    Node,
    Scene,
    fill_image,
    obtain_node,
    require_node,
    require_output,
    slicer,
    to_array,
    to_vtk_matrix,
    transform_points,
)
from .placement import place_beside

_POINTS_AT_ONCE = 1_000_000


def displacement_to_transform_node(
    scene: Scene,
    displacement: np.ndarray,
    grid: Grid,
    node: Node | None = None,
    *,
    name: str = "Displacement",
    affine: np.ndarray | None = None,
    reference: Node | None = None,
) -> Node:
    """Transform node whose transform from parent is x -> affine(x + u(x)), new or updated in place.

    `displacement` is (k, j, i, 3) RAS mm on `grid` (any: oblique, left-handed, sheared), `affine` a 4x4 RAS matrix.
    With an affine the node holds the chain of the two, so that the affine part goes on outside the grid, where Slicer
    repeats the displacement of the nearest border voxel (let it fade to zero there). Between voxels Slicer interpolates
    with cubics. Raises `InputError`, before anything is changed, when shapes disagree, values are not finite, or `node`
    can hold only linear or B-spline transforms.
    """
    check_displacement(displacement, grid, affine)
    require_transform_output(scene, node)
    transform = _from_parent_transform(displacement, grid, affine)

    class_name = "vtkMRMLGridTransformNode" if affine is None else "vtkMRMLTransformNode"
    node = obtain_node(scene, node, class_name, name)
    node.SetAndObserveTransformFromParent(transform)
    place_beside(scene, node, reference)
    return node


def make_inverse_of(node: Node, transform: Node) -> None:
    """Makes `node`, a transform node of any kind, the inverse of what another one does now: the same displacements
    turned round, whose inverse Slicer finds point by point, to within a hundredth of a millimetre also where they
    squeeze or slide and no second grid could follow. A saved scene keeps it so; other programs do not read it."""
    node.CopyContent(transform)
    node.Inverse()


def transform_to_displacement(node: Node, grid: Grid) -> np.ndarray:
    """(k, j, i, 3) float64 RAS mm: how far the transform from the world into `node` (its own transform from parent,
    after those of its parents) moves each voxel centre of `grid`. Raises `InputError` for another kind of node."""
    require_node(node, "vtkMRMLTransformNode", "transform")
    from_world = vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(None, node, from_world)
    result = np.empty((grid.voxel_count, 3))
    for voxels, points in grid.chunks(_POINTS_AT_ONCE):
        result[voxels] = transform_points(from_world, points) - points
    return result.reshape(*grid.shape, 3)


def matrix_from_transform_node(node: Node) -> np.ndarray:
    """4x4 RAS matrix of a linear transform node, from the world to what is below it (after its parents): from fixed to
    moving points, when the moving volume below the node appears near the fixed one. Raises `InputError` for another
    kind of node or one that bends space."""
    require_node(node, "vtkMRMLTransformNode", "transform")
    if not node.IsTransformToWorldLinear():
        raise InputError(
            f"'{node.GetName()}' bends space; choose a rigid or affine transform, or harden this one on the moving "
            "volume first."
        )
    matrix = vtkMatrix4x4()
    slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(None, node, matrix)
    return to_array(matrix)


def matrix_to_transform_node(
    scene: Scene, matrix: np.ndarray, node: Node | None = None, *, name: str, reference: Node | None = None
) -> Node:
    """Linear transform node, new or updated in place, with a 4x4 RAS matrix to parent: what is put below the node
    moves by it. Raises `InputError` when `node` is of another class or scene."""
    require_output(scene, node, "vtkMRMLLinearTransformNode", "linear transform")
    node = obtain_node(scene, node, "vtkMRMLLinearTransformNode", name)
    node.SetMatrixTransformToParent(to_vtk_matrix(matrix))
    place_beside(scene, node, reference)
    return node


def require_transform_output(scene: Scene, node: Node | None) -> None:
    """Raises `InputError` unless `node`, if there is one, is a transform node of this scene that can hold any kind."""
    require_output(scene, node, "vtkMRMLTransformNode", "transform")
    if node is not None and (node.IsA("vtkMRMLLinearTransformNode") or node.IsA("vtkMRMLBSplineTransformNode")):
        raise InputError(f"'{node.GetName()}' cannot hold a displacement grid; choose or create a grid transform.")


def _from_parent_transform(displacement: np.ndarray, grid: Grid, affine: np.ndarray | None) -> vtkAbstractTransform:
    field = vtkImageData()
    fill_image(field, displacement)
    field.SetOrigin(*grid.origin)
    field.SetSpacing(*grid.spacing)
    bend = slicer.vtkOrientedGridTransform()
    bend.SetGridDirectionMatrix(to_vtk_matrix(grid.directions))
    bend.SetDisplacementGridData(field)
    bend.SetInterpolationModeToCubic()  # what Slicer sets when it loads the saved node: the same before and after
    if affine is None:
        return bend
    chain = vtkGeneralTransform()
    chain.PostMultiply()
    chain.Concatenate(bend)
    chain.Concatenate(to_vtk_matrix(affine))
    return chain
