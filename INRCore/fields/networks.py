"""Networks: multilayer perceptrons from features (N, C) to outputs (N, D), with exact derivatives.

Each is a stack of (linear, activation) layers and a last linear layer; `forward` gives values, `jet` values with first
and second spatial derivatives. A network says what its layers and activations are; an engine computes them. Registry:
`NETWORKS`, name -> class built from `FieldSettings`.
"""

from __future__ import annotations

import itertools
import math
from typing import cast

import torch
from torch import Tensor, nn

from .activations import ACTIVATIONS
from .engines import engine_for
from .jets import PAIRS, Jet, apply_pointwise
from .settings import FieldSettings


class Network(nn.Module):
    """Base: ReLU-like MLPs with real weights. Subclasses say how weights start and what the activation is."""

    dtype = torch.float32
    activation = ""
    """Name in `ACTIVATIONS`; "" where the activation is not a real function of a real number."""

    def __init__(self, settings: FieldSettings, inputs: int, outputs: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.settings = settings
        sizes = [inputs] + [settings.width] * settings.depth + [outputs]
        pairs = enumerate(itertools.pairwise(sizes))
        self.layers = nn.ModuleList(self._linear(index, n, m) for index, (n, m) in pairs)
        with torch.no_grad():
            for index, layer in enumerate(self.linears):
                self._start(index, layer, generator)

    def _linear(self, index: int, inputs: int, outputs: int) -> nn.Linear:
        return nn.Linear(inputs, outputs, dtype=self.dtype)

    @property
    def linears(self) -> list[nn.Linear]:
        """The linear layers, first to last."""
        return cast(list[nn.Linear], list(self.layers))

    def forward(self, features: Tensor) -> Tensor:
        return self.jet(Jet(features)).value

    def jet(self, jet: Jet) -> Jet:
        """Pushes a value and the derivatives that come with it through all layers."""
        return engine_for(self, jet)(self, jet)

    def scaled_layers(self) -> list[tuple[Tensor, Tensor]]:
        """Weight (m, n) and bias (m) of every layer as the activations take them, the last one's untouched."""
        *hidden, last = self.linears
        return [*(self._scaled(index, layer) for index, layer in enumerate(hidden)), (last.weight, last.bias)]

    def activate(self, index: int, jet: Jet) -> Jet:
        """The jet behind the activation of a hidden layer."""
        return apply_pointwise(jet, *ACTIVATIONS[self.activation](torch, jet.value, jet.order, self.omega(index)))

    def finish(self, tensor: Tensor) -> Tensor:
        """Last step from the network's own number type to real outputs."""
        return tensor

    def omega(self, index: int) -> float:
        return self.settings.omega_first if index == 0 else self.settings.omega_hidden

    def _scaled(self, index: int, layer: nn.Linear) -> tuple[Tensor, Tensor]:
        """Weight and bias as the activation takes them: a factor on the few weights is one on all activations."""
        return layer.weight, layer.bias

    def _start(self, index: int, layer: nn.Linear, generator: torch.Generator | None) -> None:
        raise NotImplementedError


def _uniform(tensor: Tensor, bound: float, generator: torch.Generator | None) -> None:
    tensor.uniform_(-bound, bound, generator=generator)


class ReLUNetwork(Network):
    """ReLU MLP with He initialisation (He et al., ICCV 2015); second derivatives are 0 almost everywhere."""

    activation = "relu"

    def _start(self, index: int, layer: nn.Linear, generator: torch.Generator | None) -> None:
        _uniform(layer.weight, math.sqrt(6 / layer.in_features), generator)
        _uniform(layer.bias, 1 / math.sqrt(layer.in_features), generator)


class SirenNetwork(Network):
    """sin(omega (W x + b)), W ~ U(+-1/n) in the first and U(+-sqrt(6/n)/omega) in the other layers (Sitzmann et al.,
    NeurIPS 2020, sec. 3.2 and supplement 1.5)."""

    activation = "sine"

    def _start(self, index: int, layer: nn.Linear, generator: torch.Generator | None) -> None:
        n = layer.in_features
        _uniform(layer.weight, 1 / n if index == 0 else math.sqrt(6 / n) / self.omega(index), generator)
        _uniform(layer.bias, 1 / math.sqrt(n), generator)

    def _scaled(self, index: int, layer: nn.Linear) -> tuple[Tensor, Tensor]:
        return layer.weight * self.omega(index), layer.bias * self.omega(index)


class FinerNetwork(SirenNetwork):
    """sin(omega (|z| + 1) z), first biases from U(+-k) (FINER: Liu et al., CVPR 2024, eq. 4 and sec. 3.3)."""

    activation = "finer"

    def _start(self, index: int, layer: nn.Linear, generator: torch.Generator | None) -> None:
        super()._start(index, layer, generator)
        if index == 0:
            _uniform(layer.bias, self.settings.finer_bias, generator)


class WireNetwork(Network):
    """Complex Gabor wavelet exp(i omega z - |s z|^2), complex weights, real part of the output (WIRE: Saragadam et
    al., CVPR 2023, eq. 5)."""

    def _linear(self, index: int, inputs: int, outputs: int) -> nn.Linear:
        # Coordinates are real, so only the first layer has real weights.
        return nn.Linear(inputs, outputs, dtype=torch.float32 if index == 0 else torch.complex64)

    def _start(self, index: int, layer: nn.Linear, generator: torch.Generator | None) -> None:
        bound = 1 / math.sqrt(layer.in_features)
        for tensor in (layer.weight, layer.bias):
            _uniform(torch.view_as_real(tensor) if tensor.is_complex() else tensor, bound, generator)

    def finish(self, tensor: Tensor) -> Tensor:
        return tensor.real

    def _wavelet(self, index: int, z: Tensor) -> Tensor:
        magnitude = (z.real**2 + z.imag**2) if z.is_complex() else z**2
        return torch.exp(1j * self.omega(index) * z - self.settings.wire_scale**2 * magnitude)

    def activate(self, index: int, jet: Jet) -> Jet:
        # |z|^2 is not holomorphic in z, so the exponent g is differentiated along the REAL coordinates:
        # g_a = i omega z_a - 2 s^2 Re(conj(z) z_a); g_ab likewise; then exp(g)_ab = exp(g) (g_ab + g_a g_b).
        omega, twice = self.omega(index), 2 * self.settings.wire_scale**2
        value, conj = self._wavelet(index, jet.value), jet.value.conj()
        if jet.first is None:
            return Jet(value)
        g = 1j * omega * jet.first - twice * (conj * jet.first).real
        if jet.second is None:
            return Jet(value, value * g, None)
        mixed = torch.stack([(jet.first[a].conj() * jet.first[b]).real for a, b in PAIRS])
        gg = 1j * omega * jet.second - twice * (mixed + (conj * jet.second).real)
        return Jet(value, value * g, value * (gg + torch.stack([g[a] * g[b] for a, b in PAIRS])))


NETWORKS: dict[str, type[Network]] = {
    "siren": SirenNetwork,
    "relu": ReLUNetwork,
    "finer": FinerNetwork,
    "wire": WireNetwork,
}
