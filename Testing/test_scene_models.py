"""Models and landmarks between MRML and the RAS world, and all of it in one bundle."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vtk
from grids import GRIDS
from scene_tools import bent_parent, linear_parent
from spheres import NAMES, centers, fine_grid, middle, sphere, two_spheres

from INRCore.errors import InputError, OutputError
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
