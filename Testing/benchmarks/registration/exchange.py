"""What the benchmark and a method's own process give each other: two images, a start, a map. Needs only numpy, because
the peers run in an environment of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_ARRAYS = ("fixed", "fixed_affine", "moving", "moving_affine", "start", "mask")


class MissingError(Exception):
    """The method cannot run here; the message says what is missing."""


@dataclass(frozen=True, eq=False)
class Job:
    """fixed, moving: (k, j, i) float32; fixed_affine, moving_affine: 4x4 (i, j, k, 1) to RAS mm; start: 4x4 RAS, takes
    fixed to moving points, where every method begins; mask: (k, j, i) bool, the fixed body; multimodal: whether the
    contrasts differ; options: of the method; threads; device: 'cpu' or 'cuda'."""

    fixed: np.ndarray
    fixed_affine: np.ndarray
    moving: np.ndarray
    moving_affine: np.ndarray
    start: np.ndarray
    mask: np.ndarray
    multimodal: bool
    options: dict[str, Any]
    threads: int
    device: str

    def save(self, path: Path) -> None:
        """One uncompressed .npz file; the plain values travel in `about`."""
        about = np.array([str(self.multimodal), str(self.threads), self.device, json.dumps(self.options)])
        np.savez(path, about=about, **{name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def load(cls, path: Path) -> Job:
        with np.load(path, allow_pickle=False) as file:
            multimodal, threads, device, options = file["about"].tolist()
            arrays = {name: file[name] for name in _ARRAYS}
        return cls(
            **arrays, multimodal=multimodal == "True", threads=int(threads), device=device,
            options=json.loads(options),
        )  # fmt: skip

    def fixed_points(self) -> np.ndarray:
        """(k, j, i, 3) RAS mm of the fixed voxel centres."""
        return points_of(self.fixed.shape, self.fixed_affine)

    def started(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) RAS mm through the start."""
        return transformed(self.start, points)


def points_of(shape: tuple[int, ...], affine: np.ndarray) -> np.ndarray:
    """(k, j, i, 3) RAS mm of the voxel centres of a (k, j, i) array."""
    k, j, i = np.meshgrid(*(np.arange(n, dtype=float) for n in shape), indexing="ij")
    return transformed(affine, np.stack([i, j, k], -1))


def transformed(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(..., 3) points through a 4x4 matrix."""
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def lps_geometry(affine: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Origin (3), spacing (3) and directions (3, 3), LPS, of a 4x4 index-to-RAS matrix, as ITK wants them."""
    lps = LPS_FROM_RAS @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    return lps[:3, 3], spacing, lps[:3, :3] / spacing
