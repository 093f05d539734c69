"""Closed planar curves in space: checking them, and signed distances within their planes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..errors import InputError

_FLAT_SHARE = 0.05
_PARALLEL = 0.9994  # within two degrees
_SAMPLES_PER_STEP = 4


@dataclass(frozen=True)
class ContourPlane:
    """All curves of one label in one plane: `center` and unit `normal`, two unit vectors `basis` (2, 3) within it, and
    the curves' corners in those coordinates, mm."""

    center: np.ndarray
    normal: np.ndarray
    basis: np.ndarray
    polygons: tuple[np.ndarray, ...]

    def height(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm to (N) mm above the plane."""
        return (points - self.center) @ self.normal

    def distance(self, points: np.ndarray, step_mm: float) -> np.ndarray:
        """(N, 3) RAS mm to the signed distance (N) mm, below 0 inside, of their feet in the plane; inside is what an
        odd number of curves encloses, so that a curve within another one is a hole. Curves are sampled finer than
        `step_mm`."""
        places = (points - self.center) @ self.basis.T
        inside = np.zeros(len(places), bool)
        samples = []
        for polygon in self.polygons:
            inside ^= _encloses(polygon, places)
            samples.append(_sampled(polygon, step_mm / _SAMPLES_PER_STEP))
        away = cKDTree(np.concatenate(samples)).query(places)[0]
        return np.where(inside, -away, away)

    def samples(self, step_mm: float) -> np.ndarray:
        """(N, 3) RAS mm along the curves."""
        flat = np.concatenate([_sampled(polygon, step_mm) for polygon in self.polygons])
        return self.center + flat @ self.basis


def contour_planes(curves: Sequence[np.ndarray], same_mm: float) -> list[ContourPlane]:
    """Curves (N, 3) RAS mm, each closed and planar, sorted into planes; those nearer than `same_mm` are one. Raises
    `InputError` for curves of fewer than three points, with numbers that are not finite, on a line or not in one
    plane."""
    planes: list[tuple[np.ndarray, np.ndarray, list[np.ndarray]]] = []
    for number, curve in enumerate(curves):
        center, normal = _plane_of(np.asarray(curve, float), number)
        for known_center, known_normal, members in planes:
            if abs(normal @ known_normal) > _PARALLEL and abs((center - known_center) @ known_normal) < same_mm:
                members.append(np.asarray(curve, float))
                break
        else:
            planes.append((center, normal, [np.asarray(curve, float)]))
    found = []
    for center, normal, members in planes:
        along = np.eye(3)[np.argmin(np.abs(normal))]
        first = np.cross(normal, along)
        first /= np.linalg.norm(first)
        basis = np.stack([first, np.cross(normal, first)])
        found.append(ContourPlane(center, normal, basis, tuple((curve - center) @ basis.T for curve in members)))
    return found


def _plane_of(curve: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    if curve.ndim != 2 or curve.shape[1] != 3 or len(curve) < 3 or not np.isfinite(curve).all():
        raise InputError(f"Contour {number} needs three points or more of three finite RAS coordinates each.")
    center = curve.mean(0)
    _, sizes, axes = np.linalg.svd(curve - center, full_matrices=False)
    if sizes[1] < 1e-3 * sizes[0] or sizes[0] == 0:
        raise InputError(f"Contour {number} encloses no area: its points lie on one line.")
    if sizes[2] > _FLAT_SHARE * sizes[1]:
        off = np.abs((curve - center) @ axes[2]).max()
        raise InputError(
            f"Contour {number} is not planar: points lie up to {off:.3g} mm off its plane; draw each contour in one "
            "plane, or give its points as a point cloud."
        )
    return center, axes[2]


def _encloses(polygon: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Even-odd rule: (N) bool."""
    inside = np.zeros(len(places), bool)
    x, y = places.T
    for (ax, ay), (bx, by) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        spans = (ay > y) != (by > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= spans & (x < ax + (y - ay) * (bx - ax) / (by - ay))
    return inside


def _sampled(polygon: np.ndarray, step_mm: float) -> np.ndarray:
    """(N, 2) points along the closed polygon, no farther apart than the step."""
    ends = np.roll(polygon, -1, axis=0)
    parts = []
    for start, end in zip(polygon, ends, strict=True):
        count = max(1, int(np.ceil(np.linalg.norm(end - start) / step_mm)))
        parts.append(start + (end - start) * (np.arange(count) / count)[:, None])
    return np.concatenate(parts)
