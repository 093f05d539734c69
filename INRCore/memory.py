"""Memory: budgets, chunk sizes, peak use, and what running out of it looks like."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import torch

DEFAULT_BUDGET_BYTES = 512 << 20
"""Working memory of one chunk when the user sets no limit: enough to keep a GPU busy, bearable for a laptop."""


def points_per_chunk(
    bytes_per_point: int, device: torch.device, max_memory_gb: float | None = None, largest: int | None = None
) -> int:
    """How many points may be worked on at once. A quarter of the user's limit at most goes into one chunk: volumes,
    parameters and the other half of a double buffer need the rest."""
    budget = DEFAULT_BUDGET_BYTES if max_memory_gb is None else max(1 << 20, int(max_memory_gb * (1 << 30)) // 4)
    if device.type == "cpu":
        # Large chunks gain nothing on a CPU, whose engine cuts them into tiles for its caches.
        budget = min(budget, 256 << 20)
    count = max(256, budget // max(1, bytes_per_point))
    return count if largest is None else min(count, largest)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out (CUDA, MPS and CPU say it in different ways)."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def release(device: torch.device) -> None:
    """Gives cached accelerator memory back."""
    import torch

    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def peak_memory_bytes() -> int:
    """Largest resident memory of this process so far, plus the largest amount allocated on CUDA."""
    resident = 0
    if os.name == "posix":
        import resource

        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    torch = sys.modules.get("torch")  # a task that needs none is not made to load it
    return resident + (torch.cuda.max_memory_allocated() if torch is not None and torch.cuda.is_available() else 0)


def free_memory_bytes(device: torch.device) -> int | None:
    """Memory that a new computation on `device` can still have; None where the system does not tell."""
    if device.type == "cuda":
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    if sys.platform == "win32":
        return _free_memory_on_windows()
    if sys.platform == "darwin":
        table = subprocess.run(["vm_stat"], capture_output=True, text=True, check=True).stdout
        return free_memory_in_vm_stat(table)
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), None)


def free_memory_in_vm_stat(table: str) -> int:
    """Bytes that macOS can give away, from what its command `vm_stat` prints."""
    page = int(table.split("page size of ")[1].split()[0])
    numbers = dict(line.split(":") for line in table.splitlines()[1:] if ":" in line)
    given_away = ("Pages free", "Pages inactive", "Pages speculative", "Pages purgeable")
    return page * sum(int(numbers[name].strip(" .")) for name in given_away if name in numbers)


def _free_memory_on_windows() -> int | None:
    import ctypes

    class Status(ctypes.Structure):
        """MEMORYSTATUSEX of the Windows API."""

        _fields_: ClassVar = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "t1", "f1", "t2", "f2", "extended")),
        ]

    status = Status(length=ctypes.sizeof(Status))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - exists on Windows only, which type checkers cannot know
    return int(status.free) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
