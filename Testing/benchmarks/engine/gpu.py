"""Points per second on a CUDA GPU: our Triton engine, plain PyTorch, torch.compile and tiny-cuda-nn, in one run.

Rows have the keys of `throughput`. Without a CUDA GPU there are none. The steps are replayed from a CUDA graph where
that works (`graph` in `who`), so that starting kernels from Python does not decide the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from INRCore.fields import Field, FieldSettings, Frame
from INRCore.fields.switch import use_engine
from INRCore.fitting.cuda_graph import graphed

from ..machine import matrix_product_peak, seconds_per_call
from .peers import EagerSiren, jacobian_by_autograd
from .throughput import flops_per_point

PRECISIONS = ("highest", "high", "medium")
"""`torch.set_float32_matmul_precision`: float32, TF32 and bfloat16 operands, for our engine and for PyTorch alike."""
_EVALUATED = 1 << 22
"""Points of an evaluation: enough to fill any GPU."""


class Contestant(NamedTuple):
    """Who, a network from points (N, 3) to (N, D), and the loss of its training step."""

    who: str
    network: nn.Module
    loss: Callable[[Tensor, Tensor], Tensor]


def peaks(device: torch.device) -> dict[str, float]:
    """Measured FLOP/s of matrix products, by precision."""
    measured = {}
    for precision, dtype in zip(PRECISIONS, (torch.float32, torch.float32, torch.bfloat16), strict=True):
        with _precision(precision):
            measured[precision] = matrix_product_peak(device, dtype)
    return measured


def rows(
    device: torch.device, widths: tuple[int, ...], depths: tuple[int, ...], batches: tuple[int, ...]
) -> Iterator[dict[str, Any]]:
    """One row for each who, what, width, depth and batch; none without CUDA. `share_of_peak` is of the measured peak of
    the row's own precision, which `who` names."""
    if device.type != "cuda":
        return
    for precision, peak in peaks(device).items():
        with _precision(precision):
            for width in widths:
                for depth in depths:
                    for batch in batches:
                        yield from _training(precision, width, depth, batch, device, peak)
                    yield from _evaluation(precision, width, depth, device, peak)


def _training(
    precision: str, width: int, depth: int, batch: int, device: torch.device, peak: float
) -> Iterator[dict[str, Any]]:
    generator = torch.Generator(device).manual_seed(0)
    for order in ("value", "jacobian"):
        outputs = 1 if order == "value" else 3
        points = torch.rand(batch, 3, device=device, generator=generator) * 2 - 1
        targets = torch.rand(batch, outputs, device=device, generator=generator)
        for contestant in _contestants(order, width, depth, outputs, device):
            who = f"{contestant.who}, {precision}"
            with use_engine("plain" if "plain" in who else "auto"):
                for name, step in _steps(contestant, points, targets, device, generator):
                    size = width, depth, outputs, order, True
                    yield from _row(f"{who}{name}", f"train {order}", size, batch, step, device, peak)


def _evaluation(precision: str, width: int, depth: int, device: torch.device, peak: float) -> Iterator[dict[str, Any]]:
    points = torch.rand(_EVALUATED, 3, device=device) * 2 - 1
    for contestant in _contestants("value", width, depth, 1, device):
        network = contestant.network

        @torch.no_grad()
        def work(network: nn.Module = network) -> None:
            network(points)

        size = width, depth, 1, "value", False
        with use_engine("plain" if "plain" in contestant.who else "auto"):
            yield from _row(f"{contestant.who}, {precision}", "evaluate", size, len(points), work, device, peak)


def _contestants(order: str, width: int, depth: int, outputs: int, device: torch.device) -> Iterator[Contestant]:
    """Fresh networks of the same size."""
    settings, frame = FieldSettings(width=width, depth=depth), Frame((0.0, 0.0, 0.0), 1.0)
    for who in ("INRCore", "INRCore, plain engine"):
        field = Field(settings, frame, outputs).to(device)
        yield Contestant(who, field, _loss(field, order, Field.value_and_jacobian))
    eager = EagerSiren(width, depth, outputs).to(device)
    yield Contestant("eager", eager, _loss(eager, order, jacobian_by_autograd))
    if order == "value":  # the compiler does not differentiate a gradient
        compiled = EagerSiren(width, depth, outputs).to(device)
        compiled.compile()
        yield Contestant("torch.compile", compiled, _loss(compiled, order, jacobian_by_autograd))
        yield from _tiny_cuda_nn(width, depth, outputs, device)


def _tiny_cuda_nn(width: int, depth: int, outputs: int, device: torch.device) -> Iterator[Contestant]:
    """NVIDIA's fused network (Mueller et al., ACM TOG 40(4), 2021) where it is installed: half precision, sine without
    omega; wider than 128 only its variant by CUTLASS."""
    try:
        library = import_module("tinycudann")
    except (ImportError, OSError):  # without a fitting GPU its import fails in its own way
        return
    kind = "FullyFusedMLP" if width <= 128 else "CutlassMLP"
    about = {"otype": kind, "activation": "Sine", "output_activation": "None", "n_neurons": width}
    network = library.Network(3, outputs, {**about, "n_hidden_layers": depth}).to(device)
    yield Contestant(f"tiny-cuda-nn {kind}", network, _loss(network, "value", jacobian_by_autograd))


def _loss(network: Any, order: str, jacobian_of: Callable[..., Any]) -> Callable[[Tensor, Tensor], Tensor]:
    def loss(points: Tensor, targets: Tensor) -> Tensor:
        if order == "value":
            return (network(points).float() - targets).square().mean()
        values, jacobian = jacobian_of(network, points)
        return (values - targets).square().mean() + 1e-3 * jacobian.square().mean()

    return loss


def _steps(
    contestant: Contestant, points: Tensor, targets: Tensor, device: torch.device, generator: torch.Generator
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """(addition to the name, one training step): as users write it, and by a CUDA graph."""
    rate = torch.tensor(1e-5, device=device)
    optimizer = torch.optim.Adam(contestant.network.parameters(), rate, capturable=True)

    def step() -> dict[str, Tensor]:
        optimizer.zero_grad(set_to_none=True)
        loss = contestant.loss(points, targets)
        loss.backward()
        optimizer.step()
        return {"loss": loss}

    yield "", step
    yield ", graph", graphed(step, device, generator)


def _row(
    who: str,
    what: str,
    size: tuple[int, int, int, str, bool],
    batch: int,
    work: Callable[[], Any],
    device: torch.device,
    peak: float,
) -> Iterator[dict[str, Any]]:
    """A row, or none where memory does not suffice or no graph came about. size: width, depth, outputs, order and
    whether it is a training step. FLOPs are a plain network's of this size for all, tiny-cuda-nn included."""
    width, depth, outputs, order, training = size
    try:
        smallest, median = seconds_per_call(work, device, warm_up=6)
    except torch.OutOfMemoryError:
        return
    if not getattr(work, "captured", True):
        return
    flops = flops_per_point(EagerSiren(width, depth, outputs), order, training) * batch
    yield {
        "who": who, "what": what, "width": width, "depth": depth, "batch": batch,
        "Mpoints_per_s": batch / smallest / 1e6, "median_ms": median * 1e3, "GFLOP_per_s": flops / smallest / 1e9,
        "share_of_peak": flops / smallest / peak,
    }  # fmt: skip


@contextmanager
def _precision(name: str) -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(name)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
