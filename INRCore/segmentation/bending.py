"""The smoothest function that comes near given values at some nodes of a lattice."""

from __future__ import annotations

import numpy as np

_LEAST_NODES = 12


def least_bending(
    target: np.ndarray, weight: np.ndarray, start: np.ndarray, spacing: np.ndarray, stiffness: float, iterations: int
) -> np.ndarray:
    """(k, j, i) float32 function f that minimises sum of weight * (f - target)^2 + stiffness * (laplacian f)^2: the
    thin-plate energy, whose integral over a box is that of the squared second derivatives up to boundary terms
    (Duchon, 1977), with differences between nodes that are `spacing` (k, j, i) mm apart. Lengths count in the smallest
    spacing, so that `stiffness` has no unit. Edges of the lattice are mirrors.

    Conjugate gradients (Hestenes & Stiefel, 1952) with the diagonal as preconditioner, `iterations` steps from `start`.
    """
    factors = [float(spacing.min() / step) ** 2 for step in spacing]
    diagonal = 4 * sum(factors) ** 2 + 2 * sum(factor**2 for factor in factors)
    inverse = 1 / (weight + np.float32(stiffness * diagonal))

    def operator(values: np.ndarray) -> np.ndarray:
        return weight * values + np.float32(stiffness) * laplacian(laplacian(values, factors), factors)

    found = start.astype(np.float32)
    residual = weight * target - operator(found)
    step = inverse * residual
    size = _dot(residual, step)
    least = 1e-12 * size
    for _ in range(iterations):
        if size <= least:
            break
        image = operator(step)
        length = np.float32(size / max(_dot(step, image), 1e-30))
        found += length * step
        residual -= length * image
        better = inverse * residual
        size, before = _dot(residual, better), size
        step = better + np.float32(size / before) * step
    return found


def coarse_to_fine(
    target: np.ndarray, weight: np.ndarray, start: np.ndarray, spacing: np.ndarray, stiffness: float, iterations: int
) -> np.ndarray:
    """`least_bending` that first finds the wide shape on lattices of half the density, and so on, where steps reach
    twice as far and cost an eighth."""
    if min(start.shape) >= _LEAST_NODES:
        weights = _halved(weight)
        wanted = _halved(weight * target) / np.maximum(weights, 1e-12)
        before = _halved(start) / _halved(np.ones_like(start))
        # Of the same energy there remain a sixteenth of the squared differences and eight times the weight of a node.
        after = coarse_to_fine(wanted, weights, before, spacing, stiffness / 2, iterations)
        start = start + _doubled(after - before, start.shape)
    return least_bending(target, weight, start, spacing, stiffness, iterations)


def _halved(values: np.ndarray) -> np.ndarray:
    """Sums (k, j, i) over blocks of 2 x 2 x 2 nodes; beyond odd ends there is nothing."""
    for axis in range(3):
        if values.shape[axis] % 2:
            values = np.pad(values, [(0, int(n == axis)) for n in range(3)])
        even, odd = [slice(None)] * 3, [slice(None)] * 3
        even[axis], odd[axis] = slice(0, None, 2), slice(1, None, 2)
        values = values[tuple(even)] + values[tuple(odd)]
    return values


def _doubled(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Linear interpolation (k, j, i) from blocks to their nodes."""
    for axis, size in enumerate(shape):
        place = ((np.arange(size) - 0.5) / 2).clip(0, values.shape[axis] - 1)
        low = np.minimum(place.astype(int), max(values.shape[axis] - 2, 0))
        share = (place - low).astype(np.float32).reshape([-1 if n == axis else 1 for n in range(3)])
        high = np.minimum(low + 1, values.shape[axis] - 1)
        values = values.take(low, axis) * (1 - share) + values.take(high, axis) * share
    return values


def laplacian(values: np.ndarray, factors: list[float]) -> np.ndarray:
    """Second differences of a (k, j, i) array summed with the factors (k, j, i); zero slope across the edges."""
    total = np.zeros_like(values)
    for axis, factor in enumerate(factors):
        rise = np.diff(values, axis=axis)
        rise *= np.float32(factor)
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        total[tuple(low)] += rise
        total[tuple(high)] -= rise
    return total


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.vdot(a, b))
