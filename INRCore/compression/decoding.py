"""From the content of an .inr file to a volume on its own or any other grid."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DeviceError, InputError
from ..fields import NumpyField
from ..fitting import Progress
from ..fitting.progress import Steps
from ..geometry import Grid
from ..volume import Volume
from .label_coding import level_count
from .lattice_sampling import coarser_grid, sample_linearly
from .specials import put_marked, put_nearest_marked

if TYPE_CHECKING:
    from .inr_file import InrFile
    from .stored_labels import StoredLabels
    from .stored_pyramid import StoredPyramid

MAX_VOXELS = 1 << 31
_CHUNK = 1 << 20
_PYRAMID_BYTES = 24  # per voxel while a pyramid is decoded


def decode_steps(
    file: InrFile, grid: Grid | None, spacing: Any, device: str, max_memory_gb: float | None
) -> Steps[Volume]:
    """`decompress`, step by step: yields progress of the stage 'sample' about a hundred times."""
    target = _target_grid(file, grid, spacing)
    native = target is file.grid
    if file.labels is not None:
        flat = _labels(file, file.labels, target, native)
    elif file.upsampled is not None:
        yield Progress("sample", 0, target.voxel_count)
        limits = file.intensity
        values = file.upsampled.intensities(file.grid.shape, limits.low, limits.high)
        values = values.reshape(-1) if native else sample_linearly(values, file.grid, target)
        flat = limits.stored(values, file.dtype)
    elif file.mosaic is not None:
        flat = yield from _mosaic_steps(file, target, native)
    elif file.blocks is not None:
        yield Progress("sample", 0, target.voxel_count)
        values = file.blocks.intensities(file.intensity.low, file.intensity.high)
        values = values.reshape(-1) if native else sample_linearly(values, file.grid, target)
        flat = file.intensity.stored(values, file.dtype)
    elif file.pyramid is not None:
        flat = yield from _pyramid_steps(file, file.pyramid, target, native)
    elif file.field is None:
        flat = np.full(target.voxel_count, file.intensity.offset).astype(file.dtype)
    else:
        flat = yield from _sample_steps(file, target, native, device, max_memory_gb)
    if native:
        put_marked(flat, file.marked)
    else:
        put_nearest_marked(flat, target, file.grid, file.marked, file.intensity.low)
    if file.region is not None:
        from .region import put_region

        put_region(flat, target, native, file, file.region)
    return Volume(flat.reshape(target.shape), target, file.name, file.units, dict(file.metadata))


def _pyramid_steps(file: InrFile, pyramid: StoredPyramid, target: Grid, native: bool) -> Steps[np.ndarray]:
    """All voxels, flattened: exact on the native grid, elsewhere linear between the samples of the coarsest lattice
    that is fine enough, of the tiles that are needed."""
    if not pyramid.complete:
        warnings.warn(f"{pyramid.label} ends too early: the volume is coarser than it was.", stacklevel=2)
    yield Progress("sample", 0, target.voxel_count)
    if native:
        flat = pyramid.voxels(file.intensity, file.dtype).reshape(-1)
    else:
        skipped = pyramid.levels_for(_spacing_ratio(target, file.grid))
        wanted = pyramid.tiles_around(*_index_range(target, file.grid))
        values = pyramid.intensities(file.intensity, skipped, lambda place: place in wanted)
        shape = pyramid.levels[skipped].shape if pyramid.levels else pyramid.shape
        lattice = coarser_grid(file.grid, [level.axes for level in pyramid.levels[:skipped]], shape)
        flat = file.intensity.stored(sample_linearly(values, lattice, target), file.dtype)
    yield Progress("sample", target.voxel_count, target.voxel_count)
    return flat


def _mosaic_steps(file: InrFile, target: Grid, native: bool) -> Steps[np.ndarray]:
    """All voxels, flattened, box by box."""
    from .mosaic import native_voxels, sampled_voxels, warn_of_missing

    warn_of_missing(file)
    flat = np.empty(0, file.dtype)
    for done, found in native_voxels(file) if native else sampled_voxels(file, target):
        flat = found
        yield Progress("sample", done * target.voxel_count // len(file.mosaic or (None,)), target.voxel_count)
    return flat


def _labels(file: InrFile, labels: StoredLabels, target: Grid, native: bool) -> np.ndarray:
    """All voxels, flattened: exact on the native grid, elsewhere the nearest of the coarsest lattice that is fine
    enough."""
    missing = level_count(labels.shape) + 1 - len(labels.streams)
    if missing:
        warnings.warn(f"{labels.label} ends too early: the labels are coarser than they were.", stacklevel=2)
    if native and not missing:
        return labels.array().astype(file.dtype).reshape(-1)
    skipped = max(missing, labels.levels_for(float(_spacing_ratio(target, file.grid)[0])))
    values = labels.array(skipped)
    lattice = coarser_grid(file.grid, [(0, 1, 2)] * skipped, (values.shape[0], values.shape[1], values.shape[2]))
    flat, last = np.empty(target.voxel_count, file.dtype), lattice.size_ijk - 1
    for part, points in target.chunks(_CHUNK):
        i, j, k = np.clip(np.rint(lattice.world_to_index(points)), 0, last).astype(np.int64).T
        flat[part] = values[k, j, i]
    return flat


def _spacing_ratio(target: Grid, native: Grid) -> np.ndarray:
    """How many native samples (k, j, i) lie within one step of the target grid, along its finest axis."""
    steps = np.abs(native.world_to_ijk[:3, :3] @ target.ijk_to_world[:3, :3])
    return np.full(3, float(np.linalg.norm(steps, axis=0).min()))


def _index_range(target: Grid, native: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest native index (k, j, i) that the target grid reaches."""
    corners = native.world_to_index(target.corners)[:, ::-1]
    return corners.min(0), corners.max(0)


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
    if grid is not None and not isinstance(grid, Grid):
        raise InputError(f"The grid to decompress on must be a Grid, as `volume.grid`, not {type(grid).__name__}.")
    if spacing is not None:
        grid = file.grid.with_spacing(spacing)
    if grid is None or grid.same_as(file.grid, tolerance_mm=1e-3 * float(file.grid.spacing.min())):
        grid = file.grid
    count = math.prod(int(n) for n in grid.shape)
    if (
        count > MAX_VOXELS
        or count * (file.dtype.itemsize + 1) > physical_memory()
        or (file.pyramid is not None and file.grid.voxel_count * _PYRAMID_BYTES > physical_memory())
    ):
        size = " x ".join(str(n) for n in grid.size_ijk)
        raise InputError(f"'{file.name}' on {size} voxels does not fit into memory; choose a coarser spacing.")
    if not grid.overlaps(file.grid):
        raise InputError(f"The grid to decompress on lies wholly outside the field of view of '{file.name}'.")
    return grid


def physical_memory() -> float:
    """Bytes of main memory; infinite where the system does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return math.inf
