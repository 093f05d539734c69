"""The CPU's engine: tiles of a batch go through all layers while they lie in a core's cache, a thread for each core.

Features come first: a jet of T tensors (value, first, second derivatives) at P points is (C, T, P), so that a layer is
one matrix product and its backward pass two, whatever the order of the derivatives. The backward pass is written by
hand and can be asked for once, not for a gradient of the gradient: the plain engine gives that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from ..jets import Jet
from .products import product
from .tile_activation import TileJet, activate, activate_back
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
        return Jet(*_Differentiable.apply(network, *jet, *parameters))  # type: ignore[no-untyped-call]
    return _Pass(network, jet, parameters).forward(remember=False)


class _Differentiable(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, network: Network, value: Tensor, first: Tensor | None, second: Tensor | None, *parameters: Tensor
    ) -> tuple[Tensor | None, ...]:
        ctx.work = _Pass(network, Jet(value, first, second), parameters)
        ctx.save_for_backward(*parameters)  # so that torch notices when they are changed before the backward pass
        return tuple(ctx.work.forward(remember=True))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, ...]:
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
    are dear to compute; with derivatives the fewest tensors, the jet before the activation."""

    z: TileJet
    activated: tuple[Tensor, list[Tensor | None]] | None


class _Pass:
    """A jet's way through a network and back."""

    def __init__(self, network: Network, jet: Jet, parameters: Sequence[Tensor]) -> None:
        self.network, self.order = network, jet.order
        self.jet = Jet(jet.value.detach(), *(None if t is None else t.detach() for t in jet[1:]))
        flat = [parameter.detach() for parameter in parameters]
        self.layers = [
            _Layer(weight, weight.t().contiguous(), bias[:, None])
            for weight, bias in zip(flat[::2], flat[1::2], strict=True)
        ]
        self.shares = tiles_of_threads(len(jet.value), max(64, _TILE_VALUES[jet.order] // network.settings.width))
        self.hidden: dict[int, list[_Hidden]] = {}

    # -- forwards ----------------------------------------------------------------------------------------------------
    def forward(self, remember: bool) -> Jet:
        """The outputs; remember: for `backward`."""
        shape = len(self.jet.value), len(self.layers[-1].weight)
        value, *others = (None if t is None else t.new_empty((*t.shape[:-2], *shape)) for t in self.jet)
        assert value is not None
        result = Jet(value, *others)

        def work(share: list[slice]) -> None:
            for tile in share:
                hidden: list[_Hidden] = []
                outputs = self._outputs(tile, hidden if remember else None)
                for part, rows in enumerate(_rows(result, tile)):
                    rows.copy_(outputs[:, part].t())
                if remember:
                    self.hidden[tile.start] = hidden

        on_threads(work, self.shares)
        return result

    def _outputs(self, tile: slice, hidden: list[_Hidden] | None) -> Tensor:
        """(D, T, P) at a tile."""
        z, stacked = self._behind_first_layer(tile), None
        for index, layer in enumerate(self.layers[1:]):
            h, slopes = self._activated(index, z, self.order + (hidden is not None))
            if hidden is not None:
                hidden.append(_Hidden(z, None if self.order else (h, slopes)))
            stacked = product(layer.weight, h.flatten(1)).view(-1, *h.shape[1:])
            z = TileJet.of(stacked)
            z.value.add_(layer.bias)
        assert stacked is not None  # a network has a hidden layer
        return stacked

    def _inputs(self, tile: slice) -> TileJet:
        """The jet that the network is given, as views (C, P), (C, 3, P), (C, 6, P)."""
        at_tile = [t if t is None or t.shape[1] == 1 else t[:, tile] for t in self.jet[1:]]
        # Second derivatives of coordinates are 0.
        first, second = (
            None if t is None or (t.shape[1] == 1 and not t.any()) else t.permute(2, 0, 1) for t in at_tile
        )
        return TileJet(self.jet.value[tile].t(), first, second)

    def _behind_first_layer(self, tile: slice) -> TileJet:
        weight, _, bias = self.layers[0]
        value, *derivatives = self._inputs(tile)
        z = [
            None if t is None else torch.stack([product(weight, t[:, n]) for n in range(t.shape[1])], 1)
            for t in derivatives
        ]
        return TileJet(product(weight, value).add_(bias), *z)

    def _activated(self, index: int, z: TileJet, slopes: int) -> tuple[Tensor, list[Tensor | None]]:
        found = self.network.derivatives(index, z.value, slopes)
        return activate(z, found, self.order), found

    # -- and back ----------------------------------------------------------------------------------------------------
    def backward(self, gradients: Jet, wanted: Sequence[bool]) -> tuple[list[Tensor | None], list[Tensor]]:
        """Gradients by the jet's tensors (None where not wanted) and by weights and biases."""
        of_jet = [
            torch.empty_like(t) if want and t is not None else None for t, want in zip(self.jet, wanted, strict=True)
        ]

        def work(share: list[slice]) -> list[Tensor]:
            sums = [torch.zeros_like(tensor) for layer in self.layers for tensor in (layer.weight, layer.bias)]
            for tile in share:
                columns = torch.stack([rows.t() for rows in _rows(gradients, tile)], 1)
                self._to_inputs(tile, self._to_first_layer(tile, columns, sums), sums, of_jet)
            return sums

        total, *others = on_threads(work, self.shares)
        for sums in others:
            for whole, part in zip(total, sums, strict=True):
                whole += part
        return of_jet, [tensor.squeeze(1) if n % 2 else tensor for n, tensor in enumerate(total)]

    def _to_first_layer(self, tile: slice, g: Tensor, sums: list[Tensor]) -> Tensor:
        """The gradient (m, T, P) by what the first layer gives, from the one (D, T, P) by the outputs."""
        for index in range(len(self.layers) - 1, 0, -1):
            z, activated = self.hidden[tile.start][index - 1]
            h, slopes = activated or self._activated(index - 1, z, self.order + 1)
            sums[2 * index] += product(g.flatten(1), h.flatten(1).t())
            sums[2 * index + 1] += g[:, 0].sum(1, keepdim=True)
            g = product(self.layers[index].transposed, g.flatten(1)).view(-1, *g.shape[1:])
            activate_back(g, z, slopes, self.order)
        return g

    def _to_inputs(self, tile: slice, gradient: Tensor, sums: list[Tensor], of_jet: Sequence[Tensor | None]) -> None:
        g, inputs = TileJet.of(gradient), self._inputs(tile)
        sums[0] += product(g.value, inputs.value.t())
        sums[1] += g.value.sum(1, keepdim=True)
        for of_part, part in zip(g[1:], inputs[1:], strict=True):
            if of_part is None or part is None:
                continue
            if part.shape[2] != of_part.shape[2]:
                of_part = of_part.sum(2, keepdim=True)
            for n in range(part.shape[1]):
                sums[0] += product(of_part[:, n], part[:, n].t())
        for of_tensor, of_part in zip(of_jet, g, strict=True):
            if of_tensor is not None and of_part is not None:
                back = torch.tensordot(self.layers[0].transposed, of_part, 1)
                (of_tensor[tile] if of_tensor.dim() == 2 else of_tensor[:, tile]).copy_(back.movedim(0, -1))


def _rows(jet: Jet, tile: slice) -> list[Tensor]:
    """The tensors (P, D) of a jet at a tile: value, first and second derivatives."""
    return [jet.value[tile], *(tensor[tile] for group in jet[1:] if group is not None for tensor in group)]
