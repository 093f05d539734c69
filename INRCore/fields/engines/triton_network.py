"""The GPU's engine: pushes a jet through a network by the Triton kernels where they are sound on this machine.

Before a kind of network is given to the kernels, they are run on a small sample and compared with the plain engine in
double precision: a compiler, driver or GPU that they do not work with costs speed, not results.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..jets import Jet
from ..settings import FieldSettings
from . import plain, triton_engine
from .triton_plan import PRECISIONS

if TYPE_CHECKING:
    from ..networks import Network

_SAMPLE = 200
_LARGEST_ERRORS = {"float32": 1e-3, "tf32": 5e-2, "bfloat16": 0.2}
"""Relative; wide enough for rounding at ReLU's kinks, far below those of a wrong kernel."""


def can_run(network: Network, jet: Jet) -> bool:
    """Real networks in single precision on a CUDA GPU on which the kernels agree with the plain engine."""
    if not triton_engine.can_run(network.activation, _omegas(network), _sizes(network), jet):
        return False
    if any(tensor.dtype != torch.float32 for tensor in network.parameters()):
        return False
    kind = type(network)
    # mypy takes the hash of the instances for that of the class.
    return _agrees(kind, network.settings, _sizes(network), jet.order, _precision(), jet.value.device)  # type: ignore[arg-type]


def run(network: Network, jet: Jet) -> Jet:
    """The network's outputs (N, D) and as many of their derivatives as the jet has."""

    def reference(layers: list[tuple[Tensor, Tensor]], jet: Jet) -> Jet:
        return plain.run_layers(network, layers, jet)

    layers = network.scaled_layers()
    return triton_engine.run(network.activation, _omegas(network), layers, jet, _precision(), reference)


def _omegas(network: Network) -> tuple[float, ...]:
    return tuple(network.omega(index) for index in range(len(network.linears) - 1))


def _sizes(network: Network) -> tuple[int, ...]:
    return network.linears[0].in_features, *(layer.out_features for layer in network.linears)


def _precision() -> str:
    return PRECISIONS[torch.get_float32_matmul_precision()]


@cache
def _agrees(
    kind: type[Network],
    settings: FieldSettings,
    sizes: tuple[int, ...],
    order: int,
    precision: str,
    device: torch.device,
) -> bool:
    """Whether the kernels run and give what the plain engine gives, on a fresh network of this kind."""
    try:
        with torch.inference_mode(False), torch.enable_grad():
            error = sample_error(kind, settings, sizes, order, device)
    except Exception as reason:  # compilers and drivers raise what they like
        error, why = float("nan"), f": {reason}"
    else:
        why = f" (error {error:.2g})"
    if error <= _LARGEST_ERRORS[precision]:
        return True
    logging.getLogger(__name__).warning("The Triton kernels do not work here, plain torch is used%s", why)
    return False


def sample_error(
    kind: type[Network], settings: FieldSettings, sizes: tuple[int, ...], order: int, device: torch.device
) -> float:
    """Largest |ours - plain in float64| / |plain| of an output or a parameter's gradient on a small random sample."""
    generator = torch.Generator("cpu").manual_seed(0)
    network = kind(settings, sizes[0], sizes[-1], generator).to(device)
    value, *derivatives = (torch.randn(n, _SAMPLE, sizes[0], generator=generator).to(device) for n in (1, 3, 6))
    parts = [value[0], *derivatives[:order]]
    ours = _results(run(network, Jet(*parts)), network)
    network = network.double()
    exact = _results(plain.run(network, Jet(*(part.double() for part in parts))), network)
    errors = [(o.double() - e).norm() / e.norm() for o, e in zip(ours, exact, strict=True)]
    return float(torch.stack(errors).max())  # not a number where any is not


def _results(out: Jet, network: Network) -> list[Tensor]:
    """Outputs and the gradients of a loss on all of them by the parameters."""
    kept = [tensor for tensor in out if tensor is not None]
    loss = torch.stack([tensor.square().mean() for tensor in kept]).sum()
    return [tensor.detach() for tensor in (*kept, *torch.autograd.grad(loss, list(network.parameters())))]
