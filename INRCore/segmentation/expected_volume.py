"""The volume that drawn slices let expect, and an estimate that holds it.

Slices at even distances, wherever the first one falls, give a volume without bias: area times distance, whatever the
shape (Cavalieri's principle; Gundersen & Jensen, Journal of Microscopy 147, 1987). Surfaces of least bending hold less
when slices are far apart: areas that hardly overlap join by a thin neck, and ends are pointed.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .drawn_slices import DrawnSlices


def with_expected_volume(estimate: np.ndarray, mask: np.ndarray, slices: DrawnSlices) -> np.ndarray:
    """The (k, j, i) estimate of a distance, below 0 inside, less what it takes to hold the volume that the drawn areas
    of `mask` (bool) let expect; as it is when it holds so much, or when slices are drawn across several axes.

    What is taken away is nothing on a drawn slice and most half-way between two, in proportion to the square of their
    distance: as an arc sags."""
    axis = slices.only_axis
    if axis is None:
        return estimate
    numbers = slices.numbers[axis]
    areas = np.take(mask, numbers, 2 - axis).sum(tuple(n for n in range(3) if n != 2 - axis))
    lengths = np.diff(numbers) - 1
    expected = int((lengths * (areas[:-1] + areas[1:]) / 2).sum())
    between = np.zeros(estimate.shape[2 - axis], np.float32)
    for first, second in pairwise(numbers.tolist()):
        place = np.arange(first + 1, second)
        between[place] = (place - first) * (second - place)
    free = np.moveaxis(estimate, 2 - axis, 0)[between > 0]
    if (free < 0).sum() >= expected or expected >= free.size:
        return estimate
    sag = between.reshape([-1 if n == 2 - axis else 1 for n in range(3)])
    needed = free / between[between > 0][:, None, None]
    return np.asarray(estimate - np.partition(needed.ravel(), expected)[expected] * sag, np.float32)
