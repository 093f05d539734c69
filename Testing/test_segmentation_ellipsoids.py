"""A few slices that cross: what they show of one rounded body is one body, and an ellipsoid closes it between them."""

import numpy as np
from grids import rotation
from test_segmentation_between_slices import OBLIQUE, drawn, settings

from INRCore.geometry import Grid
from INRCore.metrics.surface import dice
from INRCore.segmentation import segment
from INRCore.segmentation.between_slices import drawn_planes
from INRCore.segmentation.bodies import bodies
from INRCore.segmentation.drawn_slices import DrawnSlices
from INRCore.segmentation.ellipsoids import ellipsoid_through, rounded_sections
from INRCore.volume import Volume

MIDDLES = DrawnSlices.across(i=[24], j=[18], k=[13])
CORNER = DrawnSlices.across(i=[28], k=[18])
"""Two slices that show something of the small ball, on either side of the line in which they cross."""


def ellipsoid(grid: Grid, *half_axes_mm: float) -> np.ndarray:
    places = (grid.points() - grid.center) @ rotation(25, 35, 15)
    return ((places / half_axes_mm) ** 2).sum(-1).reshape(grid.shape) < 1


def small_ball() -> np.ndarray:
    places = OBLIQUE.points() - OBLIQUE.index_to_world(np.array([[23.0, 20.0, 14.0]]))
    return (np.linalg.norm(places, axis=1) < 7).reshape(OBLIQUE.shape)


def test_three_sections_determine_a_slanted_ellipsoid():
    mask = ellipsoid(OBLIQUE, 15, 10, 8)
    known = MIDDLES.only(mask)
    found = ellipsoid_through(drawn_planes(known, OBLIQUE, MIDDLES), known, OBLIQUE)
    assert found is not None
    assert dice(found.distance(OBLIQUE.shape, OBLIQUE.spacing[::-1]) < 0, mask) > 0.93


def test_its_distances_are_millimetres_at_the_surface():
    grid, slices = Grid.from_parts((41, 41, 41)), DrawnSlices.across(i=[20], j=[20], k=[20])
    away = np.linalg.norm(grid.points() - grid.center, axis=1).reshape(grid.shape) - 12
    known = slices.only(away < 0)
    found = ellipsoid_through(drawn_planes(known, grid, slices), known, grid)
    assert found is not None
    near = np.abs(away) < 2
    assert np.abs(found.distance(grid.shape, grid.spacing[::-1]) - away)[near].max() < 0.5


def test_areas_on_either_side_of_a_crossing_line_are_one_body_and_it_is_filled():
    mask = small_ball()
    known = CORNER.only(mask)
    assert all(CORNER.only(mask, axis).any() for axis in CORNER.axes) and not mask[18, :, 28].any()
    assert len(bodies(known, OBLIQUE, CORNER)) == 1
    apart = known.copy()
    apart[18, 34:38, 2:6] = True
    assert len(bodies(apart, OBLIQUE, CORNER)) == 2
    labels = Volume(drawn(mask, i=[28], k=[18]).astype(np.uint8), OBLIQUE)
    found = segment(labels, settings(sparse="ik")).labels.array > 0
    hidden = ~CORNER.known(mask.shape)
    assert dice(found & hidden, mask & hidden) > 0.8


def test_what_is_no_ellipsoid_is_not_made_one():
    """A cross of three bars: an ellipsoid through its contours would fill the corners."""
    k, j, i = np.indices(OBLIQUE.shape)
    near = [abs(i - 24) < 4, abs(j - 18) < 4, abs(k - 13) < 3]
    cross = (near[0] & near[1]) | (near[1] & near[2]) | (near[0] & near[2])
    known = MIDDLES.only(cross)
    assert rounded_sections(drawn_planes(known, OBLIQUE, MIDDLES), known, OBLIQUE, MIDDLES) is None
    round_one = MIDDLES.only(ellipsoid(OBLIQUE, 15, 10, 8))
    assert rounded_sections(drawn_planes(round_one, OBLIQUE, MIDDLES), round_one, OBLIQUE, MIDDLES) is not None
