"""Closed curves that cannot all be right: those that cross themselves or each other in one plane."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .contours import ContourPlane

_PARALLEL = 0.9994
_MOST_PAIRS = 4_000_000


def crossing_notes(planes: Mapping[int, list[ContourPlane]], step_mm: float) -> tuple[str, ...]:
    """Lines for the user: labels with curves that cross in a plane, and pairs of labels that claim the same place in
    one. Planes nearer than half a step are one."""
    notes = []
    for value, found in planes.items():
        places = [plane for plane in found if _crosses(plane)]
        if places:
            x, y, z = places[0].center
            notes.append(
                f"Contours of label {value} cross themselves or each other in {len(places)} plane(s), first at "
                f"({x:.1f}, {y:.1f}, {z:.1f}) mm RAS; what an odd number of them encloses is inside. Redraw them there."
            )
    values = sorted(planes)
    for number, first in enumerate(values):
        for second in values[number + 1 :]:
            count = sum(_overlap(a, b, step_mm) for a in planes[first] for b in planes[second])
            if count:
                notes.append(
                    f"Contours of label {first} and label {second} overlap in {count} plane(s); unless surfaces may "
                    "overlap, each gets half of what both claim."
                )
    return tuple(notes)


def _crosses(plane: ContourPlane) -> bool:
    starts = np.concatenate(plane.polygons)
    ends = np.concatenate([np.roll(polygon, -1, axis=0) for polygon in plane.polygons])
    if len(starts) ** 2 > _MOST_PAIRS:  # drawn by a machine, which does not cross its own lines
        return False
    return bool(_crossing(starts, ends).any())


def _crossing(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """(N, N) bool: which pairs of line pieces (N, 2) cross properly, that is not at a common end."""

    def side(a: np.ndarray, b: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Sign of the turn from a to b to p, for all lines (rows) and points (columns)."""
        along, off = (b - a)[:, None], p[None] - a[:, None]
        turn = along[..., 0] * off[..., 1] - along[..., 1] * off[..., 0]
        scale = np.linalg.norm(along, axis=-1) * np.linalg.norm(off, axis=-1)
        return np.where(np.abs(turn) > 1e-9 * np.maximum(scale, 1e-12), np.sign(turn), 0)

    apart = side(starts, ends, starts) * side(starts, ends, ends) < 0
    return apart & apart.T


def _overlap(first: ContourPlane, second: ContourPlane, step_mm: float) -> bool:
    """Whether both lie in one plane and one's line runs clearly inside the other."""
    if abs(first.normal @ second.normal) < _PARALLEL or abs(first.height(second.center[None])[0]) > 0.5 * step_mm:
        return False
    return bool(
        (first.distance(second.samples(step_mm), step_mm) < -step_mm).any()
        or (second.distance(first.samples(step_mm), step_mm) < -step_mm).any()
    )
