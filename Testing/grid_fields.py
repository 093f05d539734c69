"""Fields over dense grids, and an image to give them, for tests."""

import numpy as np
import torch
from grids import GRIDS, rotation

from INRCore.fields import Field, FieldSettings, Frame
from INRCore.geometry import Grid

INTERPOLATIONS = ("trilinear", "cubic")
OBLIQUE = GRIDS["left-handed oblique"]
SLICE = Grid.from_parts((1, 14, 18), (0.8, 1.1, 4.0), (30, -12, 7), rotation(35, 10, -20) @ np.diag([1, -1, 1]))
EVERY_GRID = {**GRIDS, "one slice": SLICE}


def grid_field(grid: Grid, interpolation: str = "cubic", outputs: int = 1, **changes) -> Field:
    """A field that is far from constant."""
    values = {"grid_levels": 3, "grid_coarsest": 4, "grid_finest": 16, "width": 8, "depth": 2, **changes}
    settings = FieldSettings(encoding="grid", omega_first=4.0, grid_interpolation=interpolation, **values)
    field = Field(settings, Frame.of_grid(grid), outputs, seed=3, output_scale=5.0, output_offset=1.5)
    with torch.no_grad():
        field.encoding.table.mul_(1e4)
    return field


def smooth_image(grid: Grid) -> np.ndarray:
    """(k, j, i): a pattern that no mirroring or exchange of axes leaves as it is."""
    k, j, i = (np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in grid.shape)
    waves = np.sin(3 * i)[None, None] + 0.7 * np.cos(2 * j + 0.5)[None, :, None] + 0.4 * np.sin(2 * k)[:, None, None]
    return (waves + 0.3 * i[None, None] * j[None, :, None] * k[:, None, None]).astype(np.float32)


def psnr(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(20 * np.log10(np.ptp(wanted)) - 10 * np.log10(np.square(found - wanted, dtype=np.float64).mean()))


def turned_about(grid: Grid) -> Grid:
    """The same kind of lattice with its axes exchanged and mirrored, another spacing and another place."""
    affine = grid.ijk_to_world[:, [2, 0, 1, 3]] * [-0.7, 1.3, -0.9, 1]
    affine[:3, 3] = grid.center - affine[:3, :3] @ [3.13, 4.07, 5.61]  # no point on a node, where slopes jump
    return Grid((12, 9, 7), affine)
