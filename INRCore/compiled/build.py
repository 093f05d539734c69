"""How the loops of this package are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compiles at the first call. "contract": multiplications and additions may be fused; any other liberty would spoil
    what counts on the order of operations, such as the reduction of a phase."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the program's folder nor the user's can be written to
        return numba.njit(**options)(function)
