"""The CPU's engine: tiles of the batch go through all layers while they lie in a core's cache, one thread for each core.

Features come first here: a jet of T tensors (value, first, second derivatives) at P points is one matrix (C, T P), so
that a layer is one matrix product and its backward pass two, whatever the order of the derivatives. The backward pass is
written by hand and can be asked for once, not for a gradient of the gradient: that is what the plain engine does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from ..jets import Jet
from .products import product
from .tile_activation import Part, activate, activate_back, parts_of
from .tiles import on_threads, tiles_of_threads

if TYPE_CHECKING:
    from ..networks import Network

_TILE_VALUES = (1 << 17, 1 << 16, 1 << 15)
"""Points times width of a tile for jets of order 0, 1 and 2."""


def can_run(network: Network, jet: Jet) -> bool:
    """Single precision on the CPU, real weights; derivatives that are the same at all points must be constants."""
    if jet.value.device.type != "cpu" or jet.value.dim() != 2 or not len(jet.value):
        return False
    if any(t.dtype != torch.float32 for t in (*network.parameters(), *jet) if t is not None):
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
        ctx: Any, network: Network, value: Tensor, first: Part, second: Part, *parameters: Tensor
    ) -> tuple[Part, ...]:
        ctx.work = _Pass(network, Jet(value, first, second), parameters)
        ctx.save_for_backward(*parameters)  # so that torch notices when they are changed before the backward pass
        return tuple(ctx.work.forward(remember=True))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Part) -> tuple[Part, ...]:
        _ = ctx.saved_tensors
        of_jet, of_parameters = ctx.work.backward(Jet(*gradients), ctx.needs_input_grad[1:4])
        return None, *of_jet, *of_parameters


class _Layer(NamedTuple):
    """weight (m, n), the same transposed, bias (m, 1)."""

    weight: Tensor
    transposed: Tensor
    bias: Tensor


class _Hidden(NamedTuple):
    """What the backward pass needs of a hidden layer at a tile: for values alone the activations and their slope, which
    are dear to compute; with derivatives the fewest tensors, the parts before the activation."""

    z: list[Part]
    activated: tuple[Tensor, list[Part]] | None


class _Pass:
    """A jet's way through a network and back."""

    def __init__(self, network: Network, jet: Jet, parameters: Any) -> None:
        self.network = network
        self.jet = Jet(*(None if t is None else t.detach() for t in jet))
        flat = [parameter.detach() for parameter in parameters]
        self.layers = [
            _Layer(weight, weight.t().contiguous(), bias[:, None])
            for weight, bias in zip(flat[::2], flat[1::2], strict=True)
        ]
        self.count = (1, 4, 10)[jet.order]
        largest = max(64, _TILE_VALUES[jet.order] // network.settings.width)
        self.shares = tiles_of_threads(len(jet.value), largest)
        self.hidden: dict[int, list[_Hidden]] = {}

    # -- forwards ----------------------------------------------------------------------------------------------------
    def forward(self, remember: bool) -> Jet:
        """The outputs; remember: for `backward`."""
        shape = len(self.jet.value), len(self.layers[-1].weight)
        result = Jet(*(None if t is None else t.new_empty((*t.shape[:-2], *shape)) for t in self.jet))

        def work(share: list[slice]) -> None:
            for tile in share:
                hidden: list[_Hidden] = []
                _store(result, tile, self._outputs(tile, hidden if remember else None))
                if remember:
                    self.hidden[tile.start] = hidden

        on_threads(work, self.shares)
        return result

    def _outputs(self, tile: slice, hidden: list[_Hidden] | None) -> list[Part]:
        z = [_through(self.layers[0], part, is_value=n == 0) for n, part in enumerate(self._inputs(tile))]
        for index, layer in enumerate(self.layers[1:]):
            h, slopes = self._activated(index, z, self.jet.order + (hidden is not None))
            if hidden is not None:
                hidden.append(_Hidden([], (h, slopes)) if self.count == 1 else _Hidden(z, None))
            stacked = product(layer.weight, h)
            z = list(parts_of(stacked, self.count))
            stacked[:, : z[0].shape[1]] += layer.bias
        return z

    def _inputs(self, tile: slice) -> list[Part]:
        """Parts (C, P) of the jet that the network is given."""
        parts: list[Part] = [self.jet.value[tile].t()]
        for tensor in self.jet[1:]:
            if tensor is not None:
                at_tile = tensor if tensor.shape[1] == 1 else tensor[:, tile]
                parts += [None if len(part) == 1 and not part.any() else part.t() for part in at_tile]
        return parts

    def _activated(self, index: int, z: list[Part], order: int) -> tuple[Tensor, list[Part]]:
        assert z[0] is not None
        slopes = self.network.derivatives(index, z[0], order)
        return activate(z, slopes), slopes

    # -- and back ----------------------------------------------------------------------------------------------------
    def backward(self, gradients: Jet, wanted: tuple[bool, ...]) -> tuple[list[Part], list[Tensor]]:
        """Gradients by the jet's tensors (None where not wanted) and by weights and biases."""
        of_jet = Jet(
            *(torch.empty_like(t) if want and t is not None else None for t, want in zip(self.jet, wanted, strict=True))
        )

        def work(share: list[slice]) -> list[Tensor]:
            sums = [torch.zeros_like(tensor) for layer in self.layers for tensor in (layer.weight, layer.bias)]
            for tile in share:
                g = self._to_first_layer(tile, _rows_to_columns(gradients, tile), sums)
                self._to_inputs(tile, g, sums, of_jet)
            return sums

        total, *others = on_threads(work, self.shares)
        for sums in others:
            for whole, part in zip(total, sums, strict=True):
                whole += part
        return list(of_jet), [tensor.squeeze(1) if n % 2 else tensor for n, tensor in enumerate(total)]

    def _to_first_layer(self, tile: slice, g: Tensor, sums: list[Tensor]) -> Tensor:
        """The gradient (m, T P) by what the first layer gives, from the one (D, T P) by the outputs."""
        for index in range(len(self.layers) - 1, 0, -1):
            z, activated = self.hidden[tile.start][index - 1]
            h, slopes = activated or self._activated(index - 1, z, self.jet.order + 1)
            sums[2 * index] += product(g, h.t())
            sums[2 * index + 1] += parts_of(g, self.count)[0].sum(1, keepdim=True)
            g = product(self.layers[index].transposed, g)
            activate_back(g, z or [None], slopes)
        return g

    def _to_inputs(self, tile: slice, stacked: Tensor, sums: list[Tensor], of_jet: Jet) -> None:
        g = parts_of(stacked, self.count)
        sums[1] += g[0].sum(1, keepdim=True)
        for of_part, part in zip(g, self._inputs(tile), strict=True):
            if part is not None:
                constant = part.shape[1] != of_part.shape[1]
                sums[0] += product(of_part.sum(1, keepdim=True) if constant else of_part, part.t())
        starts = 0, 1, 4
        for start, tensor in zip(starts, of_jet, strict=True):
            if tensor is not None:
                for n, target in enumerate(tensor if start else tensor[None]):
                    target[tile] = product(self.layers[0].transposed, g[start + n]).t()


def _through(layer: _Layer, part: Part, is_value: bool) -> Part:
    if part is None:
        return None
    z = product(layer.weight, part)
    return z.add_(layer.bias) if is_value else z


def _store(result: Jet, tile: slice, parts: list[Part]) -> None:
    """Writes parts (D, P) as rows."""
    rows = [result.value] + [target for tensor in result[1:] if tensor is not None for target in tensor]
    for target, part in zip(rows, parts, strict=True):
        assert part is not None
        target[tile] = part.t()


def _rows_to_columns(jet: Jet, tile: slice) -> Tensor:
    """(D, T P) of a jet's tensors (N, D), (3, N, D), (6, N, D)."""
    rows = [jet.value[tile]] + [tensor[tile] for group in jet[1:] if group is not None for tensor in group]
    return torch.cat([tensor.t() for tensor in rows], 1)
