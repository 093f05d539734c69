"""The filters that suit a volume and its pyramid best, by least squares (Wiener), where they are worth their bytes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .pyramid.codec import PRICE
from .pyramid.filters import (
    MOST_ACTIVITIES,
    MOST_SHIFT,
    Filters,
    activity_limit,
    activity_of,
    changes_of,
    classes_of,
    moved,
    number_type,
    padded_slab,
    pair_feature,
    pairs_of,
    slabs_of,
)
from .pyramid.quantisation import UNITS
from .pyramid.tiles import Box

_SAMPLE = 2_000_000  # voxels that the filters are fitted to
_RIDGE = 1e-5  # per voxel, in squared steps
_PART_BYTES = 16
_LEAST_PER_CLASS = 1000  # voxels
_MERGED = (1, 2, 4, 8, 16)  # neighbouring classes of activity that share a filter
_LARGEST_TAP = 127


@dataclass(frozen=True, eq=False)
class _Sums:
    """Of each class of activity and each direction: of products of features, (16, 3, pairs, pairs), and of features
    with what is missed, (16, 3, pairs), in squared steps."""

    square: np.ndarray
    product: np.ndarray

    def merged(self, neighbours: int, directions: int, pairs: int) -> _Sums:
        """Of fewer classes, and of the first pairs alone."""
        starts = np.arange(0, MOST_ACTIVITIES, neighbours)
        square = np.add.reduceat(self.square[..., :pairs, :pairs], starts)
        product = np.add.reduceat(self.product[..., :pairs], starts)
        if directions == 1:
            square, product = square.sum(1, keepdims=True), product.sum(1, keepdims=True)
        return _Sums(square.reshape(-1, *square.shape[2:]), product.reshape(-1, product.shape[2]))


def fit_filters(
    samples: np.ndarray, wanted: Callable[[Box], np.ndarray], largest: float, price: float = PRICE
) -> Filters | None:
    """samples: whole units (k, j, i); wanted: of a box, the real numbers that they should be, NaN where that does not
    matter; largest: bound on the samples' magnitudes; price: of a bit, in squared steps. None where no filters are
    worth their bytes."""
    if samples.size == 1:
        return None
    every = max(1, round(samples.size / _SAMPLE))
    whole = (slice(None), slice(None), slice(None))
    boxes = slabs_of(samples.shape, whole)
    if every > 1:
        boxes = [(slice(k, k + 1), *whole[1:]) for k in range(every // 2, samples.shape[0], every)]
    number = number_type(largest)
    parts = [(padded_slab(samples, box, number), wanted(box)) for box in boxes]
    codes = _limit_codes([part for part, _ in parts])
    sums = _sums(parts, codes, pairs_of(samples.shape, True))
    share = sum(values.size for _, values in parts) / samples.size
    best, best_gain = None, 0.0
    for neighbours in _MERGED:
        limits = tuple(codes[neighbours - 1 : MOST_ACTIVITIES - 1 : neighbours])
        for directions, wide in itertools.product((1, 3), (False, True)):
            if (len(limits) + 1) * directions * _LEAST_PER_CLASS > max(samples.size, _LEAST_PER_CLASS):
                continue
            merged = sums.merged(neighbours, directions, len(pairs_of(samples.shape, wide)))
            taps, shift, gain = _solved(merged)
            filters = Filters(limits, directions, wide, shift, taps)
            gain = gain / share - price * 8 * (len(filters.to_bytes()) + _PART_BYTES)
            if gain > best_gain:
                best, best_gain = filters, gain
    return best


def _limit_codes(parts: list[np.ndarray]) -> list[int]:
    """Limits between which there are about as many voxels each."""
    activity = np.concatenate([activity_of(part).reshape(-1)[:: max(1, len(parts))] for part in parts])
    quantiles = np.quantile(activity, np.arange(1, MOST_ACTIVITIES) / MOST_ACTIVITIES)
    known = np.array([activity_limit(code) for code in range(256)])
    return [int(n) for n in np.minimum(np.searchsorted(known, quantiles), 255)]


def _sums(parts: list[tuple[np.ndarray, np.ndarray]], codes: list[int], pairs: list[tuple[int, int, int]]) -> _Sums:
    limits, count = [activity_limit(code) for code in codes], len(pairs)
    square, product = np.zeros((MOST_ACTIVITIES * 3, count, count)), np.zeros((MOST_ACTIVITIES * 3, count))
    for padded, values in parts:
        middle = moved(padded, (0, 0, 0))
        missed = ((values - middle) / UNITS).reshape(-1)
        chosen = classes_of(activity_of(padded), changes_of(padded), limits).reshape(-1)
        features = np.stack([pair_feature(padded, pair, 2 * middle).reshape(-1) for pair in pairs]).astype(np.float32)
        order = np.argsort(np.where(np.isfinite(missed), chosen, 255), kind="stable")
        ends = np.searchsorted(chosen[order[: int(np.isfinite(missed).sum())]], np.arange(MOST_ACTIVITIES * 3 + 1))
        features, missed = features[:, order] / np.float32(UNITS), missed[order]
        for number, (start, stop) in enumerate(itertools.pairwise(ends)):
            own = features[:, start:stop].astype(np.float64)
            square[number] += own @ own.T + np.eye(count) * _RIDGE * (stop - start)
            product[number] += own @ missed[start:stop]
    return _Sums(square.reshape(MOST_ACTIVITIES, 3, count, count), product.reshape(MOST_ACTIVITIES, 3, count))


def _solved(sums: _Sums) -> tuple[np.ndarray, int, float]:
    """(classes, pairs) int8 taps, their shift, and by how much they lower the squared error (squared steps)."""
    count = sums.product.shape[1]
    weights = np.linalg.solve(sums.square + 1e-9 * np.eye(count), sums.product[..., None])[..., 0]
    largest = max(float(np.abs(weights).max(initial=0)), 2.0**-MOST_SHIFT)
    shift = int(np.clip(np.floor(np.log2(_LARGEST_TAP / largest)), 0, MOST_SHIFT))
    taps = np.clip(np.rint(weights * 2**shift), -_LARGEST_TAP, _LARGEST_TAP)
    rounded = taps / 2**shift
    gain = 2 * (rounded * sums.product).sum() - np.einsum("ca,cab,cb->", rounded, sums.square, rounded)
    return taps.astype(np.int8), shift, float(gain)
