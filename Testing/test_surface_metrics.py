"""Dice and surface distances against values known beforehand, in mm on any grid."""

import numpy as np
import pytest
from grids import rotation

from INRCore.geometry import Grid
from INRCore.metrics.surface import agreement, dice


def boxes(grid: Grid, shift: int) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.zeros(grid.shape, bool), np.zeros(grid.shape, bool)
    a[4:12, 4:12, 4:12] = True
    b[4:12, 4:12, 4 + shift : 12 + shift] = True
    return a, b


def test_dice_of_known_overlaps():
    a, b = boxes(Grid.from_parts((16, 16, 20)), 2)
    assert dice(a, b) == pytest.approx(0.75)
    assert dice(a, a) == 1
    assert dice(a, ~a) == 0


@pytest.mark.parametrize("flip", [1, -1])
def test_a_shift_along_one_axis_is_measured_in_millimetres(flip):
    """Shifted by 2 voxels of 1.5 mm: the two faces across i are 3 mm off, the others slide along themselves."""
    grid = Grid.from_parts((16, 16, 20), (1.5, 1.0, 2.0), (3, 4, 5), rotation(20, 10, -30) @ np.diag([flip, 1, 1]))
    found = agreement(*boxes(grid, 2), grid)
    assert found["hd95_mm"] == pytest.approx(3.0, abs=0.4)
    assert 0.3 < found["assd_mm"] < 1.6
    same = agreement(boxes(grid, 0)[0], boxes(grid, 0)[1], grid)
    assert same["hd95_mm"] == 0 and same["assd_mm"] == 0
