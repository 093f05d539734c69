"""Signed distances on a label's lattice: smooth, with a gradient of length 1."""

import numpy as np
import pytest
from test_segmentation_between_slices import OBLIQUE, bean, drawn

from INRCore.segmentation import SegmentationSettings
from INRCore.segmentation.given import check_given
from INRCore.segmentation.spline_field import SplineField
from INRCore.volume import Volume

BAND_VOXELS = 5


def slope_error(labels: np.ndarray, mode: str) -> float:
    """Mean of | |gradient| - 1 | at random points within five voxels of the surface."""
    settings = SegmentationSettings(sparse=mode)
    given = check_given(Volume(labels.astype(np.uint8), OBLIQUE), settings)
    lattice = given.lattice(1, settings, settings.rounds)
    field, reach = SplineField([lattice]), BAND_VOXELS * given.domain.voxel_mm
    random = np.random.default_rng(3)
    points = lattice.surface.points[random.integers(len(lattice.surface), size=4000)]
    points = points + random.uniform(-reach, reach, points.shape)
    index = lattice.grid.world_to_index(points)
    inside = ((index >= 0) & (index <= lattice.grid.size_ijk - 1)).all(1)
    near = points[inside & (np.abs(field.value_of(0, points)) < reach)]
    return float(np.abs(np.linalg.norm(field.gradient_of(0, near), axis=1) - 1).mean())


@pytest.mark.parametrize("mode", ["dense", "k"])
def test_distances_have_slope_one_in_a_band_around_the_surface(mode):
    mask = bean(OBLIQUE)
    assert slope_error(mask if mode == "dense" else drawn(mask, k=np.arange(2, 30, 4)), mode) < 0.022
