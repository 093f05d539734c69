"""Between slices far apart: areas that move sideways are followed, and what is filled in holds the volume to expect."""

import numpy as np
import pytest
from test_segmentation_between_slices import OBLIQUE, bean, drawn, settings

from INRCore.geometry import Grid
from INRCore.metrics.surface import dice
from INRCore.segmentation import segment
from INRCore.segmentation.drawn_slices import DrawnSlices
from INRCore.segmentation.expected_volume import with_expected_volume
from INRCore.segmentation.moving import moved_sections
from INRCore.volume import Volume

GAP = 6


def slanted_vessel(grid: Grid) -> np.ndarray:
    """Radius 2.6 mm; a slice 6 further on it has moved by more than its width."""
    x, y, z = ((grid.points() - grid.center) @ grid.ijk_to_world[:3, :3] / grid.spacing).T
    return (np.hypot(x - 0.9 * z, y - 4 * np.sin(z / 12)) < 2.6).reshape(grid.shape)


def test_a_vessel_that_leaves_its_place_from_slice_to_slice_is_followed():
    vessel, slices = slanted_vessel(OBLIQUE), DrawnSlices.across(k=np.arange(3, 30, GAP))
    known = slices.known(vessel.shape)
    labels = Volume((vessel & known).astype(np.uint8), OBLIQUE)
    assert not any((vessel[k] & vessel[k + GAP]).any() for k in slices.numbers[2][:-1])
    found = segment(labels, settings()).labels.array > 0
    hidden = ~known
    hidden[: slices.numbers[2][0]] = hidden[slices.numbers[2][-1] :] = False
    assert dice(found & hidden, vessel & hidden) > 0.85


def test_nothing_moves_where_areas_lie_over_each_other():
    slices = DrawnSlices.across(k=np.arange(3, 30, GAP))
    block = np.zeros(OBLIQUE.shape, bool)
    block[:, 10:30, 10:30] = True
    block[:, 14:18, 30:36] = (np.arange(30) < 15)[:, None, None]  # something that ends does not move the rest
    assert moved_sections(slices.only(block), OBLIQUE, slices) is None


def test_areas_with_two_successors_stay_in_place():
    grid, slices = Grid.from_parts((13, 30, 50)), DrawnSlices.across(k=[0, 12])
    fork = np.zeros(grid.shape, bool)
    fork[0, 12:18, 20:26] = True
    fork[12, 12:18, 12:18] = fork[12, 12:18, 28:34] = True
    assert moved_sections(fork, grid, slices) is None
    fork[12, 12:18, 12:18] = False
    moved = moved_sections(fork, grid, slices)
    assert moved is not None and moved.distance[6, 15, 26] < 0 < moved.distance[6, 15, 20]


@pytest.mark.parametrize("gap", [5, 9])
def test_bodies_of_many_sizes_keep_their_volume_between_slices_far_apart(gap):
    grid, random = Grid.from_parts((60, 70, 70)), np.random.default_rng(4)
    k, j, i = np.indices(grid.shape)
    bodies = np.zeros(grid.shape, bool)
    for _ in range(24):
        (a, b, c), (p, q, r) = random.uniform(5, [55, 65, 65]), np.exp(random.normal(1.5, 0.4, 3))
        bodies |= ((k - a) / p) ** 2 + ((j - b) / q) ** 2 + ((i - c) / r) ** 2 < 1
    numbers = np.arange(gap // 2, 60, gap)
    result = segment(Volume(drawn(bodies, k=numbers).astype(np.uint8), grid), settings(sparse="k"))
    inner = slice(numbers[0], numbers[-1] + 1)
    assert (result.labels.array[inner] > 0).sum() == pytest.approx(bodies[inner].sum(), rel=0.1)


def test_the_expected_volume_is_added_between_slices_alone_and_never_taken_away():
    mask, slices = bean(OBLIQUE), DrawnSlices.across(k=np.arange(2, 30, GAP))
    shape, numbers = mask.shape, slices.numbers[2]
    wide = np.where(mask, -1, 1).astype(np.float32)
    np.testing.assert_array_equal(with_expected_volume(wide - 3, mask, slices), wide - 3)
    _, j, i = np.indices(shape)
    thin = (np.hypot(j - 20.13, i - 22.37) - 1.5).astype(np.float32)
    filled = with_expected_volume(thin, mask, slices)
    areas = mask[numbers].sum((1, 2))
    hidden = np.setdiff1d(np.arange(numbers[0], numbers[-1]), numbers)
    assert (filled[hidden] < 0).sum() == pytest.approx((GAP - 1) * (areas[:-1] + areas[1:]).sum() / 2, abs=1)
    rest = np.setdiff1d(np.arange(shape[0]), hidden)
    np.testing.assert_array_equal(filled[rest], thin[rest])


def test_a_shape_goes_on_beyond_its_last_slice_in_the_direction_it_had():
    """Of a body that is cut off, the slices before the last one bulge as much as those in its middle."""
    mask, numbers = bean(OBLIQUE), np.arange(7, 23, 3)
    found = segment(Volume(drawn(mask, k=numbers).astype(np.uint8), OBLIQUE), settings()).labels.array > 0
    for k in (8, 9, 20, 21):
        assert dice(found[k], mask[k]) > 0.92
