"""SRDenseNet (Tong, Li, Liu & Gao, ICCV 2017, the form 'All'): a slice four times as large from a small one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import InputError
from ...fitting import Progress, run_to_end
from ...fitting.optimizer_adam import Adam
from ...fitting.progress import Steps
from .coding import FACTOR
from .lanczos import lanczos_smaller
from .model import UpsamplerModel
from .settings import UpsamplerSettings


class DenseUpsampler(nn.Module):
    """(N, 1, j, i) to (N, 1, 4 j, 4 i): densely connected blocks, whose features are all gathered by a bottleneck, then
    two transposed convolutions by 2. It adds to bilinear interpolation, which the paper's network had to learn."""

    def __init__(self, settings: UpsamplerSettings) -> None:
        super().__init__()
        wide = settings.layers * settings.growth
        self.first = nn.Conv2d(1, settings.growth, 3, padding=1)
        inputs = [settings.growth + number * wide for number in range(settings.blocks)]
        self.blocks = nn.ModuleList(_DenseBlock(n, settings) for n in inputs)
        self.bottleneck = nn.Conv2d(inputs[-1] + wide, settings.bottleneck, 1)
        self.larger = nn.ModuleList(
            nn.ConvTranspose2d(settings.bottleneck, settings.bottleneck, 4, stride=2, padding=1) for _ in range(2)
        )
        self.last = nn.Conv2d(settings.bottleneck, 1, 3, padding=1)

    def forward(self, small: Tensor) -> Tensor:
        """Values scaled to about 0 to 1."""
        features = torch.relu(self.first(small))
        for block in self.blocks:
            features = torch.cat([features, block(features)], 1)
        features = torch.relu(self.bottleneck(features))
        for convolution in self.larger:
            features = torch.relu(convolution(features))
        smooth = nn.functional.interpolate(small, scale_factor=FACTOR, mode="bilinear", align_corners=False)
        return smooth + self.last(features)


class _DenseBlock(nn.Module):
    def __init__(self, inputs: int, settings: UpsamplerSettings) -> None:
        super().__init__()
        growth = settings.growth
        self.layers = nn.ModuleList(
            nn.Conv2d(inputs if number == 0 else number * growth, growth, 3, padding=1)
            for number in range(settings.layers)
        )

    def forward(self, features: Tensor) -> Tensor:
        found: list[Tensor] = []
        for layer in self.layers:
            found.append(torch.relu(layer(torch.cat(found, 1) if found else features)))
        return torch.cat(found, 1)


def train_upsampler(slices: Sequence[np.ndarray], settings: UpsamplerSettings) -> DenseUpsampler:
    """`train_steps` to the end."""
    return run_to_end(train_steps(slices, settings))


def train_steps(slices: Sequence[np.ndarray], settings: UpsamplerSettings) -> Steps[DenseUpsampler]:
    """Mean squared error on random patches of slices, (j, i) float scaled to about 0 to 1, whose small form Lanczos
    makes; cosine schedule."""
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    pairs = [(lanczos_smaller(image, FACTOR).astype(np.float32), image.astype(np.float32)) for image in slices]
    network = DenseUpsampler(settings)
    optimizer = Adam(network.parameters(), settings.learning_rate)
    for step in range(settings.steps):
        if step % 10 == 0:
            yield Progress("train", step, settings.steps)
        drawn = [_patch(*pairs[rng.integers(len(pairs))], settings.patch, rng) for _ in range(settings.batch)]
        small, large = (torch.from_numpy(np.stack(part)[:, None]) for part in zip(*drawn, strict=True))
        optimizer.zero_grad()
        (network(small) - large).square().mean().backward()
        optimizer.param_groups[0]["lr"] = settings.learning_rate * (1 + math.cos(math.pi * step / settings.steps)) / 2
        optimizer.step()
    return network


def enlarge(network: DenseUpsampler, small: np.ndarray) -> np.ndarray:
    """(j, i) to (4 j, 4 i)."""
    with torch.no_grad():
        return network(torch.from_numpy(small.astype(np.float32))[None, None])[0, 0].double().numpy()


def _patch(small: np.ndarray, large: np.ndarray, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A place that is not all air, if a few draws find one; turned and mirrored at random."""
    for _ in range(8):
        j, i = (int(rng.integers(0, extent - size + 1)) for extent in small.shape)
        low = small[j : j + size, i : i + size]
        if low.std() > 0.01:
            break
    high = large[FACTOR * j : FACTOR * (j + size), FACTOR * i : FACTOR * (i + size)]
    turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
    low, high = (np.rot90(part, turns) for part in (low, high))
    low, high = (np.fliplr(part) if mirrored else part for part in (low, high))
    return low.copy(), high.copy()


def model_of(network: DenseUpsampler, settings: UpsamplerSettings, name: str) -> UpsamplerModel:
    """The trained network as a file's content; its weights become float16."""
    return UpsamplerModel.of_tensors(name, settings, {k: v.numpy() for k, v in network.state_dict().items()})


def network_of(model: UpsamplerModel) -> DenseUpsampler:
    """Undoes `model_of`. Raises `InputError` when weights are missing or of the wrong shape."""
    with torch.device("meta"):  # what a hostile file claims takes no memory before its weights are seen to be there
        network = DenseUpsampler(model.settings)
    try:
        network.load_state_dict(
            {name: torch.from_numpy(array.astype(np.float32)) for name, array in model.tensors.items()}, assign=True
        )
    except RuntimeError as error:
        raise InputError(f"'{model.name}' is damaged: its weights do not fit its network.") from error
    return network.eval()
