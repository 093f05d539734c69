"""How good a deformation is: folding, landmarks, and the error against a known one."""

from __future__ import annotations

import numpy as np


def folding_fraction(determinant: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Share (0 to 1) of the voxels, or of those in the mask, where the Jacobian determinant is 0 or less: the map is
    not one-to-one there and has no inverse. Both arrays (k, j, i)."""
    values = determinant if mask is None else determinant[mask]
    return float((values <= 0).mean()) if values.size else 0.0


def target_registration_error(mapped: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """(N) distances in mm between landmarks after the transform (N, 3) and where they should be (N, 3), both RAS mm
    (Fitzpatrick & West, IEEE TMI 20(9), 2001)."""
    return np.linalg.norm(np.asarray(mapped, float) - np.asarray(targets, float), axis=-1)


def displacement_error(found: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None) -> tuple[float, float]:
    """Mean and largest distance in mm between two displacement fields (..., 3) mm, over the mask (...) if given."""
    error = np.linalg.norm(np.asarray(found, float) - np.asarray(truth, float), axis=-1)
    error = error if mask is None else error[mask]
    return float(error.mean()), float(error.max())
