"""A first answer between drawn slices within about a second: shape-based interpolation alone, no torch.

Signed distances within the drawn slices, linear between them (Raya & Udupa, IEEE TMI 9(1), 1990); what a fit gives
takes its place later.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from ..metrics.surface import bounding_box
from .drawn_slices import DrawnSlices, nearest_gap

_MARGIN = 2
_MOST_VOXELS = 3_000_000
"""Of one label, beyond which only every second pixel (or third ...) of a slice is looked at."""


def coarse_fill(array: np.ndarray, slices: DrawnSlices, spacing: np.ndarray) -> np.ndarray:
    """Labels (k, j, i) of which only `slices` count, filled in; `spacing` of (i, j, k) in mm. Drawn slices stay as they
    are. Where labels overlap, the one that is deeper inside wins."""
    known = slices.known(array.shape)
    filled, depth = np.zeros_like(array), np.zeros(array.shape, np.float32)
    for value in np.unique(array[known]):
        if value == 0:
            continue
        mask = (array == value) & known
        start, stop = bounding_box(mask)
        start, stop = np.maximum(start - _MARGIN, 0), np.minimum(stop + _MARGIN, array.shape[::-1])
        part = tuple(slice(a, b) for a, b in zip(start[::-1], stop[::-1], strict=True))
        distance = _interpolated(mask[part], slices.moved(start, stop - start), spacing)
        deeper = distance < depth[part]
        depth[part][deeper] = distance[deeper]
        filled[part][deeper] = value
    return np.where(known, array, filled)


def _interpolated(mask: np.ndarray, slices: DrawnSlices, spacing: np.ndarray) -> np.ndarray:
    """Signed distance (k, j, i) float32 mm, mean over the orientations by the closeness of their nearest slices."""
    total, weights = np.zeros(mask.shape, np.float32), np.zeros(mask.shape, np.float32)
    for axis in slices.axes:
        numbers = slices.numbers[axis]
        stride = 1 + int((mask.size / _MOST_VOXELS) ** 0.5)
        guess = _between(np.moveaxis(mask, 2 - axis, 0), numbers, np.delete(spacing[::-1], 2 - axis), stride)
        places = np.arange(mask.shape[2 - axis])
        gap = nearest_gap(places, numbers) * spacing[axis]
        close = 1 / (0.3 + gap / spacing.min()) ** 2
        close[(places < numbers[0]) | (places > numbers[-1])] = 1e-6  # these slices say nothing of what is beyond them
        close = close.astype(np.float32)[:, None, None]
        total += np.moveaxis(close * guess, 0, 2 - axis)
        weights += np.moveaxis(np.broadcast_to(close, guess.shape), 0, 2 - axis)
    return total / weights


def _between(mask: np.ndarray, numbers: np.ndarray, spacing: np.ndarray, stride: int) -> np.ndarray:
    """Distances (N, rows, columns) between the drawn ones of N slices; none beyond the first and the last of them."""
    drawn = np.stack([_in_plane(mask[number, ::stride, ::stride], stride * spacing) for number in numbers])
    places = np.arange(len(mask))
    after = np.searchsorted(numbers, places).clip(0, len(numbers) - 1)
    before = np.where(numbers[after] > places, np.maximum(after - 1, 0), after)
    share = (places - numbers[before]) / np.maximum(numbers[after] - numbers[before], 1)
    share = share.clip(0, 1).astype(np.float32)[:, None, None]
    found = (1 - share) * drawn[before] + share * drawn[after]
    found[(places < numbers[0]) | (places > numbers[-1])] = float(np.abs(drawn).max())
    rows, columns = (np.arange(size) // stride for size in mask.shape[1:])
    return found if stride == 1 else found[:, rows][:, :, columns]


def _in_plane(pixels: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """A slice without the label is as far from it as it is wide, so that shapes end half-way to it or sooner."""
    if not pixels.any():
        return np.full(pixels.shape, float(np.hypot(*(spacing * pixels.shape))) / 4, np.float32)
    if pixels.all():
        return np.full(pixels.shape, -float(np.hypot(*(spacing * pixels.shape))), np.float32)
    outside, inside = distance_transform_edt(~pixels, spacing), distance_transform_edt(pixels, spacing)
    return (outside - inside).astype(np.float32)
