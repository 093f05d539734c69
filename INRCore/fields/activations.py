"""Activations with their derivatives, written once for NumPy and torch: `xp` is the one of them that the array is of.

Each takes y (any shape) and gives [f, f', ...] up to the order asked for (0 to 3); None: 0 everywhere. Layers give
y = omega z, so that omega is a factor on few weights and not on all activations; FINER's phase needs it once more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Derivatives = Callable[[Any, Any, int, float], list[Any]]


def relu(xp: Any, y: Any, order: int, omega: float) -> list[Any]:
    """max(y, 0); its slope at 0 is 0."""
    positive = y > 0
    return [y * positive, 1.0 * positive, None, None][: order + 1]


def sine(xp: Any, y: Any, order: int, omega: float) -> list[Any]:
    """sin(y) (Sitzmann et al., NeurIPS 2020, eq. 1)."""
    found = [xp.sin(y)]
    if order > 0:
        found.append(xp.cos(y))
    if order > 1:
        found.append(-found[0])
    if order > 2:
        found.append(-found[1])
    return found


def finer(xp: Any, y: Any, order: int, omega: float) -> list[Any]:
    """sin(omega (|z| + 1) z) = sin(y + |y| y / omega) (Liu et al., CVPR 2024, eq. 4)."""
    bend = 2 / omega
    size = abs(y)
    phase = y + (0.5 * bend) * size * y
    sin = xp.sin(phase)
    if order == 0:
        return [sin]
    cos, rate = xp.cos(phase), 1 + bend * size
    found = [sin, rate * cos]
    if order > 1:
        bent = bend * xp.sign(y)
        found.append(bent * cos - rate * rate * sin)
    if order > 2:
        found.append(-rate * (rate * rate * cos + 3 * bent * sin))
    return found


ACTIVATIONS: dict[str, Derivatives] = {"relu": relu, "sine": sine, "finer": finer}
