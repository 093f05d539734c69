"""MIND-SSC: what an image looks like around a voxel, described in a way that other contrasts share.

The modality independent neighbourhood descriptor with its self-similarity context: Heinrich et al., Med. Image Anal.
16(7), 2012 (MIND, eq. 4) and Heinrich, Jenkinson, Papiez, Brady & Schnabel, MICCAI 2013 (SSC). Two patches at two of a
voxel's six neighbours are compared, for the 12 pairs of neighbours that are not opposite each other: how alike they
are, relative to the other pairs, says where edges run and not how bright the sides are.

Descriptors of two images can be compared only if their neighbours lie in the same directions and at the same distances
in mm: `image_on_axes` brings both images onto such voxels.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from ..geometry import Grid
from ..interpolation import ImageSampler
from ..memory import points_per_chunk
from ..settings import require, require_range
from .weights import require_samples, weighted_mean

CHANNELS = 12
_NEIGHBOURS = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))  # (k, j, i)
PAIRS = tuple(
    (a, b)
    for number, a in enumerate(_NEIGHBOURS)
    for b in _NEIGHBOURS[number + 1 :]
    if any(p + q for p, q in zip(a, b, strict=True))
)
"""The neighbours (k, j, i) of each channel, in steps of the distance."""


def _grouped_by_step() -> dict[tuple[int, ...], list[tuple[int, tuple[int, ...]]]]:
    """The step from one neighbour of a pair to the other, and the channels and first neighbours of the two pairs that
    have it: their patch distances are one map, looked up at two places."""
    groups: dict[tuple[int, ...], list[tuple[int, tuple[int, ...]]]] = {}
    for channel, pair in enumerate(PAIRS):
        start, end = sorted(pair)
        groups.setdefault(tuple(q - p for p, q in zip(start, end, strict=True)), []).append((channel, start))
    return groups


_BY_STEP = _grouped_by_step()
_LEAST_SHARE, _LARGEST_SHARE = 1e-3, 1e3
_BYTES_PER_VOXEL = 200
_LEAST_LAYERS = 2  # of a slab, per layer of the border that it is worked out with


def mind_ssc(
    image: Tensor,
    *,
    distance: int = 2,
    radius: int = 1,
    dtype: torch.dtype = torch.float32,
    max_memory_gb: float | None = None,
) -> Tensor:
    """Descriptors (k, j, i, 12), 0 to 1, of a (k, j, i) image with voxels of about equal sides, on the image's device.

    Channel (a, b) of `PAIRS` at voxel x is exp(-(D_ab - min D) / V): D_ab is the mean over a cube of (2 radius + 1)^3
    offsets p of (image(x + distance a + p) - image(x + distance b + p))^2, min D the smallest of the 12, V their mean
    above it, kept within 1/1000 and 1000 times its mean over the image, so that a flat region is 1 in all channels
    rather than 0 / 0. Beyond the image its border is repeated. The same for image -> s image + t with any s but 0.

    Slab by slab along k: beyond the result (12 numbers of `dtype` for each voxel; float16 is exact to 5e-4) and one
    number for each voxel, some hundred MB are needed. Raises `InputError` for an image that is not 3-D or not finite,
    and for a distance or radius below 1 or above 16 voxels.
    """
    require(image.ndim == 3, f"Descriptors are of 3-D (k, j, i) images, not of one of the shape {tuple(image.shape)}.")
    require(bool(torch.isfinite(image).all()), "The image holds voxels that are not numbers; fill them first.")
    require_range("The distance of the neighbours", distance, 1, 16, "voxels")
    require_range("The radius of the patches", radius, 1, 16, "voxels")
    image = image if image.is_floating_point() else image.float()
    layers, rows, columns = image.shape
    result = torch.empty(*image.shape, CHANNELS, dtype=dtype, device=image.device)
    spread, tiny = torch.empty_like(image), torch.finfo(image.dtype).tiny
    chunk = points_per_chunk(_BYTES_PER_VOXEL, image.device, max_memory_gb) // (rows * columns)
    step = max(_LEAST_LAYERS * (distance + radius), chunk)
    parts = [slice(start, min(start + step, layers)) for start in range(0, layers, step)]
    for part in parts:
        distances = _patch_distances(image, part, distance, radius)
        distances -= distances.amin(-1, keepdim=True)
        spread[part] = distances.mean(-1)
        result[part] = distances.div_(spread[part, ..., None].clamp(min=tiny))
    # The mean of V is known only now: what was divided by V (at most 12 of it) is put right by V / limited V.
    usual = spread.mean()
    for part in parts:
        limited = spread[part].clamp(_LEAST_SHARE * usual, _LARGEST_SHARE * usual).clamp(min=tiny)
        result[part] = (-(spread[part] / limited)[..., None] * result[part]).exp_()
    return result


def image_on_axes(
    values: np.ndarray,
    grid: Grid,
    axes: np.ndarray,
    spacing_mm: float,
    device: torch.device | str = "cpu",
    max_memory_gb: float | None = None,
) -> tuple[Tensor, Grid]:
    """A finite (k, j, i) image in voxels of `spacing_mm` along given axes, float32 on the device, ready for `mind_ssc`,
    and the grid of those voxels, which covers that of the image.

    axes: (3, 3), columns of unit length at right angles: for the fixed image `grid.directions`, for the moving image
    the same turned by the rotation of the initial alignment. An image that lies along them with that spacing is used as
    it is; any other is interpolated linearly. Raises `InputError` for axes that are not at right angles.
    """
    right = np.allclose(np.transpose(axes) @ axes, np.eye(3), atol=1e-3)
    require(right, "The axes of the descriptors are not at right angles; take those of a grid that is not sheared.")
    target = _covering(grid, axes, spacing_mm)
    sampler = ImageSampler(values, grid, device)
    if target.same_as(grid):
        return sampler.values, target
    image = torch.empty(target.shape, device=device)
    flat = image.view(-1)
    for part, points in target.chunks(points_per_chunk(_BYTES_PER_VOXEL, image.device, max_memory_gb)):
        flat[part] = sampler(torch.as_tensor(points, dtype=torch.float32, device=device))
    return image, target


def descriptor_difference(
    fixed: Tensor, moving: Tensor, weight: Tensor | None = None, *, squared: bool = False
) -> Tensor:
    """Mean absolute (MIND) or squared difference of descriptors (N, C) at the same N points, 0 to 1; a loss as it is.
    `weight` (N) counts each point so many times (0: left out). Raises `InputError` for descriptors of other shapes."""
    require_samples(("fixed descriptors", "moving descriptors"), fixed, moving, ("N points", "C channels"), weight, 1)
    difference = fixed - moving
    return weighted_mean((difference.square() if squared else difference.abs()).mean(-1), weight)


def _patch_distances(image: Tensor, part: slice, distance: int, radius: int) -> Tensor:
    """(k of the part, j, i, 12) mean squared differences of the patches at the pairs of neighbours."""
    reach = distance + radius
    layers = torch.arange(part.start - reach, part.stop + reach, device=image.device).clamp(0, len(image) - 1)
    padded = pad(image[layers][None, None], (reach,) * 4 + (0, 0), mode="replicate")[0, 0]
    size = (part.stop - part.start, *image.shape[1:])
    result = image.new_empty(*size, CHANNELS)
    for step, places in _BY_STEP.items():
        means = _box_means(_squared_differences(padded, [distance * n for n in step]), radius)
        for channel, place in places:
            low = [distance * (1 + p + min(0, n)) for p, n in zip(place, step, strict=True)]
            result[..., channel] = means[tuple(slice(n, n + count) for n, count in zip(low, size, strict=True))]
    return result


def _squared_differences(image: Tensor, step: list[int]) -> Tensor:
    """(image(y) - image(y + step))^2 at all y for which both lie in the (k, j, i) array."""
    here = tuple(slice(max(0, -n), size - max(0, n)) for n, size in zip(step, image.shape, strict=True))
    there = tuple(slice(max(0, n), size - max(0, -n)) for n, size in zip(step, image.shape, strict=True))
    return (image[here] - image[there]).square_()


def _box_means(image: Tensor, radius: int) -> Tensor:
    """Means over cubes of 2 radius + 1 voxels that lie in the (k, j, i) array."""
    width = 2 * radius + 1
    for axis in range(3):
        length = image.shape[axis] - width + 1
        total = image.narrow(axis, 0, length).clone()
        for shift in range(1, width):
            total += image.narrow(axis, shift, length)
        image = total
    return image / width**3


def _covering(grid: Grid, axes: np.ndarray, spacing_mm: float) -> Grid:
    """The grid with these axes and spacing whose voxels cover the field of view of `grid`, about the same centre."""
    along = (grid.corners - grid.center) @ axes
    size = np.maximum(1, np.ceil(np.ptp(along, axis=0) / spacing_mm - 1e-3)).astype(int)
    plain = Grid.from_parts(size[::-1].tolist(), (spacing_mm,) * 3, (0, 0, 0), axes)
    return Grid.from_parts(plain.shape, (spacing_mm,) * 3, grid.center - plain.center, axes)
