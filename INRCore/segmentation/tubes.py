"""Vessels from their centre lines: thin, long and branching shapes that no stack of slices shows well.

A branch is a chain of balls of given radii; a tree is the union of its branches, with rounded corners where they meet
(a smooth minimum: Quilez, 2008). Unions of signed distances are how Alblas et al. (Going Off-Grid, STACOM 2022) join
the vessels that they fit one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..errors import InputError
from ..settings import require
from .crossings import Crossings
from .estimates import LabelLattice, lattice_of
from .scattered import ScatteredSource, frame_of, grid_around
from .settings import SegmentationSettings

_NODES_PER_RADIUS = 2.0
_MOST_NODES = 12_000_000
_STEPS_PER_RADIUS = 4.0
_ROUNDING = 0.3
"""Width of the rounded corner where branches meet, as a share of the smaller one's mean radius."""
_AROUND = 8
_NEAREST = 6

Branch = np.ndarray
"""(N, 4): x, y, z in RAS mm and the radius in mm of N points along a vessel, in order."""


@dataclass(frozen=True)
class GivenTubes(ScatteredSource):
    """`branches` of each label."""

    branches: Mapping[int, list[Branch]]

    def lattice(self, value: int, settings: SegmentationSettings, rounds: int) -> LabelLattice:
        grid = self.domain.grid
        levels = tree_distance(self.branches[value], grid.points()).astype(np.float32).reshape(grid.shape)
        return lattice_of(levels, levels < 0, grid, settings.feature_mm, settings.one_component)

    def certain(self, value: int, lattice: LabelLattice, settings: SegmentationSettings) -> Crossings:
        return lattice.surface


def given_tubes(
    branches: Mapping[int, Sequence[Branch]] | Sequence[Branch], spacing_mm: float | None = None
) -> GivenTubes:
    """Branches of one label, or label value -> branches. `spacing_mm` of the lattice; None: half of the smallest
    radius. Raises `InputError` for branches that are none: fewer than two points, numbers that are not finite, radii
    not above 0."""
    by_label = dict(branches) if isinstance(branches, Mapping) else {1: list(branches)}
    require(len(by_label) > 0 and all(len(b) for b in by_label.values()), "There is no centre line; draw one first.")
    by_label = {value: [_checked(branch) for branch in found] for value, found in by_label.items()}
    everything = np.concatenate([branch for found in by_label.values() for branch in found])
    low = (everything[:, :3] - everything[:, 3:]).min(0)
    high = (everything[:, :3] + everything[:, 3:]).max(0)
    smallest = float(everything[:, 3].min())
    step, notes = spacing_mm or smallest / _NODES_PER_RADIUS, []
    coarsest = float(np.prod(high - low + 16 * step) / _MOST_NODES) ** (1 / 3)
    if step < coarsest:
        notes.append(f"The vessels are long and thin: a lattice of {coarsest:.2g} mm instead of {step:.2g} mm is used.")
        step = coarsest
    grid = grid_around(np.stack([low, high]), step)
    samples = {value: _ring_points(found, step) for value, found in by_label.items()}
    count = sum(map(len, by_label.values()))
    notes.insert(
        0, f"Read as {count} branches of vessels with radii of {smallest:.2g} to {everything[:, 3].max():.2g} mm."
    )
    return GivenTubes(*frame_of(grid, by_label), tuple(notes), samples, by_label)


def tree_distance(branches: Sequence[Branch], points: np.ndarray) -> np.ndarray:
    """Signed distance (N) mm, below 0 inside, of points (N, 3) RAS mm to the union of the branches."""
    total = np.full(len(points), np.inf)
    for branch in branches:
        here = branch_distance(branch, points)
        rounding = _ROUNDING * float(branch[:, 3].mean())
        near = np.clip(rounding - np.abs(total - here), 0, None)
        total = np.minimum(total, here) - near**2 / (4 * rounding)
    return total


def branch_distance(branch: Branch, points: np.ndarray) -> np.ndarray:
    """The same of one branch: to the balls around points sampled along it."""
    sampled = _sampled(branch)
    away, nearest = cKDTree(sampled[:, :3]).query(points, min(_NEAREST, len(sampled)))
    return np.asarray((away - sampled[nearest, 3]).min(1))


def _checked(branch: Branch) -> Branch:
    array = np.asarray(branch, float)
    if array.ndim != 2 or array.shape[1] != 4 or len(array) < 2 or not np.isfinite(array).all():
        raise InputError("A branch of a vessel needs two points or more of x, y, z and radius, all finite, in mm.")
    if (array[:, 3] <= 0).any():
        raise InputError(f"Some radii are not above 0 (smallest: {array[:, 3].min():g} mm); correct the centre line.")
    return array


def _sampled(branch: Branch) -> Branch:
    """Points along the branch a small part of a radius apart."""
    way = np.linalg.norm(np.diff(branch[:, :3], axis=0), axis=1)
    places = np.concatenate([[0.0], np.cumsum(way)])
    step = float(branch[:, 3].min()) / _STEPS_PER_RADIUS
    wanted = np.linspace(0, places[-1], max(2, int(np.ceil(places[-1] / step)) + 1))
    kept = np.concatenate([[True], way > 0])
    return np.stack([np.interp(wanted, places[kept], branch[kept, column]) for column in range(4)], -1)


def _ring_points(branches: list[Branch], step: float) -> np.ndarray:
    """Points (N, 3) on the walls, those that lie within another branch left out."""
    rings = []
    angles = 2 * np.pi * np.arange(_AROUND) / _AROUND
    for branch in branches:
        sampled = _sampled(branch)
        along = np.gradient(sampled[:, :3], axis=0)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
        first = np.cross(along, np.eye(3)[np.abs(along).argmin(1)])
        first /= np.linalg.norm(first, axis=1, keepdims=True)
        second = np.cross(along, first)
        for angle in angles:
            rings.append(sampled[:, :3] + sampled[:, 3:] * (np.cos(angle) * first + np.sin(angle) * second))
    points = np.concatenate(rings)
    return points[np.abs(tree_distance(branches, points)) < 0.5 * step]
