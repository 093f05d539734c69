"""Memory: budgets, chunk sizes, peak use, and what running out of it looks like."""

from __future__ import annotations

import os
import sys

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
        # Chunks that stay near the caches are faster than large ones on a CPU.
        budget = min(budget, 64 << 20)
    count = max(256, budget // max(1, bytes_per_point))
    return count if largest is None else min(count, largest)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out (CUDA, MPS and CPU say it in different ways)."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def release(device: torch.device) -> None:
    """Gives cached accelerator memory back."""
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
    return resident + (torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0)
