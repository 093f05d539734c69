"""What a process of our own (`python -m INRCore`) sets for itself before any work. Needs no torch."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # names of <malloc.h>


def keep_freed_memory() -> None:
    """Lets this process reuse freed memory instead of giving it back at once: with glibc every tensor above a limit is
    otherwise mapped afresh and the system clears each page of it at every step of a fit (10 to 25 % of a step's time).

    For processes of our own, not for Slicer's. Does nothing where there is no glibc.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 32 << 20)  # the largest value that glibc takes
        mallopt(_M_TRIM_THRESHOLD, 512 << 20)
