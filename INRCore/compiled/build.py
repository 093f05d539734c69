"""How the loops of this package are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compiles at the first call. "contract": multiplications and additions may be fused; any other liberty would spoil
    what counts on the order of operations, such as the reduction of a phase."""
    return _compiled(function, fastmath={"contract"})


def compiled_as_numpy(function: Callable[..., Any]) -> Any:
    """The same, and every operation is rounded, as NumPy's are."""
    return _compiled(function)


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    options |= {"nogil": True, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the program's folder nor the user's can be written to
        return numba.njit(**options)(function)
