"""A small network that learns to undo the slice profile from the slices themselves, where the detail is known.

Within a slice the image is fine; blurred there as it is across the slices, every slice is a lesson (SMORE: Zhao et al.,
IEEE TMI 40(3), 2021; at any scale: Zhang et al., self-supervised arbitrary-scale super-resolution, 2023).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from ..fitting import Problem
from ..volume import Volume
from .lattice_weights import profile_weights, spline_weights

_ROWS, _COLUMNS, _MARGIN = 32, 12, 2
"""A lesson has so many rows and thick columns, with a margin of thick columns on both sides that does not count."""
_FEWEST_ROWS, _FEWEST_COLUMNS = 8, 3
_LIVELY = 0.1
_HELD_OUT_EVERY = 8
_LEAK = 0.1
_MIRRORS: tuple[tuple[int, ...], ...] = ((), (1,), (2,), (1, 2))
_LARGEST_DEVIATION, _SMALLEST_SPREAD = 20.0, 1e-3


class DetailNetwork(nn.Module):
    """Rows of thick samples (N, rows, columns) to the fine samples' deviation from their cubic spline, and to how far
    off that is to be expected (mean absolute error), both (N, rows, columns * factor).

    It works at the thick samples' resolution and gives `factor` values for each (sub-pixel convolution: Shi et al.,
    CVPR 2016). Samples are to have a mean of about 0 and a deviation of about 1.
    """

    def __init__(self, factor: int, width: int = 32, depth: int = 6, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator("cpu").manual_seed(seed)
        self.factor = factor
        channels = [1] + [width] * depth
        self.body = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(channels))
        self.deviation = nn.Conv2d(width, factor, 3, padding=1)
        self.spread_hidden, self.spread = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, factor, 1)
        for layer in [*self.body, self.deviation, self.spread_hidden, self.spread]:
            fan_in = layer.weight[0].numel()
            with torch.no_grad():
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * math.sqrt(2 / fan_in))
                layer.bias.zero_()
        nn.init.zeros_(self.deviation.weight)  # it starts as the cubic spline
        nn.init.zeros_(self.spread.weight)

    def forward(self, thick: Tensor) -> tuple[Tensor, Tensor]:
        hidden = thick[:, None]
        for layer in self.body:
            # Plain rectifiers died on one whole brain, whose detail was then worse than a spline's.
            hidden = nn.functional.leaky_relu(layer(hidden), _LEAK)
        # The spread learns from what the body knows and never pulls at it.
        spread = self.spread(torch.relu(self.spread_hidden(hidden.detach())))
        return _interleaved(self.deviation(hidden)), _SMALLEST_SPREAD + nn.functional.softplus(_interleaved(spread) - 2)

    def mirrored(self, thick: Tensor, mirrors: bool) -> tuple[Tensor, Tensor]:
        """Means over the four mirror images of the samples, turned back; without `mirrors` as `forward`."""
        ways = _MIRRORS if mirrors else _MIRRORS[:1]
        outputs = [[part.flip(way) for part in self(thick.flip(way))] for way in ways]
        deviation, spread = (sum(parts[1:], parts[0]) / len(ways) for parts in zip(*outputs, strict=True))
        return deviation, spread


def _interleaved(values: Tensor) -> Tensor:
    """(N, factor, rows, columns) to (N, rows, columns * factor)."""
    return values.permute(0, 2, 3, 1).flatten(2)


class DetailProblem(Problem):
    """Lessons for a `DetailNetwork` from fine images (slices, rows, columns), whose columns are as fine as the result
    is to be across the slices; every eighth slice is held out for `held_out`.

    `width`: of the slice profile in fine columns; `noise`: standard deviation of the slices' noise, which blurring a
    lesson would lower and which is therefore added to its thick samples again. Values have a deviation of about 1.
    voxels_per_slice: the mean of so many fine columns has as little white noise as a slice.
    `show` gives a preview of about so many voxels, as long as nothing is learned.
    """

    def __init__(
        self,
        images: list[Tensor],
        factor: int,
        width: float,
        profile: str,
        noise: float,
        seed: int = 0,
        show: Callable[[int], Volume] | None = None,
    ) -> None:
        self._show = show
        self.module: DetailNetwork = DetailNetwork(factor, seed=seed)
        self.images = images
        self.rows = min(_ROWS, *(image.shape[1] for image in images))
        self.columns = min(_COLUMNS + 2 * _MARGIN, *(image.shape[2] // factor for image in images))
        margin = _MARGIN if self.columns > 2 * _MARGIN + 2 else 0
        self.inner = slice(margin * factor, (self.columns - margin) * factor)
        centers = (torch.arange(self.columns) + 0.5) * factor - 0.5
        weights = profile_weights(centers.numpy(), self.columns * factor, width, profile)
        self._thicken = torch.as_tensor(weights, dtype=torch.float32)
        fine = (torch.arange(self.columns * factor) + 0.5) / factor - 0.5
        self._spline = torch.as_tensor(spline_weights(fine.numpy(), self.columns), dtype=torch.float32)
        kept = min(1.0, float((weights[self.columns // 2] ** 2).sum()))
        self.voxels_per_slice = 1 / kept
        self._noise = noise * math.sqrt(1 - kept)
        self._places = [self._lively(image) for image in images]

    @staticmethod
    def can_learn(images: list[Tensor], factor: int) -> bool:
        """Whether the images are large enough for lessons."""
        return all(image.shape[1] >= _FEWEST_ROWS and image.shape[2] >= _FEWEST_COLUMNS * factor for image in images)

    def to(self, device: torch.device) -> None:
        super().to(device)
        self.images = [image.to(device) for image in self.images]
        self._places = [places.to(device) for places in self._places]
        self._thicken, self._spline = self._thicken.to(device), self._spline.to(device)

    def _lively(self, image: Tensor) -> Tensor:
        """(N, 3): slice, first row, first column of patches in which something can be learned."""
        size = (self.rows, self.columns * self.module.factor)
        step = [max(1, length // 4) for length in size]
        mean, square = (nn.functional.avg_pool2d(part[:, None], size, step)[:, 0] for part in (image, image.square()))
        deviation = (square - mean.square()).clamp(min=0).sqrt()
        return (deviation >= _LIVELY * deviation.max()).nonzero() * torch.tensor([1, *step])

    def preview(self, voxels: int) -> Volume | None:
        return None if self._show is None else self._show(voxels)

    def losses(self, points: int, generator: torch.Generator, iteration: int) -> dict[str, Tensor]:
        count = max(2, points // (self.rows * self.columns * self.module.factor))
        halves = [
            self._patches(number, count // len(self.images), generator, held_out=False)
            for number in range(len(self.images))
        ]
        error, spread, _ = self._errors(torch.cat(halves), generator)
        # Negative log likelihood of a Laplace distribution around the detail.
        certainty = (error.detach().abs() / spread + spread.log()).mean()
        return {"detail": error.square().mean(), "spread": 0.01 * (certainty + 8)}

    def _errors(self, fine: Tensor, generator: torch.Generator, mirrors: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """The network's errors, the spreads it expected, and the errors of the cubic spline through the same thick
        samples."""
        thick = fine @ self._thicken.T
        noisy = thick + self._noise * torch.randn(thick.shape, generator=generator, device=thick.device)
        deviation, spread = self.module.mirrored(noisy, mirrors)
        plain = (noisy @ self._spline.T - fine)[..., self.inner]
        error = plain + deviation[..., self.inner]
        return error.clamp(-_LARGEST_DEVIATION, _LARGEST_DEVIATION), spread[..., self.inner], plain

    def _patches(self, number: int, count: int, generator: torch.Generator, held_out: bool) -> Tensor:
        """(count, rows, columns * factor), mirrored at random."""
        image, places = self.images[number], self._places[number]
        if image.shape[0] >= _HELD_OUT_EVERY:
            is_held_out = places[:, 0] % _HELD_OUT_EVERY == _HELD_OUT_EVERY // 2
            chosen = places[is_held_out if held_out else ~is_held_out]
            places = chosen if len(chosen) else places
        device = image.device
        place = places[torch.randint(len(places), (count,), generator=generator, device=device)]
        shape = (self.rows, self.columns * self.module.factor)
        axes = []
        for axis, length in enumerate(shape):
            limit = image.shape[1 + axis] - length
            jitter = torch.randint(-(length // 4), length // 4 + 1, (count,), generator=generator, device=device)
            first = (place[:, 1 + axis] + jitter).clamp(0, limit)
            steps = torch.arange(length, device=device)
            mirrored = torch.rand(count, generator=generator, device=device) < 0.5
            axes.append(first[:, None] + torch.where(mirrored[:, None], length - 1 - steps, steps))
        return image[place[:, 0, None, None], axes[0][:, :, None], axes[1][:, None]]

    @torch.no_grad()
    def held_out(self, mirrors: bool, count: int = 256, seed: int = 1) -> tuple[Tensor, Tensor, Tensor]:
        """On patches that no lesson used (where there are slices enough): the network's errors, asked about the mirror
        images or not, the spreads it expected, and the cubic spline's errors, flat."""
        device = self.images[0].device
        generator = torch.Generator(device).manual_seed(seed)
        each = count // len(self.images)
        numbers = range(len(self.images))
        fine = torch.cat([self._patches(number, each, generator, held_out=True) for number in numbers])
        error, spread, plain = self._errors(fine, generator, mirrors)
        return error.flatten(), spread.flatten(), plain.flatten()
