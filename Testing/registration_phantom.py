"""The pair of volumes that registration is tested on: one texture on two oblique grids, a known warp between them."""

import numpy as np
from grids import rotation

from INRCore.fields import Field, FieldSettings, Frame
from INRCore.fitting import FitSettings
from INRCore.geometry import Grid
from INRCore.registration import RegistrationSettings
from INRCore.volume import Volume

CENTER = np.array([30.0, -20.0, 45.0])
RADIUS = 30.0


def grid_around(shape, spacing, directions, shift=(0, 0, 0)):
    """Grid with CENTER (+ shift) in its middle."""
    plain = Grid.from_parts(shape, spacing, (0, 0, 0), directions)
    return Grid.from_parts(shape, spacing, CENTER + shift - plain.center, directions)


FIXED_GRID = grid_around((20, 40, 44), (2.0, 1.9, 3.6), rotation(20, -15, 40) @ np.diag([1, 1, -1]))
MOVING_GRID = grid_around((34, 46, 26), (3.4, 1.8, 2.5), rotation(-35, 10, 100), (1, -1, 2))


def texture(points):
    """(N, 3) RAS mm to intensities: a ball with blobs in it, a different one at every place; 0 outside."""
    rng = np.random.default_rng(7)
    offset = points - CENTER
    value = 300 / (1 + np.exp((np.linalg.norm(offset, axis=-1) - RADIUS) / 1.0))
    for _ in range(40):
        middle, width, height = rng.uniform(-20, 20, 3), rng.uniform(3, 7), rng.uniform(-200, 300)
        value = value + height * np.exp(-((offset - middle) ** 2).sum(-1) / (2 * width**2))
    return value


def known_warp(points):
    """(N, 3) RAS mm to a smooth displacement in mm, mean about 3, at most about 6."""
    x, y, z = ((points - CENTER) / 16).T
    return 2.6 * np.stack([np.sin(y + 0.4) + 0.5 * z, np.cos(x) - 0.4 * np.sin(z), np.sin(x - y) + 0.3], -1)


def image(grid, mapping=lambda points: points, dtype=np.float32, name="image"):
    array = texture(mapping(grid.points())).reshape(grid.shape)
    return Volume(np.rint(array).astype(dtype) if np.dtype(dtype).kind == "i" else array.astype(dtype), grid, name)


def small_settings(fit=None, **changes):
    fit = {"iterations": 240, "points": 2048, "learning_rate": 2e-3, "device": "cpu", **(fit or {})}
    field = FieldSettings(width=48, depth=2, omega_first=8.0)
    values = {"field": field, "smoothing_voxels": (2.0, 0.0), "fit": FitSettings(**fit), **changes}
    return RegistrationSettings(**values)


def warped_pair():
    """fixed(x) = texture(x + u(x)) and moving(y) = 1.7 texture(y) + 40, so that phi(x) = x + u(x) exactly."""
    fixed = image(FIXED_GRID, lambda x: x + known_warp(x), name="fixed")
    moving = image(MOVING_GRID, name="moving")
    return fixed, moving.with_array(np.rint(1.7 * moving.array + 40).astype(np.int16))


def points_of_the_object(grid=FIXED_GRID):
    points = grid.points()
    return points[np.linalg.norm(points + known_warp(points) - CENTER, axis=-1) < RADIUS]


def half_mask(grid, margin=0.0):
    """Everything to the left (x < CENTER - margin)."""
    return Volume((grid.points()[:, 0] < CENTER[0] - margin).astype(np.uint8).reshape(grid.shape), grid)


def constant_field(grid, value):
    return Field(FieldSettings(width=8, depth=1), Frame.of_grid(grid), 3, output_scale=0.0, output_offset=value)


def turned(degrees=(8, -6, 12), shift=(5.0, -3.0, 7.0)):
    """4x4 RAS: a rotation about CENTER with some shear and growth, and a shift."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(*degrees) @ np.array([[1.06, 0.04, 0], [0, 0.97, 0.02], [0, 0, 1.03]])
    matrix[:3, 3] = CENTER - matrix[:3, :3] @ CENTER + np.array(shift)
    return matrix


def through(matrix, points):
    return points @ matrix[:3, :3].T + matrix[:3, 3]
