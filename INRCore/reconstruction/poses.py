"""Rigid poses: 4x4 RAS matrices, small changes of them, their mean. No torch here."""

from __future__ import annotations

import numpy as np


def small_motions(changes: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """(N, 4, 4): shifts by the first three of (N, 6) changes (mm) after turns by the last three (rotation vector, rad)
    about the centers (N, 3). Rodrigues' formula."""
    matrices = np.tile(np.eye(4), (len(changes), 1, 1))
    matrices[:, :3, :3] = rotations(changes[:, 3:])
    turned = np.einsum("nij,nj->ni", matrices[:, :3, :3], centers)
    matrices[:, :3, 3] = changes[:, :3] + centers - turned
    return matrices


def rotations(vectors: np.ndarray) -> np.ndarray:
    """(N, 3, 3) of rotation vectors (N, 3) in radians."""
    angles = np.linalg.norm(vectors, axis=1)[:, None, None]
    x, y, z = (vectors / np.maximum(angles[:, :, 0], 1e-12)).T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(-1, 3, 3)
    return np.eye(3) + np.sin(angles) * cross + (1 - np.cos(angles)) * cross @ cross


def moved(poses: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N, ..., 3) points at (N, 4, 4) poses."""
    return np.einsum("nij,n...j->n...i", poses[:, :3, :3], points) + poses[:, :3, 3].reshape(
        len(poses), *(1,) * (points.ndim - 2), 3
    )


def mean_pose(poses: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The rigid 4x4 nearest to (N, 4, 4) poses at one point each (N, 3): the mean rotation (Moakher, SIAM J. Matrix
    Anal. Appl. 24, 2002: the projected arithmetic mean), and the shift that fits the points' median."""
    u, _, v = np.linalg.svd(poses[:, :3, :3].mean(0))
    result = np.eye(4)
    result[:3, :3] = u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
    result[:3, 3] = np.median(moved(poses, points) - points @ result[:3, :3].T, axis=0)
    return result
