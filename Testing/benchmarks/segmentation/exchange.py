"""What the benchmark and a method's own process give each other: a label map with some drawn slices, and a full one.
Needs only numpy, because the peers run in an environment of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

AXES = "ijk"


class MissingError(Exception):
    """The method cannot run here; the message says what is missing."""


@dataclass(frozen=True, eq=False)
class Job:
    """labels: (k, j, i) int32, 0 on slices that are not drawn; affine: 4x4 (i, j, k, 1) to RAS mm; drawn: the numbers
    of the drawn slices across i, j and k (empty for none)."""

    labels: np.ndarray
    affine: np.ndarray
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray]

    def save(self, path: Path) -> None:
        numbers = {f"drawn_{axis}": self.drawn[n] for n, axis in enumerate(AXES)}
        np.savez(path, labels=self.labels, affine=self.affine, **numbers)

    @classmethod
    def load(cls, path: Path) -> Job:
        with np.load(path) as file:
            return cls(file["labels"], file["affine"], tuple(file[f"drawn_{axis}"] for axis in AXES))

    @property
    def spacing_kji(self) -> np.ndarray:
        """mm between voxels along k, j, i."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)[::-1]

    @property
    def values(self) -> list[int]:
        return [int(value) for value in np.unique(self.labels) if value > 0]

    def only_axis(self) -> int | None:
        """0, 1, 2 (i, j, k) when slices of one orientation alone are drawn."""
        used = [axis for axis in range(3) if len(self.drawn[axis])]
        return used[0] if len(used) == 1 else None
