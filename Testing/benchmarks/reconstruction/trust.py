"""Whether the uncertainty and the poses that a result tells can be believed."""

from __future__ import annotations

from typing import Any

import numpy as np

from INRCore.registration.images import foreground
from INRCore.volume import Volume

from .cases import Case


def coverage(result: Any, truth: Volume, array: np.ndarray) -> dict[str, float]:
    """coverage_90: the share of voxels inside the object whose error is within the 90 % interval."""
    if result.uncertainty is None:
        return {}
    from INRCore.reconstruction.baseline import CubicSpline

    half_width = CubicSpline(result.uncertainty.array, result.uncertainty.grid)(truth.grid.points())
    inside = foreground(truth)
    error = np.abs(array - truth.as_float32())[inside]
    return {"coverage_90": float((error <= half_width.reshape(truth.grid.shape)[inside]).mean())}


def pose_errors(result: Any, case: Case) -> dict[str, float]:
    """pose_mm, pose_degrees: medians over the slices, after the rigid motion that all slices share, which nothing in
    the data can tell, was taken away. The distance is that of the slice's centre."""
    if case.poses is None or not result.poses:
        return {}
    from INRCore.reconstruction.poses import mean_pose

    found, wanted = np.concatenate(result.poses), np.concatenate(case.poses)
    centers = np.concatenate([
        stack.grid.index_to_world(_centers(stack)) for stack in case.stacks
    ])  # fmt: skip
    shared = mean_pose(wanted @ np.linalg.inv(found), _moved(found, centers))
    difference = np.linalg.inv(wanted) @ shared @ found
    moved = _moved(difference, centers) - centers
    turns = np.degrees(np.arccos(np.clip((np.trace(difference[:, :3, :3], axis1=1, axis2=2) - 1) / 2, -1, 1)))
    return {
        "pose_mm": float(np.median(np.linalg.norm(moved, axis=1))),
        "pose_degrees": float(np.median(turns)),
    }


def _moved(poses: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.einsum("nij,nj->ni", poses[:, :3, :3], points) + poses[:, :3, 3]


def _centers(stack: Volume) -> np.ndarray:
    """(slices, 3) index of each slice's centre; slices along the coarsest axis."""
    axis = int(np.argmax(stack.grid.spacing))
    centers = np.tile((stack.grid.size_ijk - 1) / 2, (int(stack.grid.size_ijk[axis]), 1))
    centers[:, axis] = np.arange(len(centers))
    return centers
