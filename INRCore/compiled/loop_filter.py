"""The loop of `compression.pyramid.filters`: whole numbers of 32 or 64 bits."""

from __future__ import annotations

import numpy as np

from .build import compiled


@compiled
def _second_differences(padded: np.ndarray, k: int, found: np.ndarray) -> None:
    """Of a plane, at all samples with neighbours: found (4, j, i) is the sum of absolute second differences along the
    axes, then the absolute first differences along k, j and i."""
    whole = padded.dtype.type
    for j in range(1, padded.shape[1] - 1):
        above, here, below = padded[k - 1, j], padded[k, j], padded[k + 1, j]
        before, after = padded[k, j - 1], padded[k, j + 1]
        for i in range(1, padded.shape[2] - 1):
            twice = whole(2 * here[i])
            found[0, j - 1, i - 1] = (
                abs(whole(above[i] + below[i] - twice))
                + abs(whole(before[i] + after[i] - twice))
                + abs(whole(here[i - 1] + here[i + 1] - twice))
            )
            found[1, j - 1, i - 1] = abs(whole(below[i] - above[i]))
            found[2, j - 1, i - 1] = abs(whole(after[i] - before[i]))
            found[3, j - 1, i - 1] = abs(whole(here[i + 1] - here[i - 1]))


@compiled
def _box_sums(plane: np.ndarray, total: np.ndarray) -> None:
    """Over 3 x 3 of a plane (j, i), of the samples that have neighbours on all sides."""
    whole = plane.dtype.type
    for j in range(total.shape[0]):
        a, b, c, sums = plane[j], plane[j + 1], plane[j + 2], total[j]
        for i in range(total.shape[1]):
            sums[i] = whole(a[i] + a[i + 1] + a[i + 2] + b[i] + b[i + 1] + b[i + 2] + c[i] + c[i + 1] + c[i + 2])


@compiled
def _classes(sums: np.ndarray, kinds: int, limits: np.ndarray, chosen: np.ndarray) -> None:
    """Of a row: sums (3 planes, kinds, i) to classes; see `filters.classes_of`."""
    whole = sums.dtype.type
    for i in range(len(chosen)):
        activity = whole(sums[0, 0, i] + sums[1, 0, i] + sums[2, 0, i])
        number = np.int32(0)
        for n in range(len(limits)):
            number += np.int32(activity >= limits[n])
        chosen[i] = number
    if kinds > 1:
        for i in range(len(chosen)):
            along_k = whole(sums[0, 1, i] + sums[1, 1, i] + sums[2, 1, i])
            along_j = whole(sums[0, 2, i] + sums[1, 2, i] + sums[2, 2, i])
            along_i = whole(sums[0, 3, i] + sums[1, 3, i] + sums[2, 3, i])
            axis = 2 if along_i > max(along_k, along_j) else (1 if along_j > along_k else 0)
            chosen[i] = 3 * chosen[i] + np.int32(axis)


@compiled
def filtered(
    padded: np.ndarray, kinds: int, limits: np.ndarray, pairs: np.ndarray, taps: np.ndarray, shift: int,
    result: np.ndarray,
) -> None:  # fmt: skip
    """result (k, j, i) of samples padded by 2; kinds: 4 where directions count, else 1; limits: least activities of all
    classes but the first; pairs: (N, 3) offsets; taps: (N, classes) in the samples' type."""
    whole = padded.dtype.type
    planes, rows, columns = result.shape
    differences = np.empty((4, rows + 2, columns + 2), padded.dtype)
    sums = np.empty((3, kinds, rows, columns), padded.dtype)
    chosen, total = np.empty(columns, np.int32), np.empty(columns, padded.dtype)
    half, bits = whole((1 << shift) >> 1), whole(shift)
    for k in range(-1, planes + 1):
        _second_differences(padded, k + 2, differences)
        for kind in range(kinds):
            _box_sums(differences[kind], sums[(k + 3) % 3, kind])
        if k < 1:
            continue
        for j in range(rows):
            _classes(sums[:, :, j], kinds, limits, chosen)
            here = padded[k + 1, j + 2, 2:]
            for i in range(columns):
                total[i] = half
            for pair in range(len(pairs)):
                dk, dj, di = pairs[pair]
                before, after = padded[k + 1 - dk, j + 2 - dj, 2 - di :], padded[k + 1 + dk, j + 2 + dj, 2 + di :]
                weights = taps[pair]
                for i in range(columns):
                    total[i] += whole(whole(before[i] + after[i] - whole(2 * here[i])) * weights[chosen[i]])
            for i in range(columns):
                result[k - 1, j, i] = whole(here[i] + whole(total[i] >> bits))
