"""What is seen of a running fit: curves as plot nodes, the preview in the slice views, tables."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scene_tools import add_volume, node_count, numbered
from test_scene_pictures import pixels
from vtk.util.numpy_support import vtk_to_numpy

from INRCore.demo.pictures import slice_picture
from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.scene import (
    Curves,
    PreviewVolume,
    metrics_to_node,
    save_scene,
    show_in_layout,
    show_in_plot_view,
    table_to_node,
)
from INRCore.volume import Volume

SIZE = (200, 160)
GRID = Grid.from_parts((20, 24, 28), (2.0, 2.2, 2.5), (-40, 25, 110))
COARSE = GRID.coarsened(1000)


def column(curves: Curves, name: str) -> np.ndarray:
    chart = curves.chart
    assert chart is not None
    return vtk_to_numpy(chart.GetNthPlotSeriesNode(0).GetTableNode().GetTable().GetColumnByName(name))


def nodes_of(scene: Any, kind: str) -> list[Any]:
    return [scene.GetNthNodeByClass(number, kind) for number in range(scene.GetNumberOfNodesByClass(kind))]


def layers(composite: Any) -> tuple:
    names = ("BackgroundVolumeID", "ForegroundVolumeID", "LabelVolumeID", "ForegroundOpacity", "LabelOpacity")
    return tuple(getattr(composite, f"Get{name}")() for name in names)


# -- curves ------------------------------------------------------------------------------------------------------------
def test_losses_become_a_table_series_and_a_chart_with_a_logarithmic_axis(scene: Any) -> None:
    curves = Curves(scene, "Neural Registration: loss", "Loss", logarithmic=True)
    for iteration in range(10, 60, 10):
        curves.add(iteration, {"similarity": 1 / iteration, "bending": 0.1})
    assert curves.chart is None
    curves.show()
    chart = curves.chart
    assert chart is not None and chart.GetYAxisLogScale()
    series = [chart.GetNthPlotSeriesNode(number) for number in range(chart.GetNumberOfPlotSeriesNodes())]
    assert [node.GetName() for node in series] == ["similarity", "bending"]
    assert [node.GetYColumnName() for node in series] == ["similarity", "bending"]
    np.testing.assert_allclose(column(curves, "Iteration"), [10, 20, 30, 40, 50])
    np.testing.assert_allclose(column(curves, "similarity"), 1 / np.arange(10, 60, 10))

    # 0 has no logarithm: Slicer would draw nothing.
    curves.add(60, {"similarity": 0.0, "bending": 0.1, "folding": 0.0})
    curves.show()
    assert chart.GetYAxisLogScale()
    np.testing.assert_array_equal(column(curves, "similarity")[-2:], [1 / 50, np.nan])
    assert chart.GetNumberOfPlotSeriesNodes() == 2
    curves.add(70, {"similarity": -0.1, "bending": 0.1})
    curves.show()
    assert not chart.GetYAxisLogScale()


def test_a_chart_hears_of_every_update(scene: Any) -> None:
    curves = Curves(scene, "a", "Loss")
    curves.add(1, {"mse": 1.0})
    curves.show()
    heard: list[int] = []
    assert curves.chart is not None
    curves.chart.AddObserver("ModifiedEvent", lambda *_: heard.append(1))
    curves.add(2, {"mse": 0.5})
    curves.show()
    assert heard


def test_the_next_fit_of_the_module_uses_the_same_nodes_and_another_module_its_own(scene: Any) -> None:
    first = Curves(scene, "Neural Compression: loss", "Loss")
    first.add(10, {"mse": 1.0})
    first.show()
    count = node_count(scene)
    second = Curves(scene, "Neural Compression: loss", "Loss")
    second.add(5, {"mse": 2.0})
    second.show()
    assert node_count(scene) == count
    assert second.chart is first.chart
    np.testing.assert_allclose(column(second, "Iteration"), [5])
    second.remove(only_new=True)  # it made none
    assert node_count(scene) == count
    other = Curves(scene, "Neural Segmentation: loss", "Loss")
    other.add(5, {"mse": 2.0})
    other.show()
    assert other.chart is not first.chart
    other.remove()
    assert node_count(scene) == count
    first.remove()
    assert nodes_of(scene, "vtkMRMLPlotChartNode") == nodes_of(scene, "vtkMRMLTableNode") == []


def test_curves_of_terms_that_are_gone_are_not_drawn_any_more(scene: Any) -> None:
    curves = Curves(scene, "a", "Loss")
    curves.add(10, {"one": 1.0, "two": 2.0})
    curves.show()
    curves.add(1, {"two": 2.0})  # a new fit begins
    curves.show()
    assert curves.chart is not None and curves.chart.GetNumberOfPlotSeriesNodes() == 1
    np.testing.assert_allclose(column(curves, "two"), [2.0])


def test_long_fits_are_thinned_out_and_keep_their_whole_range(scene: Any) -> None:
    curves = Curves(scene, "a", "Loss")
    for iteration in range(1, 50_001):
        curves.add(iteration, {"mse": 1 / iteration})
    curves.show()
    iterations = column(curves, "Iteration")
    assert 900 < len(iterations) <= 2000
    assert iterations[0] == 1 and iterations[-1] > 49_900
    assert (np.diff(iterations) > 0).all()


def test_a_chart_is_shown_only_in_a_plot_view_that_is_there_and_free(slicer_app: Any, scene: Any) -> None:
    curves, others = Curves(scene, "a", "Loss"), scene.AddNewNodeByClass("vtkMRMLPlotChartNode", "somebody else's")
    curves.add(1, {"mse": 1.0})
    curves.show()
    chart = curves.chart
    assert not show_in_plot_view(scene, chart)
    view = scene.AddNewNodeByClass("vtkMRMLPlotViewNode")
    assert not show_in_plot_view(scene, chart)  # not part of the layout
    view.SetMappedInLayout(True)
    view.SetPlotChartNodeID(others.GetID())
    assert not show_in_plot_view(scene, chart)
    assert view.GetPlotChartNode() is others
    view.SetPlotChartNodeID(None)
    assert show_in_plot_view(scene, chart)
    assert view.GetPlotChartNode() is chart


def test_on_demand_the_layout_changes_to_one_with_a_plot(slicer_app: Any, scene: Any) -> None:
    layout, view = scene.AddNewNodeByClass("vtkMRMLLayoutNode"), scene.AddNewNodeByClass("vtkMRMLPlotViewNode")
    layout.AddLayoutDescription(layout.SlicerLayoutFourUpView, "<layout/>")
    layout.AddLayoutDescription(layout.SlicerLayoutFourUpPlotView, "<layout/>")
    layout.SetViewArrangement(layout.SlicerLayoutFourUpView)
    curves = Curves(scene, "a", "Loss")
    curves.add(1, {"mse": 1.0})
    curves.show()
    show_in_layout(scene, curves.chart, slicer_app.app_logic)
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpPlotView
    assert view.GetPlotChartNode() is curves.chart


# -- preview -----------------------------------------------------------------------------------------------------------
def test_a_preview_lies_over_the_input_and_leaves_the_views_as_they_were(
    slicer_app: Any, scene: Any, tmp_path: Path
) -> None:
    source = add_volume(scene, numbered(GRID), GRID)
    slice_picture(slicer_app, source, tmp_path / "before.png", size=SIZE)
    count = node_count(scene)
    composite = scene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    before = layers(composite)

    preview = PreviewVolume(scene, source, opacity=1.0, display_range=(0, 1))
    preview.update(Volume(np.ones(COARSE.shape, np.float32), COARSE))
    node = preview.node
    assert composite.GetBackgroundVolumeID() == source.GetID()
    assert composite.GetForegroundVolumeID() == node.GetID() and composite.GetForegroundOpacity() == 1
    slice_picture(slicer_app, source, tmp_path / "live.png", foreground=node, opacity=1.0, size=SIZE)
    np.testing.assert_allclose(pixels(tmp_path / "live.png")[60:100, 80:120], 255)
    composite.SetForegroundOpacity(1)

    preview.update(Volume(np.zeros(COARSE.shape, np.float32), COARSE))
    assert preview.node is node
    preview.remove()
    assert layers(composite) == before
    assert node_count(scene) == count


def test_a_preview_of_labels_goes_into_the_label_layer(slicer_app: Any, scene: Any, tmp_path: Path) -> None:
    source = add_volume(scene, numbered(GRID), GRID)
    slice_picture(slicer_app, source, tmp_path / "before.png", size=SIZE)
    composite = scene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    before = layers(composite)
    preview = PreviewVolume(scene, None, labels=True, opacity=0.6)
    preview.update(Volume(np.ones(COARSE.shape, np.int32), COARSE))
    assert preview.node.IsA("vtkMRMLLabelMapVolumeNode")
    assert composite.GetLabelVolumeID() == preview.node.GetID() and composite.GetLabelOpacity() == pytest.approx(0.6)
    assert composite.GetBackgroundVolumeID() == source.GetID()
    preview.remove()
    assert layers(composite) == before


def test_a_preview_is_in_no_selector_and_in_no_saved_scene(scene: Any, tmp_path: Path) -> None:
    preview = PreviewVolume(scene, None)
    preview.update(Volume(np.ones(COARSE.shape, np.float32), COARSE))
    assert preview.node.GetHideFromEditors() and not preview.node.GetSaveWithScene()
    save_scene(scene, tmp_path / "scene.mrb")
    scene.Clear(False)
    scene.ReadFromMRB(str(tmp_path / "scene.mrb"))
    assert nodes_of(scene, "vtkMRMLVolumeNode") == nodes_of(scene, "vtkMRMLVolumeDisplayNode") == []


def test_views_that_the_user_has_changed_meanwhile_stay_as_they_are(
    slicer_app: Any, scene: Any, tmp_path: Path
) -> None:
    source, other = add_volume(scene, numbered(GRID), GRID), add_volume(scene, numbered(GRID), GRID, name="other")
    slice_picture(slicer_app, source, tmp_path / "before.png", size=SIZE)
    composite = scene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    preview = PreviewVolume(scene, source)
    preview.update(Volume(np.ones(COARSE.shape, np.float32), COARSE))
    composite.SetForegroundVolumeID(other.GetID())
    composite.SetForegroundOpacity(0.3)
    preview.update(Volume(np.ones(COARSE.shape, np.float32), COARSE))
    preview.remove()
    assert composite.GetForegroundVolumeID() == other.GetID()
    assert composite.GetForegroundOpacity() == pytest.approx(0.3)


def test_a_preview_that_the_user_deletes_stays_away(scene: Any) -> None:
    preview = PreviewVolume(scene, None)
    preview.update(Volume(np.ones(COARSE.shape, np.float32), COARSE))
    scene.RemoveNode(preview.node)
    count = node_count(scene)
    preview.update(Volume(np.ones(COARSE.shape, np.float32), COARSE))
    preview.remove()
    assert node_count(scene) == count


# -- tables ------------------------------------------------------------------------------------------------------------
def test_measures_become_a_table_that_is_updated_in_place(scene: Any) -> None:
    node = metrics_to_node(scene, [("PSNR", "30.00 dB", "higher is better"), ("Ratio", "8.0 : 1", "")])
    assert [node.GetCellText(0, column) for column in range(3)] == ["PSNR", "30.00 dB", "higher is better"]
    again = metrics_to_node(scene, [("PSNR", "31.00 dB", "higher is better")], node)
    assert again is node and node.GetNumberOfRows() == 1
    assert node.GetCellText(0, 1) == "31.00 dB"


def test_columns_of_different_lengths_are_refused(scene: Any) -> None:
    count = node_count(scene)
    with pytest.raises(InputError, match="same number of rows"):
        table_to_node(scene, {"a": [1.0, 2.0], "b": ["x"]})
    assert node_count(scene) == count
