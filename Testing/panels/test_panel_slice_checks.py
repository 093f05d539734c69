"""What Neural Segmentation says of drawn slices that cannot all be right, or from which no shape can come."""

import numpy as np
import pytest
from grids import rotation

from INRCore.geometry import Grid
from INRCore.volume import Volume

GRID = Grid.from_parts((26, 28, 30), (1.0, 1.2, 1.4), (30, -12, 55), rotation(20, -15, 40) @ np.diag([1.0, 1.0, -1.0]))
"""Oblique, anisotropic, left-handed."""
AWAY = np.linalg.norm(GRID.points() - GRID.center, axis=1).reshape(GRID.shape)


def crossed() -> np.ndarray:
    """Slices across k and j show a larger ball than the one across i; another label is on one slice."""
    array = np.zeros(GRID.shape, np.uint8)
    array[13], array[:, 14] = AWAY[13] < 11, AWAY[:, 14] < 11
    array[:, :, 15] |= AWAY[:, :, 15] < 5
    array[13, 1:4, 1:5] = 2
    return array


def single() -> np.ndarray:
    array = np.zeros(GRID.shape, np.uint8)
    array[13] = AWAY[13] < 11
    return array


def segmentation(scene, array: np.ndarray):
    from INRCore.scene import segmentation_to_node

    names = {1: "Liver", 2: "Cyst"}
    colors = {1: (0.8, 0.4, 0.2), 2: (0.1, 0.6, 0.9)}
    return segmentation_to_node(scene, Volume(array, GRID), None, names=names, colors=colors, name="Drawn")


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (crossed(), ["slices of 'Liver' seem to disagree where they cross", "On one drawn slice only: 'Cyst'"]),
        (single(), ["on one slice only", "draw at least one more"]),
        (np.zeros(GRID.shape, np.uint8), ["empty"]),
    ],
    ids=["contradictions", "one contour", "empty segments"],
)
def test_the_panel_says_what_is_wrong_with_the_slices(array, words, open_panel, scene):
    node = segmentation(scene, array)
    panel = open_panel("INRSegmentation")
    panel.ui.inputSelector.setCurrentNode(node)
    panel.ui.slicesButton.click()
    assert all(word in panel.ui.slicesLabel.text for word in words), panel.ui.slicesLabel.text
