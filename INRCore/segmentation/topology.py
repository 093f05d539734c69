"""Counting pieces, handles and cavities of a closed surface, and how wide it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

_MOST_HULL_POINTS = 2000


@dataclass(frozen=True)
class Topology:
    """`pieces`: separate bodies; `cavities`: closed hollows inside them; `handles`: holes through them (a ring has
    one)."""

    pieces: int
    cavities: int
    handles: int


def topology_of(points: np.ndarray, triangles: np.ndarray) -> Topology:
    """Of a closed triangle surface, points (P, 3) and outward triangles (T, 3): each connected surface is a body or,
    when it encloses a negative volume, a cavity; their Euler characteristics V - E + F = 2 - 2 * handles give the
    rest."""
    if len(triangles) == 0:
        return Topology(0, 0, 0)
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    graph = sparse.coo_matrix((np.ones(len(ends), bool), ends.T), (len(points), len(points)))
    used = np.unique(triangles)
    surface = csgraph.connected_components(graph, directed=False)[1]
    names, of_face = np.unique(surface[triangles[:, 0]], return_inverse=True)
    a, b, c = (points[triangles] - points.mean(0)).transpose(1, 0, 2)
    volumes = np.bincount(of_face, (a * np.cross(b, c)).sum(1))
    euler = len(used) - len(triangles) * 3 // 2 + len(triangles)
    cavities = int((volumes < 0).sum())
    return Topology(len(names) - cavities, cavities, len(names) - euler // 2)


def largest_diameter_mm(points: np.ndarray) -> float:
    """Largest distance between two of the points (N, 3), mm (the Feret diameter); 0 for fewer than two."""
    if len(points) < 2:
        return 0.0
    with suppress(QhullError, ValueError):  # all in one plane
        points = points[ConvexHull(points).vertices]
    return float(pdist(points[:: max(1, len(points) // _MOST_HULL_POINTS)]).max())
