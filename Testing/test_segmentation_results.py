"""What a segmentation tells beside the labels: sound surfaces, topology, uncertainty, what to draw next; and its other
inputs: probability maps, contours, points."""

import numpy as np
import pytest
from grids import rotation

import INRCore
from INRCore.errors import InputError
from INRCore.geometry import Grid
from INRCore.segmentation import SegmentationSettings
from INRCore.segmentation.topology import Topology, largest_diameter_mm, topology_of
from INRCore.settings import from_dict, load_preset
from INRCore.volume import Volume

TURN = rotation(20, -15, 40)
GRID = Grid.from_parts((30, 34, 36), (1.0, 1.1, 1.4), (10, -20, 30), TURN @ np.diag([1.0, 1.0, -1.0]))


def settings(**changes) -> SegmentationSettings:
    return from_dict(SegmentationSettings, changes, load_preset(SegmentationSettings, "segmentation", "balanced"))


def radius(points: np.ndarray, center=GRID.center) -> np.ndarray:
    return np.linalg.norm(points - center, axis=-1)


def field_of(function, grid: Grid = GRID) -> np.ndarray:
    return function(grid.points()).reshape(grid.shape)


def ring(points: np.ndarray) -> np.ndarray:
    """Signed distance to a torus of radii 10 and 4 mm."""
    x, y, z = (points - GRID.center).T
    return np.hypot(np.hypot(x, y) - 10, z) - 4


def edges_are_sound(mesh) -> bool:
    edges = np.concatenate([mesh.triangles[:, [0, 1]], mesh.triangles[:, [1, 2]], mesh.triangles[:, [2, 0]]])
    forth, back = {tuple(e) for e in edges.tolist()}, {(b, a) for a, b in edges.tolist()}
    return len(forth) == len(edges) and forth == back and mesh.volume_ml > 0


@pytest.mark.parametrize(
    ("inside", "wanted"),
    [
        (lambda p: ring(p) < 0, Topology(1, 0, 1)),
        (lambda p: (radius(p) < 13) & (radius(p) > 6), Topology(1, 1, 0)),
        (lambda p: (radius(p, GRID.center + 8) < 6) | (radius(p, GRID.center - 8) < 6), Topology(2, 0, 0)),
    ],
    ids=["ring", "shell", "two balls"],
)
def test_pieces_cavities_and_handles_are_counted_on_a_sound_mesh(inside, wanted):
    result = INRCore.segment(Volume(field_of(inside).astype(np.uint8), GRID), settings())
    mesh = result.mesh(1)
    assert edges_are_sound(mesh)
    assert topology_of(mesh.points, mesh.triangles) == wanted
    assert {name: result.table[0][name] for name in ("pieces", "cavities", "handles")} == vars(wanted)


def test_normals_are_the_fields_gradient_and_the_diameter_is_that_of_the_ball():
    result = INRCore.segment(Volume(field_of(lambda p: radius(p) < 12).astype(np.uint8), GRID), settings())
    mesh = result.mesh(1)
    outward = (mesh.points - GRID.center) / radius(mesh.points)[:, None]
    assert (mesh.normals * outward).sum(1).mean() > 0.995
    assert largest_diameter_mm(mesh.points) == pytest.approx(24, abs=0.8)
    assert result.table[0]["diameter_mm"] == pytest.approx(24, abs=0.8)


def test_the_gradient_has_length_one_in_a_band_of_five_voxels():
    result = INRCore.segment(Volume(field_of(lambda p: radius(p) < 12).astype(np.uint8), GRID), settings())
    random = np.random.default_rng(0)
    away = random.normal(size=(4000, 3))
    points = GRID.center + away / np.linalg.norm(away, axis=1)[:, None] * random.uniform(7.5, 16.5, (4000, 1))
    points = points[result.shapes.domain.box_distance(points) < -1]
    slope = np.linalg.norm(result.field.evaluate_jacobian(points)[:, 0], axis=1)
    assert np.abs(slope - 1).mean() < 0.05


def test_one_piece_can_be_enforced_and_small_features_go_while_the_volume_stays():
    two = field_of(lambda p: (radius(p) < 11) | (radius(p, GRID.center + 11) < 3))
    both = Volume(two.astype(np.uint8), GRID)
    assert INRCore.segment(both, settings()).table[0]["pieces"] == 2
    assert INRCore.segment(both, settings(one_component=True)).table[0]["pieces"] == 1

    spiky = field_of(lambda p: (radius(p) < 11) | ((np.abs((p - GRID.center)[:, :2]) < 1.3).all(1) & (radius(p) < 15)))
    labels = Volume(spiky.astype(np.uint8), GRID)
    plain, smooth = (INRCore.segment(labels, settings(feature_mm=size)) for size in (0.0, 5.0))
    assert plain.table[0]["diameter_mm"] > 27 and smooth.table[0]["diameter_mm"] < 25.5
    assert smooth.table[0]["volume_ml"] == pytest.approx(plain.table[0]["volume_ml"], rel=0.03)


def test_a_shape_smaller_than_the_features_keeps_its_place_beside_the_edge():
    array = np.zeros((20, 20, 20), np.uint8)
    array[3:16, 3:16, 3:16], array[17, 17, 17] = 1, 2
    result = INRCore.segment(Volume(array, Grid.from_parts((20, 20, 20), (1, 1, 1))), settings(feature_mm=6.0))
    assert np.argwhere(result.labels.array == 2).tolist() == [[17, 17, 17]]


def test_surfaces_overlap_only_when_allowed():
    near = field_of(lambda p: radius(p) < 11)
    array = near.astype(np.uint8)
    array[near & field_of(lambda p: (p - GRID.center)[:, 0] > 0)] = 2
    apart, free = (INRCore.segment(Volume(array, GRID), settings(allow_overlap=allow)) for allow in (False, True))
    points = GRID.center + np.random.default_rng(0).uniform(-8, 8, (4000, 3))
    both = [(result.shapes.levels(points) < 0).all(1).sum() for result in (apart, free)]
    assert both[0] == 0 and both[1] > 0
    inside = radius(points) < 10
    assert (apart.shapes.levels(points[inside]) < 0).any(1).mean() > 0.999  # no gap


# -- uncertainty -------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def uneven():
    """A ball drawn on slices that leave one wide gap."""
    ball = field_of(lambda p: radius(p) < 13)
    array = np.zeros(GRID.shape, np.uint8)
    for k in (4, 6, 8, 10, 18, 20, 22, 24):
        array[k] = ball[k]
    return INRCore.segment(Volume(array, GRID), settings()), ball


def test_uncertainty_is_large_between_far_slices_and_calibrated(uneven):
    result, ball = uneven
    chance = result.uncertainty().array
    assert result.surface_error.calibrated
    assert chance.min() >= 0 and chance.max() <= 0.5
    assert chance[14].sum() > 1.5 * chance[7].sum() and chance[10].sum() < chance[14].sum()
    wrong = (result.labels.array > 0) != ball
    wrong[:4], wrong[25:], chance[:4], chance[25:] = False, False, 0, 0
    assert chance.sum() > 0.5 * wrong.sum()  # it does not promise too much


def test_the_next_slice_lies_in_the_wide_gap(uneven):
    suggested = uneven[0].next_slice()
    assert suggested is not None
    assert suggested.axis != "k" or 11 <= suggested.number <= 17
    assert "Draw next" in suggested.describe()


def test_a_dense_map_has_no_next_slice():
    result = INRCore.segment(Volume(field_of(lambda p: radius(p) < 9).astype(np.uint8), GRID), settings())
    assert result.next_slice() is None


# -- other inputs ------------------------------------------------------------------------------------------------------
def test_a_probability_map_gives_the_surface_where_it_passes_one_half():
    soft = field_of(lambda p: 1 / (1 + np.exp((radius(p) - 11.3) / 1.5))).astype(np.float32)
    result = INRCore.segment(Volume(soft, GRID), settings())
    mesh = result.mesh(1)
    assert np.abs(radius(mesh.points) - 11.3).mean() < 0.08
    assert "probability" in result.notes[0] and result.labels.array.dtype == np.uint8
    with pytest.raises(InputError, match=r"0\.5"):
        INRCore.segment(Volume(soft * 0.4, GRID), settings())


def circle(center: np.ndarray, radius_mm: float, axis: int, height: float) -> np.ndarray:
    """A contour of a ball in a plane of a turned frame."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    size = np.sqrt(radius_mm**2 - height**2)
    flat = np.insert(np.stack([np.cos(angle), np.sin(angle)], -1) * size, axis, height, axis=1)
    return center + flat @ TURN.T


CENTER = np.array([40.0, -25.0, 60.0])


@pytest.mark.parametrize("axes", [(2,), (0, 1, 2)], ids=["one orientation", "three"])
def test_closed_planar_curves_become_the_ball_they_were_cut_from(axes):
    heights = (-9, -3, 3, 9) if len(axes) == 1 else (-4, 4)
    curves = [circle(CENTER, 12.0, axis, height) for axis in axes for height in heights]
    result = INRCore.segment_contours(curves, settings(), lattice_mm=0.8)
    mesh = result.mesh(1)
    assert edges_are_sound(mesh)
    assert np.abs(radius(mesh.points, CENTER) - 12).mean() < 0.5
    assert result.table[0]["input_mean_mm"] < 0.3


def test_contours_that_cannot_be_right_are_told():
    curves = [circle(CENTER, 12.0, 2, height) for height in (-6, 0, 6)]
    for wrong, words in (
        ([curves[0]], "single contour"),
        ([curves[0], curves[0][:2]], "three points"),
        ([curves[0], curves[1] + np.outer(np.arange(40) % 2, [4, 4, 4])], "not planar"),
        ([curves[0], curves[0] * 1.0], "one plane"),
        ([], "no contour"),
    ):
        with pytest.raises(InputError, match=words):
            INRCore.segment_contours(wrong, settings())
    crossing = [*curves, circle(CENTER, 18.0, 0, 0.0)]
    notes = INRCore.segment_contours(crossing, settings(rounds=1)).notes
    assert any("contradict" in note for note in notes)


@pytest.mark.parametrize("known", [True, False], ids=["with normals", "without"])
def test_points_become_the_surface_they_lie_on(known):
    normals = np.random.default_rng(0).normal(size=(900, 3))
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    points = CENTER + normals * 10
    result = INRCore.segment_points(points, normals if known else None, settings(), lattice_mm=0.8)
    mesh = result.mesh(1)
    assert np.abs(radius(mesh.points, CENTER) - 10).mean() < 0.25 and mesh.volume_ml > 0
    with pytest.raises(InputError, match="ten or more"):
        INRCore.segment_points(points[:5])
