"""What the tests of the panels share: small nodes, a panel with its inputs chosen, a run to its end."""

import contextlib
from pathlib import Path

import numpy as np

from INRCore.geometry import Grid
from INRCore.volume import Volume

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("INRCompression", "INRReconstruction", "INRRegistration", "INRSegmentation")
MANY = 1_000_000
SHIFT = np.array([3.0, 0, 0])
"""mm between the fixed and the moving side of the tests of registration."""


def a_grid(spacing=(2, 2, 2)):
    cosine, sine = np.cos(0.4), np.sin(0.4)
    turned = np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
    return Grid.from_parts((16, 16, 16), spacing, (10, -20, 30), turned)


def a_volume(scene, name, shift=0.0, spacing=(2, 2, 2)):
    from INRCore.scene import volume_to_node

    grid = a_grid(spacing)
    distance = np.linalg.norm(grid.points() - grid.center - [shift, 0, 0], axis=1)
    array = (1000 * np.exp(-((distance / 12) ** 2))).reshape(grid.shape).astype(np.int16)
    return volume_to_node(scene, Volume(array, grid, name=name), name=name)


def a_ball(scene, name):
    from INRCore.scene import volume_to_node

    grid = a_grid()
    inside = np.linalg.norm(grid.points() - grid.center, axis=1) < 10
    labels = Volume(inside.reshape(grid.shape).astype(np.uint8), grid, name=name)
    return volume_to_node(scene, labels, name=name, label=True)


def a_segmentation(scene, name, segment, color):
    from INRCore.scene import labels_from_segmentation_node, segmentation_to_node, volume_from_node

    ball = a_ball(scene, "template")
    node = segmentation_to_node(
        scene, volume_from_node(ball), None, name=name, names={1: segment}, colors={1: color}, reference=ball
    )
    scene.RemoveNode(ball)
    assert labels_from_segmentation_node(node)[1] == {1: segment}
    return node


def below(scene, nodes, matrix):
    from INRCore.scene.mrml import to_vtk_matrix

    parent = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Table")
    parent.SetMatrixTransformToParent(to_vtk_matrix(matrix))
    for node in nodes:
        node.SetAndObserveTransformNodeID(parent.GetID())
    return parent


def points(scene, name, positions):
    from INRCore.scene import landmarks_to_node

    return landmarks_to_node(scene, np.asarray(positions, float), name=name)


def node_names(scene):
    kinds = ("vtkMRMLVolumeNode", "vtkMRMLTransformNode", "vtkMRMLSegmentationNode", "vtkMRMLModelNode")
    nodes = [scene.GetNthNodeByClass(i, kind) for kind in kinds for i in range(scene.GetNumberOfNodesByClass(kind))]
    return sorted(node.GetName() for node in nodes if not node.GetHideFromEditors())


def ready(name, open_panel, scene, tmp_path):
    """The panel with its inputs chosen, as far as Apply can be clicked."""
    if name == "INRRegistration":
        a_volume(scene, "Fixed")
        moving = a_volume(scene, "Moving", shift=3)
    elif name == "INRSegmentation":
        a_ball(scene, "Ball")
    else:
        a_volume(scene, "MR", spacing=(1.5, 1.5, 3))
    panel = open_panel(name)
    if name == "INRSegmentation":  # a fit that takes as long as it is told to
        panel.parameters.method = type(panel.parameters.method)("network")
    if name == "INRRegistration":
        panel.ui.movingSelector.setCurrentNode(moving)
    if name == "INRCompression":
        panel.ui.filePathLineEdit.currentPath = str(tmp_path / "MR.inr")
    assert panel.ui.applyButton.text == "Apply"
    return panel


def run_to_end(panel, slicer_app, seconds=600):
    panel.ui.applyButton.click()
    assert panel.ui.applyButton.text == "Cancel", panel.ui.errorLabel.text
    slicer_app.wait_until(lambda: panel.ui.applyButton.text != "Cancel", seconds)


def click_later(panel):
    """A click on the button that is not the second one of a double click."""
    panel._started -= 1
    panel.ui.applyButton.click()


def table(panel):
    cells = panel.ui.resultTable
    return {cells.item(row, 0).text(): cells.item(row, 1).text() for row in range(cells.rowCount)}


def start_long(panel, slicer_app):
    """A run that goes on until it is ended; returns when its fit reports progress."""
    panel.ui.iterationsSpinBox.value = MANY
    panel.ui.applyButton.click()
    slicer_app.wait_until(lambda: "/" in panel.ui.statusLabel.text)


@contextlib.contextmanager
def an_empty_scene(double):
    """The scene of the double, empty; afterwards no slot may have failed and no temporary file may be left."""
    import slicer

    double.scene.Clear()
    yield double.scene
    double.scene.Clear()
    errors, double.slot_errors[:] = list(double.slot_errors), []
    assert not errors
    assert not [path for path in Path(slicer.app.temporaryPath).iterdir() if path.name.startswith("inr_")]
