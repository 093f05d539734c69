"""DICOM headers: which pictures lie in a folder, where each one is, and what tells apart pictures at one place.

Terms and coordinates: DICOM PS3.3, C.7.6.2 (Image Plane) and C.7.6.16 (Multi-frame Functional Groups); positions are
LPS mm. Only headers are read here; pydicom is part of Slicer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from .checks import TECHNICAL_ENTRIES
from .damage import damage_as_input_error

if TYPE_CHECKING:
    import pydicom

_ORDER = ("TemporalPositionIdentifier", "TriggerTime", "EchoTime", "DiffusionBValue", "AcquisitionNumber",
          "InstanceNumber")  # fmt: skip
_KEPT = TECHNICAL_ENTRIES
_TAGS = [
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "SeriesDescription", "SeriesNumber", "ImageType", "Rows",
    "Columns", "SamplesPerPixel", "BitsAllocated", "NumberOfFrames", "ImagePositionPatient", "ImageOrientationPatient",
    "PixelSpacing", "ImagerPixelSpacing", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence", "Units", *_ORDER, *_KEPT,
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Picture:
    """One slice: frame `frame` of the file `path`.

    `position` is the LPS mm of the centre of its first pixel, `rows_axis` the direction in which the column number i
    grows, `columns_axis` that in which the row number j grows, `spacing` the mm along (i, j); all None where the file
    does not say. `order` sorts pictures at the same place.
    """

    path: Path
    frame: int
    identifier: str
    size: tuple[int, int]
    position: np.ndarray | None
    rows_axis: np.ndarray | None
    columns_axis: np.ndarray | None
    spacing: tuple[float, float] | None
    order: tuple[float, ...]


@dataclass(frozen=True)
class Series:
    """The pictures of one series, in the order of their file names, with one of their headers."""

    header: pydicom.Dataset
    pictures: list[Picture]

    @property
    def description(self) -> str:
        """Number, description, modality and count for a list to choose from."""
        text = " ".join(str(self.header.get("SeriesDescription", "") or "without description").split())
        number, modality = self.header.get("SeriesNumber", "?"), self.header.get("Modality", "?")
        return f"{number}: {text} ({modality}, {len(self.pictures)} slices, {self.pictures[0].path.name})"

    def kept_entries(self) -> dict[str, str]:
        """Technical header entries as text."""
        values = {name: self.header.get(name) for name in _KEPT}
        return {name: str(value) for name, value in values.items() if isinstance(value, (str, int, float))}


def read_series(files: Iterable[Path], only: str | None = None) -> list[Series]:
    """The image series among the files (others are ignored), or only the one with that SeriesInstanceUID.

    Raises `InputError` when a DICOM image is damaged.
    """
    found: dict[str, Series] = {}
    for path in sorted(files, key=lambda file: (len(file.name), file.name)):
        with damage_as_input_error(path):
            header = read_header(path)
            if header is None or only not in (None, header.get("SeriesInstanceUID", "")):
                continue
            series = found.setdefault(str(header.get("SeriesInstanceUID", "")), Series(header, []))
            series.pictures.extend(_pictures(path, header))
    return list(found.values())


def read_header(path: Path) -> pydicom.Dataset | None:
    """The header of a DICOM image; None for other files and for DICOM objects that are not images.

    Raises `InputError` when the file says that it is an image but its header is incomplete.
    """
    import pydicom

    with path.open("rb") as file:
        if file.read(132)[128:] != b"DICM":
            return None
    header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_TAGS))
    if header.get("Rows") and header.get("Columns"):
        return header
    kind = getattr(header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID"), "name", "")
    if "Image Storage" in kind or not kind:
        raise InputError(f"'{path}' is cut short or damaged (no image size in its DICOM header); copy it again.")
    return None


def files_in(folder: Path) -> Iterator[Path]:
    """All files in a folder and the folders in it (media are often split up by number)."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names if Path(parent, name).is_file())


def _pictures(path: Path, header: pydicom.Dataset) -> Iterator[Picture]:
    count = int(header.get("NumberOfFrames") or 1)
    _check_size(path, header, count)
    per_frame = header.get("PerFrameFunctionalGroupsSequence") or []
    if count > 1 and len(per_frame) != count:
        raise InputError(
            f"'{path}' holds {count} frames without a position for each; load it in Slicer and save it as NRRD."
        )
    _refuse_several_scales(path, per_frame)
    for frame in range(count):
        yield _picture(path, header, frame, [per_frame[frame]] if per_frame else [])


def _check_size(path: Path, header: pydicom.Dataset, count: int) -> None:
    bits = int(header.get("BitsAllocated") or 8) * int(header.get("SamplesPerPixel") or 1)
    claimed = int(header.Rows) * int(header.Columns) * bits // 8 * count
    compressed = header.file_meta.TransferSyntaxUID.is_compressed
    if count < 1 or claimed > os.path.getsize(path) * (100_000 if compressed else 1):
        raise InputError(f"'{path}' is cut short: {claimed:,} bytes of pixels are not there; copy it again.")


def _refuse_several_scales(path: Path, per_frame: Sequence[pydicom.Dataset]) -> None:
    """GDCM applies one rescale to all frames of a file."""
    scales = {
        (str(group[0].get("RescaleSlope")), str(group[0].get("RescaleIntercept")))
        for group in (frame.get("PixelValueTransformationSequence") for frame in per_frame)
        if group
    }
    if len(scales) > 1:
        raise InputError(f"'{path}': its frames are scaled differently; convert it with dcm2niix first.")


def _picture(path: Path, header: pydicom.Dataset, frame: int, own_groups: list[Any]) -> Picture:
    shared = list(header.get("SharedFunctionalGroupsSequence") or [])

    def entry(name: str, group: str = "") -> Any:
        """A value of this frame, else of all frames, else of the file."""
        for holder in (*own_groups, *shared) if group else ():
            if holder.get(group) and holder[group][0].get(name) not in (None, ""):
                return holder[group][0].get(name)
        return header.get(name)

    position = _numbers(path, entry("ImagePositionPatient", "PlanePositionSequence"), 3)
    orientation = _numbers(path, entry("ImageOrientationPatient", "PlaneOrientationSequence"), 6)
    spacing = _numbers(path, entry("PixelSpacing", "PixelMeasuresSequence") or header.get("ImagerPixelSpacing"), 2)
    order = [float(entry(name, "MREchoSequence" if name == "EchoTime" else "") or 0) for name in _ORDER]
    for holder in own_groups:
        content = holder.get("FrameContentSequence")
        order[0] = float(content[0].get("TemporalPositionIndex") or order[0]) if content else order[0]
    return Picture(
        path, frame, f"{header.get('SOPInstanceUID', path)}/{frame}", (int(header.Rows), int(header.Columns)), position,
        None if orientation is None else orientation[:3], None if orientation is None else orientation[3:],
        None if spacing is None else (spacing[1], spacing[0]), (*order, float(frame)),
    )  # fmt: skip


def _numbers(path: Path, values: Any, count: int) -> np.ndarray | None:
    if values is None or values == "":
        return None
    numbers = np.array([float(value) for value in values])
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise InputError(f"'{path}': a position, orientation or spacing in its DICOM header is damaged; copy it again.")
    return numbers
