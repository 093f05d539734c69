"""DICOM series and files: places from the headers (see `dicom_geometry`), pixels through SimpleITK (GDCM)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..geometry import LPS_FROM_RAS
from .checks import technical_entries
from .damage import damage_as_input_error
from .dicom_geometry import stack_of
from .dicom_header import Picture, Series, files_in, read_header, read_series
from .raw_image import ExtraAxis, RawImage


def open_dicom(path: Path) -> RawImage:
    """A folder with one series, or a file, which stands for its whole series in the same folder.

    Raises `InputError` when there is no series or more than one, when slices are missing or do not form one grid.
    """
    series = _series_in_folder(path) if path.is_dir() else _series_of_file(path)
    header = series.header
    _refuse_mosaic(series, path)
    thickness = float(header.get("SpacingBetweenSlices") or header.get("SliceThickness") or 1.0)
    note = ""
    if len(series.pictures) == 1 and series.pictures[0].position is None:
        stack, affine = [series.pictures], _affine_of_lone_picture(series.pictures[0])
        note = "the DICOM image does not say where it lies; placed at 0"
    else:
        stack, affine = stack_of(series.pictures, path, thickness if thickness > 0 else 1.0)
    rows, columns = series.pictures[0].size
    shape = (len(stack[0]), rows, columns)
    samples = int(header.get("SamplesPerPixel") or 1)
    extra: tuple[ExtraAxis, ...] = (ExtraAxis("frame", len(stack)), ExtraAxis("component", samples))
    metadata = technical_entries(series.kept_entries()) | ({"placement_note": note} if note else {})
    load = partial(_load, stack, shape, samples)
    return RawImage(path, shape, LPS_FROM_RAS @ affine, load, extra, _units(series), metadata)


def _series_in_folder(folder: Path) -> Series:
    found = read_series(files_in(folder))
    if not found:
        raise InputError(f"'{folder}' holds no DICOM images; choose the folder with the series, or a file.")
    if len(found) > 1:
        choices = "; ".join(sorted(series.description for series in found))
        raise InputError(
            f"'{folder}' holds {len(found)} series; choose one by giving one of its files instead: {choices}."
        )
    return found[0]


def _series_of_file(path: Path) -> Series:
    header = read_header(path)
    if header is None:
        raise InputError(f"'{path}' holds no DICOM image; choose a file of an image series.")
    siblings = [file for file in path.parent.iterdir() if file.is_file()] if header.get("SeriesInstanceUID") else [path]
    return read_series(siblings, only=header.get("SeriesInstanceUID", ""))[0]


def _refuse_mosaic(series: Series, path: Path) -> None:
    if "MOSAIC" in [str(word).upper() for word in series.header.get("ImageType") or []]:
        raise InputError(f"'{path}' is a mosaic (slices side by side in one picture); convert it with dcm2niix first.")


def _affine_of_lone_picture(picture: Picture) -> np.ndarray:
    """4x4 to LPS mm of a radiograph or an ultrasound picture: pixel spacing where there is one, at 0."""
    spacing = picture.spacing or (1.0, 1.0)
    return np.diag([spacing[0] or 1.0, spacing[1] or 1.0, 1.0, 1.0])


def _units(series: Series) -> str:
    modality, rescale = series.header.get("Modality", ""), str(series.header.get("RescaleType", "") or "")
    if modality == "CT" and rescale in ("", "HU"):
        return "HU"
    return str(series.header.get("Units", "") or "") if modality == "PT" else ""


def _load(
    stack: list[list[Picture]], shape: tuple[int, int, int], samples: int, indices: tuple[int, ...]
) -> np.ndarray:
    """The chosen frame and component. Each file is read by itself, because a series reader would press all slices into
    the first one's type (PET has a rescale slope of its own in every slice)."""
    frame, component = indices
    files: dict[Path, np.ndarray] = {}
    slices = []
    for picture in stack[frame]:
        if picture.path not in files:
            files = {picture.path: _pixels(picture.path)}  # of many-frame files one at a time is held
        pixels = files[picture.path]
        if pixels.shape[1:] != (*shape[1:], samples) or picture.frame >= len(pixels):
            raise InputError(
                f"'{picture.path}': its pixels ({pixels.shape}) are not what its header says; convert it in Slicer."
            )
        slices.append(pixels[picture.frame, ..., component])
    return _narrowed(np.stack(slices))


def _narrowed(array: np.ndarray) -> np.ndarray:
    """Back to 16 bits where the values allow: GDCM makes room for whatever a rescale might give (int32 for a CT that is
    stored as int16, float64 for PET)."""
    if array.dtype == np.float64:
        return array.astype(np.float32)
    limits = np.iinfo(np.int16)
    fits = array.dtype == np.int32 and limits.min <= array.min() and array.max() <= limits.max
    return array.astype(np.int16) if fits else array


def _pixels(path: Path) -> np.ndarray:
    """(frames, rows, columns, samples), rescaled (Hounsfield units for CT)."""
    import SimpleITK

    with damage_as_input_error(path):
        image = SimpleITK.ReadImage(str(path))
    array = SimpleITK.GetArrayFromImage(image)
    rows, columns = image.GetSize()[1], image.GetSize()[0]
    return array.reshape(-1, rows, columns, image.GetNumberOfComponentsPerPixel())
