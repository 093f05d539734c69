"""Whole networks in fused Triton kernels, on CUDA GPUs: `can_run` says for which cases, `run` pushes a jet through.

Arrays of the kernels: jets (tangents, N, channels) float32 with the value first; hidden weights (depth - 1, width,
width) as (out, in), the first (width, c_pad), the last (d_tile, width), all padded with zeros; activations of all
layers and gradients by what comes before them (depth, tangents, N, width) in the operands' number type. Weight
gradients are sums of partial sums in a fixed order, so that the same input gives the same result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from ..jets import Jet
from .triton_plan import PRECISIONS, Plan, is_small_enough, plan_for

_WIDTHS, _MOST_INPUTS, _MOST_OUTPUTS, _MOST_LAYERS = (16, 256), 256, 64, 8
_PROGRAMS_PER_MULTIPROCESSOR = 2
Reference = Callable[[list[tuple[Tensor, Tensor]], Jet], Jet]
_OLDEST_GPU = (8, 0)  # bf16 and TF32 matrix units


def can_run(activation: str, omegas: tuple[float, ...], sizes: tuple[int, ...], jet: Jet) -> bool:
    """Whether `run` takes this network: layer sizes (inputs, hidden widths, outputs), float32 on a CUDA GPU, triton."""
    value, precision = jet.value, PRECISIONS[torch.get_float32_matmul_precision()]
    return (
        value.is_cuda
        and value.dtype == torch.float32
        and len(value) > 0
        and activation in ("relu", "sine", "finer")
        and 3 <= len(sizes) <= _MOST_LAYERS + 2
        and all(_WIDTHS[0] <= width <= _WIDTHS[1] for width in sizes[1:-1])
        and sizes[0] <= _MOST_INPUTS
        and sizes[-1] <= _MOST_OUTPUTS
        and is_small_enough(sizes, jet.order, precision)
        and _has_triton()
        and torch.cuda.get_device_capability(value.device) >= _OLDEST_GPU
    )


def run(
    activation: str,
    omegas: tuple[float, ...],
    layers: list[tuple[Tensor, Tensor]],
    jet: Jet,
    precision: str | None = None,
    reference: Reference | None = None,
) -> Jet:
    """Jet of the outputs; value (N, D), and derivatives as far as the input jet has them (`first` None: none).

    layers: (weight (m, n), bias (m)) of all layers with omega folded into the hidden ones; omegas: of the hidden layers
    (FINER's phase needs them). precision: how matrix products round their operands, a key of `triton_plan.ROUNDING`;
    None: as `torch.get_float32_matmul_precision` says. Differentiable by weights, biases and the input jet: once, and
    with `reference`, which is to give the same differentiably, as often as that.
    """
    order = jet.order
    sizes = (layers[0][0].shape[1], *(weight.shape[0] for weight, _ in layers))
    precision = precision or PRECISIONS[torch.get_float32_matmul_precision()]
    plan = plan_for(activation, omegas, sizes, order, precision)
    vectors = [jet.value[None]]
    vectors += [part.expand(-1, len(jet.value), -1) for part in jet[1:] if part is not None]
    stacked = torch.cat(vectors) if order else vectors[0].contiguous()
    out = cast(Tensor, _Network.apply(plan, reference, stacked, *(tensor for layer in layers for tensor in layer)))
    return _jet(out)


def _jet(stacked: Tensor) -> Jet:
    """Views into (tangents, N, channels)."""
    tangents = len(stacked)
    return Jet(stacked[0], stacked[1:4] if tangents > 1 else None, stacked[4:] if tangents > 4 else None)


class _Packed(NamedTuple):
    """Padded weights and biases as the kernels take them."""

    first: Tensor
    hidden: Tensor
    last: Tensor
    bias: Tensor
    last_bias: Tensor


class _Network(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, plan: Plan, reference: Reference | None, x: Tensor, *parameters: Tensor) -> Tensor:
        from .triton_kernels import forward_kernel

        packed, count = _pack(plan, parameters), x.shape[1]
        out = x.new_empty(plan.tangents, count, plan.outputs)
        with _on(x.device):
            forward_kernel[(math.ceil(count / plan.block),)](
                x, *packed[:4], packed.last_bias, out, count, **plan.forward_sizes()
            )
        ctx.plan, ctx.reference = plan, reference
        ctx.save_for_backward(*packed, x, *parameters)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        from .triton_kernels import backward_kernel

        plan, packed, (x, *parameters) = ctx.plan, _Packed(*ctx.saved_tensors[:5]), ctx.saved_tensors[5:]
        if torch.is_grad_enabled():
            return None, None, *_differentiable_gradients(ctx.reference, x, parameters, gradient)
        count, gradient = x.shape[1], gradient.contiguous()
        programs = min(math.ceil(count / plan.back_block), _PROGRAMS_PER_MULTIPROCESSOR * _multiprocessors(x.device))
        stored = 0 if plan.sums_in_registers else count
        acts, deltas = (x.new_empty(plan.depth, plan.tangents, stored, plan.width, dtype=_dtype(plan)) for _ in "ad")
        scratch = 0 if plan.in_registers else programs * plan.depth * plan.tangents * plan.width * plan.back_block
        summed = programs if plan.sums_in_registers else 0
        sums = x.new_empty(summed, plan.depth + 1, plan.width, plan.width)
        bias_sums = x.new_empty(summed, plan.depth, plan.width, 16)
        of_inputs = ctx.needs_input_grad[2]
        x_gradient = torch.empty_like(x) if of_inputs else x
        with _on(x.device):
            backward_kernel[(programs,)](
                gradient, x, *packed[:4], acts, deltas, x.new_empty(scratch), sums, bias_sums, x_gradient, count,
                of_inputs=of_inputs, **plan.backward_sizes(),
            )  # fmt: skip
            if plan.sums_in_registers:
                gradients = _from_sums(sums.sum(0), bias_sums[..., 0].sum(0), gradient)
            else:
                gradients = _from_activations(plan, x, acts, deltas, gradient)
        fitting = [g[tuple(map(slice, p.shape))] for g, p in zip(gradients, parameters, strict=True)]
        return None, None, x_gradient if of_inputs else None, *fitting


def _differentiable_gradients(
    reference: Reference | None, x: Tensor, parameters: list[Tensor], gradient: Tensor
) -> list[Tensor | None]:
    """Gradients by the input jet and the parameters of which a gradient will be asked for in turn."""
    if reference is None:
        raise RuntimeError("The Triton kernels give first gradients only; give `run` a reference for more.")
    out = reference(list(zip(parameters[::2], parameters[1::2], strict=True)), _jet(x))
    stacked = torch.cat([out.value[None], *(part for part in out[1:] if part is not None)])
    wanted = [tensor for tensor in (x, *parameters) if tensor.requires_grad]
    found = iter(torch.autograd.grad(stacked, wanted, gradient, create_graph=True, allow_unused=True))
    return [next(found) if tensor.requires_grad else None for tensor in (x, *parameters)]


def _from_sums(sums: Tensor, bias_sums: Tensor, gradient: Tensor) -> list[Tensor]:
    """Padded gradients by weight and bias of all layers from what the backward kernel summed, last layer first."""
    weights, biases = [*sums[1:].flip(0), sums[0].t()], [*bias_sums.flip(0), gradient[0].sum(0)]
    return [tensor for both in zip(weights, biases, strict=True) for tensor in both]


def _from_activations(plan: Plan, x: Tensor, acts: Tensor, deltas: Tensor, gradient: Tensor) -> list[Tensor]:
    """Padded gradients by weight and bias of all layers from what the backward kernel stored."""
    pairs = [_sums(plan, deltas[:1], x[None])]
    if plan.depth > 1:
        pairs.append(_sums(plan, deltas[1:], acts[:-1]))
    pairs.append(_sums(plan, gradient[None], acts[-1:]))
    return [tensor for weights, biases in pairs for both in zip(weights, biases, strict=True) for tensor in both]


def _sums(plan: Plan, deltas: Tensor, acts: Tensor) -> tuple[Tensor, Tensor]:
    """gradient^T activation (layers, m_pad, k_pad) and sum of the value's gradient (layers, m_pad) from (layers,
    tangents, N, m) and (layers, tangents, N, k)."""
    from .triton_kernels import weight_gradient_kernel

    (layers, _, count, m_size), k_size = deltas.shape, acts.shape[-1]
    sizes = plan.sum_sizes(m_size, k_size)
    m_pad, k_pad, block = sizes["m_pad"], sizes["k_pad"], sizes["block"]
    places = (m_pad // sizes["m_tile"]) * (k_pad // sizes["k_tile"])
    wanted = math.ceil(_PROGRAMS_PER_MULTIPROCESSOR * _multiprocessors(acts.device) / (places * layers))
    rows_per_part = block * math.ceil(count / (block * wanted))
    parts = math.ceil(count / rows_per_part)
    weights = deltas.new_empty(layers, parts, m_pad, k_pad, dtype=torch.float32)
    biases = deltas.new_empty(layers, parts, m_pad, dtype=torch.float32)
    weight_gradient_kernel[(places, parts, layers)](deltas, acts, weights, biases, count, rows_per_part, parts, **sizes)
    return weights.sum(1), biases.sum(1)


def _pack(plan: Plan, parameters: tuple[Tensor, ...]) -> _Packed:
    """Copies of the parameters in the kernels' layout."""
    weights, biases, operand = parameters[0::2], parameters[1::2], _dtype(plan)
    exact = torch.float32 if plan.narrow else operand
    new, width = weights[0].new_zeros, plan.width
    packed = _Packed(
        new(width, plan.c_pad, dtype=exact), new(max(1, plan.depth - 1), width, width, dtype=operand),
        new(plan.d_tile, width, dtype=operand), new(plan.depth, width), new(plan.d_tile),
    )  # fmt: skip
    targets = [packed.first, *packed.hidden[: plan.depth - 1], packed.last, *packed.bias, packed.last_bias]
    for target, source in zip(targets, (*weights, *biases), strict=True):
        target[tuple(map(slice, source.shape))].copy_(source)
    return packed


def _dtype(plan: Plan) -> torch.dtype:
    return torch.bfloat16 if plan.half else torch.float32


def _on(device: torch.device) -> AbstractContextManager[Any]:
    """Kernels start on the present GPU: makes it the tensors' own. Other devices are Triton's interpreter's."""
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()


@cache
def _multiprocessors(device: torch.device) -> int:
    return torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 2


@cache
def _has_triton() -> bool:
    try:
        import triton  # noqa: F401
    except ImportError:
        return False
    return torch.version.hip is None
