"""Frames or components that look alike, turned into few that carry much and many that carry little, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ..volume import Volume
from .intensity import LARGEST_INTEGER

T = TypeVar("T")
GROUP = 8
"""Volumes that are mixed at most: so many have to be decoded for one."""
_SAMPLE = 200_000


@dataclass(frozen=True)
class Mixing:
    """The Karhunen-Loeve transform of some volumes (Hotelling, 1933): an orthonormal matrix: errors of the mixed
    volumes count as errors of the volumes. limits: (low, high) of each volume."""

    matrix: np.ndarray
    limits: np.ndarray

    @classmethod
    def of(cls, volumes: list[Volume]) -> Mixing:
        """Learned from a sample of the voxels."""
        step = max(1, volumes[0].array.size // _SAMPLE)
        sample = np.stack([v.array.reshape(-1)[::step].astype(np.float64) for v in volumes])
        _, vectors = np.linalg.eigh(sample @ sample.T)
        matrix = vectors.T[::-1].astype(np.float32).astype(np.float64)
        return cls(matrix, np.array([v.finite_range() for v in volumes]))

    def mixed(self, volumes: list[Volume]) -> list[Volume]:
        """As many float32 volumes."""
        found = []
        for number, row in enumerate(self.matrix):
            total = np.zeros(volumes[0].array.shape, np.float64)
            for weight, volume in zip(row, volumes, strict=True):
                total += weight * volume.array
            found.append(Volume(total.astype(np.float32), volumes[0].grid, f"mixed {number}"))
        return found

    def unmixed(self, mixed: list[np.ndarray], number: int, dtype: np.dtype) -> np.ndarray:
        """One of the volumes' arrays from all mixed ones."""
        total = np.zeros(mixed[0].shape, np.float64)
        for weight, array in zip(self.matrix[:, number], mixed, strict=True):
            total += weight * array
        low, high = self.limits[number]
        np.clip(total, low, high, out=total)
        return (total if dtype.kind == "f" else np.rint(total)).astype(dtype)

    def to_json(self) -> dict[str, Any]:
        return {"matrix": self.matrix.tolist(), "limits": self.limits.tolist()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Mixing:
        """Raises `ValueError`, `KeyError` or `TypeError` when they make no sense."""
        matrix, limits = np.array(values["matrix"], float), np.array(values["limits"], float)
        count = len(matrix)
        if not 1 <= count <= GROUP or matrix.shape != (count, count) or limits.shape != (count, 2):
            raise ValueError("a mixing matrix has the wrong shape")
        if not (np.isfinite(matrix).all() and np.isfinite(limits).all()) or np.abs(limits).max() > LARGEST_INTEGER:
            raise ValueError("a mixing matrix is not finite")
        return cls(matrix, limits)


def in_groups(items: list[T]) -> list[list[T]]:
    """As they are mixed."""
    return [items[start : start + GROUP] for start in range(0, len(items), GROUP)]


def can_be_mixed(volumes: list[Volume]) -> bool:
    """Whether all voxels are numbers that fit float32 well, on one grid and of one type."""
    first = volumes[0]
    return len(volumes) > 1 and all(
        v.grid.same_as(first.grid)
        and v.array.dtype == first.array.dtype
        and v.finite_mask() is None
        and (v.array.dtype.itemsize <= 2 or v.array.dtype.kind == "f")
        for v in volumes
    )
