"""The switch between the fast ways to compute a field and torch's plain one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module

from ..errors import InputError

ENGINE_NAMES = ("auto", "numpy", "plain")
_chosen = os.environ.get("INRCORE_ENGINE", "auto")


def is_plain() -> bool:
    """Whether only torch's own operations may be used."""
    return _chosen == "plain"


def is_compiled() -> bool:
    """Whether the loops in `INRCore.compiled` may be used: Numba runs here, and they are not switched off."""
    return _chosen == "auto" and _numba_runs()


@cache
def _numba_runs() -> bool:
    try:
        import_module("numba")
    except Exception:  # also one that is too old for this NumPy, or whose libraries do not load
        return False
    return True


@contextmanager
def use_engine(name: str) -> Iterator[None]:
    """'plain': only the reference; 'numpy': no compiled loops; 'auto': the fastest that can run. Raises `InputError`
    for other names."""
    global _chosen
    if name not in ENGINE_NAMES:
        raise InputError(f"There is no engine '{name}'; choose one of: {', '.join(ENGINE_NAMES)}.")
    before, _chosen = _chosen, name
    try:
        yield
    finally:
        _chosen = before
