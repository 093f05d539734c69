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

from ..machine import matrix_product_peak
from .measure import Case, row
from .peers import EagerSiren, jacobian_by_autograd

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
    sizes = [(width, depth) for width in widths for depth in depths]
    cases = [Case(f"train {order}", *size, n) for size in sizes for order in ("value", "jacobian") for n in batches]
    cases += [Case("evaluate value", *size, _EVALUATED) for size in sizes]
    for precision, peak in peaks(device).items():
        with _precision(precision):
            for case in cases:
                for contestant in _contestants(case, device):
                    with use_engine("plain" if "plain" in contestant.who else "auto"):
                        for found in _rows_of(contestant, case, device):
                            who = f"{found['who']}, {precision}"
                            yield {**found, "who": who, "share_of_peak": found["GFLOP_per_s"] * 1e9 / peak}


def _rows_of(contestant: Contestant, case: Case, device: torch.device) -> Iterator[dict[str, Any]]:
    """Rows of one contestant; none where memory does not suffice or no graph came about. FLOPs are a plain network's of
    this size for all, tiny-cuda-nn included."""
    counted = EagerSiren(case.width, case.depth, case.outputs)
    for name, work in _works(contestant, case, device):
        try:
            found = row(f"{contestant.who}{name}", case, counted, work, device)
        except torch.OutOfMemoryError:
            continue
        if getattr(work, "captured", True):
            yield found


def _contestants(case: Case, device: torch.device) -> Iterator[Contestant]:
    """Fresh networks of the same size."""
    order, width, depth, outputs = case.order, case.width, case.depth, case.outputs
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


def _works(contestant: Contestant, case: Case, device: torch.device) -> Iterator[tuple[str, Callable[[], Any]]]:
    """(addition to the name, evaluation), or the same of a training step as users write it and by a CUDA graph."""
    points, targets = case.data(device)
    if case.what.startswith("evaluate"):
        yield "", torch.no_grad()(lambda: contestant.network(points))
        return
    rate = torch.tensor(1e-5, device=device)
    optimizer = torch.optim.Adam(contestant.network.parameters(), rate, capturable=True)

    def step() -> dict[str, Tensor]:
        optimizer.zero_grad(set_to_none=True)
        loss = contestant.loss(points, targets)
        loss.backward()
        optimizer.step()
        return {"loss": loss}

    yield "", step
    yield ", graph", graphed(step, device, torch.Generator(device).manual_seed(0))


@contextmanager
def _precision(name: str) -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(name)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
