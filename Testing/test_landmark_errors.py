"""Landmarks after a registration: where they come to lie, and how far they are off."""

from typing import Any

import numpy as np
import pytest
from grids import GRIDS, rotation

from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.scene import (
    displacement_to_transform_node,
    landmark_errors_to_node,
    landmarks_from_node,
    landmarks_to_node,
    moved_landmarks_to_node,
)


def test_moving_landmarks_come_to_lie_on_the_fixed_ones(scene: Any) -> None:
    """phi carries fixed points to moving points; shown on the fixed volume, moving points go the other way."""
    grid = Grid.from_parts((24, 24, 24), (3, 3, 3), (-30, 20, 40), GRIDS["oblique"].directions)
    offset = grid.points().reshape(*grid.shape, 3) - grid.center
    displacement = 4 * np.exp(-(offset**2).sum(-1) / 500)[..., None] * [1.0, -0.8, 0.6]
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = rotation(4, -3, 6), (5, -7, 3)
    transform = displacement_to_transform_node(scene, displacement, grid, affine=affine)

    k, j, i = np.array([[12, 12, 12], [9, 13, 15], [14, 8, 10]]).T
    fixed = grid.index_to_world(np.stack([i, j, k], -1))
    moving = (fixed + displacement[k, j, i]) @ affine[:3, :3].T + affine[:3, 3]
    node = landmarks_to_node(scene, moving, name="M", labels=["a", "b", "c"])
    moved = moved_landmarks_to_node(scene, node, transform)
    np.testing.assert_allclose(landmarks_from_node(moved), fixed, atol=0.02)
    np.testing.assert_allclose(landmarks_from_node(node), moving, atol=1e-9)  # the input stays
    assert moved.GetName() == "M registered"
    assert [moved.GetNthControlPointLabel(n) for n in range(3)] == ["a", "b", "c"]
    assert moved_landmarks_to_node(scene, node, transform, moved) is moved


def test_errors_become_a_table_with_their_mean(scene: Any) -> None:
    table = landmark_errors_to_node(scene, [4.0, 6.0], [0.5, 1.5], labels=["apex", "base"])
    assert [table.GetCellText(row, 0) for row in range(3)] == ["apex", "base", "Mean"]
    assert [float(table.GetCellText(2, column)) for column in (1, 2)] == [5, 1]
    assert table.GetColumnName(1) == "Before (mm)"
    again = landmark_errors_to_node(scene, [4.0], [0.25], table)
    assert again is table and table.GetNumberOfRows() == 2


def test_errors_that_do_not_belong_together_are_refused(scene: Any) -> None:
    with pytest.raises(InputError, match="same number of rows"):
        landmark_errors_to_node(scene, [4.0, 6.0], [0.5])
