"""Signed distances of a label: smooth, with a gradient of length 1."""

import numpy as np
import pytest
from test_segmentation_between_slices import OBLIQUE, bean, drawn

from INRCore.segmentation import SegmentationSettings, segment
from INRCore.segmentation.distance_field import DistanceField
from INRCore.segmentation.estimates import LabelLattice
from INRCore.segmentation.given import check_given
from INRCore.segmentation.spline_field import SplineField
from INRCore.volume import Volume

BAND_VOXELS = 5


def lattice_of(mask: np.ndarray, mode: str) -> LabelLattice:
    settings = SegmentationSettings(sparse=mode)
    return check_given(Volume(mask.astype(np.uint8), OBLIQUE), settings).lattice(1, settings, settings.rounds)


def slope_error(mask: np.ndarray, mode: str) -> float:
    """Mean of | |gradient| - 1 | at random points within five voxels of the surface."""
    lattice, reach = lattice_of(mask, mode), BAND_VOXELS * OBLIQUE.voxel_volume ** (1 / 3)
    field = DistanceField(SplineField([lattice]))
    random = np.random.default_rng(3)
    points = lattice.surface.points[random.integers(len(lattice.surface), size=4000)]
    points = points + random.uniform(-reach, reach, points.shape)
    index = lattice.grid.world_to_index(points)
    points = points[((index >= 0) & (index <= lattice.grid.size_ijk - 1)).all(1)]
    near = points[np.abs(field.evaluate(points)[:, 0]) < reach]
    return float(np.abs(np.linalg.norm(field.evaluate_jacobian(near)[:, 0], axis=1) - 1).mean())


@pytest.mark.parametrize("mode", ["dense", "k"])
def test_distances_have_slope_one_in_a_band_around_the_surface(mode):
    mask = bean(OBLIQUE)
    assert slope_error(mask if mode == "dense" else drawn(mask, k=np.arange(2, 30, 4)), mode) < 0.012


def test_distances_have_slope_one_where_everything_is_close_to_a_ridge():
    """A sheet of two to three voxels and a tube of four: splines through voxels are rounder than distances there."""
    place = np.moveaxis(np.indices(OBLIQUE.shape), 0, -1)[..., ::-1] * OBLIQUE.spacing
    middle = (OBLIQUE.size_ijk - 1) / 2 * OBLIQUE.spacing
    away = np.abs(place - middle)
    voxel = OBLIQUE.voxel_volume ** (1 / 3)
    sheet = (away[..., 2] < 1.2 * voxel) & (away[..., 1] < 7 * voxel) & (away[..., 0] < 7 * voxel)
    tube = (np.hypot(away[..., 0], away[..., 1]) < 2 * voxel) & (away[..., 2] < 9 * voxel)
    assert slope_error(sheet | tube, "dense") < 0.05


def test_distances_are_those_to_the_surface_and_sides_and_zeros_the_splines():
    center, voxel = OBLIQUE.center, OBLIQUE.voxel_volume ** (1 / 3)
    radius = 5.2 * voxel
    mask = (np.linalg.norm(OBLIQUE.points() - center, axis=1) < radius).reshape(OBLIQUE.shape)
    splines = SplineField([lattice_of(mask, "dense")])
    random = np.random.default_rng(5)
    points = center + random.uniform(-1, 1, (3000, 3)) * (radius + 3 * voxel)
    found, side = DistanceField(splines).evaluate(points)[:, 0], splines.value_of(0, points)
    assert (np.sign(found) == np.sign(side)).all()
    truth = np.linalg.norm(points - center, axis=1) - radius
    assert np.abs(found - truth).mean() < 0.1 * voxel
    assert np.abs(found - truth).mean() <= np.abs(side - truth).mean() * 1.02


def test_a_distance_map_is_that_of_the_field_on_any_grid():
    first = np.linalg.norm(OBLIQUE.points() - OBLIQUE.center, axis=1).reshape(OBLIQUE.shape) < 6
    labels = np.where(first, 1, 0).astype(np.uint8)
    labels[:6, 3:9, 3:12] = 2
    result = segment(Volume(labels, OBLIQUE), SegmentationSettings(sparse="dense"))
    finer = result.shapes.domain.grid.with_spacing((0.9, 0.8, 0.9)).cropped((3, 3, 3), (21, 19, 12))
    every = result.field.evaluate(finer.points())
    np.testing.assert_allclose(result.distance(2, finer).array.ravel(), every[:, 1], atol=1e-4)
    np.testing.assert_allclose(result.distance(None, finer).array.ravel(), every.min(1), atol=1e-4)
    voxels = result.shapes.domain.grid.cropped((2, 2, 2), (20, 18, 14))
    every = result.field.evaluate(voxels.points())
    voxel = OBLIQUE.voxel_volume ** (1 / 3)
    near = np.abs(every) < BAND_VOXELS * voxel
    for number, value in enumerate(result.label_values):
        away = np.abs(result.distance(value, voxels).array.ravel() - every[:, number])[near[:, number]]
        assert away.mean() < 0.05 * voxel and np.percentile(away, 99) < 0.2 * voxel
