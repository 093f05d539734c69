"""Networks: multilayer perceptrons from features (N, C) to outputs (N, D), with exact derivatives.

Each is a stack of (linear, activation) layers and a last linear layer; `forward` gives values, `jet` values with first
and second spatial derivatives. Registry: `NETWORKS`, name -> class built from `FieldSettings`.
"""

from __future__ import annotations

import itertools
import math
from typing import cast

import torch
from torch import Tensor, nn

from .jets import PAIRS, Jet, apply_linear, apply_pointwise
from .linear import linear
from .settings import FieldSettings
from .sine import finer_phase, sine, sine_and_cosine


class Network(nn.Module):
    """Base: ReLU-like MLPs with real weights. Subclasses say how weights start and what the activation is."""

    dtype = torch.float32

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
        *hidden, last = self.linears
        for index, layer in enumerate(hidden):
            features = self._activate(index, linear(features, *self._scaled(index, layer)))
        return self._finish(last(features))

    def jet(self, jet: Jet) -> Jet:
        """Pushes value and derivatives through all layers."""
        *hidden, last = self.linears
        for index, layer in enumerate(hidden):
            jet = self._activate_jet(index, apply_linear(jet, *self._scaled(index, layer)))
        value, first, second = apply_linear(jet, last.weight, last.bias)
        return Jet(self._finish(value), self._finish(first), None if second is None else self._finish(second))

    def _finish(self, tensor: Tensor) -> Tensor:
        """Last step from the network's own number type to real outputs."""
        return tensor

    def _omega(self, index: int) -> float:
        return self.settings.omega_first if index == 0 else self.settings.omega_hidden

    def _scaled(self, index: int, layer: nn.Linear) -> tuple[Tensor, Tensor]:
        """Weight and bias as the activation takes them: a factor on the few weights is one on all activations."""
        return layer.weight, layer.bias

    def _start(self, index: int, layer: nn.Linear, generator: torch.Generator | None) -> None:
        raise NotImplementedError

    def _activate(self, index: int, z: Tensor) -> Tensor:
        raise NotImplementedError

    def _activate_jet(self, index: int, jet: Jet) -> Jet:
        raise NotImplementedError


def _uniform(tensor: Tensor, bound: float, generator: torch.Generator | None) -> None:
    tensor.uniform_(-bound, bound, generator=generator)


class ReLUNetwork(Network):
    """ReLU MLP with He initialisation (He et al., ICCV 2015); second derivatives are 0 almost everywhere."""

    def _start(self, index: int, layer: nn.Linear, generator: torch.Generator | None) -> None:
        _uniform(layer.weight, math.sqrt(6 / layer.in_features), generator)
        _uniform(layer.bias, 1 / math.sqrt(layer.in_features), generator)

    def _activate(self, index: int, z: Tensor) -> Tensor:
        return torch.relu(z)

    def _activate_jet(self, index: int, jet: Jet) -> Jet:
        return apply_pointwise(jet, torch.relu(jet.value), (jet.value > 0).to(jet.value.dtype), None)


class SirenNetwork(Network):
    """sin(omega (W x + b)), W ~ U(+-1/n) in the first and U(+-sqrt(6/n)/omega) in the other layers (Sitzmann et al.,
    NeurIPS 2020, sec. 3.2 and supplement 1.5)."""

    def _start(self, index: int, layer: nn.Linear, generator: torch.Generator | None) -> None:
        n = layer.in_features
        _uniform(layer.weight, 1 / n if index == 0 else math.sqrt(6 / n) / self._omega(index), generator)
        _uniform(layer.bias, 1 / math.sqrt(n), generator)

    def _scaled(self, index: int, layer: nn.Linear) -> tuple[Tensor, Tensor]:
        return layer.weight * self._omega(index), layer.bias * self._omega(index)

    def _activate(self, index: int, z: Tensor) -> Tensor:
        return sine(z)

    def _activate_jet(self, index: int, jet: Jet) -> Jet:
        sin, cos = sine_and_cosine(jet.value)
        return apply_pointwise(jet, sin, cos, None if jet.second is None else -sin)


class FinerNetwork(SirenNetwork):
    """sin(omega (|z| + 1) z), first biases from U(+-k) (FINER: Liu et al., CVPR 2024, eq. 4 and sec. 3.3)."""

    def _start(self, index: int, layer: nn.Linear, generator: torch.Generator | None) -> None:
        super()._start(index, layer, generator)
        if index == 0:
            _uniform(layer.bias, self.settings.finer_bias, generator)

    # Layers give y = omega z: the phase omega (|z| + 1) z is y + |y| y / omega.
    def _activate(self, index: int, z: Tensor) -> Tensor:
        return sine(finer_phase(z, self._omega(index)))

    def _activate_jet(self, index: int, jet: Jet) -> Jet:
        y, bend = jet.value, 2 / self._omega(index)
        sin, cos = sine_and_cosine(finer_phase(y, self._omega(index)))
        rate = 1 + bend * y.abs()
        curvature = None if jet.second is None else bend * torch.sign(y) * cos - rate**2 * sin
        return apply_pointwise(jet, sin, rate * cos, curvature)


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

    def _finish(self, tensor: Tensor) -> Tensor:
        return tensor.real

    def _activate(self, index: int, z: Tensor) -> Tensor:
        magnitude = (z.real**2 + z.imag**2) if z.is_complex() else z**2
        return torch.exp(1j * self._omega(index) * z - self.settings.wire_scale**2 * magnitude)

    def _activate_jet(self, index: int, jet: Jet) -> Jet:
        # |z|^2 is not holomorphic in z, so the exponent g is differentiated along the REAL coordinates:
        # g_a = i omega z_a - 2 s^2 Re(conj(z) z_a); g_ab likewise; then exp(g)_ab = exp(g) (g_ab + g_a g_b).
        omega, twice = self._omega(index), 2 * self.settings.wire_scale**2
        value, conj = self._activate(index, jet.value), jet.value.conj()
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
