"""Interpolation of signed values by radial basis functions (Carr et al., SIGGRAPH 2001; biharmonic r^3 splines of the
60 nearest points), through contour points and points off them along the normals, by SciPy."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.linalg import LinAlgError

from ..exchange import Job
from .contour_points import contour_points, label_box, put_label

_MOST_POINTS = 1500


def prepare(job: Job, folder: Path, neighbours: int = 60) -> Callable[[], np.ndarray]:
    from scipy.interpolate import RBFInterpolator

    spacing = job.spacing_kji[::-1]

    def fill() -> np.ndarray:
        labels, best = np.zeros_like(job.labels), np.zeros(job.labels.shape, np.float32)
        for value in job.values:
            points, normals = contour_points(job, value)
            if len(points) < 10:
                continue
            chosen = np.random.default_rng(0).permutation(len(points))[:_MOST_POINTS]
            points, normals, off = points[chosen], normals[chosen], 1.5 * spacing.min()
            places = np.concatenate([points, points + off * normals, points - off * normals])
            values = np.repeat([0.0, off, -off], len(points))
            places, first = np.unique(places.round(6), axis=0, return_index=True)
            field = RBFInterpolator(
                places, values[first], neighbors=min(neighbours, len(places)), smoothing=1e-3, kernel="cubic"
            )
            start, stop = label_box(job, value, 6)
            k, j, i = np.meshgrid(
                *(np.arange(a, b) for a, b in zip(start[::-1], stop[::-1], strict=True)), indexing="ij"
            )
            query = np.stack([i, j, k], -1).reshape(-1, 3) * spacing
            with suppress(LinAlgError):  # all points near a place lie in one plane: no such spline; the label is lost
                put_label(labels, best, start, field(query).reshape(k.shape), value)
        known = np.zeros(labels.shape, bool)
        for axis in range(3):
            known[tuple(job.drawn[axis] if n == 2 - axis else slice(None) for n in range(3))] = True
        return np.where(known, job.labels, labels)

    return fill
