"""Where a label map's surface lies between the voxels: sub-voxel points and normals.

A label map says of each voxel centre whether it is inside. The surface therefore crosses every lattice edge between an
inside and an outside centre, somewhere. The middle of the edge is right on average but steps up and down; here the
crossings are smoothed as a surface, each sliding along its own edge and never leaving it, so the steps go and the label
map stays true. Sources: constrained surface nets (Gibson, MICCAI 1998) for the constraint, the shrink-free lambda|mu
smoothing of Taubin (SIGGRAPH 1995, sec. 4) for the filter; both done in world mm, on any affine grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from ..geometry import Grid
from ..metrics.surface import boundary_faces, face_vectors

_LAMBDA, _MU = 0.6, -0.62
_PASSES_PER_VOXEL, _MOST_PASSES = 30, 400
_VOLUME_PASSES = 4
_NORMAL_PASSES = 6
_NEIGHBOUR_REACH = 1.42
_EDGE_LIMIT = 0.02


@dataclass(frozen=True)
class Crossings:
    """Surface points of one label: `points` (N, 3) RAS mm, `normals` (N, 3) unit vectors that point outwards, `areas`
    (N) mm^2 of the voxel faces they stand for."""

    points: np.ndarray
    normals: np.ndarray
    areas: np.ndarray

    def __len__(self) -> int:
        return len(self.points)

    def subset(self, chosen: np.ndarray) -> Crossings:
        """Those with the given numbers."""
        return Crossings(self.points[chosen], self.normals[chosen], self.areas[chosen])


def find_crossings(
    mask: np.ndarray, grid: Grid, smoothness_mm: float | None = None, flat_axis: int | None = None
) -> Crossings:
    """Smoothed crossings of a (k, j, i) bool mask on its grid; none at the border of the field of view, beyond which
    nothing is known.

    smoothness_mm: length over which steps are smoothed away; None: one voxel (the cube root of its volume); 0: not at
    all. flat_axis: 0, 1 or 2 (i, j, k) to treat every slice across this axis on its own (contours of drawn slices).
    """
    inside, outside = boundary_faces(mask)
    if flat_axis is not None:
        in_plane = inside[:, flat_axis] == outside[:, flat_axis]
        inside, outside = inside[in_plane], outside[in_plane]
    steps = outside - inside
    areas = face_vectors(steps, grid)
    if len(inside) == 0:
        return Crossings(np.empty((0, 3)), np.empty((0, 3)), np.empty(0))
    mean = _neighbour_mean((inside + outside) / 2, steps, flat_axis)
    normals = areas
    for _ in range(_NORMAL_PASSES):
        normals = 0.5 * normals + 0.5 * (mean @ normals)
    if flat_axis is not None:
        across = unit(grid.world_to_ijk[flat_axis : flat_axis + 1, :3])[0]  # normal of the slice planes, also sheared
        normals = normals - np.outer(normals @ across, across)
    normals = unit(normals)
    voxel = grid.voxel_volume ** (1 / 3)
    passes = round(_PASSES_PER_VOXEL * (1.0 if smoothness_mm is None else smoothness_mm / voxel) ** 2)
    edges = steps @ grid.ijk_to_world[:3, :3].T
    points = _slide(grid.index_to_world(inside), edges, normals, areas, mean, min(passes, _MOST_PASSES))
    return Crossings(points, normals, np.linalg.norm(areas, axis=1))


def _neighbour_mean(middles: np.ndarray, steps: np.ndarray, flat_axis: int | None) -> sparse.csr_matrix:
    """Matrix that averages over neighbouring crossings. Those that face each other across a thin sheet or a narrow gap
    are no neighbours, nor are those of different slices when each slice stands alone."""
    positions = middles.astype(float)
    if flat_axis is not None:
        positions[:, flat_axis] *= 4
    pairs = cKDTree(positions).query_pairs(_NEIGHBOUR_REACH, output_type="ndarray")
    pairs = pairs[(steps[pairs[:, 0]] * steps[pairs[:, 1]]).sum(1) >= 0]
    ones = np.ones(2 * len(pairs))
    ends = (np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]]))
    adjacency = sparse.coo_matrix((ones, ends), (len(middles), len(middles))).tocsr()
    degree = np.asarray(adjacency.sum(1)).ravel()
    alone = sparse.diags((degree == 0).astype(float))  # a crossing without neighbours stays where it is
    return (sparse.diags(1 / np.maximum(degree, 1)) @ adjacency + alone).tocsr()


def _slide(
    starts: np.ndarray, edges: np.ndarray, normals: np.ndarray, areas: np.ndarray, mean: sparse.csr_matrix, passes: int
) -> np.ndarray:
    """Smoothed points start + t * edge, t within (0, 1). Only the part of a movement along the normal counts; on an
    edge that is nearly tangent to the surface it is damped, since t says little about the surface there. Each connected
    piece then gets the volume back that smoothing took from it, without which a few voxels would shrink to nothing."""
    t = np.full(len(starts), 0.5)
    along = (normals * edges).sum(1)
    gain = along / (along**2 + 0.1 * (edges**2).sum(1))
    for _ in range(passes):
        for factor in (_LAMBDA, _MU):
            points = starts + t[:, None] * edges
            movement = ((mean @ points - points) * normals).sum(1)
            t = np.clip(t + factor * gain * movement, _EDGE_LIMIT, 1 - _EDGE_LIMIT)
    piece = csgraph.connected_components(mean, directed=False)[1]
    facing = np.maximum((areas * normals).sum(1), 0)
    total = np.maximum(np.bincount(piece, facing), 1e-12)
    for _ in range(_VOLUME_PASSES if passes else 0):
        moved = np.bincount(piece, facing * along * (t - 0.5)) / total
        t = np.clip(t - gain * moved[piece], _EDGE_LIMIT, 1 - _EDGE_LIMIT)
    return starts + t[:, None] * edges


def unit(vectors: np.ndarray) -> np.ndarray:
    """(N, 3) vectors at length one; zero stays zero."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
