"""The four panels in the double of Slicer: real .ui files on real Qt, a real MRML scene, the real worker."""

import pytest
import slicer_double
from panel_tools import MODULES, ROOT, an_empty_scene


@pytest.fixture(scope="package")
def slicer_app():
    with slicer_double.installed() as double:
        yield double


@pytest.fixture(scope="package")
def modules(slicer_app):
    return {name: slicer_app.load_module(ROOT / name / f"{name}.py") for name in MODULES}


@pytest.fixture
def scene(slicer_app):
    with an_empty_scene(slicer_app) as empty:
        yield empty


@pytest.fixture
def open_panel(slicer_app, modules, scene):
    opened = []

    def open_one(name):
        panel = slicer_app.open_panel(modules[name])
        panel.enter()
        panel.ui.presetComboBox.currentIndex = 0
        panel.ui.deviceComboBox.currentIndex = 3
        panel.ui.iterationsSpinBox.value = 20
        opened.append(panel)
        return panel

    yield open_one
    for panel in opened:
        panel.cleanup()
        panel.parent.deleteLater()


@pytest.fixture
def views(scene):
    """The composite nodes of two slice views, besides which there are a plot view and a layout, as in Slicer's window.
    Closing a scene keeps them, so they are removed in the end."""
    nodes = [scene.AddNewNodeByClass(kind) for kind in ("vtkMRMLLayoutNode", "vtkMRMLPlotViewNode")]
    for arrangement in ("FourUpView", "SideBySideView", "FourUpPlotView"):
        nodes[0].AddLayoutDescription(getattr(nodes[0], f"SlicerLayout{arrangement}"), "<layout/>")
    nodes[0].SetViewArrangement(nodes[0].SlicerLayoutFourUpView)
    for name in ("Red", "Yellow"):
        for kind in ("vtkMRMLSliceNode", "vtkMRMLSliceCompositeNode"):
            nodes.append(scene.AddNewNodeByClass(kind))
            nodes[-1].SetLayoutName(name)
    yield [node for node in nodes if node.IsA("vtkMRMLSliceCompositeNode")]
    for node in nodes:
        scene.RemoveNode(node)
