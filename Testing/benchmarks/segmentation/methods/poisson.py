"""Screened Poisson surface reconstruction (Kazhdan & Hoppe, ACM TOG 32(3), 2013) of contour points with in-plane
normals, by open3d."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..exchange import Job
from .contour_points import contour_points, label_box, put_label


def prepare(job: Job, folder: Path, depth: int = 7) -> Callable[[], np.ndarray]:
    import open3d

    def fill() -> np.ndarray:
        labels, best = np.zeros_like(job.labels), np.zeros(job.labels.shape, np.float32)
        for value in job.values:
            points, normals = contour_points(job, value)
            if len(points) < 10:
                continue
            cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points))
            cloud.normals = open3d.utility.Vector3dVector(normals)
            mesh, _ = open3d.geometry.TriangleMesh.create_from_point_cloud_poisson(cloud, depth=depth, n_threads=1)
            start, stop = label_box(job, value, 6)
            if len(mesh.triangles) == 0:
                continue
            scene = open3d.t.geometry.RaycastingScene(nthreads=1)
            scene.add_triangles(open3d.t.geometry.TriangleMesh.from_legacy(mesh))
            k, j, i = np.meshgrid(
                *(np.arange(a, b) for a, b in zip(start[::-1], stop[::-1], strict=True)), indexing="ij"
            )
            query = (np.stack([i, j, k], -1) * job.spacing_kji[::-1]).astype(np.float32)
            put_label(labels, best, start, scene.compute_signed_distance(query).numpy(), value)
        known = np.zeros(labels.shape, bool)
        for axis in range(3):
            known[tuple(job.drawn[axis] if n == 2 - axis else slice(None) for n in range(3))] = True
        return np.where(known, job.labels, labels)

    return fill
