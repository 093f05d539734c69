"""Outward normals of a point cloud that comes without."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from .crossings import unit

_NEIGHBOURS = 12


def estimated_normals(points: np.ndarray) -> np.ndarray:
    """(N, 3) unit normals of points (N, 3) on closed surfaces: of the plane through each point's neighbours, turned one
    after the other like the neighbour's along the spanning tree of least turns, from the outermost point on (Hoppe et
    al., SIGGRAPH 1992, sec. 3.2-3.3). Each connected piece of the cloud starts anew."""
    count = min(_NEIGHBOURS, len(points) - 1)
    near = cKDTree(points).query(points, count + 1)[1]
    offsets = points[near] - points[near].mean(1, keepdims=True)
    normals = np.linalg.svd(offsets, full_matrices=False)[2][:, 2]
    rows, columns = np.repeat(np.arange(len(points)), count), near[:, 1:].ravel()
    turn = 1e-6 + 1 - np.abs((normals[rows] * normals[columns]).sum(1))
    graph = sparse.coo_matrix((turn, (rows, columns)), (len(points), len(points))).tocsr()
    tree = csgraph.minimum_spanning_tree(graph.maximum(graph.T))
    pieces = csgraph.connected_components(tree, directed=False)[1]
    for piece in range(pieces.max() + 1):
        members = np.flatnonzero(pieces == piece)
        away = points[members] - points[members].mean(0)
        first = members[np.linalg.norm(away, axis=1).argmax()]
        if normals[first] @ (points[first] - points[members].mean(0)) < 0:
            normals[first] *= -1
        order, before = csgraph.breadth_first_order(tree, first, directed=False)
        for point in order[1:]:
            if normals[point] @ normals[before[point]] < 0:
                normals[point] *= -1
    return unit(normals)
