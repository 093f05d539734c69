"""Edges of an image pull a surface where nothing is drawn.

What the edge of a label looks like is learned from its own contours: the intensities along the surface normal where a
slice is drawn. Between the slices each surface point looks along its normal for the place whose intensities are most
like those of the nearest contour points, and the surface goes a part of the way there. Sources: the search along
normals for learned grey-level profiles of active shape models (Cootes, Hill, Taylor & Haslam, Image and Vision
Computing 12(6), 1994), here with profiles of the nearest contours rather than of a training set, moving a level set as
in geodesic active contours (Caselles, Kimmel & Sapiro, IJCV 22(1), 1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from ..errors import InputError
from ..volume import Volume
from .crossings import Crossings
from .estimates import LabelLattice, distances_to, zero_crossings
from .given import Given, GivenLabels

_ROUNDS = 2
_STEP = 0.5
_HALF_PROFILE = 3.0
_REACH = 6.0
"""Lengths in voxels: between samples, of half a profile, of the search to either side."""
_SLOPE = 0.3
"""How far a surface may be off, mm for each mm from the nearest drawn slice; steers how far edges are looked for."""
_NEIGHBOURS, _TURN_MM = 8, 8.0
_SAMPLES_THAT_COUNT = 3.0
_SMOOTH_VOXELS, _SMOOTH_NEIGHBOURS = 2.0, 24
_FEWEST_POINTS = 30


@dataclass(frozen=True)
class EdgeImage:
    """An image as guidance takes it: any scalar volume, intensities in units of their spread."""

    volume: Volume
    values: np.ndarray

    @classmethod
    def of(cls, volume: Volume) -> EdgeImage:
        """Raises `InputError` for an image without any contrast."""
        values = volume.as_float32(fill=0.0)
        low, high = np.percentile(values, (2, 98))
        if not high > low:
            low, high = float(values.min()), float(values.max())
        if not high > low:
            raise InputError(f"{volume.label} has the same value everywhere, so it has no edges to follow.")
        return cls(volume, (np.clip(values, low, high) - low) / np.float32(high - low))

    def along(self, points: np.ndarray, normals: np.ndarray, offsets_mm: np.ndarray) -> np.ndarray:
        """(N, T) intensities at points (N, 3) RAS mm moved by offsets (T) along their normals; those of the nearest
        voxel beyond the field of view."""
        places = points[:, None] + offsets_mm[:, None] * normals[:, None]
        index = self.volume.grid.world_to_index(places.reshape(-1, 3))[:, ::-1].T
        found = ndimage.map_coordinates(self.values, index, order=1, mode="nearest")
        return np.asarray(found).reshape(len(points), len(offsets_mm))


def guided(lattice: LabelLattice, value: int, given: Given, image: EdgeImage, weight: float) -> LabelLattice:
    """The label's lattice with its surface pulled, `weight` (0 to 1) of the way, to the edges of the image where
    nothing is drawn. What is drawn stays as it is. Unchanged where contours are too few to learn their edge from."""
    for _ in range(_ROUNDS):
        surface = lattice.surface
        unknown = given.unknown_mm(surface.points)
        known = unknown < 1e-3 * float(lattice.grid.spacing.min())
        if known.sum() < _FEWEST_POINTS or known.all():
            return lattice
        shift = np.zeros(len(surface))
        shift[~known] = _pulls(surface, unknown, known, image, float(lattice.grid.spacing.min()))
        lattice = _moved(lattice, value, given, weight * _smoothed(surface, shift, lattice))
    return lattice


def _pulls(surface: Crossings, unknown: np.ndarray, known: np.ndarray, image: EdgeImage, voxel: float) -> np.ndarray:
    """How far (mm, outwards) the matching edge lies from the unknown points: the mean of the places, weighted by how
    well they match and how far a surface may be off there. Where nothing matches better, that is no way at all."""
    step = _STEP * voxel
    half, reach = round(_HALF_PROFILE / _STEP), round(_REACH / _STEP)
    own = image.along(surface.points[known], surface.normals[known], step * np.arange(-half, half + 1))
    features = np.hstack([surface.points, _TURN_MM * surface.normals])
    tree = cKDTree(features[known])
    away, near = tree.query(features[~known], _NEIGHBOURS)
    share = 1 / (away + 1e-3) ** 2
    share /= share.sum(1, keepdims=True)
    wanted = np.einsum("nk,nkt->nt", share, own[near])
    between = own[tree.query(features[known], 2)[1][:, 1]]
    noise = float(np.mean((own - between) ** 2)) + 1e-6
    seen = image.along(
        surface.points[~known], surface.normals[~known], step * np.arange(-half - reach, half + reach + 1)
    )
    places = step * np.arange(-reach, reach + 1)
    misfit = np.stack([((seen[:, n : n + 2 * half + 1] - wanted) ** 2).mean(1) for n in range(len(places))], -1)
    allowed = np.maximum(_SLOPE * unknown[~known], 0.25 * voxel)[:, None]
    energy = _SAMPLES_THAT_COUNT * misfit / noise + (places / allowed) ** 2
    likely = np.exp(-0.5 * (energy - energy.min(1, keepdims=True)))
    return np.asarray((likely * places).sum(1) / likely.sum(1))


def _smoothed(surface: Crossings, shift: np.ndarray, lattice: LabelLattice) -> np.ndarray:
    """Mean over the neighbouring surface points that face the same way."""
    width = _SMOOTH_VOXELS * float(lattice.grid.spacing.min())
    count = min(_SMOOTH_NEIGHBOURS, len(surface))
    away, near = cKDTree(surface.points).query(surface.points, count)
    facing = np.einsum("nkd,nd->nk", surface.normals[near], surface.normals).clip(0, None)
    share = facing * np.exp(-0.5 * (away / width) ** 2)
    return np.asarray((share * shift[near]).sum(1) / share.sum(1))


def _moved(lattice: LabelLattice, value: int, given: Given, shift: np.ndarray) -> LabelLattice:
    """The lattice after its surface points went `shift` (N) mm outwards; drawn voxels keep their side."""
    grid, voxel = lattice.grid, float(lattice.grid.spacing.min())
    near = np.abs(lattice.values) < (_REACH + 2) * voxel
    nodes = grid.index_to_world(np.argwhere(near)[:, ::-1])
    away, nearest = cKDTree(lattice.surface.points).query(nodes, 4)
    share = 1 / (away + 0.1 * voxel)
    values = lattice.values.astype(float)
    values[near] -= (share * shift[nearest]).sum(1) / share.sum(1)
    if isinstance(given, GivenLabels) and given.slices is not None:
        start, stop = lattice.start, lattice.start + grid.size_ijk
        part = tuple(slice(a, b) for a, b in zip(start[::-1], stop[::-1], strict=True))
        mask, known = given.array[part] == value, given.slices.moved(start, grid.size_ijk).known(grid.shape)
        values = np.where(known & (mask != (values < 0)), lattice.values, values)
    surface = zero_crossings(values, grid)
    if len(surface) == 0:
        return lattice
    return LabelLattice(grid, lattice.start, distances_to(surface, values < 0, grid), surface)
