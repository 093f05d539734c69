"""Synthetic head images to try the modules on: they need no download and no licence, and their truth is known.

An MR-like head, a function of RAS mm, is seen on oblique grids as a scanner would see it. Needs numpy and scipy only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .geometry import Grid
from .volume import Volume

Function = Callable[[np.ndarray], np.ndarray]
"""(N, 3) RAS mm to (N) values."""

_NOISE = 12.0  # of about 700
_EDGE_MM = 0.8
_TILT = np.deg2rad(12)
_OBLIQUE = np.array([[1, 0, 0], [0, np.cos(_TILT), -np.sin(_TILT)], [0, np.sin(_TILT), np.cos(_TILT)]])
_NUCLEI = (
    ((24, 8, 4), (9, 13, 8)),
    ((-23, 10, 4), (9, 13, 8)),
    ((11, -10, 2), (7, 11, 7)),
    ((-11, -9, 2), (7, 11, 7)),
)
_VENTRICLES = (((9, 8, 12), (5, 24, 8)), ((-10, 6, 12), (6, 25, 9)), ((0, -12, -6), (4, 7, 5)))
_SCALP, _SKULL, _BRAIN = ((0, 0, 0), (76, 95, 84)), ((0, 0, 0), (70, 89, 78)), ((0, 0, 2), (66, 84, 71))
_TUMOUR = ((-34, -22, 22), (13, 11, 12))
LANDMARKS = np.array(
    [
        [9, 32, 12],
        [-10, 31, 12],
        [0, -12, -1],
        [24, 8, 12],
        [-23, 10, 12],
        [-34, -22, 34],
        [44, -14, 20],
        [-40, 30, -8],
    ],
    float,
)
"""(n, 3) RAS mm: places in the head that a reader could find again."""


def head(points: np.ndarray) -> np.ndarray:
    """(N, 3) RAS mm to an MR-like intensity, 0 outside the head: scalp, skull, folded grey and white matter,
    ventricles, deep nuclei, a tumour."""
    brain = _brain_depth(points)
    value = 260 * _inside(_depth(points, _SCALP)) - 200 * _inside(_depth(points, _SKULL))
    value += 330 * _inside(brain) + 220 * _inside(brain - 6 + 4 * _folds(points))
    for ellipsoid in _NUCLEI:
        value -= 130 * _inside(_depth(points, ellipsoid))
    value -= 420 * _inside(ventricle_depth(points))
    return value + 190 * _inside(_depth(points, _TUMOUR)) * (1 + 0.3 * np.sin(points @ [0.5, 0.7, -0.4]))


def ventricle_depth(points: np.ndarray) -> np.ndarray:
    """(N) about mm inside the ventricles."""
    return np.max([_depth(points, ellipsoid) for ellipsoid in _VENTRICLES], 0)


def tumour_depth(points: np.ndarray) -> np.ndarray:
    """(N) about mm inside the tumour, which has a lobe."""
    x, y, z = points.T
    return _depth(points, _TUMOUR) + 2.5 * np.sin(0.25 * x + 0.3 * y - 0.2 * z)


def _brain_depth(points: np.ndarray) -> np.ndarray:
    """(N) about mm inside the brain, whose surface is folded and parted by the falx."""
    x, _, z = points.T
    whole = _depth(points, _BRAIN)
    sulci = (1 - np.abs(_folds(points))) ** 6 * np.clip(14 - whole, 0, 12)
    falx = 60 * np.exp(-((x / 1.4) ** 2)) * expit((z - 22) / 4)
    return whole + 1.5 * _folds(points) - sulci - falx


def _folds(points: np.ndarray) -> np.ndarray:
    """(N) from -1 to 1, a wave that winds through space like gyri do."""
    x, y, z = points.T
    return np.sin(x / 5.5 + 2 * np.sin(y / 17) + 1.3 * np.sin(z / 13) + y / 9 - z / 8)


def _depth(points: np.ndarray, ellipsoid: tuple[tuple[int, int, int], tuple[int, int, int]]) -> np.ndarray:
    """(N) about mm inside an ellipsoid (centre, half axes)."""
    center, axes = (np.array(part, float) for part in ellipsoid)
    return (1 - np.linalg.norm((points - center) / axes, axis=1)) * axes.min()


def _inside(depth: np.ndarray) -> np.ndarray:
    """1 deep inside, 0 outside, with a soft edge."""
    return expit(depth / (_EDGE_MM / 2))


# -- how it is seen --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class DrawnLabels:
    """labels: a label map of which some slices are drawn; names: of its values."""

    labels: Volume
    names: dict[int, str]


def head_volume() -> Volume:
    """The head at 2 mm."""
    return _scanned(head, _grid_around((88, 104, 80), (2, 2, 2)), "Sample head")


def thick_slices() -> Volume:
    """The head in slices 6 mm thick, 1.5 mm in plane: each voxel is the mean over its thickness."""
    grid = _grid_around((28, 128, 104), (1.5, 1.5, 6))
    across = grid.ijk_to_world[:3, 2] / 6
    offsets = (np.arange(6) - 2.5)[:, None] * across
    return _scanned(lambda points: np.mean([head(points + o) for o in offsets], 0), grid, "Sample thick slices")


def warp(points: np.ndarray) -> np.ndarray:
    """(N, 3) RAS mm of the fixed head to the same places of the moving one: a smooth displacement of about 5 mm."""
    x, y, z = (points / 30).T
    return points + 4 * np.stack([np.sin(y + 0.4) + 0.4 * z, np.cos(x) - 0.4 * np.sin(z), np.sin(x - y) + 0.3], -1)


def head_pair() -> tuple[Volume, Volume]:
    """(fixed, moving): the moving head is of another session, bent, on another grid and with another contrast. A place
    p of the fixed head is at `warp(p)` in the moving one."""
    moving = _scanned(head, _grid_around((58, 72, 66), (2.5, 2.75, 3.0), _OBLIQUE.T), "Sample moving head", seed=1)
    fixed = _scanned(
        lambda points: head(warp(points)), _grid_around((60, 72, 60), (3, 2.75, 2.75)), "Sample fixed head"
    )
    return fixed, moving.with_array((0.8 * moving.array + 60 * (moving.array > 100)).astype(np.int16))


def drawn_labels(volume: Volume, step: int = 3) -> DrawnLabels:
    """Ventricles and tumour of `head_volume`, drawn on every `step`-th slice that shows them."""
    points = volume.grid.points()
    array = np.where(tumour_depth(points) > 0, 2, np.where(ventricle_depth(points) > 0, 1, 0))
    drawn = array.reshape(volume.grid.shape).astype(np.uint8)
    is_drawn = np.arange(len(drawn)) % step == 0
    drawn[~is_drawn] = 0
    return DrawnLabels(volume.with_array(drawn, name="Sample contours"), {1: "Ventricles", 2: "Tumour"})


def _grid_around(shape: tuple[int, int, int], spacing: tuple[float, float, float], axes: np.ndarray = _OBLIQUE) -> Grid:
    """Oblique grid of `shape` (k, j, i) and `spacing` (i, j, k) with the head in its middle."""
    plain = Grid.from_parts(shape, spacing, (0, 0, 0), axes)
    return Grid.from_parts(shape, spacing, (-plain.center).tolist(), axes)


def _scanned(function: Function, grid: Grid, name: str, seed: int = 0) -> Volume:
    """Magnitude image with Rician noise, int16."""
    values = np.empty(grid.voxel_count, np.float32)
    for part, points in grid.chunks(1 << 18):
        values[part] = function(points)
    noise = np.random.default_rng(seed).normal(scale=_NOISE, size=(2, grid.voxel_count))
    array = np.hypot(values + noise[0], noise[1])
    return Volume(np.rint(array).astype(np.int16).reshape(grid.shape), grid, name=name)
