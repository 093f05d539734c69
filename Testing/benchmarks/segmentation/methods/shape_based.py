"""Shape-based interpolation: signed distances within the drawn slices, interpolated linearly across (Raya & Udupa, IEEE
TMI 9(1), 1990), for every label alone; the label with the least distance takes the voxel. Own implementation."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..exchange import Job, MissingError


def prepare(job: Job, folder: Path) -> Callable[[], np.ndarray]:
    from scipy.ndimage import distance_transform_edt

    axis = job.only_axis()
    if axis is None:
        raise MissingError("not run: made for slices of one orientation")
    numbers, across = job.drawn[axis], 2 - axis
    slices = np.moveaxis(job.labels, across, 0)
    sampling = np.delete(job.spacing_kji, across)

    def signed(mask: np.ndarray) -> np.ndarray:
        if not mask.any():
            return np.full(mask.shape, np.inf)
        half = float(sampling.min()) / 2
        outside = distance_transform_edt(~mask, sampling) - distance_transform_edt(mask, sampling)
        return outside + np.where(mask, half, -half)

    def fill() -> np.ndarray:
        best, labels = np.zeros(slices.shape), slices.copy()
        for value in job.values:
            planes = [signed(slices[number] == value) for number in numbers]
            for n, (first, last) in enumerate(pairwise(numbers)):
                low, high = planes[n], planes[n + 1]
                if not (np.isfinite(low).all() or np.isfinite(high).all()):
                    continue
                # A shape that is on one slice only tapers off half-way to the other.
                low = low if np.isfinite(low).all() else high - 2 * high.min()
                high = high if np.isfinite(high).all() else low - 2 * low.min()
                for number in range(first + 1, last):
                    share = (number - first) / (last - first)
                    distance = (1 - share) * low + share * high
                    takes = (distance <= 0) & ((distance < best[number]) | (labels[number] == 0))
                    best[number][takes], labels[number][takes] = distance[takes], value
        return np.moveaxis(labels, 0, across)

    return fill
