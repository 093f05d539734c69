"""One door for every format that is written: `write_volume`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..errors import OutputError
from ..volume import Volume
from .atomic import atomic_files, atomic_path
from .nifti_format import write_nifti
from .nrrd_format import write_nrrd
from .simpleitk_format import write_with_simpleitk

_WRITERS: dict[str, Callable[[Volume, np.ndarray, Path, bool], None]] = {
    ".nrrd": write_nrrd,
    ".nhdr": write_nrrd,
    ".nii": write_nifti,
    ".nii.gz": write_nifti,
    ".mha": write_with_simpleitk,
    ".mhd": write_with_simpleitk,
}
_WITH_DETACHED_DATA = (".nhdr", ".mhd")


def check_volume_path(path: str | os.PathLike[str]) -> str:
    """The extension by which `write_volume` chooses the format. Raises `OutputError` when it writes no such files."""
    name = Path(path).name.lower()
    for extension in sorted(_WRITERS, key=len, reverse=True):
        if name.endswith(extension) and name != extension:
            return extension
    raise OutputError(f"'{path}': the extension says no format; use one of {' '.join(_WRITERS)}.")


def write_volume(volume: Volume, path: str | os.PathLike[str], *, force: bool = False, compress: bool = True) -> None:
    """Writes .nrrd, .nhdr (+ .raw.gz), .nii, .nii.gz, .mha or .mhd (+ .zraw) at the volume's place in the world
    (sheared grids included), in the array's own type; a mask of booleans becomes uint8. Without `compress` it goes
    faster and takes more room (.nii and .nii.gz say by their names which they are).

    NRRD and MetaImage keep units and metadata; NIfTI has no room for them. The file appears whole or not at all.
    Raises `OutputError` for another extension, a folder that is missing or read-only, or a file that exists already
    (unless `force`).
    """
    extension = check_volume_path(path)
    array = storable(volume.array)
    guard = atomic_files if extension in _WITH_DETACHED_DATA else atomic_path
    with guard(path, force) as temporary:
        try:
            _WRITERS[extension](volume, array, temporary, compress)
        except (RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[-1]
            raise OutputError(f"'{path}' could not be written ({reason}); try .nrrd or another folder.") from error


def storable(array: np.ndarray) -> np.ndarray:
    """C order, little endian, and a type that every format has."""
    if array.dtype.kind == "b":
        array = array.astype(np.uint8)
    elif array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        array = array.astype(np.float32 if array.dtype.itemsize == 2 else np.float64)
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
