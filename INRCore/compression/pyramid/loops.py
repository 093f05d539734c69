"""Whether compiled loops (`INRCore.compiled`, by Numba) take the place of NumPy's. What they give is the same to the
bit."""

from __future__ import annotations

from ...fields.switch import is_compiled

_WORTH = 3_000_000
"""Samples of a volume for which loading Numba and its loops, about a second, pays."""
_loaded = False


def prepare_loops(samples: int) -> None:
    """Called before a volume of so many samples is worked on. Loops that are loaded serve smaller ones as well."""
    global _loaded
    _loaded = _loaded or (samples >= _WORTH and is_compiled())


def use_loops() -> bool:
    """Whether the compiled loops are there and wanted."""
    return _loaded and is_compiled()
