"""Volumes through a map that is known at the voxels of the target: images, masks and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from scipy import ndimage

from ..geometry import Grid
from ..interpolation import ImageSampler
from ..memory import points_per_chunk
from ..segmentation.label_map import label_array
from ..settings import require_choice
from ..volume import Volume

INTERPOLATION_NAMES = ("linear", "nearest", "smooth")
_BYTES_PER_POINT = 400
_LookUp = Callable[[np.ndarray], np.ndarray]


def chunk_points(device: torch.device | str, max_memory_gb: float | None) -> int:
    """Voxels that may be warped at once."""
    return points_per_chunk(_BYTES_PER_POINT, torch.device(device), max_memory_gb)


def warp(
    volume: Volume,
    grid: Grid,
    moved: Iterable[tuple[slice, np.ndarray]],
    interpolation: str = "linear",
    background: float | None = None,
    device: torch.device | str = "cpu",
) -> Volume:
    """The volume's values where the voxels of `grid` come to lie, in the volume's own type (integers are rounded to the
    nearest); `moved`: (slice of the flattened (k, j, i) array, (n, 3) RAS mm).

    interpolation: 'linear'; 'nearest'; 'smooth', for labels: the label whose signed distance, interpolated linearly, is
    the lowest, so that surfaces do not get the steps of the voxels (Raya & Udupa, IEEE TMI 9(1), 1990; the distances
    are measured along the axes, which is exact unless the grid is sheared). `background` is what lies outside the
    volume; None: its smallest value, for labels 0. Raises `InputError` for another interpolation, and for 'smooth'
    unless the volume holds labels.
    """
    require_choice("The interpolation", interpolation, INTERPOLATION_NAMES)
    if background is None:
        background = volume.finite_range()[0] if interpolation == "linear" else 0.0
    look_up = {"linear": _linear, "nearest": _nearest, "smooth": _smooth}[interpolation](volume, device)
    result = np.full(grid.voxel_count, background, volume.array.dtype)
    for part, points in moved:
        inside = volume.grid.contains(points)
        result[part][inside] = look_up(points[inside])
    return volume.with_array(result.reshape(grid.shape), grid)


def _nearest(volume: Volume, device: torch.device | str) -> _LookUp:
    def look_up(points: np.ndarray) -> np.ndarray:
        i, j, k = np.rint(volume.grid.world_to_index(points)).astype(int).clip(0, volume.grid.size_ijk - 1).T
        return volume.array[k, j, i]

    return look_up


def _linear(volume: Volume, device: torch.device | str) -> _LookUp:
    sampler, dtype = ImageSampler(volume.array, volume.grid, device), volume.array.dtype

    def look_up(points: np.ndarray) -> np.ndarray:
        values = sampler(torch.as_tensor(points, dtype=torch.float32, device=device)).cpu().numpy()
        if dtype.kind == "f":
            return values.astype(dtype)
        limits = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        return np.clip(np.rint(values.astype(float)), *limits).astype(dtype)

    return look_up


def _smooth(volume: Volume, device: torch.device | str) -> _LookUp:
    array = label_array(volume)
    # Labels are known where they are not 0 too: with a distance of its own the background leaves no gaps where several
    # labels meet.
    distances = [(value, _signed_distance(array == value, volume.grid, device)) for value in np.unique(array)]

    def look_up(points: np.ndarray) -> np.ndarray:
        places = torch.as_tensor(points, dtype=torch.float32, device=device)
        lowest = torch.full((len(points),), np.inf, device=device)
        label = np.zeros(len(points), volume.array.dtype)
        for value, distance in distances:
            near = distance.inside(places)
            found = torch.where(near, distance(places), np.inf)
            closer = found < lowest
            lowest = torch.where(closer, found, lowest)
            label[closer.cpu().numpy()] = value
        return label

    return look_up


def _signed_distance(inside: np.ndarray, grid: Grid, device: torch.device | str) -> ImageSampler:
    """mm to the surface of a label (k, j, i), below 0 inside, in the box that holds it and a voxel around."""
    box = ndimage.find_objects(inside.astype(np.uint8))[0]
    start = [max(0, part.start - 1) for part in box]
    stop = [min(size, part.stop + 1) for part, size in zip(box, inside.shape, strict=True)]
    mask = inside[tuple(slice(*ends) for ends in zip(start, stop, strict=True))]
    cropped = grid.cropped(start[::-1], stop[::-1])
    if mask.all():  # one label everywhere: no surface to measure from
        return ImageSampler(np.full(mask.shape, -1, np.float32), cropped, device)
    out, deep = (ndimage.distance_transform_edt(part, grid.spacing[::-1]) for part in (~mask, mask))
    return ImageSampler((out - deep).astype(np.float32), cropped, device)
