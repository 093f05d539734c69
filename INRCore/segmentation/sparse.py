"""Label maps of which only some slices are drawn: finding the slices, and the contours between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from ..errors import InputError
from ..geometry import Grid
from ..metrics.surface import boundary_faces, bounding_box, face_vectors
from .crossings import Crossings, find_crossings, unit
from .distances import SurfaceDistance

_AXES = "ijk"
_PAD_VOXELS = 3


@dataclass(frozen=True)
class DrawnSlices:
    """Which slices of a grid are drawn: `axis` across them (0, 1, 2 = i, j, k) and their sorted `numbers`."""

    axis: int
    numbers: np.ndarray

    @property
    def axis_name(self) -> str:
        return _AXES[self.axis]

    def moved(self, start_ijk: np.ndarray) -> DrawnSlices:
        """The same slices, numbered from `start_ijk` on."""
        return DrawnSlices(self.axis, self.numbers - int(start_ijk[self.axis]))

    def distance(self, points: np.ndarray, grid: Grid) -> np.ndarray:
        """(N, 3) RAS mm to (N) mm: distance to the plane of the nearest drawn slice."""
        height = grid.world_to_index(points)[:, self.axis]
        after = np.clip(np.searchsorted(self.numbers, height), 1, len(self.numbers) - 1)
        nearest = np.minimum(np.abs(height - self.numbers[after - 1]), np.abs(height - self.numbers[after]))
        return nearest / np.linalg.norm(grid.world_to_ijk[self.axis, :3])

    def only(self, mask: np.ndarray) -> np.ndarray:
        """A (k, j, i) bool array without what is on other slices."""
        kept = np.zeros_like(mask)
        chosen = [slice(None)] * 3
        chosen[2 - self.axis] = self.numbers  # type: ignore[call-overload]
        kept[tuple(chosen)] = mask[tuple(chosen)]
        return kept


def find_drawn_slices(mask: np.ndarray, mode: str, label: str = "The label map") -> DrawnSlices | None:
    """Drawn slices of a (k, j, i) bool mask of all labels; None when it is a dense label map.

    'auto' takes it as sparse when along exactly one axis the slices that hold a label are mostly single ones with empty
    slices between them. Raises `InputError` naming `label` when an axis is given and fewer than two slices are drawn.
    """
    if mode == "dense":
        return None
    if mode != "auto":
        axis = _AXES.index(mode)
        numbers = _held(mask, axis)
        if len(numbers) < 2:
            raise InputError(
                f"{label} has {len(numbers)} labelled slice(s) across {mode}; draw at least two, or set sparse to "
                "another axis or 'dense'."
            )
        return DrawnSlices(axis, numbers)
    found = [DrawnSlices(axis, _held(mask, axis)) for axis in range(3) if _looks_drawn(_held(mask, axis))]
    return found[0] if len(found) == 1 else None


def _held(mask: np.ndarray, axis: int) -> np.ndarray:
    return np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != 2 - axis)))


def _looks_drawn(numbers: np.ndarray) -> bool:
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    return len(runs) >= 2 and sum(len(run) == 1 for run in runs) >= 0.5 * len(runs)


def interpolated_surface(
    mask: np.ndarray, grid: Grid, slices: DrawnSlices, smoothness_mm: float | None
) -> tuple[Crossings, Crossings]:
    """Contours on the drawn slices, and a first guess of the whole surface, of one (k, j, i) bool mask.

    The guess is shape-based interpolation (Raya & Udupa, IEEE TMI 9(1), 1990): in-plane signed distances on the drawn
    slices, interpolated across, here by monotone cubics, which make no new zero between two slices that agree.
    """
    start, stop = _region(mask, grid, slices)
    part = tuple(slice(a, b) for a, b in zip(start[::-1], stop[::-1], strict=True))
    mask, grid, slices = mask[part], grid.cropped(tuple(start), tuple(stop)), slices.moved(start)
    inside = (slices.numbers >= 0) & (slices.numbers < mask.shape[2 - slices.axis])
    slices = DrawnSlices(slices.axis, slices.numbers[inside])
    contours = find_crossings(mask, grid, smoothness_mm, flat_axis=slices.axis)
    if len(contours) == 0:
        return contours, contours
    return contours, _zero_crossings(_interpolated(contours, mask.shape, grid, slices), grid)


def _region(mask: np.ndarray, grid: Grid, slices: DrawnSlices) -> tuple[np.ndarray, np.ndarray]:
    """Box (i, j, k) around the mask from the drawn slice before its first to the one after its last."""
    start, stop = bounding_box(mask)
    start, stop = np.maximum(start - _PAD_VOXELS, 0), np.minimum(stop + _PAD_VOXELS, grid.size_ijk)
    first, last = _held(mask, slices.axis)[[0, -1]]
    place = np.searchsorted(slices.numbers, [first, last])
    start[slices.axis] = slices.numbers[max(place[0] - 1, 0)]
    stop[slices.axis] = slices.numbers[min(place[1] + 1, len(slices.numbers) - 1)] + 1
    return start, stop


def _interpolated(contours: Crossings, shape: tuple[int, ...], grid: Grid, slices: DrawnSlices) -> np.ndarray:
    """(k, j, i) estimate, mm, whose zero is the surface: exact in-plane signed distances on the drawn slices."""
    numbers, across = slices.numbers, 2 - slices.axis
    height = np.rint(grid.world_to_index(contours.points)[:, slices.axis]).astype(int)
    in_plane = np.indices(tuple(1 if n == across else size for n, size in enumerate(shape))).reshape(3, -1).T[:, ::-1]
    planes: list[np.ndarray | None] = []
    for number in numbers:
        here = contours.subset(np.flatnonzero(height == number))
        index = in_plane + number * (np.arange(3) == slices.axis)
        planes.append(SurfaceDistance(here, grid)(grid.index_to_world(index)) if len(here) else None)
    filled = [plane if plane is not None else _tapered(planes, n) for n, plane in enumerate(planes)]
    estimate = PchipInterpolator(numbers, np.stack(filled))(np.arange(shape[across]))
    rest = [size for n, size in enumerate(shape) if n != across]
    return np.moveaxis(estimate.reshape(shape[across], *rest), 0, across)


def _tapered(planes: list[np.ndarray | None], number: int) -> np.ndarray:
    """What to put on a drawn slice without the label: it tapers off half-way from the slices that have it."""
    near = [plane for plane in planes[max(number - 1, 0) : number + 2] if plane is not None]
    if near:
        return np.min([plane - 2 * min(float(plane.min()), 0) for plane in near], axis=0)
    return np.max([plane for plane in planes if plane is not None], axis=0)


def _zero_crossings(estimate: np.ndarray, grid: Grid) -> Crossings:
    """Where a (k, j, i) array passes zero on the lattice edges, by linear interpolation."""
    inside, outside = boundary_faces(estimate < 0)
    low, high = estimate[tuple(inside[:, ::-1].T)], estimate[tuple(outside[:, ::-1].T)]
    share = (low / np.minimum(low - high, -1e-12)).clip(0, 1)[:, None]
    slopes = [np.gradient(estimate, axis=2 - n) if grid.size_ijk[n] > 1 else np.zeros(estimate.shape) for n in range(3)]
    slope = np.stack(slopes, -1)
    at_crossing = slope[tuple(inside[:, ::-1].T)] * (1 - share) + slope[tuple(outside[:, ::-1].T)] * share
    points = grid.index_to_world(inside + share * (outside - inside))
    areas = face_vectors(outside - inside, grid)
    return Crossings(points, unit(at_crossing @ grid.world_to_ijk[:3, :3]), np.linalg.norm(areas, axis=1))
