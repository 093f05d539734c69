"""From the content of an .inr file to a volume on its own or any other grid."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DeviceError, InputError
from ..fields import NumpyField
from ..fitting import Progress
from ..fitting.progress import Steps
from ..geometry import Grid
from ..volume import Volume
from .specials import put_nearest_specials, put_specials

if TYPE_CHECKING:
    from .inr_file import InrFile

MAX_VOXELS = 1 << 31


def decode_steps(
    file: InrFile, grid: Grid | None, spacing: Any, device: str, max_memory_gb: float | None
) -> Steps[Volume]:
    """`decompress`, step by step: yields progress of the stage 'sample' about a hundred times."""
    target = _target_grid(file, grid, spacing)
    native = target is file.grid
    flat = np.full(target.voxel_count, file.intensity.offset).astype(file.dtype) if file.field is None else None
    if flat is None:
        flat = yield from _sample_steps(file, target, native, device, max_memory_gb)
    if native:
        put_specials(flat, file.specials)
    else:
        put_nearest_specials(flat, target, file.grid, file.specials, file.intensity.low)
    return Volume(flat.reshape(target.shape), target, file.name, file.units, dict(file.metadata))


def _sample_steps(
    file: InrFile, target: Grid, native: bool, device: str, max_memory_gb: float | None
) -> Steps[np.ndarray]:
    """All voxels of the field (and of the residual on the native grid), flattened."""
    flat, reported = np.empty(target.voxel_count, file.dtype), 0
    for part, values in _values(file, target, device, max_memory_gb):
        intensities = file.intensity.to_intensities(values)
        if np.isnan(intensities).any():
            raise InputError(f"The field of '{file.name}' gives values that are no numbers; use an intact .inr file.")
        if native and file.residual is not None:
            intensities += file.residual.at(part)
        flat[part] = file.intensity.stored(intensities, file.dtype)
        if (part.stop - reported) * 100 >= target.voxel_count:
            reported = part.stop
            yield Progress("sample", part.stop, target.voxel_count)
    return flat


def _values(
    file: InrFile, target: Grid, device: str, max_memory_gb: float | None
) -> Iterator[tuple[slice, np.ndarray]]:
    """(slice of the flattened array, values of the field there), by torch or NumPy as the file was read."""
    assert file.field is not None
    if isinstance(file.field, NumpyField):
        if device not in ("auto", "cpu"):
            raise DeviceError(f"The device '{device}' needs torch, which is missing here. Choose 'auto' or 'cpu'.")
        return ((part, values[:, 0]) for part, values in file.field.sample_values(target, file.double))
    from ..devices import choose_device
    from .lattice import sample_values

    return sample_values(file.field, target, choose_device(device).device, file.double, max_memory_gb)


def _target_grid(file: InrFile, grid: Grid | None, spacing: Any) -> Grid:
    """The grid to decode on; the native one itself when it is asked for in other words."""
    if grid is not None and spacing is not None:
        raise InputError("Give a grid or a spacing to decompress on, not both.")
    if spacing is not None:
        grid = file.grid.with_spacing(spacing)
    if grid is None or grid.same_as(file.grid, tolerance_mm=1e-3 * float(file.grid.spacing.min())):
        grid = file.grid
    count = math.prod(int(n) for n in grid.shape)
    if count > MAX_VOXELS or count * (file.dtype.itemsize + 1) > _physical_memory():
        size = " x ".join(str(n) for n in grid.size_ijk)
        raise InputError(f"'{file.name}' on {size} voxels does not fit into memory; choose a coarser spacing.")
    if not grid.overlaps(file.grid):
        raise InputError(f"The grid to decompress on lies wholly outside the field of view of '{file.name}'.")
    return grid


def _physical_memory() -> float:
    """Bytes of main memory; infinite where the system does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return math.inf
