"""One door for every kind of image file: `read_volume`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ..errors import InputError
from ..volume import Volume
from .damage import damage_as_input_error
from .dicom_series import open_dicom
from .nifti_format import open_nifti
from .nrrd_format import open_nrrd
from .raw_image import RawImage
from .simpleitk_format import open_metaimage, open_picture

_FORMATS: dict[str, Callable[[Path], RawImage]] = {
    **dict.fromkeys((".nrrd", ".nhdr"), open_nrrd),
    **dict.fromkeys((".nii", ".nii.gz", ".hdr", ".img", ".img.gz"), open_nifti),
    **dict.fromkeys((".mha", ".mhd"), open_metaimage),
    **dict.fromkeys((".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp"), open_picture),
    **dict.fromkeys((".dcm", ".ima"), open_dicom),
}


def read_volume(path: str | os.PathLike[str], *, frame: int | None = None, component: int | None = None) -> Volume:
    """Reads a volume from .nrrd, .nhdr, .nii, .nii.gz, .hdr/.img, .mha, .mhd, a picture (.png, .tif, ...), a DICOM file
    (its whole series in that folder) or a folder with one DICOM series.

    A 2-D image becomes (1, j, i) with a k spacing of 1 mm. `frame` chooses from a time series or list, `component` from
    a vector or colour image; both count from 0. The voxels keep their type; stored scalings (NIfTI slope, DICOM
    rescale) are applied. Assumptions about the place are told in `metadata["placement_note"]`.

    Raises `InputError`, in one line, for anything that is missing, damaged, ambiguous or not an image.
    """
    file = Path(path).expanduser()
    with damage_as_input_error(file):
        return _opener(file)(file).to_volume(frame, component)


def read_volumes(path: str | os.PathLike[str]) -> tuple[str, list[Volume]]:
    """All frames ('frames') or components ('components') of a file, and which of the two they are; a file with one
    volume has one frame. Raises `InputError` as `read_volume` does, and for a file with frames and components."""
    file = Path(path).expanduser()
    with damage_as_input_error(file):
        image = _opener(file)(file)
        several = [axis for axis in image.extra if axis.size > 1]
        if len(several) > 1:
            raise InputError(f"'{file}' has frames and components; choose one of either (--frame N or --component N).")
        if not several:
            return "frames", [image.to_volume()]
        name, size = several[0].name, several[0].size
        return f"{name}s", [image.to_volume(**{name: number}) for number in range(size)]


def _opener(path: Path) -> Callable[[Path], RawImage]:
    if path.is_dir():
        return open_dicom
    if not path.is_file():
        raise InputError(f"'{path}' does not exist; check its name and folder.")
    if path.stat().st_size == 0:
        raise InputError(f"'{path}' is empty; copy it again from its source.")
    for suffixes in (path.suffixes[-2:], path.suffixes[-1:]):
        opener = _FORMATS.get("".join(suffixes).lower())
        if opener is not None:
            return opener
    with path.open("rb") as file:
        if file.read(132)[128:] == b"DICM":
            return open_dicom
    raise InputError(f"'{path}' is of no known kind; known are {' '.join(sorted(_FORMATS))} and DICOM folders.")
