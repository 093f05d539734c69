"""What the tests of the command line share."""

from pathlib import Path

import numpy as np
from grids import GRIDS

from INRCore.command_line.main import main
from INRCore.io import write_volume
from INRCore.volume import Volume

QUICK = ["--set", "fit.iterations=20", "--set", "fit.points=512", "--set", "field.width=16", "--device", "cpu"]


def write_head(path: Path) -> Path:
    """A smooth volume on an oblique left-handed grid, as a file."""
    grid = GRIDS["left-handed oblique"].with_size([24, 20, 16])
    k, j, i = np.indices(grid.shape)
    array = (400 + 300 * np.sin(i / 4) * np.cos(j / 5) + 10 * k).astype(np.int16)
    write_volume(Volume(array, grid, name="head"), path)
    return path


def run(*arguments) -> int:
    return main([str(a) for a in arguments])
