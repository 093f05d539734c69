"""The reconstruction as a function of places: a cubic spline over its lattice."""

from __future__ import annotations

import numpy as np

from ..geometry import Grid
from .baseline import CubicSpline


class LatticeField:
    """values (k, j, i) float32 on `grid`, and the smooth function through them."""

    def __init__(self, values: np.ndarray, grid: Grid) -> None:
        self.values, self.grid = values, grid
        self._spline: CubicSpline | None = None

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N) float32."""
        if self._spline is None:
            self._spline = CubicSpline(self.values, self.grid)
        return self._spline(points)
