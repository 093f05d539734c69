"""Whether the uncertainty and the poses that a result tells can be believed."""

from __future__ import annotations

from typing import Any

import numpy as np

from INRCore.reconstruction.baseline import CubicSpline
from INRCore.reconstruction.lattice_operators import SliceGeometry
from INRCore.reconstruction.poses import mean_pose
from INRCore.registration.images import foreground

from .cases import Case


def coverage(result: Any, case: Case, array: np.ndarray) -> dict[str, float]:
    """coverage_90: the share of voxels inside the object whose error is within the 90 % interval; interval_needed: 1
    for a perfect one, the factor on it with which just 90 % would be; coverage_of_scan_90: the share of what a scan of
    the truth's voxels would show, with noise like its slices', which is what the interval of one stack
    is said to hold."""
    if result.uncertainty is None:
        return {}
    truth = case.truth
    points = truth.grid.transformed(np.linalg.inv(shared_motion(result, case))).points()
    half_width = CubicSpline(result.uncertainty.array, result.uncertainty.grid)(points)
    inside = foreground(truth) if case.mask is None else case.mask
    error = (array - truth.as_float32())[inside]
    fresh = case.voxel_noise * np.random.default_rng(0).normal(size=error.shape)
    half_width = half_width.reshape(truth.grid.shape)[inside]
    return {
        "coverage_90": float((np.abs(error) <= half_width).mean()),
        "coverage_of_scan_90": float((np.abs(error - fresh) <= half_width).mean()),
        "interval_needed": float(np.quantile(np.abs(error) / np.maximum(half_width, 1e-9), 0.9)),
    }


def shared_motion(result: Any, case: Case) -> np.ndarray:
    """4x4 from the result's space to the truth's: the rigid motion that all slices share, which nothing in the data can
    tell. The identity where nothing moved."""
    if case.poses is None or not result.poses:
        return np.eye(4)
    found, wanted = np.concatenate(result.poses), np.concatenate(case.poses)
    return mean_pose(wanted @ np.linalg.inv(found), _moved(found, _centers(case)))


def pose_errors(result: Any, case: Case) -> dict[str, float]:
    """pose_mm, pose_degrees: medians over the slices after the shared motion; the distance is of centres."""
    if case.poses is None or not result.poses:
        return {}
    found, wanted = np.concatenate(result.poses), np.concatenate(case.poses)
    centers = _centers(case)
    difference = np.linalg.inv(wanted) @ shared_motion(result, case) @ found
    turns = np.degrees(np.arccos(np.clip((np.trace(difference[:, :3, :3], axis1=1, axis2=2) - 1) / 2, -1, 1)))
    return {
        "pose_mm": float(np.median(np.linalg.norm(_moved(difference, centers) - centers, axis=1))),
        "pose_degrees": float(np.median(turns)),
    }


def _moved(poses: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.einsum("nij,nj->ni", poses[:, :3, :3], points) + poses[:, :3, 3]


def _centers(case: Case) -> np.ndarray:
    """(slices of all stacks, 3) RAS mm; slices along the coarsest axis."""
    return np.concatenate([
        SliceGeometry(stack.grid, int(np.argmax(stack.grid.spacing)), 1.0).centers() for stack in case.stacks
    ])  # fmt: skip
