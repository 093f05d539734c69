"""Bodies of one label are told apart on the drawn slices, and filled in each on its own."""

import numpy as np
from test_segmentation_between_slices import OBLIQUE, bean, drawn, settings

from INRCore.geometry import Grid
from INRCore.segmentation import segment
from INRCore.segmentation.bodies import bodies
from INRCore.segmentation.crossings import find_crossings
from INRCore.segmentation.drawn_slices import DrawnSlices
from INRCore.segmentation.estimates import distances_to
from INRCore.volume import Volume

GRID = Grid.from_parts((25, 40, 60), (1.0, 1.0, 1.5))
EVERY_SIXTH = DrawnSlices.across(k=np.arange(0, 25, 6))


def ball(i: float, j: float, k: float, radius: float) -> np.ndarray:
    places = GRID.points() - GRID.index_to_world(np.array([[i, j, k]], float))
    return (np.linalg.norm(places, axis=1) < radius).reshape(GRID.shape)


def parts(mask: np.ndarray, slices: DrawnSlices, grid: Grid = GRID) -> list[np.ndarray]:
    known = slices.only(mask)
    found = bodies(known, grid, slices)
    np.testing.assert_array_equal(np.sum(found, axis=0), known)  # each voxel in one of them
    return found


def test_bodies_apart_are_told_apart_and_a_slanted_one_is_one():
    assert len(parts(ball(14, 20, 12, 9) | ball(46, 20, 12, 9), EVERY_SIXTH)) == 2
    slanted = np.zeros(GRID.shape, bool)
    for k in range(25):
        slanted[k, 15:22, 5 + 3 * k // 2 : 10 + 3 * k // 2] = True
    overlap = slanted[0:21:4] & slanted[4::4]  # it moves by more than its width from slice to slice
    assert not overlap.any() and len(parts(slanted, DrawnSlices.across(k=np.arange(0, 25, 4)))) == 1


def test_areas_of_crossing_slices_are_one_body():
    mask = bean(OBLIQUE)
    assert len(parts(mask, DrawnSlices.across(i=[22], j=[20], k=[15]), OBLIQUE)) == 1


def test_very_many_bodies_are_still_parted_without_loss():
    specks = np.zeros(GRID.shape, bool)
    specks[::6, ::5, ::5] = True
    assert len(parts(specks, EVERY_SIXTH)) == 40


def test_a_body_is_filled_in_as_if_the_others_were_not_there():
    one, other = ball(16, 20, 12, 10), ball(42, 22, 9, 8)
    together = segment(Volume(drawn(one | other, k=np.arange(0, 25, 6)).astype(np.uint8), GRID), settings())
    alone = np.where(one, 1, np.where(other, 2, 0)).astype(np.uint8) * EVERY_SIXTH.known(GRID.shape)
    apart = segment(Volume(alone, GRID), settings())
    assert ((together.labels.array > 0) != (apart.labels.array > 0)).mean() < 1e-4


def test_thin_shapes_keep_the_side_of_every_voxel():
    """A sheet one voxel thick that runs at a slant: its surfaces are nearer to each other than to the voxels."""
    k, j, i = np.indices(OBLIQUE.shape)
    sheet = (k == 8 + (i + j) // 6) & (i > 4) & (i < 38) & (j > 4) & (j < 34)
    values = distances_to(find_crossings(sheet, OBLIQUE), sheet, OBLIQUE)
    np.testing.assert_array_equal(values < 0, sheet)
