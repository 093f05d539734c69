"""The machine that a benchmark runs on: its name, its threads and how fast its matrix products are today."""

from __future__ import annotations

import ctypes
import platform
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

_SIZES = (512, 1024, 2048)


def describe(device: torch.device) -> dict[str, Any]:
    """Processor, threads, versions; for CUDA the name of the GPU."""
    about: dict[str, Any] = {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "vector_instructions": torch.backends.cpu.get_cpu_capability(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": device.type,
    }
    if device.type == "cuda":
        about["gpu"] = torch.cuda.get_device_name(device)
    return about


def seconds_per_call(
    work: Callable[[], Any], device: torch.device, at_least: float = 0.4, warm_up: int = 3
) -> tuple[float, float]:
    """(smallest, median) seconds of one call, over repetitions that take `at_least` seconds together."""
    for _ in range(warm_up):
        work()
    times: list[float] = []
    while sum(times) < at_least or len(times) < 5:
        synchronise(device)
        started = time.perf_counter()
        work()
        synchronise(device)
        times.append(time.perf_counter() - started)
    return min(times), sorted(times)[len(times) // 2]


def peak_memory(work: Callable[[], Any], device: torch.device) -> float | None:
    """Bytes that one call takes at its peak, beyond what was taken before; None where the system does not tell."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        work()
        return torch.cuda.max_memory_allocated(device) - before
    try:
        ctypes.CDLL(None).malloc_trim(0)  # what was freed but kept would hide what is taken
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = _status_bytes("VmRSS")
        work()
        return _status_bytes("VmHWM") - before
    except (OSError, AttributeError):
        return None


def _status_bytes(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(name))) * 1024


def synchronise(device: torch.device) -> None:
    """Waits for what was given to a GPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def matrix_product_peak(
    device: torch.device, dtype: torch.dtype = torch.float32, multiply: Callable[..., Any] = torch.mm
) -> float:
    """FLOP/s of the fastest square matrix product found: what a fit could reach if it did nothing else."""
    best = 0.0
    for size in _SIZES if device.type == "cpu" else (4096, 8192):
        a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
        best = max(best, 2 * size**3 / seconds_per_call(partial(multiply, a, b), device, 0.3)[0])
    return best


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
