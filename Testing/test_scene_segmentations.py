"""Segmentations, models and landmarks between MRML and the RAS world."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vtk
from grids import GRIDS
from scene_tools import HARD_GRIDS, add_volume, bent_parent, linear_parent, world_point

from INRCore.errors import InputError, OutputError
from INRCore.geometry import Grid
from INRCore.io.surfaces import SURFACE_SUFFIXES, read_surface, write_surface
from INRCore.scene import (
    labels_from_segmentation_node,
    landmarks_from_node,
    landmarks_to_node,
    model_to_node,
    open_scene,
    save_scene,
    segmentation_to_node,
)
from INRCore.volume import Volume

NAMES = {3: "liver", 17: "spleen"}


def fine_grid(kind: str) -> Grid:
    """A grid with the axes of `kind`, fine enough for spheres."""
    return Grid.from_parts((26, 28, 30), (1.0, 1.2, 1.5), (-40, 25, 110), GRIDS[kind].directions)


def centers(grid: Grid) -> dict[int, np.ndarray]:
    return {3: grid.index_to_world([9, 10, 8]), 17: grid.index_to_world([20, 18, 17])}


def two_spheres(grid: Grid, radius: float = 6.0) -> Volume:
    points = grid.points().reshape(*grid.shape, 3)
    array = np.zeros(grid.shape, np.int64)
    for value, center in centers(grid).items():
        array[np.linalg.norm(points - center, axis=-1) < radius] = value
    return Volume(array, grid, name="labels")


def sphere(center: np.ndarray, radius: float = 6.0) -> vtk.vtkPolyData:
    source = vtk.vtkSphereSource()
    source.SetCenter(*center)
    source.SetRadius(radius)
    source.SetThetaResolution(40)
    source.SetPhiResolution(40)
    source.Update()
    return source.GetOutput()


def middle(surface: vtk.vtkPolyData) -> np.ndarray:
    return np.array(surface.GetBounds()).reshape(3, 2).mean(axis=1)


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


@pytest.mark.parametrize("suffix", SURFACE_SUFFIXES)
def test_slicer_loads_a_surface_file_at_the_same_place(scene: Any, tmp_path: Path, suffix: str) -> None:
    import slicer

    center, path = np.array([12.0, -34.0, 56.0]), tmp_path / f"sphere{suffix}"
    write_surface(sphere(center), path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    storage = slicer.vtkMRMLModelStorageNode()
    storage.SetFileName(str(path))
    storage.SetCoordinateSystem(slicer.vtkMRMLStorageNode.CoordinateSystemRAS)  # used only when the stamp is missed
    node = scene.AddNewNodeByClass("vtkMRMLModelNode", "loaded")
    assert storage.ReadData(node)
    np.testing.assert_allclose(middle(node.GetPolyData()), center, atol=0.05)
    assert outward(node.GetPolyData(), center)
    if suffix != ".ply":
        back = read_surface(path)
        np.testing.assert_allclose(middle(back), center, atol=0.05)
        assert outward(back, center)


def outward(surface: vtk.vtkPolyData, center: np.ndarray) -> bool:
    """Whether all triangles of a sphere face away from its centre (a mirrored one is inside out)."""
    for number in range(0, surface.GetNumberOfCells(), 7):
        points = surface.GetCell(number).GetPoints()
        a, b, c = (np.array(points.GetPoint(n)) for n in range(3))
        if np.cross(b - a, c - a) @ (a - center) <= 0:
            return False
    return True


def test_a_surface_saved_by_slicer_is_read_at_the_same_place(scene: Any, tmp_path: Path) -> None:
    import slicer

    center = np.array([12.0, -34.0, 56.0])
    node = model_to_node(scene, sphere(center))
    for system in (slicer.vtkMRMLStorageNode.CoordinateSystemRAS, slicer.vtkMRMLStorageNode.CoordinateSystemLPS):
        for suffix in (".vtp", ".vtk", ".stl", ".obj"):
            storage = slicer.vtkMRMLModelStorageNode()
            storage.SetFileName(str(tmp_path / f"model{system}{suffix}"))
            storage.SetCoordinateSystem(system)
            assert storage.WriteData(node)
            np.testing.assert_allclose(middle(read_surface(storage.GetFileName())), center, atol=0.05)


def test_surface_files_that_cannot_be_used_give_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = tmp_path / "whole.vtp"
    write_surface(sphere(np.zeros(3)), whole)
    with pytest.raises(OutputError, match="exists already"):
        write_surface(sphere(np.zeros(3)), whole)
    with pytest.raises(OutputError, match="kind of file"):
        write_surface(sphere(np.zeros(3)), tmp_path / "a.nrrd")
    with pytest.raises(InputError, match="no points"):
        write_surface(vtk.vtkPolyData(), tmp_path / "a.vtp")
    for suffix in (".vtp", ".vtk", ".stl", ".obj"):
        path = tmp_path / f"cut{suffix}"
        write_surface(sphere(np.zeros(3)), path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(InputError, match="cannot be read") as caught:
            read_surface(path)
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(InputError, match="no such file"):
        read_surface(tmp_path / "none.vtp")
    with pytest.raises(InputError, match="surfaces are read from"):
        read_surface(tmp_path / "a.ply")
    assert capfd.readouterr() == ("", "")


def test_repeating_a_job_updates_the_same_model_and_keeps_its_look(scene: Any) -> None:
    node = model_to_node(scene, sphere(np.zeros(3)), color=(1, 0, 0), opacity=0.4)
    display = node.GetDisplayNode()
    assert (display.GetColor(), display.GetOpacity(), display.GetVisibility2D()) == ((1, 0, 0), 0.4, 1)
    display.SetColor(0, 1, 0)
    linear_parent(scene, node)
    count = scene.GetNumberOfNodes()
    assert model_to_node(scene, sphere(np.array([5.0, 6, 7])), node, color=(1, 0, 0)) is node
    assert scene.GetNumberOfNodes() == count
    assert (node.GetDisplayNode() is display, display.GetColor()) == (True, (0, 1, 0))
    assert node.GetTransformNodeID() is None
    np.testing.assert_allclose(middle(node.GetPolyData()), [5, 6, 7], atol=0.05)
    with pytest.raises(InputError, match="no points"):
        model_to_node(scene, vtk.vtkPolyData(), node)


def test_landmarks_go_in_and_come_out_in_the_world(scene: Any) -> None:
    points = np.array([[1.5, -2.5, 3.0], [40, 50, -60], [0, 0, 0]])
    node = landmarks_to_node(scene, points, labels=["a", "b", "c"])
    np.testing.assert_allclose(landmarks_from_node(node), points)
    assert node.GetNthControlPointLabel(1) == "b"

    parent = bent_parent(scene, node, GRIDS["oblique"], 3.0)
    linear_parent(scene, parent)
    for point, moved in zip(points, landmarks_from_node(node), strict=True):
        world = [0.0] * 3
        node.TransformPointToWorld(point, world)
        np.testing.assert_allclose(moved, world)

    count = scene.GetNumberOfNodes()
    assert landmarks_to_node(scene, points[:2], node) is node
    assert scene.GetNumberOfNodes() == count
    np.testing.assert_allclose(landmarks_from_node(node), points[:2])


def test_a_landmark_that_is_not_placed_is_named(scene: Any) -> None:
    node = landmarks_to_node(scene, np.zeros((2, 3)), labels=["left ear", "nose"])
    node.UnsetNthControlPointPosition(1)
    with pytest.raises(InputError, match="'nose' is not placed"):
        landmarks_from_node(node)
    with pytest.raises(InputError):
        landmarks_to_node(scene, np.zeros((2, 2)))
    with pytest.raises(InputError):
        landmarks_to_node(scene, np.zeros((2, 3)), labels=["one"])


def test_a_bundle_keeps_segments_models_and_landmarks(scene: Any, tmp_path: Path) -> None:
    grid = fine_grid("left-handed oblique")
    segmentation_to_node(scene, two_spheres(grid), None, names=NAMES, name="organs")
    model_to_node(scene, sphere(np.array([12.0, -34, 56])), name="ball")
    landmarks_to_node(scene, np.array([[1.0, 2, 3]]), name="marks")
    save_scene(scene, tmp_path / "scene.mrb")
    app = open_scene()
    assert app.io_manager.load_scene(tmp_path / "scene.mrb")
    labels, names, _ = labels_from_segmentation_node(app.scene.GetFirstNodeByName("organs"))
    assert names == NAMES
    for value, center in centers(grid).items():
        found = labels.grid.points()[labels.array.ravel() == value].mean(axis=0)
        np.testing.assert_allclose(found, center, atol=0.1)
    np.testing.assert_allclose(middle(app.scene.GetFirstNodeByName("ball").GetPolyData()), [12, -34, 56], atol=0.05)
    np.testing.assert_allclose(landmarks_from_node(app.scene.GetFirstNodeByName("marks")), [[1, 2, 3]])
    with pytest.raises(OutputError, match="exists already"):
        save_scene(scene, tmp_path / "scene.mrb")
    with pytest.raises(OutputError, match="ends in"):
        save_scene(scene, tmp_path / "scene.zip")
