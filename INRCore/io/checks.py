"""Checks of what a header claims, made before it is believed, and the few header entries that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..errors import InputError
from ..volume import Volume

# RFC 1951: 258 bytes for two bits is the most that a deflate stream can hold; bzip2, fax and run-length codes of an
# empty picture do better.
_LARGEST_RATIO = {"none": 1, "deflate": 1032, "other": 100_000}
MILLIMETRES = {"mm": 1.0, "millimeter": 1.0, "cm": 10.0, "m": 1000.0, "um": 1e-3, "µm": 1e-3, "micron": 1e-3}
TECHNICAL_ENTRIES = (
    "Modality", "SliceThickness", "SpacingBetweenSlices", "EchoTime", "RepetitionTime", "InversionTime",
    "FlipAngle", "MagneticFieldStrength", "MRAcquisitionType", "KVP", "ConvolutionKernel", "RescaleType",
)  # fmt: skip
_OF_THE_SOURCE_ONLY = ("space", "placement_note", "measurement_frame")


def check_size_claim(
    path: Path, claimed: int, stored: int, packing: Literal["none", "deflate", "other"] = "none"
) -> None:
    """Compares the bytes of voxels that a header claims with the bytes that are stored, before memory is taken.

    Raises `InputError` when the stored bytes cannot hold what is claimed.
    """
    slack = 0 if packing == "none" else 1024  # a few hundred bytes may come out of a stream of a few
    if claimed > stored * _LARGEST_RATIO[packing] + slack:
        raise InputError(
            f"'{path}': the header claims {claimed:,} bytes of voxels but only {stored:,} "
            f"{'' if packing == 'none' else 'compressed '}bytes are there; the file is cut short or its header is "
            "wrong: copy it again from its source."
        )


def positive_sizes(sizes: Sequence[int], path: Path) -> list[int]:
    """The sizes, if there are any and all are positive. Raises `InputError` otherwise."""
    if len(sizes) == 0 or min(sizes) < 1:
        raise InputError(f"'{path}': the header gives impossible sizes {list(sizes)}; the file is damaged.")
    return [int(size) for size in sizes]


def positive_spacing(spacing: float, path: Path) -> float:
    """The spacing in mm, if it is positive and finite. Raises `InputError` otherwise."""
    if not (np.isfinite(spacing) and spacing > 0):
        raise InputError(f"'{path}': the header gives a voxel spacing of {spacing}; it must be positive: correct it.")
    return float(spacing)


def complete_axes(axes: np.ndarray, sizes_ijk: Sequence[int], path: Path) -> np.ndarray:
    """3x3 columns (mm per voxel), where the column of an axis of one voxel, when it has no length, becomes 1 mm at
    right angles to the other two: a 2-D image has no third direction. Raises `InputError` when those have none either.
    """
    axes = np.array(axes, float)
    for axis, size in enumerate(sizes_ijk):
        if size > 1 or (np.isfinite(axes[:, axis]).all() and axes[:, axis].any()):
            continue
        normal = np.cross(axes[:, (axis + 1) % 3], axes[:, (axis + 2) % 3])
        length = np.linalg.norm(normal)
        if not (np.isfinite(length) and length > 0):
            raise InputError(f"'{path}': two of the axes have no direction or spacing; correct the file's header.")
        axes[:, axis] = normal / length
    return axes


def technical_entries(entries: Mapping[str, str]) -> dict[str, Any]:
    """The entries worth keeping, numbers as numbers; all others may be about the patient and stay in the file."""
    return {key: _number_or_text(text) for key, text in entries.items() if key in TECHNICAL_ENTRIES and text.strip()}


def text_entries(volume: Volume) -> dict[str, str]:
    """Units and metadata as header text: what is a number or one line of plain text, and still true of any copy."""
    entries = {**volume.metadata, "Units": volume.units}
    texts = {key: str(value) for key, value in entries.items() if isinstance(value, (str, int, float))}
    return {
        key: text
        for key, text in texts.items()
        if text and text.isascii() and text.isprintable() and key not in _OF_THE_SOURCE_ONLY
    }


def _number_or_text(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text.strip()
    return number if np.isfinite(number) else text.strip()
