""".inr files <-> volume nodes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ..compression import read_inr
from ..compression.container import MAGIC
from ..fitting import Progress, run_to_end
from .mrml import Node, Scene
from .volumes import volume_to_node


def inr_file_to_node(
    scene: Scene,
    path: str | os.PathLike[str],
    name: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Node:
    """A new scalar volume node with what an .inr file holds, called `name` or like the file.

    Decoded with torch where it is there and with NumPy where it is not. Raises `InputError` when the file is missing,
    no .inr file, damaged or too large for the memory.
    """
    volume = run_to_end(read_inr(path).decompress_steps(), on_progress)
    return volume_to_node(scene, volume, name=name or Path(path).stem)


def looks_like_inr(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as ours do; other programs write `.inr` files of another kind (INRimage)."""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False
