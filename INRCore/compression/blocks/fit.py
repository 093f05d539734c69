"""All networks of a volume fitted at once, those of one kind in one batch of matrix products."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ...fitting import Problem
from ..intensity import IntensityMap
from .evaluation import LARGEST_STEP, LARGEST_WEIGHT, STEP_BITS
from .layout import HIDDEN, Leaves, edges_at, layer_sizes
from .partition import frequency_of
from .stored import MEAN_BITS, MOST_LOUDNESS, TENSORS, Blocks, KindSteps

LEARNING_RATE_FACTOR = 8.0
"""Networks of a few dozen units bear larger steps than one of a hundred and more."""
_ROUNDED_FROM = 0.6
"""Share of the fit after which the networks are evaluated with rounded weights."""
_STEP_SHARE = 0.15
"""Of the root mean square of a tensor's weights: its step while they are fitted."""
_GAINS = (2.0, 2.0, *(1.0,) * (TENSORS - 2))
_BAND_SHARE = 0.87
_FEWEST_POINTS = 32
_JUDGED = 65536


@dataclass(frozen=True, eq=False)
class _Batch:
    """The boxes of one kind of network: numbers, first voxels, sizes and nominal edges (B, 1, 3), means and amplitudes
    (B, 1) as they are stored."""

    places: np.ndarray
    starts: Tensor
    sizes: Tensor
    edges: Tensor
    means: Tensor
    amplitudes: Tensor

    def to(self, device: torch.device) -> _Batch:
        tensors = (self.starts, self.sizes, self.edges, self.means, self.amplitudes)
        return _Batch(self.places, *(tensor.to(device) for tensor in tensors))


class BlocksProblem(Problem):
    """Mean squared error of every box's network, each on its own scale, at voxels drawn evenly in each box.

    From 60 % of the fit on with the rounded weights that will be stored, gradients passing through (Bengio et al.,
    Estimating or propagating gradients through stochastic neurons, 2013). values: (k, j, i) finite intensities.
    """

    def __init__(
        self, values: np.ndarray, intensity: IntensityMap, leaves: Leaves, kinds: np.ndarray, seed: int, iterations: int
    ) -> None:
        self._leaves, self._kinds, self._range = leaves, kinds, intensity.high - intensity.low
        self._flat = torch.from_numpy(((values - intensity.low) / self._range).astype(np.float32)).reshape(-1)
        self._rounded_from = int(iterations * _ROUNDED_FROM)
        self._steps: KindSteps | None = None
        generator = torch.Generator().manual_seed(seed)
        self._measure_boxes(values, intensity)
        self._batches = {kind: self._batch(kind) for kind in np.unique(kinds[kinds > 0]).tolist()}
        self._networks = {kind: self._started(values, kind, generator) for kind in self._batches}
        self.module = nn.ModuleList(self._networks.values())

    def to(self, device: torch.device) -> None:
        super().to(device)
        self._flat = self._flat.to(device)
        self._batches = {kind: batch.to(device) for kind, batch in self._batches.items()}

    def losses(self, points: int, generator: torch.Generator, iteration: int) -> dict[str, Tensor]:
        each = max(points // max(int((self._kinds > 0).sum()), 1), _FEWEST_POINTS)
        if iteration >= self._rounded_from and self._steps is None:
            self._steps = self.steps()
        errors = [self._errors(kind, each, generator).square().mean(1).sum() for kind in self._batches]
        return {"boxes": torch.stack(errors).sum()}

    @torch.no_grad()
    def metrics(self) -> dict[str, float]:
        """PSNR (dB) over random voxels of the boxes that have a network, as if the others were right."""
        generator, total = torch.Generator(self._flat.device).manual_seed(0), 0.0
        for kind, batch in self._batches.items():
            each = max(_JUDGED // len(self._leaves), 8)
            errors = self._errors(kind, each, generator) * batch.amplitudes
            total += float((errors.square().mean(1) * batch.sizes.prod(-1)[:, 0]).sum())
        mean = total / self._flat.numel()
        return {"psnr_db": -10 * math.log10(mean)} if mean > 0 else {}

    @torch.no_grad()
    def steps(self, factor: float = 1.0) -> KindSteps:
        """By kind, of the eight tensors, in the whole numbers of `evaluate`; `factor`: on the usual ones."""
        found = {}
        for kind, tensors in self._tensors().items():
            rms = [float(tensor.square().mean().sqrt()) * gain for tensor, gain in zip(tensors, _GAINS, strict=True)]
            shares = [own * _STEP_SHARE * factor / _unit(number) for number, own in enumerate(rms)]
            found[kind] = tuple(min(max(round(share), 1), LARGEST_STEP) for share in shares)
        return found

    @torch.no_grad()
    def stored(self, steps: KindSteps) -> Blocks:
        """The fit with weights rounded to these steps."""
        weights = {}
        for kind, tensors in self._tensors().items():
            whole = [
                torch.round(tensor * (gain / (step * _unit(number)))).clamp(-LARGEST_WEIGHT, LARGEST_WEIGHT)
                for number, (tensor, gain, step) in enumerate(zip(tensors, _GAINS, steps[kind], strict=True))
            ]
            weights[kind] = [w.squeeze(1) if n % 2 else w for n, w in enumerate(whole)]
        numbers = {kind: [w.cpu().numpy().astype(np.int64) for w in own] for kind, own in weights.items()}
        return Blocks(self._leaves, self._kinds, self._means, self._loudness, numbers, steps)

    def _measure_boxes(self, values: np.ndarray, intensity: IntensityMap) -> None:
        """Means and loudness (the root of 4 times the variance) of all boxes, as they are stored."""
        boxes, unit = [values[box] for box in self._leaves.boxes()], self._range / (1 << MEAN_BITS)
        self._means = np.array([np.rint((box.mean() - intensity.low) / unit) for box in boxes]).astype(np.int64)
        loud = np.array([2 * math.log2(max(2 * float(box.std()) / unit, 1)) for box in boxes])
        self._loudness = np.where(self._kinds > 0, np.clip(np.rint(loud), 0, MOST_LOUDNESS), 0).astype(np.int64)

    def _batch(self, kind: int) -> _Batch:
        places = np.flatnonzero(self._kinds == kind)
        leaves = self._leaves
        edges = np.array([edges_at(leaves.shape, level) for level in leaves.levels[places]])
        whole = [torch.from_numpy(part[:, None]) for part in (leaves.starts[places], leaves.sizes[places], edges)]
        unit = 1.0 / (1 << MEAN_BITS)
        amplitudes = np.rint(2.0 ** (self._loudness[places] / 2)) * unit
        scaled = [torch.from_numpy(n.astype(np.float32)[:, None]) for n in (self._means[places] * unit, amplitudes)]
        return _Batch(places, *whole, *scaled)

    def _started(self, values: np.ndarray, kind: int, generator: torch.Generator) -> nn.ParameterList:
        """Weights as SIREN begins (Sitzmann et al., 2020), the first layer's as fast as the box's own spectrum."""
        boxes = list(self._leaves.boxes())
        bands = []
        for place in self._batches[kind].places:
            part = values[boxes[place]] - values[boxes[place]].mean()
            bands.append(frequency_of(part, edges_at(self._leaves.shape, self._leaves.levels[place])) * _BAND_SHARE)
        found, count = [], len(bands)
        for layer, (inputs, outputs) in enumerate(layer_sizes(kind)):
            drawn = torch.rand(count, inputs, outputs, generator=generator) * 2 - 1
            phase = torch.rand(count, 1, outputs, generator=generator) * 2 - 1
            if layer == 0:
                drawn, phase = drawn * torch.from_numpy(np.array(bands, np.float32))[..., None], phase * math.pi
            else:
                drawn, phase = drawn * math.sqrt(6 / inputs), phase * 0.5
            if layer == HIDDEN:
                drawn, phase = drawn * 0.3, phase * 0
            found += [nn.Parameter(drawn / _GAINS[2 * layer]), nn.Parameter(phase / _GAINS[2 * layer + 1])]
        return nn.ParameterList(found)

    def _tensors(self) -> dict[int, list[Tensor]]:
        return {kind: list(self._networks[kind]) for kind in self._batches}

    def _errors(self, kind: int, each: int, generator: torch.Generator) -> Tensor:
        """(B, each) output minus what it should be, at random voxels."""
        batch, shape = self._batches[kind], self._leaves.shape
        drawn = torch.rand(len(batch.places), each, 3, generator=generator, device=self._flat.device)
        offsets = torch.minimum((drawn * batch.sizes).floor().long(), batch.sizes - 1)
        k, j, i = (offsets + batch.starts).unbind(-1)
        wanted = (self._flat[(k * shape[1] + j) * shape[2] + i] - batch.means) / batch.amplitudes
        points = ((2 * offsets + 1 - batch.edges) / batch.edges).flip(-1)
        return self._outputs(kind, points) - wanted

    def _outputs(self, kind: int, points: Tensor) -> Tensor:
        """(B, N, 3) network coordinates to (B, N)."""
        features, tensors = points, [self._used(kind, n, w) for n, w in enumerate(self._tensors()[kind])]
        for layer in range(HIDDEN):
            features = torch.sin(torch.baddbmm(tensors[2 * layer + 1], features, tensors[2 * layer]))
        return torch.baddbmm(tensors[-1], features, tensors[-2])[..., 0]

    def _used(self, kind: int, number: int, tensor: Tensor) -> Tensor:
        """A tensor as it is evaluated now: rounded, late in the fit."""
        tensor = tensor * _GAINS[number]
        if self._steps is None:
            return tensor
        step = self._steps[kind][number] * _unit(number)
        return tensor + (torch.round(tensor.detach() / step) * step - tensor.detach())


def _unit(number: int) -> float:
    """What a step of 1 means for a tensor: radians in the hidden layers."""
    return (1.0 if number >= TENSORS - 2 else 2 * math.pi) / (1 << STEP_BITS)
