"""The demo's input and, for each task, a case made from it whose true answer is known, so that the errors shown are
real."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from ..errors import InputError
from ..geometry import Grid
from ..io import read_volume
from ..volume import Volume

MAX_VOXELS = 400_000
"""Larger inputs are resampled to about this size, so that the four tasks end in about two minutes on two CPU cores."""
_DETAIL_MM, _SURROUNDINGS_MM = 2.0, 16.0
_DEEP_SHARE, _BRIGHT_PERCENTILE = 0.35, 85


@dataclass(frozen=True)
class RegistrationCase:
    """fixed; moving, a (second) image of the same object seen through a known smooth warp; landmarks (n, 3) RAS mm on
    the fixed side and where the known warp puts them on the moving side."""

    fixed: Volume
    moving: Volume
    fixed_points: np.ndarray
    moving_points: np.ndarray


def load_input(path: str | None, frame: int | None) -> tuple[Volume, Volume | None, str]:
    """The volume to show (frame 0 of nibabel's small oblique MR when no path is given), a second frame of the same
    object if the file has one, and a line that says what was done to it."""
    if path is not None:
        volume = read_volume(path, frame=frame)
        small = _at_most(volume, MAX_VOXELS)
        note = "" if small is volume else f"Resampled from {volume.grid.describe()} for this demo."
        return small, None, note
    source = Path(_nibabel_folder()) / "tests/data/example4d.nii.gz"
    first, second = (read_volume(source, frame=f) for f in (0, 1))
    return (
        _renamed(first, "MR"),
        _renamed(second, "MR second frame"),
        "example4d.nii.gz of the package nibabel, frame 0.",
    )


def _nibabel_folder() -> str:
    try:
        import nibabel
    except ImportError as error:
        raise InputError(
            "The demo's own volume comes with nibabel: pip install nibabel, or give --input FILE."
        ) from error
    return str(Path(nibabel.__file__).parent)


def _renamed(volume: Volume, name: str) -> Volume:
    return volume.with_array(volume.array, name=name)


def _at_most(volume: Volume, voxels: int) -> Volume:
    """The volume itself, or resampled onto larger, nearly cubic voxels."""
    if volume.grid.voxel_count <= voxels:
        return volume
    field_of_view = volume.grid.size_ijk * volume.grid.spacing
    return coarser(volume, float((np.prod(field_of_view) / voxels) ** (1 / 3)))


def coarser(volume: Volume, spacing_mm: float, order: int = 1) -> Volume:
    """The volume with voxels of at least `spacing_mm` along each axis, smoothed first so that nothing aliases; order 0
    (nearest voxel, no smoothing) for label maps."""
    spacing = np.maximum(volume.grid.spacing, spacing_mm)
    grid = volume.grid.with_spacing(spacing.tolist())
    array = volume.array if order == 0 else volume.as_float32()
    if order > 0:
        array = ndimage.gaussian_filter(array, np.maximum(spacing / volume.grid.spacing - 1, 0)[::-1] / 2)
    return volume.with_array(_cast(sample(array, volume.grid, grid, order), volume.array.dtype), grid)


def sample(array: np.ndarray, source: Grid, target: Grid, order: int = 1) -> np.ndarray:
    """(k, j, i) values of an array on another grid, the border's value outside."""
    index = source.world_to_index(target.points())
    values = ndimage.map_coordinates(array, index.T[::-1], order=order, mode="nearest")
    return values.reshape(target.shape)


def _cast(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind not in "iu":
        return array.astype(dtype)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(array), limits.min, limits.max).astype(dtype)


def thick_slices(volume: Volume, factor: int = 3) -> tuple[Volume, Volume]:
    """A stack of slices `factor` times as thick, made by averaging neighbouring slices along the axis with the most of
    them, and the part of the volume that it covers: the truth, which super-resolution never sees."""
    axis = int(np.argmax(volume.grid.size_ijk))
    count = int(volume.grid.size_ijk[axis]) // factor
    stop = volume.grid.size_ijk.copy()
    stop[axis] = count * factor
    truth = volume.cropped((0, 0, 0), tuple(stop))
    array_axis = 2 - axis
    shape = list(truth.array.shape)
    shape[array_axis : array_axis + 1] = [count, factor]
    thick = truth.array.astype(np.float32).reshape(shape).mean(array_axis + 1)
    size = truth.grid.size_ijk.copy()
    size[axis] = count
    return truth.with_array(thick, truth.grid.with_size(size.tolist()), name=f"{volume.name} thick slices"), truth


def known_warp(volume: Volume, second: Volume | None, seed: int, mean_mm: float = 4.0) -> RegistrationCase:
    """moving(y) = second(psi(y)) with psi(y) = y + v(y), v smooth (random, low frequency); registration has to find
    phi = psi^-1. When the input has a second frame it is the one that is warped, so that noise differs as in life."""
    source, grid = second or volume, volume.grid
    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(3, 4, 4, 4))
    points = grid.points()
    low, high = grid.corners.min(0), grid.corners.max(0)

    def shift(at: np.ndarray) -> np.ndarray:
        index = ((at - low) / (high - low) * 3).T
        return np.stack([ndimage.map_coordinates(c, index, order=3, mode="nearest") for c in coarse], -1) * scale

    scale = 1.0
    scale = mean_mm / np.linalg.norm(shift(points), axis=1).mean()
    index = source.grid.world_to_index(points + shift(points))
    array = ndimage.map_coordinates(source.as_float32(), index.T[::-1], order=3, mode="nearest").reshape(grid.shape)
    array = np.clip(array, *source.finite_range())  # splines overshoot at edges
    moving = source.with_array(_cast(array, source.array.dtype), grid, name=f"{volume.name} warped")
    fixed_points = points[rng.choice(np.flatnonzero(foreground(volume)), 400, replace=False)]
    moving_points = fixed_points.copy()
    for _ in range(30):  # psi(y) = x by fixed-point iteration; the warp is smooth and small
        moving_points = fixed_points - shift(moving_points)
    return RegistrationCase(volume, moving, fixed_points, moving_points)


def foreground(volume: Volume) -> np.ndarray:
    """(k, j, i) bool: the largest connected part above Otsu's threshold, holes filled."""
    labels = tissue_labels(volume)
    return labels.array > 0


def tissue_labels(volume: Volume) -> Volume:
    """Two labels, 1 the object (Otsu's threshold) and 2 what is brightest against its surroundings deep inside it, in a
    head the ventricles. A stand-in for a clinician's segmentation; it only has to look like anatomy."""
    import SimpleITK as sitk

    array, spacing = volume.as_float32(), volume.grid.spacing[::-1]
    smooth = ndimage.gaussian_filter(array, _DETAIL_MM / spacing)
    bright = sitk.GetArrayFromImage(sitk.OtsuThreshold(sitk.GetImageFromArray(smooth), 0, 1)) > 0
    tissue = ndimage.binary_fill_holes(_largest(ndimage.binary_opening(bright)))
    near = _SURROUNDINGS_MM / spacing
    mean = ndimage.gaussian_filter(array * tissue, near) / np.maximum(
        ndimage.gaussian_filter(tissue.astype(np.float32), near), 1e-3
    )
    depth = ndimage.distance_transform_edt(tissue, sampling=spacing)
    deep = depth > _DEEP_SHARE * depth.max()
    contrast = smooth - mean
    inner = ndimage.binary_opening(deep & (contrast > np.percentile(contrast[deep], _BRIGHT_PERCENTILE)))
    labels = tissue.astype(np.uint8)
    if inner.any():
        labels[_largest(inner)] = 2
    return volume.with_array(labels, name=f"{volume.name} labels")


def _largest(mask: np.ndarray) -> np.ndarray:
    parts, count = ndimage.label(mask)
    if count == 0:
        raise InputError("The demo finds no object in this volume (no bright connected part); choose another --input.")
    return parts == 1 + np.argmax(ndimage.sum_labels(mask, parts, np.arange(1, count + 1)))
