"""The noise that the slices of crossing stacks do not share, and which is thus not the patient's."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
from scipy import ndimage

from .baseline import CubicSpline
from .lattice_operators import through_slice
from .measured_stack import MeasuredStack
from .poses import moved
from .slices import slice_normal

_LEAST_ANGLE_DEGREES = 60.0
_MOST_LINES = 100
_FEWEST = 200
_AIR = -0.3
"""Darker places, in deviations from the mean, are mostly air, with less noise (Gudbjartsson & Patz, MRM 34, 1995)."""


def crossing_noise(stacks: list[MeasuredStack], seed: int = 0) -> float | None:
    """Standard deviation of the white noise in one pixel that the other stacks do not have, in the unit of the values,
    whose mean is 0 and deviation 1; None where no two stacks cross, or too little of them.

    Where a slice of one stack meets one of another, each, blurred within its plane by the other one's profile, is the
    mean over the same cross section at every point of the line in which they meet. Detail of the patient, fine as it
    may be, is the same in both; noise of the scanner is not, nor is what does not fit, so that this is an upper bound.
    Second differences along the line hold little but noise, and the median of their absolute values little of edges
    that lie beside each other. White noise, looked at in the same way, gives the unit.
    """
    generator = np.random.default_rng(seed)
    squares = []
    for first, second in combinations(stacks, 2):
        points, slices = _lines(first, second)
        seen, white = [], []
        for number, (each, other) in enumerate(((first, second), (second, first))):
            own, others = slices[number], slices[1 - number]
            noise = generator.standard_normal(each.values.shape).astype(np.float32)
            there = _within_slice(each, other, own, others)
            seen.append(_blurred(each, each.values, other, points, own, there))
            white.append(_blurred(each, noise, other, points, own, there))
        is_inside = (seen[0] + seen[1]) / 2 > _AIR  # not so where either is not a number
        is_known = is_inside[:, :-2] & is_inside[:, 1:-1] & is_inside[:, 2:]
        if np.count_nonzero(is_known) >= _FEWEST:
            level, unit = (np.median(np.abs(np.diff(a - b, 2)[is_known])) for a, b in (seen, white))
            squares.append(float(level / unit) ** 2)
    return float(np.sqrt(np.mean(squares))) if squares else None


def _lines(first: MeasuredStack, second: MeasuredStack) -> tuple[np.ndarray, list[np.ndarray]]:
    """(lines, points, 3) RAS mm in the patient, along lines in which slices of both meet, and the numbers (lines) of
    the slices; none for stacks that hardly cross."""
    chosen = [_some(stack.geometry.count) for stack in (first, second)]
    pairs = np.array(list(product(*chosen)))
    normals, centers = [], []
    for stack, numbers in zip((first, second), pairs.T, strict=True):
        poses = _poses(stack)[numbers]
        normals.append(poses[:, :3, :3] @ slice_normal(stack.geometry.grid, stack.geometry.slice_axis))
        centers.append(moved(poses, stack.geometry.centers()[numbers][:, None])[:, 0])
    along = np.cross(*normals)
    crosses = np.linalg.norm(along, axis=1) > np.sin(np.radians(_LEAST_ANGLE_DEGREES))
    along, pairs = along[crosses], pairs[crosses]
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    # The point of both planes that is nearest to the first slice's centre.
    planes = np.stack([normals[0][crosses], normals[1][crosses], along], 1)
    here = [np.einsum("ni,ni->n", normals[n][crosses], centers[n][crosses]) for n in range(2)]
    middle = np.einsum("ni,ni->n", along, centers[0][crosses])
    start = np.linalg.solve(planes, np.stack([*here, middle], 1)[..., None])[..., 0]
    pixel, reach = _pixel_mm(first), float(np.linalg.norm(first.geometry.grid.spacing * first.geometry.grid.size_ijk))
    steps = np.arange(-reach / 2, reach / 2, pixel)
    return start[:, None] + steps[:, None] * along[:, None], list(pairs.T)


def _some(count: int) -> np.ndarray:
    """Numbers of slices, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, int(_MOST_LINES**0.5))).round().astype(int))


def _within_slice(stack: MeasuredStack, other: MeasuredStack, own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(lines, 3): unit vectors within the stack's slices `own`, RAS as its header says, across slices `others` of the
    other stack."""
    normal, across = (slice_normal(each.geometry.grid, each.geometry.slice_axis) for each in (stack, other))
    turned = np.linalg.inv(_poses(stack)[own])[:, :3, :3] @ _poses(other)[others][:, :3, :3] @ across
    turned = turned - (turned @ normal)[:, None] * normal
    return turned / np.linalg.norm(turned, axis=1, keepdims=True)


def _blurred(
    stack: MeasuredStack,
    values: np.ndarray,
    other: MeasuredStack,
    points: np.ndarray,
    own: np.ndarray,
    across: np.ndarray,
) -> np.ndarray:
    """(lines, points): (slices, rows, columns) values in the stack's slices `own`, blurred within their plane by the
    other stack's profile; not a number where a pixel of it was not measured."""
    geometry = stack.geometry
    spline = CubicSpline(np.ascontiguousarray(geometry.slices_back(values)), geometry.grid)
    is_measured = np.ascontiguousarray(geometry.slices_back(stack.weights > 0))
    scanned = moved(np.linalg.inv(_poses(stack)[own]), points)
    total = np.zeros(points.shape[:2])
    for offset, weight in zip(*through_slice(other.geometry, _pixel_mm(stack)), strict=True):
        places = (scanned + offset * across[:, None]).reshape(-1, 3)
        index = geometry.grid.world_to_index(places).T[::-1]
        held = ndimage.map_coordinates(is_measured, index, order=0, mode="constant", cval=False)
        total += weight * np.where(held, spline(places), np.nan).reshape(total.shape)
    return total


def _poses(stack: MeasuredStack) -> np.ndarray:
    return np.tile(np.eye(4), (stack.geometry.count, 1, 1)) if stack.poses is None else stack.poses


def _pixel_mm(stack: MeasuredStack) -> float:
    return float(np.delete(stack.geometry.grid.spacing, stack.geometry.slice_axis).min())
