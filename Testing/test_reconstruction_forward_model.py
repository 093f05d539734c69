"""What a thick slice sees of an object, and the cubic B-spline that reconstruction has to beat."""

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from grids import GRIDS
from phantoms import Blobs, acquired
from reconstruction_phantom import HEAD, quick, thick_grid
from scipy.special import erf

from INRCore.geometry import Grid
from INRCore.reconstruction import super_resolve
from INRCore.reconstruction.baseline import CubicSpline
from INRCore.reconstruction.completion import through_forward_model
from INRCore.reconstruction.slice_profile import SliceProfile, quadrature
from INRCore.reconstruction.slices import slice_distance, slice_normal
from INRCore.reconstruction.stacks import prepare_stacks
from INRCore.volume import Volume


# -- forward model -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("samples", [2, 3, 8])
@pytest.mark.parametrize("profile", ["boxcar", "gaussian"])
def test_the_slice_profile_integrates_polynomials_exactly(profile, samples):
    offsets, weights = quadrature(profile, 4.0, samples)
    sigma = 4.0 / 2.3548200450309493
    moments = {"boxcar": [1, 0, 4**2 / 12, 0, 4**4 / 80, 0], "gaussian": [1, 0, sigma**2, 0, 3 * sigma**4, 0]}[profile]
    for degree, moment in enumerate(moments[: 2 * samples]):
        assert (weights * offsets**degree).sum() == pytest.approx(moment, abs=1e-9), degree


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_voxel_is_seen_around_its_centre_along_the_slice_normal(name, axis):
    grid = GRIDS[name]
    in_plane = [grid.ijk_to_world[:3, a] for a in range(3) if a != axis]
    normal = slice_normal(grid, axis)
    assert np.abs([normal @ v for v in in_plane]).max() < 1e-12
    assert (
        normal @ grid.ijk_to_world[:3, axis] == pytest.approx(slice_distance(grid, axis))
        and slice_distance(grid, axis) > 0
    )
    points, weights = SliceProfile(grid, axis, 3.0, "boxcar", 5).nodes(torch.arange(grid.voxel_count))
    points, weights = points.double().numpy(), weights.double().numpy()
    np.testing.assert_allclose((points * weights[:, None]).sum(1), grid.points(), atol=1e-4)
    spread = points - grid.points()[:, None]
    np.testing.assert_allclose(spread - (spread @ normal)[..., None] * normal, 0, atol=1e-4)
    assert ((spread @ normal) ** 2 @ weights) == pytest.approx(np.full(grid.voxel_count, 3.0**2 / 12), abs=1e-3)


@pytest.mark.parametrize("name", GRIDS)
def test_the_forward_model_gives_the_closed_form_integral_of_a_blob(name):
    grid = GRIDS[name]
    blob = Blobs(grid.center[None] + 0.4, np.array([50.0]), 2.0)
    axis = int(np.argmax(grid.spacing))
    (stack,), _ = prepare_stacks([Volume(np.ones(grid.shape, np.float32), grid)], quick(slice_axis="ijk"[axis]))
    seen = through_forward_model(blob, stack, np.arange(grid.voxel_count))
    normal, width = slice_normal(grid, axis), slice_distance(grid, axis)
    offset = grid.points() - blob.centers[0]
    along = offset @ normal
    across = (offset**2).sum(1) - along**2
    root = np.sqrt(2) * blob.sigma
    mean = (erf((along + width / 2) / root) - erf((along - width / 2) / root)) * np.sqrt(np.pi) / 2 * root / width
    np.testing.assert_allclose(seen, 50 * np.exp(-across / (2 * blob.sigma**2)) * mean, atol=2e-3)
    np.testing.assert_allclose(acquired(blob, grid, axis).array.ravel(), seen, atol=2e-3)


@pytest.mark.parametrize("profile", ["boxcar", "gaussian"])
def test_random_nodes_have_the_moments_of_the_profile(profile):
    grid = GRIDS["sheared"]
    model = SliceProfile(grid, 2, 3.0, profile)
    numbers = torch.zeros(20_000, dtype=torch.long)
    points, weights = model.random_nodes(numbers, 4, torch.Generator().manual_seed(0))
    assert float(weights.sum()) == pytest.approx(1)
    offset = points.double().numpy() - grid.points(0, 1)
    along = offset @ slice_normal(grid, 2)
    variance = {"boxcar": 3.0**2 / 12, "gaussian": (3.0 / 2.3548) ** 2}[profile]
    assert along.mean() == pytest.approx(0, abs=0.01) and along.var() == pytest.approx(variance, rel=0.02)
    assert np.abs(offset - along[..., None] * slice_normal(grid, 2)).max() < 1e-4


def test_pixels_can_be_averages_too():
    grid = GRIDS["sheared"]
    model = SliceProfile(grid, 2, 2.5, samples=3, pixel_area=True)
    for points, weights in (
        model.nodes(torch.zeros(1, dtype=torch.long)),
        model.random_nodes(torch.zeros(5000, dtype=torch.long), 2, torch.Generator().manual_seed(0)),
    ):
        index = grid.world_to_index(points.double().numpy())
        shift = index[..., :2] - index[..., 2:] * np.array([[[0.0, 0.0]]])
        # The slice normal is not the k axis here: take its share of i and j away first.
        slope = grid.world_to_ijk[:3, :3] @ slice_normal(grid, 2)
        shift = index[..., :2] - index[..., 2:] / slope[2] * slope[:2]
        np.testing.assert_allclose((shift**2 * weights.numpy()[:, None]).sum(1).mean(0), 1 / 12, rtol=0.05)


# -- baseline ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", GRIDS)
def test_the_baseline_goes_through_the_voxels_and_follows_a_slope_at_its_place(name):
    grid = GRIDS[name]
    values = np.random.default_rng(0).normal(size=grid.shape)
    np.testing.assert_allclose(CubicSpline(values, grid)(grid.points()), values.ravel(), atol=1e-5)
    slope = np.array([0.3, -0.2, 0.5])
    wide = Grid((24, 24, 24), grid.ijk_to_world)
    spline = CubicSpline((wide.points() @ slope).reshape(wide.shape), wide)
    inner = wide.index_to_world(np.random.default_rng(1).uniform(8, 15, (50, 3)))
    np.testing.assert_allclose(spline(inner), inner @ slope, atol=1e-2)


def test_the_baseline_is_what_simpleitk_gives_inside():
    stack = acquired(HEAD, thick_grid())
    result = super_resolve(stack, quick())
    image = sitk.GetImageFromArray(stack.array)
    image.SetSpacing(stack.grid.spacing.tolist())
    image.SetOrigin((0, 0, 1.5))
    like = sitk.Image([32, 32, 32], sitk.sitkFloat32)
    difference = sitk.GetArrayFromImage(sitk.Resample(image, like, sitk.Transform(), sitk.sitkBSpline))
    difference = (difference - result.baseline.array)[10:22]
    assert np.abs(difference).max() < 0.02 * np.ptp(stack.array)
