"""The CPU's engine: tiles of a batch go through all layers while they lie in a core's cache, a thread for each core.

Features come first: a jet of T arrays (value, first, second derivatives) at P points is (C, T, P), so that a layer is
one matrix product and its backward pass two, whatever the order of the derivatives. The backward pass is written by
hand; for a gradient of the gradient the plain engine is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...tiles import on_threads, tiles_of_threads
from ..activations import ACTIVATIONS
from ..jets import Jet
from . import plain, tile_compiled
from .products import product, row_sums
from .tile_activation import Before, NumpyActivation, TileActivation, TileJet
from .tile_compiled import CompiledActivation

if TYPE_CHECKING:
    from ..networks import Network

_TILE_VALUES = (1 << 18, 1 << 17, 1 << 16)
"""Points times width of a tile for jets of order 0, 1 and 2: smaller ones stay nearer to the core, larger ones need
fewer calls from Python, for which the threads have to take turns."""


def can_run(network: Network, jet: Jet) -> bool:
    """Single precision on the CPU, real weights; derivatives that are the same at all points must be constants."""
    if network.activation not in ACTIVATIONS or jet.value.device.type != "cpu" or jet.value.dim() != 2:
        return False
    tensors = [*network.parameters(), *(tensor for tensor in jet if tensor is not None)]
    if not len(jet.value) or any(tensor.dtype != torch.float32 for tensor in tensors):
        return False
    return not any(t.requires_grad and t.shape[1] != len(jet.value) for t in jet[1:] if t is not None)


def run(network: Network, jet: Jet) -> Jet:
    """The network's outputs (N, D) and as many of their derivatives as the jet has."""
    parameters = [tensor for layer in network.scaled_layers() for tensor in layer]
    if torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in (*parameters, *jet)):
        return Jet(*_Differentiable.apply(network, *jet, *parameters))
    return _Pass(network, jet, parameters).forward(remember=False)


class _Differentiable(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, network: Network, value: Tensor, first: Tensor | None, second: Tensor | None, *parameters: Tensor
    ) -> tuple[Tensor | None, ...]:
        ctx.network, ctx.work = network, _Pass(network, Jet(value, first, second), parameters)
        # Saved also so that torch notices when they are changed before the backward pass.
        ctx.save_for_backward(value, first, second, *parameters)
        return tuple(ctx.work.forward(remember=True))

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, ...]:
        inputs = ctx.saved_tensors
        if torch.is_grad_enabled():
            return None, *_differentiable_gradients(ctx.network, inputs, gradients)
        of_jet, of_parameters = ctx.work.backward(Jet(*gradients), ctx.needs_input_grad[1:4])
        return None, *of_jet, *of_parameters


def _differentiable_gradients(
    network: Network, inputs: Sequence[Tensor | None], gradients: Sequence[Tensor | None]
) -> list[Tensor | None]:
    """Where a gradient of the gradient will be asked for, the reference engine works out the first one."""
    value, first, second, *parameters = inputs
    assert value is not None
    layers = [(w, b) for w, b in zip(parameters[::2], parameters[1::2], strict=True) if w is not None and b is not None]
    outputs = plain.run_layers(network, layers, Jet(value, first, second))
    wanted = {n: tensor for n, tensor in enumerate(inputs) if tensor is not None and tensor.requires_grad}
    pairs = [(o, g) for o, g in zip(outputs, gradients, strict=True) if o is not None]
    found = torch.autograd.grad(
        [o for o, _ in pairs], list(wanted.values()), [g for _, g in pairs], create_graph=True, allow_unused=True
    )
    result: list[Tensor | None] = [None] * len(inputs)
    for n, gradient in zip(wanted, found, strict=True):
        result[n] = gradient
    return result


class _Layer(NamedTuple):
    """weight (m, n), the same transposed, bias (m)."""

    weight: np.ndarray
    transposed: np.ndarray
    bias: np.ndarray


class _Pass:
    """A jet's way through a network and back."""

    def __init__(self, network: Network, jet: Jet, parameters: Sequence[Tensor]) -> None:
        self.order = jet.order
        make = CompiledActivation if tile_compiled.can_run(network.activation) else NumpyActivation
        omegas = [network.omega(index) for index in range(network.settings.depth)]
        self.activations: list[TileActivation] = [make(network.activation, omega, jet.order) for omega in omegas]
        self.inputs = _arrays(jet)
        first, second = self.inputs[1:]
        # Of coordinates all first derivatives are constants and all second ones are 0.
        self.of_constants = first is not None and first.shape[1] == 1 and (second is None or not second.any())
        flat = [parameter.detach().numpy() for parameter in parameters]
        self.layers = [
            _Layer(weight, np.ascontiguousarray(weight.T), bias)
            for weight, bias in zip(flat[::2], flat[1::2], strict=True)
        ]
        self.shares = tiles_of_threads(len(jet.value), max(64, _TILE_VALUES[jet.order] // network.settings.width))
        self.hidden: dict[int, list[Any]] = {}

    # -- forwards ----------------------------------------------------------------------------------------------------
    def forward(self, remember: bool) -> Jet:
        """The outputs; remember: for `backward`."""
        shape = self.inputs[0].shape[1], len(self.layers[-1].weight)
        outputs = [None if part is None else np.empty((len(part), *shape), np.float32) for part in self.inputs]

        def work(share: list[slice]) -> None:
            for tile in share:
                hidden: list[Any] = []
                columns, start = self._outputs(tile, hidden if remember else None), 0
                for rows in outputs:
                    if rows is not None:
                        rows[:, tile] = columns[:, start : start + len(rows)].transpose(1, 2, 0)
                        start += len(rows)
                if remember:
                    self.hidden[tile.start] = hidden

        on_threads(work, self.shares)
        value, *derivatives = [None if rows is None else torch.from_numpy(rows) for rows in outputs]
        assert value is not None
        return Jet(value[0], *derivatives)

    def _outputs(self, tile: slice, hidden: list[Any] | None) -> np.ndarray:
        """(D, T, P) at a tile; hidden: where to leave what the hidden layers remember."""
        before = self._after_first_layer(tile)
        for activation, layer in zip(self.activations, self.layers[1:], strict=True):
            h, memory = activation.forward(before, hidden is not None)
            if hidden is not None:
                hidden.append(memory)
            z = product(layer.weight, h.reshape(len(h), -1)).reshape(-1, *h.shape[1:])
            before = Before(z, layer.bias)
        z[:, 0] += layer.bias[:, None]
        return z

    def _inputs(self, tile: slice) -> TileJet:
        """The jet that the network is given, as views (C, P), (C, 3, P), (C, 6, P)."""
        value, first, second = (
            None if part is None else (part if part.shape[1] == 1 else part[:, tile]).transpose(2, 0, 1)
            for part in self.inputs
        )
        assert value is not None
        return TileJet(value[:, 0], first, None if self.of_constants else second)

    def _after_first_layer(self, tile: slice) -> Before:
        weight, _, bias = self.layers[0]
        value, first, second = self._inputs(tile)
        of_value = product(weight, value)[:, None]
        if first is None:
            return Before(of_value, bias)
        derivatives = [t[:, n] for t in (first, second) if t is not None for n in range(t.shape[1])]
        if self.of_constants:
            return Before(of_value, bias, np.stack([product(weight, t) for t in derivatives], 1))
        z = np.empty((len(weight), 1 + len(derivatives), value.shape[1]), np.float32)
        z[:, :1] = of_value
        for n, t in enumerate(derivatives, start=1):
            z[:, n] = product(weight, t)
        return Before(z, bias)

    # -- and back ----------------------------------------------------------------------------------------------------
    def backward(self, gradients: Jet, wanted: Sequence[bool]) -> tuple[list[Tensor | None], list[Tensor]]:
        """Gradients by the jet's tensors (None where not wanted) and by weights and biases."""
        of_jet = [
            np.empty_like(part) if want and part is not None else None
            for part, want in zip(self.inputs, wanted, strict=True)
        ]
        of_outputs = [part for part in _arrays(gradients) if part is not None]

        def work(share: list[slice]) -> list[np.ndarray]:
            sums = [np.zeros_like(array) for layer in self.layers for array in (layer.weight, layer.bias)]
            for tile in share:
                g = np.concatenate([part[:, tile] for part in of_outputs]).transpose(2, 0, 1)
                self._to_inputs(tile, self._to_first_layer(tile, np.ascontiguousarray(g), sums), sums, of_jet)
            return sums

        total, *others = on_threads(work, self.shares)
        for sums in others:
            for whole, part in zip(total, sums, strict=True):
                whole += part
        value, *derivatives = [None if part is None else torch.from_numpy(part) for part in of_jet]
        return [None if value is None else value[0], *derivatives], [torch.from_numpy(array) for array in total]

    def _to_first_layer(self, tile: slice, g: np.ndarray, sums: list[np.ndarray]) -> np.ndarray:
        """The gradient (m, T, P) by what the first layer gives, from the one (D, T, P) by the outputs."""
        for index in range(len(self.layers) - 1, 0, -1):
            activation, memory = self.activations[index - 1], self.hidden[tile.start][index - 1]
            h, slopes = activation.again(memory)
            columns = g.reshape(len(g), -1)
            sums[2 * index] += product(columns, h.reshape(len(h), -1).T)
            sums[2 * index + 1] += row_sums(g[:, 0])
            g = product(self.layers[index].transposed, columns).reshape(-1, *g.shape[1:])
            activation.backward(g, memory, slopes)
        return g

    def _to_inputs(
        self, tile: slice, gradient: np.ndarray, sums: list[np.ndarray], of_jet: Sequence[np.ndarray | None]
    ) -> None:
        g, inputs = TileJet.of(gradient), self._inputs(tile)
        sums[0] += product(g.value, inputs.value.T)
        sums[1] += row_sums(g.value)
        for of_part, part in zip(g[1:], inputs[1:], strict=True):
            if of_part is None or part is None:
                continue
            if part.shape[2] != of_part.shape[2]:
                of_part = of_part.sum(2, keepdims=True)
            for n in range(part.shape[1]):
                sums[0] += product(of_part[:, n], part[:, n].T)
        for target, of_part in zip(of_jet, (g.value[:, None], *g[1:]), strict=True):
            if target is not None and of_part is not None:
                for n in range(len(target)):
                    target[n, tile] = product(self.layers[0].transposed, of_part[:, n]).T


def _arrays(jet: Jet) -> list[Any]:
    """(1, N, C), (3, N, C), (6, N, C), None beyond the jet's order."""
    value, *derivatives = [None if tensor is None else tensor.detach().contiguous().numpy() for tensor in jet]
    assert value is not None
    return [value[None], *derivatives]
