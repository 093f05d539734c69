"""How a stack of slices is cut into blocks, and what each block says.

Slices (rows, columns) are filled up to multiples of 32 and cut into squares of 32, each of which may be split into
four, these again, down to 4. What is not split is a leaf. Leaves of one size are numbered in C order of (slice, row,
column).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .transform import SIZES

INSIDE, BOTH, BEFORE, AFTER = range(4)
"""Kinds of leaves: predicted from their own slice, from both others, from one of them."""
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Leaves:
    """Of one size: slices, rows, columns (N) of their first samples; kinds, directions (N); moves: (N, before and
    after, rows and columns) in quarters of a sample; levels: (N, size, size) whole coefficients."""

    size: int
    slices: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    kinds: np.ndarray
    directions: np.ndarray
    moves: np.ndarray
    levels: np.ndarray


@dataclass(frozen=True)
class Stack:
    """shape: slices, rows, columns, the last two multiples of 32; leaves: by size, the largest first; roots: (slices,
    rows / 32, columns / 32, before and after, 2): the motion that those of leaves are told by."""

    shape: Shape
    leaves: tuple[Leaves, ...]
    roots: np.ndarray


def joined(stacks: list[Stack]) -> Stack:
    """Stacks one after the other."""
    found, starts = [], np.cumsum([0, *(stack.shape[0] for stack in stacks[:-1])])
    for number, size in enumerate(SIZES):
        own = [stack.leaves[number] for stack in stacks]
        slices = np.concatenate([leaves.slices + start for start, leaves in zip(starts, own, strict=True)])
        names = ("rows", "columns", "kinds", "directions", "moves", "levels")
        parts = (np.concatenate([getattr(leaves, name) for leaves in own]) for name in names)
        found.append(Leaves(size, slices, *parts))
    return Stack(
        (sum(stack.shape[0] for stack in stacks), *stacks[0].shape[1:]),
        tuple(found),
        np.concatenate([stack.roots for stack in stacks]),
    )


def filled(length: int) -> int:
    """The next multiple of 32."""
    return -(-length // SIZES[0]) * SIZES[0]


def grid_of(shape: Shape, size: int) -> Shape:
    """Blocks of a size in a stack."""
    return shape[0], shape[1] // size, shape[2] // size


def doubled(mask: np.ndarray) -> np.ndarray:
    """Booleans of blocks to those of blocks half as large."""
    return mask.repeat(2, 1).repeat(2, 2)


def places_of(mask: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slices, first rows, first columns of the blocks that are set."""
    k, j, i = np.nonzero(mask)
    return k, j * size, i * size
