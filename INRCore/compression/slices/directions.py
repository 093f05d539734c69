"""Blocks predicted from the samples above and to their left, along 33 directions, as a plane or as their mean.

The directions are those of HEVC (ITU-T H.265, 8.4.4.2). A block's border is a row of 4 size + 1 samples: from the
lowest left one up to the corner, then from the first one above to the last one above and to the right.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .transform import SIZES

LARGEST = SIZES[0]
PLANE, MEAN, FIRST_ANGLE = 0, 1, 2
DIRECTIONS = 35
_HALF = (32, 26, 21, 17, 13, 9, 5, 2, 0, -2, -5, -9, -13, -17, -21, -26)
_ANGLES = (*_HALF, -32, *_HALF[::-1])
_FIRST_VERTICAL = 18
_ACROSS, _DOWN = 10, 26
_STRAIGHT = {8: 7, 16: 1, 32: 0}
"""How far from an axis directions must lie for their border to be smoothed, by size."""


@lru_cache
def _angular(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each direction: the two border samples that each sample of the block lies between, and how near the second,
    in 32nds; (direction, size, size)."""
    first = np.zeros((DIRECTIONS, size, size), np.int64)
    second, weight = first.copy(), first.copy()
    for mode in range(FIRST_ANGLE, DIRECTIONS):
        angle, vertical = _ANGLES[mode - FIRST_ANGLE], mode >= _FIRST_VERTICAL
        for line in range(size):  # rows of vertical directions, columns of horizontal ones
            shift, fraction = (line + 1) * angle >> 5, (line + 1) * angle & 31
            for along in range(size):
                place = (line, along) if vertical else (along, line)
                first[mode][place] = _border(size, along + shift + 1, angle, vertical)
                last = along + shift + 2 if fraction else along + shift + 1
                second[mode][place] = _border(size, last, angle, vertical)
                weight[mode][place] = fraction
    return first, second, weight


def _border(size: int, reference: int, angle: int, vertical: bool) -> int:
    """Place in the border of sample `reference` of the main side, the corner being 0; those before it are taken from
    the other side."""
    sign = 1 if vertical else -1
    if reference < 0:
        reference = -((-reference * round(8192 / -angle) + 128) >> 8)
    return 2 * size + sign * reference


def predict_refined(border: np.ndarray, modes: np.ndarray, size: int) -> np.ndarray:
    """As `predict`, from a smoothed border in large blocks unless the direction lies near an axis, and with the first
    row and column of blocks below the largest drawn to the border, as in HEVC (ITU-T H.265, 8.4.4.2.3 and 6)."""
    border = border.astype(np.int64, copy=False)
    if size in _STRAIGHT:
        slant = np.minimum(np.abs(modes - _ACROSS), np.abs(modes - _DOWN))
        chosen = np.flatnonzero((modes == PLANE) | ((modes > MEAN) & (slant > _STRAIGHT[size])))
        if chosen.size:
            border, own = border.copy(), border[chosen]
            border[chosen, 1:-1] = (own[:, :-2] + 2 * own[:, 1:-1] + own[:, 2:] + 2) >> 2
    found = predict(border, modes, size)
    if size == LARGEST:
        return found
    left, corner, above = border[:, 2 * size - 1 : size - 1 : -1], border[:, 2 * size, None], border[:, 2 * size + 1 :]
    down, across, mean = (np.flatnonzero(modes == mode) for mode in (_DOWN, _ACROSS, MEAN))
    found[down, :, 0] += (left[down] - corner[down]) >> 1
    found[across, 0] += (above[across, :size] - corner[across]) >> 1
    middle = found[mean, -1, -1, None]
    first = left[mean, :1] + above[mean, :1]
    found[mean, :, 0] = (left[mean] + 3 * middle + 2) >> 2
    found[mean, 0] = (above[mean, :size] + 3 * middle + 2) >> 2
    found[mean, 0, :1] = (first + 2 * middle + 2) >> 2
    return found


def predict(border: np.ndarray, modes: np.ndarray, size: int) -> np.ndarray:
    """(N, 4 size + 1) borders and (N) directions to (N, size, size)."""
    first, second, weight = _angular(size)
    count = len(modes)
    near = np.take_along_axis(border, first[modes].reshape(count, -1), 1)
    far = np.take_along_axis(border, second[modes].reshape(count, -1), 1)
    share = weight[modes].reshape(count, -1)
    found = (((32 - share) * near + share * far + 16) >> 5).reshape(count, size, size)
    for mode, rule in ((PLANE, _plane), (MEAN, _mean)):
        chosen = np.flatnonzero(modes == mode)
        if chosen.size:
            found[chosen] = rule(border[chosen], size)
    return found


def _plane(border: np.ndarray, size: int) -> np.ndarray:
    left, above = border[:, 2 * size - 1 : size - 1 : -1], border[:, 2 * size + 1 : 3 * size + 1]
    beside, below = border[:, 3 * size + 1, None, None], border[:, size - 1, None, None]
    place = np.arange(size)
    across = (size - 1 - place) * left[:, :, None] + (place + 1) * beside
    down = (size - 1 - place)[:, None] * above[:, None, :] + (place + 1)[:, None] * below
    return (across + down + size) // (2 * size)


def _mean(border: np.ndarray, size: int) -> np.ndarray:
    total = border[:, size : 2 * size].sum(1) + border[:, 2 * size + 1 : 3 * size + 1].sum(1)
    return ((total + size) // (2 * size))[:, None, None]


def _z_order(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Of fours of samples within the largest block."""
    y, x = y // 4, x // 4
    order = np.zeros_like(y)
    for bit in range(3):
        order += ((y >> bit & 1) << (2 * bit + 1)) + ((x >> bit & 1) << (2 * bit))
    return order


def waves(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """When each block, by its first row and column, can be predicted: blocks of one number need not each other."""
    diagonal = x // LARGEST + 2 * (y // LARGEST)
    return diagonal * 64 + _z_order(y % LARGEST, x % LARGEST)


def borders(planes: np.ndarray, k: np.ndarray, y: np.ndarray, x: np.ndarray, size: int) -> np.ndarray:
    """(N, 4 size + 1) of blocks of slices k whose first row and column are y, x; planes: (n, rows, columns), both
    multiples of 32. Samples that come later, or are none, are those nearest before them along the border."""
    height, width = planes.shape[1:]
    own = _z_order(y % LARGEST, x % LARGEST)
    inside = (x + size) % LARGEST != 0
    right = np.where(inside, _z_order((y - size) % LARGEST, (x + size) % LARGEST) < own, False)
    right = np.where(y % LARGEST == 0, x + size < width, right)
    lower = _z_order((y + size) % LARGEST, (x - size) % LARGEST) < own
    lower = np.where(x % LARGEST == 0, True, lower) & ((y + size) % LARGEST != 0)
    beyond = np.arange(2 * size)
    rows = y[:, None] + np.where(lower[:, None], beyond, np.minimum(beyond, size - 1))
    columns = x[:, None] + np.where(right[:, None], beyond, np.minimum(beyond, size - 1))
    top, side = (y > 0)[:, None], (x > 0)[:, None]
    every_row, every_column = y[:, None] - 1, x[:, None] - 1
    left_rows = np.where(side, rows, every_row)[:, ::-1]
    left_columns = np.broadcast_to(np.where(side, every_column, x[:, None]), left_rows.shape)
    above_rows = np.broadcast_to(np.where(top, every_row, y[:, None]), columns.shape)
    above_columns = np.where(top, columns, every_column)
    corner_row = np.where(side & top, every_row, np.where(side, y[:, None], every_row))
    corner_column = np.where(side & top, every_column, np.where(side, every_column, x[:, None]))
    all_rows = np.concatenate([left_rows, corner_row, above_rows], 1)
    all_columns = np.concatenate([left_columns, corner_column, above_columns], 1)
    places = (k[:, None] * height + np.maximum(all_rows, 0)) * width + np.maximum(all_columns, 0)
    found = planes.reshape(-1)[places]
    found[(y == 0) & (x == 0)] = 0
    return found
