"""What is expected between drawn slices, a weak pull on the estimate: areas that move, ellipsoids through contours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_FREE_PIXELS = 2.0


@dataclass(frozen=True)
class ExpectedSections:
    """What is between the slices. `distance` (k, j, i) float32 mm, below 0 inside, infinite where nothing is expected;
    `weight` (k, j, i): how much each voxel says, next to 1 for a contour that is drawn; `pixel_mm`: side of a pixel."""

    distance: np.ndarray
    weight: np.ndarray
    pixel_mm: float

    @property
    def pull(self) -> np.ndarray:
        """Weight times distance, 0 where nothing is expected."""
        return np.where(self.weight > 0, self.distance, 0) * self.weight

    @property
    def around(self) -> np.ndarray:
        """(k, j, i) bool: inside or near, where what neighbouring slices show in place does not bound the shape."""
        return np.asarray(self.distance < _FREE_PIXELS * self.pixel_mm)
