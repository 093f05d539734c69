"""The inverse of a map x -> x + u(x) that is known point by point."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_MOST_ROUNDS = 40
_SMALLEST_STEP = 1 / 64


def invert(
    displacement: Callable[[np.ndarray], np.ndarray],
    points: np.ndarray,
    tolerance_mm: float = 1e-3,
    guess: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Displacements w (N, 3) mm with x + u(x) = z and x = z + w for the points z (N, 3), and how far x + u(x) is from z
    (N) mm: at most the tolerance unless the map folds there and has no inverse.

    Broyden's method (Mathematics of Computation 19(92), 1965), which learns the inverse Jacobian of each point from its
    own steps, beginning with the fixed-point iteration x = z - u(x) (Chen et al., Medical Physics 35(1), 2008) or with
    a `guess` of w (N, 3) and of its Jacobian (N, 3, 3); a step that leads away is halved.
    """
    w, bend = (-displacement(points), np.zeros((len(points), 3, 3))) if guess is None else guess
    x, slopes = points + w, np.eye(3) + bend
    left = x + displacement(x) - points
    size, step = np.linalg.norm(left, axis=-1), np.ones(len(points))
    for _ in range(_MOST_ROUNDS):
        chosen = np.flatnonzero((size > tolerance_mm) & (step >= _SMALLEST_STEP))
        if not chosen.size:
            break
        move = -step[chosen, None] * np.einsum("nab,nb->na", slopes[chosen], left[chosen])
        trial = x[chosen] + move
        trial_left = trial + displacement(trial) - points[chosen]
        slopes[chosen] = _learned(slopes[chosen], move, trial_left - left[chosen])
        trial_size = np.linalg.norm(trial_left, axis=-1)
        better = trial_size < size[chosen]
        step[chosen] = np.where(better, np.minimum(1, 2 * step[chosen]), step[chosen] / 2)
        chosen, trial, trial_left = chosen[better], trial[better], trial_left[better]
        x[chosen], left[chosen], size[chosen] = trial, trial_left, trial_size[better]
    return x - points, size


def _learned(slopes: np.ndarray, move: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Inverse Jacobians (N, 3, 3) that explain the last move (N, 3) and what it changed (N, 3)."""
    expected = np.einsum("nab,nb->na", slopes, change)
    row = np.einsum("na,nab->nb", move, slopes)
    scale = (move * expected).sum(-1)
    safe = np.abs(scale) > 1e-6 * (move * move).sum(-1)
    share = np.where(safe, 1 / np.where(safe, scale, 1), 0)
    return slopes + share[:, None, None] * (move - expected)[:, :, None] * row[:, None, :]
