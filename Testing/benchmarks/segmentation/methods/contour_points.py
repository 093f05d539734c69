"""Contour points with in-plane normals of a label on the drawn slices, for the methods that want points."""

from __future__ import annotations

import numpy as np

from ..exchange import Job


def contour_points(job: Job, value: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) places (i, j, k) half-way between inside and outside pixels of a slice, and (N, 3) unit normals outwards,
    smoothed within the slice; both scaled by the spacing to mm along the lattice's axes."""
    from scipy.ndimage import gaussian_filter

    spacing = job.spacing_kji[::-1]
    points, normals = [], []
    for axis in range(3):
        for number in job.drawn[axis]:
            mask = np.take(job.labels == value, number, 2 - axis)
            if not mask.any():
                continue
            slope = np.stack(np.gradient(-gaussian_filter(np.pad(mask, 2).astype(float), 1.0)), -1)[2:-2, 2:-2]
            for along in (0, 1):
                step = np.eye(2, dtype=int)[along]
                low = np.argwhere(np.diff(mask, axis=along))
                where = low + step / 2
                normal = slope[tuple(low.T)] + slope[tuple((low + step).T)]
                points.append(np.insert(where, 2 - axis, number, axis=1)[:, ::-1])
                normals.append(np.insert(normal, 2 - axis, 0, axis=1)[:, ::-1])
    if not points:
        return np.empty((0, 3)), np.empty((0, 3))
    normal = np.concatenate(normals) / spacing
    return np.concatenate(points) * spacing, normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)


def label_box(job: Job, value: int, margin: int) -> tuple[np.ndarray, np.ndarray]:
    """(i, j, k) box of voxels around what is drawn of a label."""
    index = np.argwhere(job.labels == value)[:, ::-1]
    size = np.array(job.labels.shape[::-1])
    return np.maximum(index.min(0) - margin, 0), np.minimum(index.max(0) + margin + 1, size)


def put_label(labels: np.ndarray, best: np.ndarray, start: np.ndarray, distance: np.ndarray, value: int) -> None:
    """Gives the voxels of a box (k, j, i) with the least distance below 0 to the label."""
    part = tuple(slice(a, a + n) for a, n in zip(start[::-1], distance.shape, strict=True))
    takes = distance < best[part]
    best[part][takes] = distance[takes]
    labels[part][takes] = value
