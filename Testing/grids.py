"""Grids that geometry is tested on: every kind that has ever been mirrored or shifted by somebody."""

import numpy as np

from INRCore.geometry import Grid


def rotation(x: float, y: float, z: float) -> np.ndarray:
    """3x3 rotation about the x, then y, then z axis (degrees)."""
    a, b, c = np.deg2rad([x, y, z])
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return rz @ ry @ rx


SHAPE = (8, 10, 12)
_OBLIQUE = rotation(20, -15, 40)
_SHEAR = np.array([[1, 0, 0.3], [0, 1, -0.1], [0, 0, 1]])

GRIDS = {
    "axial": Grid.from_parts(SHAPE, (1, 1, 1)),
    "oblique": Grid.from_parts(SHAPE, (0.7, 1.1, 3.0), (-40, 25, 110), _OBLIQUE),
    "left-handed oblique": Grid.from_parts(SHAPE, (0.7, 1.1, 3.0), (12, -33, 71), _OBLIQUE @ np.diag([1, 1, -1])),
    "flipped and permuted": Grid.from_parts(SHAPE, (2, 0.5, 1), (5, 6, 7), np.eye(3)[[2, 0, 1]] * [-1, 1, -1]),
    "sheared": Grid.from_parts(SHAPE, (0.9, 0.9, 2.5), (-8, 120, -60), _OBLIQUE @ _SHEAR),
}
"""Name -> grid of the same shape (k, j, i)."""
