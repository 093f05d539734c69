"""Loops of `reconstruction.posed_slices`: slices anywhere in a lattice, seen trilinearly, float32, and the way back.

A pixel of slice s lies at starts[s] + row * rows[s] + column * columns[s] (i, j, k of the lattice); its value is the
sum of `weights` times the lattice at `offsets` along normals[s] from there; beyond the lattice its border is repeated.
"""

from __future__ import annotations

import numpy as np

from .build import compiled
from .images import _cell


@compiled
def see(
    lattice: np.ndarray, starts: np.ndarray, steps: np.ndarray, offsets: np.ndarray, weights: np.ndarray,
    pixels: np.ndarray,
) -> None:  # fmt: skip
    """pixels (slices, rows, columns) of a lattice (k, j, i); steps (slices, 3, 3): normal, row and column by column."""
    depth, height, width = lattice.shape
    for s in range(pixels.shape[0]):
        for row in range(pixels.shape[1]):
            for column in range(pixels.shape[2]):
                r, c = np.float32(row), np.float32(column)
                x = starts[s, 0] + r * steps[s, 0, 1] + c * steps[s, 0, 2]
                y = starts[s, 1] + r * steps[s, 1, 1] + c * steps[s, 1, 2]
                z = starts[s, 2] + r * steps[s, 2, 1] + c * steps[s, 2, 2]
                total = np.float32(0)
                for n in range(len(offsets)):
                    o = offsets[n]
                    i, u = _cell(x + o * steps[s, 0, 0], width)
                    j, v = _cell(y + o * steps[s, 1, 0], height)
                    k, w = _cell(z + o * steps[s, 2, 0], depth)
                    right, down, back = min(i + 1, width - 1), min(j + 1, height - 1), min(k + 1, depth - 1)
                    a, b = lattice[k, j, i], lattice[k, j, right]
                    ab = a + (b - a) * u
                    a, b = lattice[k, down, i], lattice[k, down, right]
                    front = ab + (a + (b - a) * u - ab) * v
                    a, b = lattice[back, j, i], lattice[back, j, right]
                    ab = a + (b - a) * u
                    a, b = lattice[back, down, i], lattice[back, down, right]
                    rear = ab + (a + (b - a) * u - ab) * v
                    total += weights[n] * (front + (rear - front) * w)
                pixels[s, row, column] = total


@compiled
def lay_back(
    pixels: np.ndarray, starts: np.ndarray, steps: np.ndarray, offsets: np.ndarray, weights: np.ndarray,
    lattice: np.ndarray,
) -> None:  # fmt: skip
    """Adds to the lattice what the transposed of `see` makes of the pixels."""
    depth, height, width = lattice.shape
    one = np.float32(1)
    for s in range(pixels.shape[0]):
        for row in range(pixels.shape[1]):
            for column in range(pixels.shape[2]):
                value = pixels[s, row, column]
                if value == 0:
                    continue
                r, c = np.float32(row), np.float32(column)
                x = starts[s, 0] + r * steps[s, 0, 1] + c * steps[s, 0, 2]
                y = starts[s, 1] + r * steps[s, 1, 1] + c * steps[s, 1, 2]
                z = starts[s, 2] + r * steps[s, 2, 1] + c * steps[s, 2, 2]
                for n in range(len(offsets)):
                    o = offsets[n]
                    i, u = _cell(x + o * steps[s, 0, 0], width)
                    j, v = _cell(y + o * steps[s, 1, 0], height)
                    k, w = _cell(z + o * steps[s, 2, 0], depth)
                    right, down, back = min(i + 1, width - 1), min(j + 1, height - 1), min(k + 1, depth - 1)
                    share = value * weights[n]
                    front, rear = share * (one - w), share * w
                    a, b = front * (one - v), front * v
                    lattice[k, j, i] += a * (one - u)
                    lattice[k, j, right] += a * u
                    lattice[k, down, i] += b * (one - u)
                    lattice[k, down, right] += b * u
                    a, b = rear * (one - v), rear * v
                    lattice[back, j, i] += a * (one - u)
                    lattice[back, j, right] += a * u
                    lattice[back, down, i] += b * (one - u)
                    lattice[back, down, right] += b * u
