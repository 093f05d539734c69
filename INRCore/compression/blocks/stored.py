"""The boxes and networks of one volume, to the streams of a file and back to voxels. Needs NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...errors import InputError
from ..pyramid.adaptive import AdaptiveContexts, AdaptiveNumbers, Coder
from ..pyramid.damage import StreamError
from ..pyramid.layout import Shape
from ..pyramid.rans import EVEN, Decoder, Encoder
from .evaluation import LARGEST_WEIGHT, ONE, evaluate
from .layout import HIDDEN, LEVELS, WIDTHS, Leaves, box_counts, children, edges_at, inside, layer_sizes

MEAN_BITS = 16
"""Means of boxes are in 2^-16ths of the volume's range."""
MOST_LOUDNESS = 32
TENSORS = 2 * (HIDDEN + 1)
KindSteps = dict[int, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Blocks:
    """leaves: the boxes, N; kinds: (N) of `WIDTHS`; means: (N) whole numbers; loudness: (N), 0 to 32: the network's
    output counts 2^(loudness / 2) units of the means; weights: by kind, the whole numbers of all its networks in the
    order of the boxes, see `evaluate`; steps: by kind, of the eight tensors."""

    leaves: Leaves
    kinds: np.ndarray
    means: np.ndarray
    loudness: np.ndarray
    weights: dict[int, list[np.ndarray]]
    steps: KindSteps

    def intensities(self, low: float, high: float) -> np.ndarray:
        """float64 (k, j, i) within [low, high], the same on every machine."""
        whole = np.empty(self.leaves.shape, np.int64)
        boxes = list(self.leaves.boxes())
        for number in np.flatnonzero(self.kinds == 0):
            whole[boxes[number]] = self.means[number] * ONE
        for kind, level, places in self._batches():
            own = np.flatnonzero(self.kinds == kind)
            weights = [tensor[np.searchsorted(own, places)] for tensor in self.weights[kind]]
            loud = np.rint(2.0 ** (self.loudness[places] / 2)).astype(np.int64)
            found = evaluate(weights, self.steps[kind], edges_at(self.leaves.shape, level)) * loud[:, None, None, None]
            found += (self.means[places] * ONE)[:, None, None, None]
            for number, values in zip(places, found, strict=True):
                box = boxes[number]
                whole[box] = values[tuple(slice(part.stop - part.start) for part in box)]
        return np.clip(low + whole * ((high - low) / (ONE << MEAN_BITS)), low, high)

    def _batches(self) -> list[tuple[int, int, np.ndarray]]:
        """(kind, level, numbers of the boxes) of those that have a network of one kind."""
        found = []
        for kind in sorted(self.weights):
            for level in range(LEVELS):
                places = np.flatnonzero((self.kinds == kind) & (self.leaves.levels == level))
                if places.size:
                    found.append((kind, level, places))
        return found

    def to_streams(self) -> tuple[bytes, bytes]:
        """The boxes; the weights."""
        boxes, weights = Encoder(), Encoder()
        _code_boxes(boxes, self.leaves.shape, self)
        _code_weights(weights, self.kinds, self.weights)
        return boxes.to_bytes(), weights.to_bytes()

    @classmethod
    def of_streams(cls, shape: Shape, steps: KindSteps, boxes: bytes, weights: bytes) -> Blocks:
        """Undoes `to_streams`. Raises `StreamError` where they are damaged."""
        coder = Decoder(boxes)
        leaves, kinds, means, loudness = _code_boxes(coder, shape)
        coder.finish()
        coder = Decoder(weights)
        tensors = _code_weights(coder, kinds)
        coder.finish()
        if not set(tensors) <= set(steps):
            raise StreamError("a kind of network has no steps")
        return cls(leaves, kinds, means, loudness, tensors, steps)


@dataclass(frozen=True, eq=False)
class StoredBlocks:
    """shape: of the volume; steps: see `Blocks`; boxes, weights: streams, decoded when the voxels are asked for."""

    shape: Shape
    steps: KindSteps
    boxes: bytes
    weights: bytes
    label: str = field(default="the file", compare=False)

    def intensities(self, low: float, high: float) -> np.ndarray:
        """See `Blocks.intensities`. Raises `InputError` naming the file where it is damaged."""
        try:
            blocks = Blocks.of_streams(self.shape, self.steps, self.boxes, self.weights)
        except StreamError as error:
            raise InputError(f"{self.label} is damaged: {error}; use an intact copy.") from error
        return blocks.intensities(low, high)


def _code_boxes(
    coder: Coder, shape: Shape, known: Blocks | None = None
) -> tuple[Leaves, np.ndarray, np.ndarray, np.ndarray]:
    """Which boxes are cut, level by level; then kinds, loudness and means of those that are left."""
    here, contexts, splits = inside(shape, 0), AdaptiveContexts(LEVELS), list[np.ndarray]()
    levels = None if known is None else _level_of_voxels(known.leaves)
    for level in range(LEVELS - 1):
        places = np.argwhere(here)
        wanted = None
        if levels is not None:
            k, j, i = (places * np.array(edges_at(shape, level))).T
            wanted = levels[k, j, i] > level
        split = np.zeros(box_counts(shape, level), bool)
        split[tuple(places.T)] = contexts.code(coder, np.full(len(places), level), wanted)
        splits.append(split)
        here = children(split, shape, level) & inside(shape, level + 1)
    leaves = Leaves.of(shape, splits) if known is None else known.leaves
    kinds = AdaptiveNumbers(LEVELS).code(coder, leaves.levels, None if known is None else known.kinds)
    if (kinds >= len(WIDTHS)).any():
        raise StreamError("a network is of a kind that does not exist")
    busy = np.flatnonzero(kinds)
    loudness = np.zeros(len(leaves), np.int64)
    loudness[busy] = AdaptiveNumbers(LEVELS).code(
        coder, leaves.levels[busy], None if known is None else known.loudness[busy]
    )
    wanted = None if known is None else _zigzag(np.diff(known.means, prepend=0))
    means = np.cumsum(_unzigzag(AdaptiveNumbers(LEVELS).code(coder, leaves.levels, wanted)))
    if (loudness > MOST_LOUDNESS).any() or (means < 0).any() or (means > 1 << MEAN_BITS).any():
        raise StreamError("a box has an impossible mean")
    return leaves, kinds, means, loudness


def _code_weights(
    coder: Coder, kinds: np.ndarray, known: dict[int, list[np.ndarray]] | None = None
) -> dict[int, list[np.ndarray]]:
    """Magnitudes by tensor with counts that learn, then even signs; kind by kind, tensor by tensor."""
    numbers, found = AdaptiveNumbers(TENSORS), dict[int, list[np.ndarray]]()
    for kind in np.unique(kinds[kinds > 0]).tolist():
        count, tensors = int((kinds == kind).sum()), []
        shapes = [shape for n, m in layer_sizes(kind) for shape in ((count, n, m), (count, m))]
        for number, shape in enumerate(shapes):
            wanted = None if known is None else known[kind][number].reshape(-1)
            contexts = np.full(int(np.prod(shape)), number)
            values = numbers.code(coder, contexts, None if wanted is None else np.abs(wanted))
            if (values > LARGEST_WEIGHT).any():
                raise StreamError("a weight is too large")
            places = np.flatnonzero(values)
            signs = coder.code(np.full(places.size, EVEN, np.uint32), None if wanted is None else wanted[places] < 0)
            values[places[signs]] *= -1
            tensors.append(values.reshape(shape))
        found[kind] = tensors
    return found


def _level_of_voxels(leaves: Leaves) -> np.ndarray:
    levels = np.empty(leaves.shape, np.uint8)
    for box, level in zip(leaves.boxes(), leaves.levels, strict=True):
        levels[box] = level
    return levels


def _zigzag(numbers: np.ndarray) -> np.ndarray:
    return np.where(numbers < 0, -2 * numbers - 1, 2 * numbers)


def _unzigzag(codes: np.ndarray) -> np.ndarray:
    return np.where(codes & 1, -(codes + 1) // 2, codes // 2)
