"""What the upsampler is, and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass

from ...settings import require_range


@dataclass(frozen=True)
class UpsamplerSettings:
    """blocks, layers, growth, bottleneck: of the network; the paper has 8, 8, 16, 256, which a CPU cannot train in
    minutes. steps, batch, patch: of the training; patch: small pixels along a side."""

    blocks: int = 2
    layers: int = 4
    growth: int = 16
    bottleneck: int = 48
    steps: int = 1200
    batch: int = 8
    patch: int = 20
    learning_rate: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        for name, most in (("blocks", 16), ("layers", 16), ("growth", 128), ("bottleneck", 1024), ("batch", 4096)):
            require_range(f"The upsampler's {name}", getattr(self, name), 1, most)
        require_range("The steps of the training", self.steps, 1, 1e8)
        require_range("The training's patch", self.patch, 4, 512, "pixels")
