"""The file of a volume before anything is coded."""

from __future__ import annotations

from ..errors import InputError
from ..volume import Volume
from .decoding import MAX_VOXELS
from .inr_file import InrFile
from .intensity import DTYPES, IntensityMap
from .settings import CompressionSettings
from .specials import find_specials


def plain_content(volume: Volume, settings: CompressionSettings) -> InrFile:
    """The file of a volume before anything is coded. Raises `InputError` when the volume cannot be compressed."""
    return InrFile(
        grid=volume.grid,
        dtype=volume.array.dtype.newbyteorder("="),
        intensity=_checked(volume),
        field=None,
        name=volume.name,
        units=volume.units,
        metadata=volume.metadata,
        specials=find_specials(volume.array),
        double=settings.target_max_error is not None,
    )


def _checked(volume: Volume) -> IntensityMap:
    """The volume's intensity map. Raises `InputError` when the volume cannot be compressed."""
    if volume.array.dtype.name not in DTYPES:
        raise InputError(f"{volume.label} has the voxel type {volume.array.dtype}; convert it to float64 or smaller.")
    if volume.array.size > MAX_VOXELS:
        raise InputError(f"{volume.label} has more than {MAX_VOXELS} voxels; crop it or choose a coarser spacing.")
    return IntensityMap.of(volume)
