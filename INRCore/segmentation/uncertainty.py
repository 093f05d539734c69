"""How sure a filled segmentation is between its drawn slices, and which slice to draw next."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ..geometry import Grid
from .between_slices import contour_crossings
from .drawn_slices import AXES, DrawnSlices
from .given import Given, GivenLabels
from .settings import SegmentationSettings
from .shapes import Shapes

_SURE_VOXELS = 0.3
_UNCALIBRATED = 0.5
_MOST_LABELS, _MOST_POINTS = 6, 4000


@dataclass(frozen=True)
class SurfaceError:
    """Standard deviation of a surface's place: `least_mm` on a drawn slice, growing by `per_mm` with the distance to
    the nearest. `calibrated`: whether that was measured, by filling from every second slice and looking at the rest."""

    least_mm: float
    per_mm: float
    calibrated: bool

    def at(self, unknown_mm: np.ndarray) -> np.ndarray:
        """(N) mm away from what is drawn, to (N) mm."""
        return self.least_mm + self.per_mm * unknown_mm


@dataclass(frozen=True)
class NextSlice:
    """The slice that would tell most: `number` (0-based, of the input) across `axis` ('i', 'j', 'k'); `center`: RAS mm
    of its middle; `expected_error_mm2`: area on it that is expected to be wrong now."""

    axis: str
    number: int
    center: tuple[float, float, float]
    expected_error_mm2: float

    def describe(self) -> str:
        x, y, z = self.center
        return (
            f"Draw next: slice {self.number} across {self.axis} (through {x:.1f}, {y:.1f}, {z:.1f} mm RAS), where "
            f"about {self.expected_error_mm2:.3g} mm² are expected to be wrong."
        )


def surface_error(given: Given, settings: SegmentationSettings) -> SurfaceError:
    """Measured by leave-out: the largest labels are filled from every second drawn slice, and the distance of that
    surface from the contours on the slices left out is set against their distance from the slices kept (root
    mean squares of both). With too few slices to leave any out, half a mm for each mm is assumed."""
    least = _SURE_VOXELS * given.domain.voxel_mm
    if not isinstance(given, GivenLabels):
        return SurfaceError(least, _UNCALIBRATED, False)
    if given.slices is None:
        return SurfaceError(least, 0.0, True)
    all_of, half = given.slices.numbers, [n[::2] if len(n) >= 3 else n for n in given.slices.numbers]
    kept = DrawnSlices((half[0], half[1], half[2]))
    i, j, k = (np.setdiff1d(n, m) for n, m in zip(all_of, half, strict=True))
    left = DrawnSlices((i, j, k))
    fewer = dataclasses.replace(given, slices=kept)
    sizes = {value: int((given.array == value).sum()) for value in given.values}
    wrong, away = [], []
    for value in sorted(sizes, key=lambda v: -sizes[v])[:_MOST_LABELS] if left.count else []:
        mask = given.array == value
        contours = contour_crossings(left.only(mask), given.domain.grid, left, settings.smoothness_mm)
        if len(contours) == 0 or not kept.only(mask).any():
            continue
        points = contours.points[:: max(1, len(contours) // _MOST_POINTS)]
        lattice = fewer.lattice(value, settings, min(settings.rounds, 2))
        index = lattice.grid.world_to_index(points)
        inside = ((index >= 0) & (index <= lattice.grid.size_ijk - 1)).all(1)
        nearest = np.rint(index[inside]).astype(int)
        wrong.append(np.abs(lattice.values[tuple(nearest[:, ::-1].T)]))
        away.append(kept.distance(points[inside], given.domain.grid))
    if sum(map(len, wrong)) < 20:
        return SurfaceError(least, _UNCALIBRATED, False)
    size = np.sqrt(np.mean(np.concatenate(wrong) ** 2) / np.mean(np.concatenate(away) ** 2))
    return SurfaceError(least, float(size), True)


def wrong_probability(shapes: Shapes, given: Given, error: SurfaceError, grid: Grid) -> np.ndarray:
    """(k, j, i) float32, 0 to 0.5: the probability that a voxel is on the other side of the nearest label's surface,
    whose place is taken as normally distributed; 0 outside the domain."""
    values = np.zeros(grid.voxel_count, np.float32)
    for part, points in grid.chunks(shapes.field.points_per_chunk(shapes.max_memory_gb)):
        inside = shapes.domain.box_distance(points) <= 0
        if inside.any():
            near = np.abs(shapes.field.evaluate(points[inside], shapes.max_memory_gb)).min(1)
            chance = np.zeros(len(points), np.float32)
            chance[inside] = ndtr(-near / error.at(given.unknown_mm(points[inside])))
            values[part] = chance
    return values.reshape(grid.shape)


def next_slice(shapes: Shapes, given: Given, error: SurfaceError) -> NextSlice | None:
    """The slice of the input with the largest expected error, over all orientations; None for a dense label map, where
    everything is drawn."""
    if not isinstance(given, GivenLabels) or given.slices is None:
        return None
    grid = given.domain.grid
    chance = wrong_probability(shapes, given, error, grid)
    chance[given.slices.known(chance.shape)] = 0
    best: NextSlice | None = None
    for axis in range(3):
        pixel = float(np.linalg.norm(np.cross(*np.delete(grid.ijk_to_world[:3, :3], axis, axis=1).T)))
        sums = chance.sum(axis=tuple(n for n in range(3) if n != 2 - axis)) * pixel
        number = int(sums.argmax())
        if best is None or sums[number] > best.expected_error_mm2:
            middle = (grid.size_ijk - 1) / 2
            middle[axis] = number
            x, y, z = grid.index_to_world(middle).tolist()
            place = number + int(given.domain.start[axis])
            best = NextSlice(AXES[axis], place, (x, y, z), float(sums[number]))
    return best
