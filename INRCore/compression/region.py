"""A region of interest with a quality of its own: an inner volume over the region's box, coded on its own.

Its voxels take the place of the outer ones wherever they are numbers, so whatever is promised for the region holds
there, and the outer volume may be as coarse as its own targets allow.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..fitting import Control
from ..fitting.progress import Steps
from ..geometry import Grid
from ..settings import require
from ..volume import Volume
from .inr_file import InrFile
from .pyramid.quantisation import UNITS
from .pyramid_encoder import PyramidEncoder
from .pyramid_task import pyramid_steps
from .settings import CompressionSettings
from .specials import find_specials

_CHUNK = 1 << 20
_EXACT_IN_FLOAT32 = 1 << 24
_ROUNDING = 1 / 12  # mean squared error of rounding to whole numbers
_BELOW_HALF = 0.49
"""How far a real number may be from a whole one to be rounded to it, with something to spare."""


def region_mask(region: Volume, grid: Grid) -> np.ndarray:
    """(k, j, i) booleans on `grid`: where the nearest voxel of `region` is not 0. Raises `InputError` when that is
    nowhere."""
    if region.grid.same_as(grid, tolerance_mm=1e-3 * float(grid.spacing.min())):
        mask = region.array != 0
    else:
        flat = np.zeros(grid.voxel_count, bool)
        for part, points in grid.chunks(_CHUNK):
            inside = region.grid.contains(points)
            index = np.rint(region.grid.world_to_index(points[inside])).astype(np.int64)
            i, j, k = np.clip(index, 0, region.grid.size_ijk - 1).T
            flat[part][inside] = region.array[k, j, i] != 0
        mask = flat.reshape(grid.shape)
    if not mask.any():
        raise InputError(f"The region {region.label} lies beside the volume or is empty; choose one inside it.")
    return mask


def require_region(settings: CompressionSettings, region: Volume | None) -> None:
    """Raises `InputError` when a quality is asked for in a region that is not given."""
    require(
        region is not None or (settings.region_max_error is None and settings.region_psnr_db is None),
        "A quality of the region of interest is asked for, but no region is given; give one (command line: --region) "
        "or leave region_max_error and region_psnr_db out.",
    )


def check_region(settings: CompressionSettings) -> None:
    """Raises `InputError` when the settings do not say what to do with a region."""
    require(settings.codec == "pyramid", "A region of interest needs the codec 'pyramid'; choose it.")
    require(
        settings.region_max_error is not None or settings.region_psnr_db is not None,
        "Say how good the region of interest has to be: region_max_error or region_psnr_db.",
    )


def inner_volume(volume: Volume, mask: np.ndarray) -> Volume:
    """The box around the mask, NaN outside the mask; of the volume's own type where the mask is the whole box."""
    box = _box(mask)
    start, stop = (tuple(int(getattr(part, end)) for part in reversed(box)) for end in ("start", "stop"))
    grid = volume.grid.cropped((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    array, wanted = volume.array[box], mask[box]
    if wanted.all():
        return volume.with_array(np.ascontiguousarray(array), grid)
    if array.dtype.kind != "f":
        largest = max(abs(float(array.min())), abs(float(array.max())))
        array = array.astype(np.float32 if largest < _EXACT_IN_FLOAT32 else np.float64)
    return volume.with_array(np.where(wanted, array, np.array(np.nan, array.dtype)), grid)


def inner_settings(settings: CompressionSettings, volume: Volume, inner: Volume, extent: float) -> CompressionSettings:
    """What the region's targets mean for its inner volume; `extent`: largest minus smallest intensity."""
    bound, psnr = settings.region_max_error, settings.region_psnr_db
    if volume.is_integer and not inner.is_integer:  # rounded to whole numbers in the end
        bound = None if bound is None else math.floor(bound) + _BELOW_HALF
        if psnr is not None:
            squared = extent**2 / 10 ** (psnr / 10)
            psnr = 10 * math.log10(extent**2 / max(squared - _ROUNDING, squared / 2))
    return CompressionSettings(target_max_error=bound, target_psnr_db=psnr)


class Region:
    """The region of one volume. mask: (k, j, i) booleans; content: the volume's file without its pyramid."""

    def __init__(self, volume: Volume, content: InrFile, settings: CompressionSettings, mask: np.ndarray) -> None:
        self._inner = inner = inner_volume(volume, mask)
        if not np.isfinite(inner.array).any():
            raise InputError("The region of interest holds no voxel that is a number; choose another one.")
        self._content = replace(
            content,
            grid=inner.grid,
            dtype=inner.array.dtype,
            specials=find_specials(inner.array),
            metadata={},
            units="",
        )
        extent = content.intensity.high - content.intensity.low
        self._settings = inner_settings(settings, volume, inner, extent)

    def steps(self, control: Control | None) -> Steps[InrFile]:
        """The inner file, as its targets ask for; its PSNR is against the whole volume's range."""
        return pyramid_steps(self._inner, self._content, self._settings, control)

    def at_step(self, step: float) -> InrFile:
        """The inner file with another step of its coefficients, in intensities; an error bound holds all the same."""
        encoder = PyramidEncoder(self._inner, self._content)
        return encoder.file(encoder.quantised(step), self._settings.target_max_error)


def step_of(file: InrFile) -> float:
    """Step of the coefficients in intensities."""
    return file.intensity.scale * UNITS


def put_region(flat: np.ndarray, target: Grid, native: bool, outer: InrFile, inner: InrFile) -> None:
    """Writes the region's voxels into the decoded, flattened (k, j, i) array on `target`."""
    array = flat.reshape(target.shape)
    if native:
        start = np.rint(target.world_to_index(inner.grid.index_to_world(np.zeros((1, 3)))))[0].astype(int)[::-1]
        if (start < 0).any() or (start + inner.grid.shape > target.shape).any():
            raise InputError(f"The region of '{outer.name}' lies beside its volume; use an intact copy.")
        place = tuple(slice(s, s + n) for s, n in zip(start, inner.grid.shape, strict=True))
        _put(array[place], inner.decompress().array, outer)
    elif target.overlaps(inner.grid):
        values = inner.decompress(target).array.reshape(-1)
        for part, points in target.chunks(_CHUNK):
            inside = inner.grid.contains(points)
            kept = flat[part]
            found = kept[inside]
            _put(found, values[part][inside], outer)
            kept[inside] = found


def _put(voxels: np.ndarray, values: np.ndarray, outer: InrFile) -> None:
    valid = np.isfinite(values)
    voxels[valid] = outer.intensity.stored(values[valid], outer.dtype)


def _box(mask: np.ndarray) -> tuple[slice, slice, slice]:
    spans = []
    for axis in range(3):
        hit = np.flatnonzero(mask.any(tuple(a for a in range(3) if a != axis)))
        spans.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return spans[0], spans[1], spans[2]
