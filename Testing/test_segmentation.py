"""Segmentation: the zero set lies on the shape's surface, on any grid; labels share no voxel; surfaces are closed."""

import numpy as np
import pytest
import scipy.ndimage
import vtk
from grids import rotation

from INRCore.errors import InputError
from INRCore.fitting import Control
from INRCore.geometry import Grid
from INRCore.metrics.surface import dice
from INRCore.segmentation import SegmentationSettings, segment
from INRCore.settings import from_dict, load_preset
from INRCore.volume import Volume

RADIUS = 13.0
OBLIQUE = rotation(20, -15, 40)
SHAPE = (20, 30, 34)
GRIDS = {
    "left-handed oblique": Grid.from_parts(SHAPE, (1.2, 1.4, 2.0), (10, -20, 30), OBLIQUE @ np.diag([1, 1, -1])),
    "sheared": Grid.from_parts(
        SHAPE, (1.2, 1.4, 2.0), (-5, 60, 7), OBLIQUE @ np.array([[1, 0, 0.3], [0, 1, 0.1], [0, 0, 1]])
    ),
}


def quick(**changes) -> SegmentationSettings:
    fit = {"iterations": 300, "points": 1024, "device": "cpu", **changes.pop("fit", {})}
    return from_dict(
        SegmentationSettings,
        {"field": {"width": 64}, "fit": fit, **changes},
        preset("fast"),
    )


def preset(name: str) -> SegmentationSettings:
    return load_preset(SegmentationSettings, "segmentation", name)


def ball(grid: Grid, center: np.ndarray, radius: float = RADIUS) -> np.ndarray:
    return (np.linalg.norm(grid.points() - center, axis=1) < radius).reshape(grid.shape)


@pytest.fixture(scope="module", params=GRIDS.values(), ids=GRIDS.keys())
def sphere(request):
    """A sphere, known to the fit only as a hard label map; off the grid's centre, so that a mirrored one is noticed."""
    grid = request.param
    center = grid.index_to_world(np.array([18.0, 13.0, 9.0]))
    return segment(Volume(ball(grid, center).astype(np.uint8) * 3, grid), quick()), center


def directions(count: int = 2000) -> np.ndarray:
    normal = np.random.default_rng(0).normal(size=(count, 3))
    return normal / np.linalg.norm(normal, axis=1)[:, None]


def test_the_zero_set_is_the_sphere_within_a_tenth_of_a_voxel(sphere):
    result, center = sphere
    values = result.field.evaluate(center + RADIUS * directions())[:, 0]
    assert np.abs(values).mean() < 0.1 * result.labels.grid.voxel_volume ** (1 / 3)
    assert abs(values.mean()) < 0.06 * result.labels.grid.voxel_volume ** (1 / 3)


def test_the_gradient_has_length_one_near_the_surface(sphere):
    result, center = sphere
    away = np.random.default_rng(1).uniform(-3, 3, (2000, 1)) * result.labels.grid.voxel_volume ** (1 / 3)
    gradient = result.field.evaluate_jacobian(center + directions() * (RADIUS + away))[:, 0]
    assert np.abs(np.linalg.norm(gradient, axis=1) - 1).mean() < 0.05
    assert ((gradient / np.linalg.norm(gradient, axis=1)[:, None]) * directions()).sum(1).mean() > 0.99


def test_the_surface_is_closed_faces_outwards_and_has_the_volume_of_the_sphere(sphere):
    result, center = sphere
    surface = result.surface(3)
    edges = vtk.vtkFeatureEdges()
    edges.SetInputData(surface)
    edges.FeatureEdgesOff()
    edges.ManifoldEdgesOff()
    edges.Update()
    assert edges.GetOutput().GetNumberOfCells() == 0
    points = np.array([surface.GetPoint(n) for n in range(surface.GetNumberOfPoints())])
    cells = np.array([[surface.GetCell(n).GetPointId(c) for c in range(3)] for n in range(surface.GetNumberOfCells())])
    a, b, c = (points[cells[:, corner]] - center for corner in range(3))
    signed = (a * np.cross(b, c)).sum() / 6
    assert signed == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.02)
    np.testing.assert_allclose(points.mean(0), center, atol=0.3)


def test_label_maps_on_other_grids_show_the_same_sphere(sphere):
    result, center = sphere
    other = Grid.from_parts((30, 30, 30), (1, 1, 1), center - 14.5, np.eye(3))
    labels = result.labels_on(other)
    assert set(np.unique(labels.array)) == {0, 3} and labels.array.dtype == np.uint8
    assert dice(labels.array == 3, ball(other, center)) > 0.97
    assert result.metrics["dice"] > 0.98
    assert result.table[0]["label"] == 3


def test_distances_are_millimetres_and_negative_inside(sphere):
    result, center = sphere
    distance = result.distance(3)
    truth = np.linalg.norm(distance.grid.points() - center, axis=1).reshape(distance.grid.shape) - RADIUS
    near = np.abs(truth) < 4
    assert np.abs(distance.array - truth)[near].mean() < 0.25
    assert distance.units == "mm"


def test_touching_labels_leave_no_gap_and_share_no_voxel():
    grid = GRIDS["left-handed oblique"]
    center = grid.center
    whole = ball(grid, center)
    side = ((grid.points() - center) @ OBLIQUE[:, 0] > 0).reshape(grid.shape)
    array = whole.astype(np.int16)
    array[whole & side] = 2
    result = segment(Volume(array, grid), quick(fit={"iterations": 400}))
    found = result.labels.array
    for value in (1, 2):
        assert dice(found == value, array == value) > 0.95
    interior = ball(grid, center, RADIUS - 3)
    assert (found[interior] > 0).mean() > 0.995  # no gap where the halves meet
    assert {row["label"] for row in result.table} == {1, 2}


def test_nothing_appears_in_a_large_body_where_nothing_was_drawn():
    """Far from every surface the network sees few points: what it makes up there must not reach zero."""
    grid = Grid.from_parts((60, 84, 92), (1.5, 1.5, 1.5), (-70, -60, 20), OBLIQUE)
    x, y, z = np.moveaxis(grid.world_to_index(grid.points()) / (grid.size_ijk - 1) * 2 - 1, -1, 0)
    body = x**2 + (y / 0.75) ** 2 + (z / 1.5) ** 2
    lungs = np.minimum(*(((x - side) / 0.3) ** 2 + (y / 0.45) ** 2 + (z / 0.7) ** 2 for side in (-0.4, 0.4)))
    array = np.select([lungs < 1, body < 0.8, body < 0.95], [1, 2, 1]).astype(np.uint8).reshape(grid.shape)
    result = segment(Volume(array, grid), preset("fast"))
    assert [scipy.ndimage.label(result.labels.array == value)[1] for value in (0, 1, 2)] == [1, 3, 1]
    assert result.metrics["dice"] > 0.96


def test_slices_left_out_are_filled_in():
    grid = Grid.from_parts((29, 30, 30), (1, 1, 1))
    center = grid.center
    whole = ball(grid, center, 11.0)
    drawn = np.zeros_like(whole)
    drawn[2::4] = whole[2::4]
    result = segment(Volume(drawn.astype(np.uint8), grid), quick())
    hidden = np.zeros(29, bool)
    hidden[np.flatnonzero(drawn.any((1, 2))).min() : np.flatnonzero(drawn.any((1, 2))).max()] = True
    hidden[2::4] = False
    assert dice(result.labels.array[hidden] > 0, whole[hidden]) > 0.95
    assert any("drawn slices" in note for note in result.notes)


def test_the_same_seed_repeats_the_result_and_stopping_keeps_the_best():
    grid = GRIDS["sheared"]
    labels = Volume(ball(grid, grid.center).astype(np.uint8), grid)
    a, b = (segment(labels, quick(fit={"iterations": 20})) for _ in range(2))
    np.testing.assert_array_equal(a.distance(1).array, b.distance(1).array)
    control = Control()
    control.stop()
    assert segment(labels, quick(), control=control).stop_reason == "stopped"


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((4, 5, 6), np.uint8), "label"),
        (np.full((4, 5, 6), 1.5, np.float32), "label"),
        (np.ones((4, 5, 6), np.uint8), "margin"),
    ],
)
def test_maps_that_hold_no_shape_are_refused_in_one_line(array, words):
    with pytest.raises(InputError, match=words) as refused:
        segment(Volume(array, Grid.from_parts(array.shape)), quick())
    assert "\n" not in str(refused.value)
