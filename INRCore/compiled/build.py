"""How the loops of this package are compiled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
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
        loop = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the program's folder nor the user's can be written to
        return numba.njit(**options)(function)
    forget_outdated(Path(loop.stats.cache_path))
    return loop


@cache
def forget_outdated(folder: Path) -> None:
    """Deletes the machine code that other sources of this package gave: Numba only looks whether a loop's own file has
    changed, not the files of the loops that it calls, so that an update could leave half of an old version at work."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    stamp = folder / "sources.sha256"
    try:
        if stamp.is_file() and stamp.read_text(encoding="ascii") == digest:
            return
        for index in folder.glob("*.nbi"):
            index.unlink(missing_ok=True)
        stamp.write_text(digest, encoding="ascii")
    except OSError:  # another process does the same, or the folder can be read only
        pass
