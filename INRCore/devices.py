"""Devices: which one will be used, why, and whether it really works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import DeviceError
from .settings import require_choice

if TYPE_CHECKING:
    import torch

DEVICE_NAMES = ("auto", "cuda", "mps", "cpu")


@dataclass(frozen=True)
class DeviceChoice:
    """The device to use and one line for people: what it is and why it was chosen."""

    device: torch.device
    reason: str


def choose_device(name: str = "auto") -> DeviceChoice:
    """'auto' picks CUDA, then Apple MPS, then the CPU, each after a tiny fit on it (a driver that is too old or a GPU
    that is too new for this torch fails there and not in the middle of a job). A device asked for by name that does
    not work raises `DeviceError`; it is never silently replaced."""
    import torch

    require_choice("The device", name, DEVICE_NAMES)
    if name == "cpu":
        return DeviceChoice(torch.device("cpu"), f"{_processor()}, as asked")
    failures = []
    for kind in ("cuda", "mps") if name == "auto" else (name,):
        failure = _probe(kind)
        if failure is None:
            return DeviceChoice(torch.device(kind), f"{_title(kind)}, {'found' if name == 'auto' else 'as asked'}")
        failures.append(failure)
    if name != "auto":
        raise DeviceError(f"The device '{name}' cannot be used: {failures[0]}. Choose 'auto' or 'cpu'.")
    return DeviceChoice(torch.device("cpu"), f"{_processor()}: {'; '.join(failures)}")


def _processor() -> str:
    import torch

    threads = torch.get_num_threads()
    return f"CPU ({threads} thread{'s' * (threads > 1)})"


def _probe(kind: str) -> str | None:
    """None when the device runs a tiny forward and backward pass, otherwise why not."""
    import torch

    available = torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()
    if not available:
        return f"no {_title(kind)} usable by this build of torch ({torch.__version__})"
    try:
        x = torch.linspace(0, 1, 64, device=kind).reshape(8, 8).requires_grad_()
        torch.sin(x @ x).sum().backward()
        return None if x.grad is not None and bool(torch.isfinite(x.grad).all().cpu()) else f"{kind} gave wrong numbers"
    except RuntimeError as error:
        return f"{_title(kind)} fails on a tiny test ({str(error).splitlines()[0]})"


def _title(kind: str) -> str:
    import torch

    if kind == "cuda":
        return f"CUDA GPU {torch.cuda.get_device_name()}" if torch.cuda.is_available() else "CUDA GPU"
    return "Apple GPU (MPS)"
