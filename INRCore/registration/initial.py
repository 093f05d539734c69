"""Linear transforms to start from: as matrices, or in the files that Slicer, ITK and ANTs write."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..geometry import LPS_FROM_RAS
from ..settings import require


def checked_matrix(matrix: np.ndarray | None) -> np.ndarray:
    """The 4x4 matrix as an array of its own; None: the identity. Raises `InputError` unless it is finite, affine and
    invertible."""
    if matrix is None:
        return np.eye(4)
    found = np.array(matrix, float)
    good = found.shape == (4, 4) and np.isfinite(found).all() and np.allclose(found[3], [0, 0, 0, 1])
    require(bool(good), "The initial transform must be a 4x4 matrix of finite numbers that ends with the row 0 0 0 1.")
    require(abs(np.linalg.det(found[:3, :3])) > 1e-6, "The initial transform squeezes space flat; it has no inverse.")
    return found


def matrix_of_transform_file(path: str | os.PathLike[str]) -> np.ndarray:
    """4x4 RAS matrix of a linear transform in a file (.h5, .tfm, .txt, .mat), one or a chain: as ITK means it, from
    fixed to moving points. Raises `InputError` when there is no such file or it holds anything but linear transforms.
    """
    import SimpleITK

    if not Path(path).is_file():
        raise InputError(f"'{path}': there is no such file.")
    try:
        transform = SimpleITK.ReadTransform(str(path))
    except RuntimeError as error:
        raise InputError(f"'{path}' cannot be read as a transform: {str(error).strip().splitlines()[-1]}") from error
    require(
        transform.GetDimension() == 3 and transform.IsLinear(),
        f"'{path}' is not a linear transform in 3-D; only a rigid or affine one can be started from. Warp the moving "
        "volume by it first.",
    )
    ends = np.array([transform.TransformPoint(point.tolist()) for point in np.vstack([np.zeros(3), np.eye(3)])])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = (ends[1:] - ends[0]).T, ends[0]
    return checked_matrix(LPS_FROM_RAS @ matrix @ LPS_FROM_RAS)
