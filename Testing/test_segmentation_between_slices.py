"""Drawn slices of any orientation: found, told from what is unknown, and filled in smoothly."""

import numpy as np
import pytest
from grids import rotation

from INRCore.errors import InputError
from INRCore.fitting import Control
from INRCore.geometry import Grid
from INRCore.metrics.surface import bounding_box, dice
from INRCore.segmentation import SegmentationSettings, segment
from INRCore.segmentation.bending import coarse_to_fine, least_bending
from INRCore.segmentation.between_slices import interpolated_distance
from INRCore.segmentation.drawn_slices import DrawnSlices, find_drawn_slices
from INRCore.settings import from_dict, load_preset
from INRCore.volume import Volume

OBLIQUE = Grid.from_parts(
    (30, 40, 44), (1.0, 1.1, 1.6), (12, -33, 71), rotation(20, -15, 40) @ np.diag([1.0, 1.0, -1.0])
)
"""Oblique, anisotropic, left-handed."""


def settings(preset="balanced", **changes) -> SegmentationSettings:
    return from_dict(SegmentationSettings, changes, load_preset(SegmentationSettings, "segmentation", preset))


def bean(grid: Grid) -> np.ndarray:
    """A bent, slanted body: no drawn slice shows it from its side."""
    x, y, z = ((grid.points() - grid.center) @ rotation(30, 40, 10)).T
    bend = y - 0.02 * x**2 + 3
    return (np.sqrt((x / 17) ** 2 + (bend / 8) ** 2 + (z / 9) ** 2) < 1).reshape(grid.shape)


def drawn(mask: np.ndarray, **numbers) -> np.ndarray:
    return DrawnSlices.across(**numbers).only(mask)


@pytest.mark.parametrize(
    ("numbers", "axes"),
    [
        ({"k": np.arange(3, 30, 4)}, (2,)),
        ({"i": np.arange(4, 44, 6), "k": np.arange(3, 30, 5)}, (0, 2)),
        ({"i": [15, 22, 29], "j": [14, 20, 26], "k": [10, 15, 20]}, (0, 1, 2)),
        ({"i": [22], "j": [20], "k": [15]}, (0, 1, 2)),
    ],
    ids=["one orientation", "two", "three", "one slice of each"],
)
def test_drawn_slices_are_found_in_any_mix_of_orientations(numbers, axes):
    mask = bean(OBLIQUE)
    found = find_drawn_slices(drawn(mask, **numbers), "auto")
    assert found is not None and found.axes == axes
    for axis in axes:
        holds = [n for n in numbers["ijk"[axis]] if np.take(mask, n, 2 - axis).sum() > 9]
        assert set(holds) <= set(found.numbers[axis].tolist()) <= set(np.asarray(numbers["ijk"[axis]]).tolist())


def test_a_full_label_map_is_not_taken_as_drawn_slices():
    assert find_drawn_slices(bean(OBLIQUE), "auto") is None


@pytest.mark.parametrize(
    ("numbers", "least"),
    [
        ({"k": np.arange(2, 30, 4)}, 0.9),
        ({"i": [10, 16, 22, 28, 34], "k": [8, 13, 18, 23]}, 0.95),
        ({"i": [14, 22, 30], "j": [13, 20, 27], "k": [10, 15, 20]}, 0.93),
    ],
    ids=["one orientation", "two", "three"],
)
def test_what_was_not_drawn_is_filled_in_and_what_was_drawn_stays(numbers, least):
    mask = bean(OBLIQUE)
    result = segment(Volume(drawn(mask, **numbers).astype(np.uint8) * 4, OBLIQUE), settings())
    found = result.labels.array == 4
    slices = find_drawn_slices(drawn(mask, **numbers), "auto")
    known = slices.known(mask.shape)
    np.testing.assert_array_equal(found[known], mask[known])
    hidden = ~known
    if slices.only_axis == 2:  # beyond the last slices nothing is known, and nothing claimed
        beyond = np.ones(len(mask), bool)
        beyond[slices.numbers[2][0] : slices.numbers[2][-1] + 1] = False
        assert not found[beyond].any()
        hidden[beyond] = False
    assert dice(found & hidden, mask & hidden) > least
    assert any("unknown" in note for note in result.notes)


def test_bending_beats_interpolation_from_slice_to_slice():
    mask = bean(OBLIQUE)
    numbers = {"k": np.arange(2, 30, 6)}
    hidden = ~DrawnSlices.across(**numbers).known(mask.shape)
    labels = Volume(drawn(mask, **numbers).astype(np.uint8), OBLIQUE)
    bent, straight = (segment(labels, settings(rounds=n)).labels.array > 0 for n in (6, 0))
    assert dice(bent & hidden, mask & hidden) > dice(straight & hidden, mask & hidden) + 0.01


def test_a_slice_without_a_label_says_that_it_is_not_there():
    """Label 2 is on one slice; the next ones, drawn for label 1, bound it."""
    grid = Grid.from_parts((25, 30, 30))
    array = np.zeros(grid.shape, np.uint8)
    array[::4, 4:26, 4:14] = 1
    array[12, 8:22, 18:26] = 2
    found = segment(Volume(array, grid), settings()).labels.array
    assert set(np.flatnonzero((found == 2).any((1, 2)))) <= set(range(9, 16))
    assert (found[11:14, 12:18, 21] == 2).all()


def test_touching_labels_stay_together_between_slices():
    grid = Grid.from_parts((21, 30, 30))
    array = np.zeros(grid.shape, np.uint8)
    for k in range(0, 21, 5):
        array[k, 5:25, 5:25], array[k, 5:25, 10 + k // 2 : 25] = 1, 2
    found = segment(Volume(array, grid), settings()).labels.array
    assert (found[:, 8:22, 8:22] > 0).all()  # no gap
    border = [(found[k, 15] == 1).sum() for k in range(21)]
    assert np.all(np.diff(border) >= -1) and border[-1] > border[0]  # the border moves along


def test_the_smoothest_function_through_a_plane_is_the_plane():
    k, j, i = np.indices((14, 15, 16)).astype(np.float32)
    plane = 0.5 * k - 0.2 * j + 0.1 * i
    weight = np.zeros_like(plane)
    weight[3::4] = 1
    for solve, steps in ((least_bending, 600), (coarse_to_fine, 150)):
        found = solve(plane * weight, weight, np.zeros_like(plane), np.array([1.0, 1.0, 1.0]), 1e-3, steps)
        assert np.abs(found - plane)[3:12, 4:-4, 4:-4].max() < 0.2, solve.__name__


def test_a_stopped_run_interpolates_the_rest():
    control = Control()
    control.stop()
    labels = Volume(drawn(bean(OBLIQUE), k=np.arange(2, 30, 4)).astype(np.uint8), OBLIQUE)
    result = segment(labels, settings(), control=control)
    assert result.stop_reason == "stopped" and result.metrics["dice"] > 0.9


@pytest.mark.parametrize(
    ("array", "mode", "words"),
    [
        (np.pad(np.ones((1, 6, 6), np.uint8), ((9, 10), (5, 5), (5, 5))), "auto", "one slice only"),
        (np.ones((1, 12, 12), np.uint8), "auto", "single slice"),
        (np.pad(np.ones((1, 6, 6), np.uint8), ((9, 10), (5, 5), (5, 5))), "k", "at least two"),
    ],
)
def test_a_single_slice_is_refused_with_what_to_do(array, mode, words):
    with pytest.raises(InputError, match=words) as refused:
        segment(Volume(array, Grid.from_parts(array.shape)), settings(sparse=mode))
    assert "draw" in str(refused.value)


def test_a_label_that_is_on_no_drawn_slice_is_named():
    array = drawn(bean(OBLIQUE), k=np.arange(2, 30, 4)).astype(np.uint8)
    array[16, 1:3, 20] = 7
    with pytest.raises(InputError, match="label 7"):
        segment(Volume(array, OBLIQUE), settings(sparse="ik"))


def test_a_segment_at_the_edge_is_cut_off_flat_and_closed():
    from INRCore.segmentation.topology import topology_of

    grid = Grid.from_parts((20, 24, 24))
    array = np.zeros(grid.shape, np.uint8)
    array[::3, :12, 6:18] = 1
    result = segment(Volume(array, grid), settings())
    mesh = result.mesh(1)
    assert topology_of(mesh.points, mesh.triangles).pieces == 1
    assert mesh.points[:, 1].min() == pytest.approx(-0.5, abs=0.2) and (result.labels.array[:19, 0, 10] == 1).all()


def test_a_crossing_slice_shows_what_lies_between_two_others():
    """A plate between two slices, on neither of them, that a slice across it shows."""
    grid = Grid.from_parts((25, 40, 40))
    plate = np.zeros(grid.shape, bool)
    plate[9:14, 8:32, 8:32] = True
    plate[4:21, 16:24, 16:24] = True  # a stem, so that all slices hold something
    numbers = {"k": [4, 7, 16, 20], "i": [10, 17, 24, 31], "j": [10, 17, 24, 31]}
    hidden = ~DrawnSlices.across(**numbers).known(grid.shape)
    found = segment(Volume(drawn(plate, **numbers).astype(np.uint8), grid), settings(sparse="ijk")).labels.array > 0
    assert dice(found & hidden, plate & hidden) > 0.9


def test_drawn_slices_side_by_side_are_told_from_those_that_cross_them():
    """With 16 of 40 slices drawn across j, two of them side by side, all slices across k and i show small areas."""
    drawn = {"i": [12, 20, 28], "j": [*range(6, 34, 2), 11, 21], "k": [8, 15, 22]}
    slices = DrawnSlices.across(**drawn)
    found = find_drawn_slices(slices.only(bean(OBLIQUE)), "ijk")
    assert found is not None
    for axis in (0, 2):
        np.testing.assert_array_equal(found.numbers[axis], slices.numbers[axis])
    assert set(found.numbers[1]) <= set(slices.numbers[1])


def test_one_slice_in_each_orientation_tells_more_than_three_of_one():
    mask = bean(OBLIQUE)
    start, stop = bounding_box(mask)
    middle = {"ijk"[n]: [int((start[n] + stop[n]) // 2)] for n in range(3)}
    crossed = segment(Volume(drawn(mask, **middle).astype(np.uint8), OBLIQUE), settings(sparse="ijk")).labels.array > 0
    parallel = []
    for n, axis in enumerate("ijk"):
        numbers = {axis: np.rint(start[n] + (stop[n] - start[n]) * np.array([1, 3, 5]) / 6 - 0.5).astype(int)}
        hidden = ~(DrawnSlices.across(**middle).known(mask.shape) | DrawnSlices.across(**numbers).known(mask.shape))
        labels = Volume(drawn(mask, **numbers).astype(np.uint8), OBLIQUE)
        found = segment(labels, settings(sparse=axis)).labels.array > 0
        parallel.append([dice(shape & hidden, mask & hidden) for shape in (crossed, found)])
    gains = [both - one for both, one in parallel]
    assert np.mean(gains) > 0 and sum(gain > 0 for gain in gains) >= 2, parallel


def test_what_one_of_crossing_slices_shows_does_not_become_a_rod():
    """A flat body beside the middle, on one of three slices; the smoothest function gives it twenty times its size."""
    z, y, x = np.indices(OBLIQUE.shape) - np.array(OBLIQUE.shape)[:, None, None, None] // 2
    flat = ((x - 10) / 8) ** 2 + ((y - 8) / 6) ** 2 + (z / 3) ** 2 < 1
    slices, s = DrawnSlices.across(i=[22], j=[20], k=[15]), settings()
    found = interpolated_distance(slices.only(flat), OBLIQUE, slices, s.stiffness, s.rounds, s.bending_iterations) < 0
    assert 0.5 * flat.sum() < found.sum() < 5 * flat.sum(), found.sum() / flat.sum()
