"""Neural Segmentation through the panel and the real worker: drawn slices, their uncertainty, and where it all lies."""

import numpy as np
import pytest
from grids import rotation
from panel_tools import run_to_end

from INRCore.geometry import Grid
from INRCore.volume import Volume

SHAPE = (18, 24, 26)
TURNED = Grid.from_parts(SHAPE, (1.0, 1.2, 1.8), (30, -12, 55), rotation(20, -15, 40) @ np.diag([1.0, 1.0, -1.0]))
"""Oblique, anisotropic, left-handed."""
MOVED = np.array([[0.0, -1, 0, 20], [1, 0, 0, -35], [0, 0, 1, 5], [0, 0, 0, 1]])
"""RAS to RAS: the parent transform."""


@pytest.fixture
def drawn(scene):
    """A ball drawn on every second slice, off the grid's centre, under a linear parent transform; its world centre."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    from INRCore.scene import volume_to_node

    center = TURNED.index_to_world(np.array([11.0, 13.0, 8.0]))
    inside = (np.linalg.norm(TURNED.points() - center, axis=1) < 8).reshape(SHAPE)
    array = np.zeros(SHAPE, np.uint8)
    array[::2] = inside[::2]
    node = volume_to_node(scene, Volume(array, TURNED, name="Drawn"), name="Drawn", label=True)
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(MOVED.ravel())
    parent = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Parent")
    parent.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(parent.GetID())
    return MOVED[:3, :3] @ center + MOVED[:3, 3]


def test_shapes_and_uncertainty_lie_where_the_drawn_slices_are_seen(drawn, open_panel, scene, slicer_app):
    from INRCore.scene import labels_from_segmentation_node, volume_from_node

    panel = open_panel("INRSegmentation")
    panel.ui.inputSelector.setCurrentNode(scene.GetFirstNodeByName("Drawn"))
    for selector in (panel.ui.modelSelector, panel.ui.uncertaintySelector):
        selector.addNode()
    run_to_end(panel, slicer_app)
    assert panel.ui.errorLabel.text == ""

    labels = labels_from_segmentation_node(panel.ui.outputSelector.currentNode())[0]
    inside = np.linalg.norm(labels.grid.points() - drawn, axis=1).reshape(labels.grid.shape) < 8
    found = labels.array > 0
    assert 2 * (inside & found).sum() / (inside.sum() + found.sum()) > 0.9

    model = panel.ui.modelSelector.currentNode()
    bounds = np.zeros(6)
    model.GetRASBounds(bounds)
    np.testing.assert_allclose(bounds.reshape(3, 2).mean(1), drawn, atol=1.2)
    np.testing.assert_allclose(np.diff(bounds.reshape(3, 2)).ravel(), 16, atol=3)

    uncertainty = volume_from_node(panel.ui.uncertaintySelector.currentNode())
    assert uncertainty.array.min() >= 0 and uncertainty.array.max() <= 0.5
    weight = uncertainty.array.ravel() / uncertainty.array.sum()
    np.testing.assert_allclose(weight @ uncertainty.grid.points(), drawn, atol=2)
