"""Segmentations between MRML and the RAS world."""

from typing import Any

import numpy as np
import pytest
import vtk
from scene_tools import HARD_GRIDS, add_volume, bent_parent, linear_parent, world_point
from spheres import NAMES, centers, fine_grid, middle, sphere, two_spheres

from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.scene import (
    labels_from_segmentation_node,
    segmentation_to_node,
)
from INRCore.volume import Volume


@pytest.mark.parametrize("kind", HARD_GRIDS)
def test_label_map_and_surface_are_at_the_same_place(scene: Any, kind: str) -> None:
    grid = fine_grid(kind)
    node = segmentation_to_node(scene, two_spheres(grid), None, names=NAMES)
    segmentation = node.GetSegmentation()
    assert segmentation.GetSourceRepresentationName() == "Binary labelmap"
    for number, (value, center) in enumerate(centers(grid).items()):
        segment = segmentation.GetNthSegment(number)
        assert (segment.GetName(), segment.GetLabelValue()) == (NAMES[value], value)
        surface = segment.GetRepresentation("Closed surface")
        np.testing.assert_allclose(middle(surface), center, atol=0.5)
        np.testing.assert_allclose(np.ptp(np.array(surface.GetBounds()).reshape(3, 2), axis=1), 12, atol=1.6)


@pytest.mark.parametrize("kind", HARD_GRIDS)
def test_labels_come_back_with_values_names_and_colours(scene: Any, kind: str) -> None:
    grid = fine_grid(kind)
    colors = {3: (0.25, 0.5, 0.75), 17: (1.0, 0.0, 0.5)}
    node = segmentation_to_node(scene, two_spheres(grid), None, names=NAMES, colors=colors)
    labels, names, back = labels_from_segmentation_node(node)
    assert labels.grid.same_as(grid)
    np.testing.assert_array_equal(labels.array, two_spheres(grid).array)
    assert (names, back) == (NAMES, colors)


def test_given_surfaces_are_shown_as_they_are(scene: Any) -> None:
    grid = fine_grid("left-handed oblique")
    surfaces = {value: sphere(center, 5.0) for value, center in centers(grid).items()}
    node = segmentation_to_node(scene, two_spheres(grid), surfaces, names=NAMES)
    segment = node.GetSegmentation().GetNthSegment(1)
    assert segment.GetRepresentation("Closed surface").GetNumberOfPoints() == surfaces[17].GetNumberOfPoints()
    np.testing.assert_allclose(middle(segment.GetRepresentation("Closed surface")), centers(grid)[17], atol=0.05)
    assert labels_from_segmentation_node(node)[0].grid.same_as(grid)


def test_a_label_without_a_surface_keeps_the_others(scene: Any) -> None:
    grid = fine_grid("oblique")
    node = segmentation_to_node(scene, two_spheres(grid), {3: sphere(centers(grid)[3])}, names=NAMES)
    labels, names, _ = labels_from_segmentation_node(node)
    assert set(np.unique(labels.array)) == {0, 3, 17}
    assert names == NAMES


def test_surfaces_alone_become_a_segmentation_with_labels_on_the_reference(scene: Any) -> None:
    grid = fine_grid("left-handed oblique")
    reference = add_volume(scene, np.zeros(grid.shape, np.int16), grid)
    surfaces = {value: sphere(center) for value, center in centers(grid).items()}
    node = segmentation_to_node(scene, None, surfaces, names=NAMES, reference=reference)
    assert node.GetSegmentation().GetSourceRepresentationName() == "Closed surface"
    labels, names, _ = labels_from_segmentation_node(node, reference)
    assert labels.grid.same_as(grid)
    truth = two_spheres(grid).array
    for value in ({v: k for k, v in names.items()}[name] for name in NAMES.values()):
        mine, theirs = labels.array == value, truth == {v: k for k, v in NAMES.items()}[names[value]]
        assert 2 * (mine & theirs).sum() / (mine.sum() + theirs.sum()) > 0.97
    assert not node.GetSegmentation().ContainsRepresentation("Binary labelmap")  # reading changes nothing


@pytest.mark.parametrize("kind", HARD_GRIDS)
def test_a_linear_parent_moves_the_labels(scene: Any, kind: str) -> None:
    grid = fine_grid(kind)
    node = segmentation_to_node(scene, two_spheres(grid), None, names=NAMES)
    linear_parent(scene, node)
    labels, _, _ = labels_from_segmentation_node(node)
    np.testing.assert_array_equal(labels.array, two_spheres(grid).array)
    for value, center in centers(grid).items():
        world = [0.0] * 3
        node.TransformPointToWorld(center, world)
        found = labels.grid.points()[labels.array.ravel() == value].mean(axis=0)
        np.testing.assert_allclose(found, world, atol=0.1)


@pytest.mark.parametrize("kind", HARD_GRIDS)
def test_a_bending_parent_moves_the_labels(scene: Any, kind: str) -> None:
    grid = fine_grid(kind)
    node = segmentation_to_node(scene, two_spheres(grid), None, names=NAMES)
    bent_parent(scene, node, grid, size_mm=6.0)
    labels, _, _ = labels_from_segmentation_node(node)
    assert set(np.unique(labels.array)) == {0, 3, 17}
    for value, center in centers(grid).items():
        world = [0.0] * 3
        node.TransformPointToWorld(center, world)
        assert np.linalg.norm(np.array(world) - center) > 2
        i, j, k = np.rint(labels.grid.world_to_index(world)).astype(int)
        assert labels.array[k, j, i] == value
        found = labels.grid.points()[labels.array.ravel() == value].mean(axis=0)
        np.testing.assert_allclose(found, world, atol=1.0)


def test_labels_are_asked_for_on_the_voxels_of_another_volume(scene: Any) -> None:
    grid = fine_grid("oblique")
    node = segmentation_to_node(scene, two_spheres(grid), None, names=NAMES)
    other = Grid.from_parts((60, 60, 60), (1, 1, 1), grid.center - 29.5)
    reference = add_volume(scene, np.zeros(other.shape, np.int16), other.transformed(np.diag([1, 1, 0.5, 1])))
    linear_parent(scene, reference, np.diag([1.0, 1.0, 2.0, 1.0]))
    labels, _, _ = labels_from_segmentation_node(node, reference)
    assert labels.grid.same_as(other)
    for value, center in centers(grid).items():
        found = other.points()[labels.array.ravel() == value].mean(axis=0)
        np.testing.assert_allclose(found, center, atol=0.3)
        assert (labels.array == value).sum() == pytest.approx(4 / 3 * np.pi * 6**3, rel=0.05)


def test_segments_cropped_by_the_segment_editor_fill_the_reference_geometry(scene: Any) -> None:
    """Slicer keeps only the box around what is painted; its extent then starts at some voxel other than 0."""
    grid = fine_grid("left-handed oblique")
    node = segmentation_to_node(scene, two_spheres(grid), None, names=NAMES)
    import slicer

    node.GetSegmentation().CollapseBinaryLabelmaps(False)
    image = node.GetSegmentation().GetNthSegment(0).GetRepresentation("Binary labelmap")
    crop = vtk.vtkImageConstantPad()
    crop.SetInputData(image)
    crop.SetOutputWholeExtent(3, 26, 4, 25, 2, 24)
    crop.Update()
    cropped = slicer.vtkOrientedImageData()
    cropped.ShallowCopy(crop.GetOutput())
    cropped.CopyDirections(image)
    for number in range(2):
        node.GetSegmentation().GetNthSegment(number).AddRepresentation("Binary labelmap", cropped)
    labels, _, _ = labels_from_segmentation_node(node)
    assert labels.grid.same_as(grid)
    np.testing.assert_array_equal(labels.array, two_spheres(grid).array)

    node.GetSegmentation().SetConversionParameter("Reference image geometry", "")
    labels, _, _ = labels_from_segmentation_node(node)
    assert labels.grid.same_as(grid.cropped((3, 4, 2), (27, 26, 25)))
    np.testing.assert_array_equal(labels.array, two_spheres(grid).array[2:25, 4:26, 3:27])


def test_overlapping_segments_are_refused_by_name(scene: Any) -> None:
    grid = fine_grid("oblique")
    reference = add_volume(scene, np.zeros(grid.shape, np.int16), grid)
    center = centers(grid)[3]
    surfaces = {3: sphere(center), 17: sphere(center + np.array([4.0, 0, 0]))}
    node = segmentation_to_node(scene, None, surfaces, names=NAMES, reference=reference)
    with pytest.raises(InputError, match="'liver' and 'spleen' overlap in"):
        labels_from_segmentation_node(node)


def test_repeating_a_job_keeps_the_node_its_segments_and_their_looks(scene: Any) -> None:
    grid = fine_grid("oblique")
    node = segmentation_to_node(scene, two_spheres(grid), None, names=NAMES)
    segmentation, display = node.GetSegmentation(), node.GetDisplayNode()
    ids = [segmentation.GetNthSegmentID(n) for n in range(2)]
    segmentation.GetNthSegment(0).SetColor(0.1, 0.2, 0.3)
    display.SetSegmentOpacity3D(ids[0], 0.123)
    before = (scene.GetNumberOfNodes(), node.GetID(), display.GetID())

    larger = two_spheres(grid, 7.0)
    again = segmentation_to_node(scene, larger, None, node, names=NAMES)
    assert again is node
    assert (scene.GetNumberOfNodes(), node.GetID(), node.GetDisplayNode().GetID()) == before
    assert [segmentation.GetNthSegmentID(n) for n in range(2)] == ids
    assert segmentation.GetNthSegment(0).GetColor() == (0.1, 0.2, 0.3)
    assert display.GetSegmentOpacity3D(ids[0]) == pytest.approx(0.123)
    np.testing.assert_array_equal(labels_from_segmentation_node(node)[0].array, larger.array)
    surface = segmentation.GetNthSegment(0).GetRepresentation("Closed surface")
    assert np.ptp(surface.GetBounds()[:2]) == pytest.approx(14, abs=1.6)

    only = Volume(np.where(larger.array == 17, 17, 0) + np.where(larger.array == 3, 5, 0), grid)
    segmentation_to_node(scene, only, {5: sphere(centers(grid)[3])}, node, names={17: "spleen", 5: "cyst"})
    assert ids[1] in segmentation.GetSegmentIDs()
    assert ids[0] not in segmentation.GetSegmentIDs()
    assert labels_from_segmentation_node(node)[1] == {17: "spleen", 5: "cyst"}


def test_segments_drawn_by_hand_are_never_overwritten(scene: Any) -> None:
    grid = fine_grid("oblique")
    mine = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "mine")
    mine.GetSegmentation().AddEmptySegment("a", "my tumour")
    with pytest.raises(InputError, match="'my tumour' of its own"):
        segmentation_to_node(scene, two_spheres(grid), None, mine, names=NAMES)
    assert mine.GetSegmentation().GetNumberOfSegments() == 1


def test_the_reference_geometry_is_that_of_the_reference_in_the_world(scene: Any) -> None:
    grid = fine_grid("oblique")
    reference = add_volume(scene, np.zeros(grid.shape, np.int16), grid, name="ct")
    linear_parent(scene, reference)
    node = segmentation_to_node(scene, two_spheres(grid), None, names=NAMES, reference=reference)
    import slicer

    text = node.GetSegmentation().GetConversionParameter("Reference image geometry")
    geometry, matrix = slicer.vtkOrientedImageData(), vtk.vtkMatrix4x4()
    slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, geometry, False)
    geometry.GetImageToWorldMatrix(matrix)
    corner = matrix.MultiplyPoint([5, 6, 7, 1])[:3]
    np.testing.assert_allclose(corner, world_point(reference, [5, 6, 7]), atol=1e-4)
    assert node.GetNodeReference("referenceImageGeometryRef") is reference


def test_labels_that_cannot_be_shown_are_refused(scene: Any) -> None:
    grid = fine_grid("oblique")
    before = scene.GetNumberOfNodes()
    for array in (np.zeros(grid.shape, np.uint8), np.full(grid.shape, -1, np.int16), np.ones(grid.shape, np.float32)):
        with pytest.raises(InputError):
            segmentation_to_node(scene, Volume(array, grid), None, names={})
    with pytest.raises(InputError, match="no label to show"):
        segmentation_to_node(scene, None, None, names=NAMES)
    assert scene.GetNumberOfNodes() == before
    with pytest.raises(InputError, match="has no segments"):
        labels_from_segmentation_node(scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "empty"))


def test_segments_in_which_nothing_is_drawn_are_refused(scene: Any) -> None:
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Seg")
    node.GetSegmentation().AddEmptySegment("liver", "Liver")
    with pytest.raises(InputError, match="'Seg': all segments are empty; draw something first"):
        labels_from_segmentation_node(node)
