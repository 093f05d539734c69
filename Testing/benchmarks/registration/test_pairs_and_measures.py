"""The benchmark's own ground: known maps point the right way, and measures say what they should."""

import numpy as np
import pytest

from INRCore.geometry import Grid
from INRCore.volume import Volume
from Testing.benchmarks.registration import measures, pairs
from Testing.benchmarks.registration.runner import find_method
from Testing.benchmarks.registration.warps import Breathing, SmoothWarp, volume_change

TURN = np.linalg.qr(np.array([[0.9, 0.2, 0.1], [-0.2, 1.0, 0.3], [0.0, -0.3, 0.8]]))[0]
GRID = Grid.from_parts((40, 44, 48), (2.0, 2.1, 2.3), (-30, 20, 5), TURN)


def blobs(points):
    rng = np.random.default_rng(3)
    value = np.zeros(len(points))
    for _ in range(60):
        index = rng.uniform(4, GRID.size_ijk - 5)
        distance = ((points - GRID.index_to_world(index)) ** 2).sum(-1)
        value += rng.uniform(50, 200) * np.exp(-distance / (2 * rng.uniform(4, 8) ** 2))
    return value


@pytest.fixture(scope="module")
def pair():
    image = Volume(blobs(GRID.points()).reshape(GRID.shape).astype(np.float32), GRID)
    return pairs.warped_pair(image, image, 2.5, "blobs")


def points_of(pair):
    return pair.fixed.grid.points().reshape(*pair.fixed.grid.shape, 3)


def true_map(pair):
    return pair.truth(pair.fixed.grid.points()).reshape(*pair.fixed.grid.shape, 3)


def test_the_true_map_gives_back_the_fixed_image_and_its_opposite_does_not(pair):
    points, truth = points_of(pair), true_map(pair)
    assert 5 < np.linalg.norm(truth - points, axis=-1)[pair.body].max() < 14.5
    before, right, wrong = (measures.correlations(pair, m)[0] for m in (points, truth, 2 * points - truth))
    assert right > 0.985 and before < right - 0.02 and wrong < before


def test_measures_of_the_truth_of_nothing_and_of_a_mirror(pair):
    points, truth = points_of(pair), true_map(pair)
    exact, none = (measures.measure(pair, m, truth, None) for m in (truth, points))
    assert exact["mean_mm"] == exact["max_mm"] == 0 and exact["folding_percent"] == 0
    assert none["mean_mm"] == pytest.approx(np.linalg.norm(truth - points, axis=-1)[pair.body].mean())
    assert none["least_determinant"] == pytest.approx(1, abs=1e-6)
    assert measures.measure(pair, points[:, :, ::-1], truth, None)["folding_percent"] == 100


def test_inverse_consistency_is_zero_for_a_shift_and_its_opposite_only(pair):
    shift = np.array([3.0, -2.0, 1.0])
    back = pair.moving.grid.points().reshape(*pair.moving.grid.shape, 3) - shift
    assert measures.inverse_inconsistency(pair, points_of(pair) + shift, back) < 0.02
    assert measures.inverse_inconsistency(pair, points_of(pair) - shift, back) == pytest.approx(14**0.5 * 2, rel=0.02)


def test_breathing_slides_without_folding():
    depth = np.where(np.arange(80)[None] < 40, -20.0, 20.0).repeat(80, 0)  # inside is where x > 39.5
    still = SmoothWarp(np.zeros((3, 9, 9, 9)), np.full(3, -200.0), 100.0)
    motion = Breathing(depth, np.zeros(2), np.ones(2), 200.0, 50.0, -50.0, 25.0, 8.0, 1.0, still)
    inside, outside = np.array([[60.0, 40, 50]]), np.array([[10.0, 40, 50]])
    assert motion(inside) - inside == pytest.approx(np.array([[0, 0, -25]]), abs=1e-6)
    assert motion(outside) == pytest.approx(outside, abs=1e-6)
    points = np.random.default_rng(0).uniform((1, 1, -60), (78, 78, 210), (4000, 3))
    change = volume_change(motion, points)
    assert change.min() > 0.5 and change.max() > 1.2  # lungs grow when the diaphragm goes down


def test_methods_take_settings_behind_their_name():
    method = find_method("ours-fast:model=velocity,fit.iterations=7")
    assert method.options == {"preset": "fast", "model": "velocity", "fit.iterations": 7}
    with pytest.raises(ValueError, match="no method 'ours-slow'"):
        find_method("ours-slow")
