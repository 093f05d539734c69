"""Flows: what a stationary velocity field v does to points in a unit of time, exp(v), and its exact inverse exp(-v).

Points are followed through the field itself with the classical Runge-Kutta scheme of fourth order (Hairer, Norsett &
Wanner, Solving Ordinary Differential Equations I, 1993, table II.1.2). Scaling and squaring (Arsigny et al., MICCAI
2006) would need a dense lattice of the whole field of view at every step of a fit, and loses by interpolation what it
saves by doubling. Everything here takes numpy arrays and tensors alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_MOST_STEPS = 32


def integrate(velocity: Callable[[Any], Any], points: Any, steps: int, sign: float = 1.0) -> Any:
    """x(1) - x(0) (N, 3) mm for dx/dt = sign v(x) from the points (N, 3), in `steps` equal steps."""
    h, x = sign / steps, points
    for _ in range(steps):
        a = velocity(x)
        b = velocity(x + h / 2 * a)
        c = velocity(x + h / 2 * b)
        d = velocity(x + h * c)
        x = x + h / 6 * (a + 2 * (b + c) + d)
    return x - points


def expansion(
    velocity_and_divergence: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], points: np.ndarray, steps: int
) -> np.ndarray:
    """det of the Jacobian of exp(v) at the points (N): the exponential of the divergence summed up along the path
    (Liouville's formula), above 0 whatever the field."""
    h, x, total = 1 / steps, points, np.zeros(len(points))
    for _ in range(steps):
        a, of_a = velocity_and_divergence(x)
        b, of_b = velocity_and_divergence(x + h / 2 * a)
        c, of_c = velocity_and_divergence(x + h / 2 * b)
        d, of_d = velocity_and_divergence(x + h * c)
        x = x + h / 6 * (a + 2 * (b + c) + d)
        total += h / 6 * (of_a + 2 * (of_b + of_c) + of_d)
    return np.exp(total)


def enough_steps(velocity: Callable[[np.ndarray], np.ndarray], points: np.ndarray, tolerance_mm: float) -> int:
    """Steps (a power of 2, at most 32) beyond which no point's end moves by more than the tolerance."""
    steps, coarse = 1, integrate(velocity, points, 1)
    while steps < _MOST_STEPS:
        fine = integrate(velocity, points, 2 * steps)
        # Doubling divides the error by 16, so the finer of the two is off by a fifteenth of their difference.
        if np.linalg.norm(fine - coarse, axis=-1).max() / 15 <= tolerance_mm:
            return 2 * steps
        steps, coarse = 2 * steps, fine
    return steps
