"""Displacement fields in transform files that Slicer, ITK and ANTs read; no Slicer needed.

The files hold x -> affine(x + u(x)) from fixed to moving points, which is what all of them call a resampling transform
and Slicer loads as the transform from parent. In the files vectors and positions are LPS mm.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError, OutputError
from ..geometry import LPS_FROM_RAS, Grid
from .atomic import atomic_path

if TYPE_CHECKING:
    import SimpleITK

_CHAIN_SUFFIXES = (".h5", ".hdf5", ".tfm", ".txt")
_FIELD_SUFFIXES = (".nrrd", ".mha", ".nii", ".nii.gz")
_FLIP = np.array([-1.0, -1.0, 1.0])


def check_transform_path(path: str | os.PathLike[str]) -> str:
    """The file's extension in lower case. Raises `OutputError` when it is none that transforms can be written to."""
    name = Path(path).name.lower()
    for suffix in _CHAIN_SUFFIXES + _FIELD_SUFFIXES:
        if name.endswith(suffix):
            return suffix
    known = ", ".join(_CHAIN_SUFFIXES + _FIELD_SUFFIXES)
    raise OutputError(f"'{path}': a transform cannot be written to this kind of file; choose one of {known}.")


def check_displacement(displacement: np.ndarray, grid: Grid, affine: np.ndarray | None = None) -> None:
    """Raises `InputError` unless the field is (k, j, i, 3) finite on `grid` and the affine an invertible 4x4."""
    if displacement.shape != (*grid.shape, 3):
        raise InputError(
            f"A displacement field has the shape {(*grid.shape, 3)} on this grid, not {displacement.shape}."
        )
    if not np.isfinite(displacement).all():
        raise InputError("The displacement field has values that are not finite; the registration has diverged.")
    if affine is not None and (affine.shape != (4, 4) or abs(np.linalg.det(affine[:3, :3])) < 1e-9):
        raise InputError("The affine part of the transform is not an invertible 4x4 matrix.")


def write_displacement_transform(
    path: str | os.PathLike[str],
    displacement: np.ndarray,
    grid: Grid,
    affine: np.ndarray | None = None,
    force: bool = False,
) -> None:
    """Writes x -> affine(x + u(x)), `displacement` u being (k, j, i, 3) RAS mm on `grid` and `affine` a 4x4 RAS matrix.

    .h5, .hdf5, .tfm and .txt hold displacement and affine as a chain; image files (.nrrd, .mha, .nii, .nii.gz) hold one
    displacement into which the affine is folded, so it ends with the grid. Slicer repeats the border's displacement
    outside the grid, ITK and ANTs take zero: let the field fade to zero towards the border.

    Raises `OutputError` for an unknown extension, a sheared grid in NIfTI (whose readers refuse it) or a file that
    exists (unless `force`); `InputError` for a field of another shape than the grid or with values that are not finite.
    """
    import SimpleITK

    suffix = check_transform_path(path)
    check_displacement(displacement, grid, affine)
    if suffix.startswith(".nii") and grid.is_sheared:
        raise OutputError(f"'{path}': NIfTI cannot hold a displacement on sheared axes; write .h5 or .nrrd instead.")
    with atomic_path(path, force) as temporary:
        try:
            if suffix in _CHAIN_SUFFIXES:
                SimpleITK.WriteTransform(_itk_chain(displacement, grid, affine), str(temporary))
            else:
                field = _folded(displacement, grid, affine)
                if suffix.startswith(".nii"):
                    _write_nifti(temporary, field, grid)
                else:
                    SimpleITK.WriteImage(_itk_field(field, grid), str(temporary), useCompression=True)
        except RuntimeError as error:
            raise OutputError(f"'{path}' could not be written: {_last_line(error)}") from error


def write_linear_transform(matrix: np.ndarray, path: str | os.PathLike[str], force: bool = False) -> None:
    """Writes a 4x4 RAS matrix from fixed to moving points to .h5, .hdf5, .tfm or .txt. Raises `OutputError` for another
    extension or a file that exists (unless `force`)."""
    import SimpleITK

    if check_transform_path(path) not in _CHAIN_SUFFIXES:
        raise OutputError(f"'{path}': a linear transform goes to one of {', '.join(_CHAIN_SUFFIXES)}.")
    with atomic_path(path, force) as temporary:
        SimpleITK.WriteTransform(_itk_affine(matrix), str(temporary))


def read_transform_displacement(path: str | os.PathLike[str], grid: Grid) -> np.ndarray:
    """(k, j, i, 3) float64 RAS mm: how far the transform in a file (linear, B-spline, displacement or a chain of them)
    moves each voxel centre of `grid`. Raises `InputError` when the file is missing or holds no transform."""
    import SimpleITK

    if not Path(path).is_file():
        raise InputError(f"'{path}': there is no such file.")
    try:
        if Path(path).name.lower().endswith((*_FIELD_SUFFIXES, ".nhdr", ".mhd")):
            field = SimpleITK.ReadImage(str(path), SimpleITK.sitkVectorFloat64)
            transform = SimpleITK.DisplacementFieldTransform(field)
        else:
            transform = SimpleITK.ReadTransform(str(path))
        frame = _itk_frame(grid)
        moved = SimpleITK.TransformToDisplacementField(transform, SimpleITK.sitkVectorFloat64, *frame)
    except RuntimeError as error:
        raise InputError(f"'{path}' cannot be read as a 3-D transform: {_last_line(error)}") from error
    return SimpleITK.GetArrayFromImage(moved) * _FLIP


def _itk_frame(grid: Grid) -> tuple[list[int], list[float], list[float], list[float]]:
    """Size, origin, spacing and direction of a grid as SimpleITK wants them (LPS)."""
    directions = (LPS_FROM_RAS[:3, :3] @ grid.directions).ravel().tolist()
    return grid.size_ijk.tolist(), (grid.origin * _FLIP).tolist(), grid.spacing.tolist(), directions


def _itk_field(displacement: np.ndarray, grid: Grid) -> SimpleITK.Image:
    import SimpleITK

    image = SimpleITK.GetImageFromArray(displacement * _FLIP, isVector=True)
    _, origin, spacing, directions = _itk_frame(grid)
    image.SetOrigin(origin)
    image.SetSpacing(spacing)
    image.SetDirection(directions)
    return image


def _itk_chain(displacement: np.ndarray, grid: Grid, affine: np.ndarray | None) -> SimpleITK.Transform:
    import SimpleITK

    bend = SimpleITK.DisplacementFieldTransform(
        SimpleITK.Cast(_itk_field(displacement, grid), SimpleITK.sitkVectorFloat64)
    )
    if affine is None:
        return bend
    return SimpleITK.CompositeTransform([_itk_affine(affine), bend])  # ITK applies the last one first


def _itk_affine(matrix: np.ndarray) -> SimpleITK.AffineTransform:
    import SimpleITK

    lps = LPS_FROM_RAS @ matrix @ LPS_FROM_RAS
    return SimpleITK.AffineTransform(lps[:3, :3].ravel().tolist(), lps[:3, 3].tolist())


def _write_nifti(path: Path, displacement: np.ndarray, grid: Grid) -> None:
    """NIfTI displacement vectors: (i, j, k, 1, component) in RAS with their intent code, by which ITK turns them."""
    try:
        import nibabel
    except ImportError as error:
        raise OutputError(f"'{path.name}': NIfTI needs the package nibabel; write .h5 or .nrrd instead.") from error

    image = nibabel.Nifti1Image(displacement.transpose(2, 1, 0, 3)[:, :, :, np.newaxis], grid.ijk_to_world)
    image.header.set_intent("displacement vector")
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)


def _folded(displacement: np.ndarray, grid: Grid, affine: np.ndarray | None) -> np.ndarray:
    """u'(x) = affine(x + u(x)) - x on the grid's voxels."""
    if affine is None:
        return displacement
    points = grid.points().reshape(*grid.shape, 3)
    return (points + displacement) @ affine[:3, :3].T + affine[:3, 3] - points


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]
